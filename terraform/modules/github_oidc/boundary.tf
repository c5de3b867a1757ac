# What the stack's roles may do at most, whatever their own policies say: use the environment, never change it.

resource "aws_iam_policy" "boundary" {
  name        = "${var.prefix}-boundary"
  description = "Permissions boundary of every role of ${var.environment}."

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "UseBucket"
        Effect = "Allow"
        Action = [
          "s3:AbortMultipartUpload", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket",
          "s3:ListMultipartUploadParts", "s3:PutObject",
        ]
        Resource = [local.bucket, "${local.bucket}/*"]
      },
      {
        Sid       = "UseKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
        Resource  = [local.keys]
        Condition = local.our_key
      },
      {
        # The disks of a training or transform job's instances are encrypted by a grant.
        Sid       = "LendKeyToDisks"
        Effect    = "Allow"
        Action    = ["kms:CreateGrant"]
        Resource  = [local.keys]
        Condition = merge(local.our_key, { Bool = { "kms:GrantIsForAWSResource" = "true" } })
      },
      {
        Sid      = "SendMessages"
        Effect   = "Allow"
        Action   = ["events:PutEvents", "sns:Publish", "sqs:SendMessage"]
        Resource = [local.bus, local.queues, local.topics]
      },
      {
        # The queues in which photos waited for a person, until nothing is left in any; to go with them.
        Sid      = "DrainQueues"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:ReceiveMessage"]
        Resource = [local.queues]
      },
      {
        Sid      = "RunWhatIsThere"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction", "sagemaker:InvokeEndpoint", "states:StartExecution"]
        Resource = [local.endpoint, local.functions, local.state_machines]
      },
      {
        Sid      = "KeepRegister"
        Effect   = "Allow"
        Action   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = [local.register, "${local.register}/index/*", local.reviews, "${local.reviews}/index/*"]
      },
      {
        # The map runs of bulk work: their children are followed by the state machine, their counts read. And whether an
        # execution that has claimed a photo still runs, and which photo one that was stopped had.
        Sid    = "FollowMapRuns"
        Effect = "Allow"
        Action = [
          "states:DescribeExecution", "states:DescribeMapRun", "states:GetExecutionHistory", "states:ListExecutions",
          "states:ListMapRuns", "states:RedriveExecution", "states:StopExecution",
        ]
        Resource = [local.executions, local.map_runs, local.state_machines]
      },
      {
        # Images of AWS's own, whose accounts differ from region to region.
        Sid      = "PullImages"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = ["arn:${local.partition}:ecr:*:*:repository/*"]
      },
      {
        Sid    = "WriteLogs"
        Effect = "Allow"
        Action = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
        Resource = concat(local.log_groups, [
          for jobs in ["TrainingJobs", "TransformJobs"] : "${local.here.logs}:log-group:/aws/sagemaker/${jobs}*"
        ])
      },
      {
        # The endpoint's role, of the alarms that take an update back; the API's, of those on sources.
        Sid      = "LookAtAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["${local.here.cloudwatch}:alarm:*"]
      },
      {
        Sid    = "LogMeasureAndTrace"
        Effect = "Allow"
        Action = [
          "cloudwatch:PutMetricData", "ecr:GetAuthorizationToken",
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
          "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "NeverChangeWhoMayDoWhat"
        Effect   = "Deny"
        Action   = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole"]
        Resource = ["*"]
      },
    ]
  })
}
