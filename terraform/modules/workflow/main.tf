data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  # Only what passes by itself is tried again; full jitter keeps fifty photos from knocking in step.
  backoff = { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = 20, JitterStrategy = "FULL" }
  # Faults of Lambda itself; Unknown and ExitError are of a function that was killed, for its memory for example.
  faults_of_lambda = [
    "Lambda.AWSLambdaException", "Lambda.ClientExecutionTimeoutException", "Lambda.SdkClientException", "Lambda.ServiceException",
    "Lambda.Unknown", "Runtime.ExitError",
  ]
  retry_function = merge(local.backoff, {
    MaxAttempts = 4
    ErrorEquals = concat(
      ["EndpointThrottled", "EndpointUnavailable", "StorageUnavailable"],
      local.faults_of_lambda, ["Lambda.TooManyRequestsException"],
    )
  })
  # SQS, SNS and EventBridge each name their transient faults differently, and sending once more does no harm.
  retry_send = merge(local.backoff, { MaxAttempts = 2, ErrorEquals = ["States.TaskFailed"] })
  # A claim that is taken is an answer. All else may pass: DynamoDB names its faults in several ways, and a record twice
  # does no harm.
  retry_register = [
    { ErrorEquals = ["DynamoDB.ConditionalCheckFailedException"], MaxAttempts = 0 },
    merge(local.backoff, { MaxAttempts = 5, ErrorEquals = ["States.TaskFailed", "States.Timeout"] }),
  ]

  # What each start has as text: what names a photo and who sent it; and a decision beside its number, of a photo that has
  # come before, so that who sent it stands in the register.
  texts = {
    photo    = ["s3_bucket", "s3_key", "version_id", "source", "reference"]
    decision = ["s3_bucket", "s3_key", "version_id", "label", "vehicle", "decided_by"]
  }
  has = {
    for of, names in local.texts : of => concat(
      flatten([for name in names : [{ Variable = "$.${name}", IsPresent = true }, { Variable = "$.${name}", IsString = true }]]),
      [{ Variable = "$.version_id", StringGreaterThan = "" }],
    )
  }
  is_decision = concat(
    local.has.decision,
    [
      { Variable = "$.decision", IsPresent = true },
      { Variable = "$.decision", IsNumeric = true },
      { Variable = "$.decision", NumericGreaterThan = 0 },
      { Or = [for label in concat(local.labels, ["unusable"]) : { Variable = "$.label", StringEquals = label }] },
      { Or = [for by in ["person", "driver"] : { Variable = "$.decided_by", StringEquals = by }] },
    ],
  )
  starts = [
    {
      next  = "ClaimPhoto"
      rules = concat(local.has.photo, [for name in ["label", "decided_by", "decision"] : { Variable = "$.${name}", IsPresent = false }])
    },
    {
      next = "AwaitGrace"
      rules = concat(local.is_decision, [
        { Variable = "$.grace_seconds", IsPresent = true },
        { Variable = "$.grace_seconds", IsNumeric = true },
        { Variable = "$.grace_seconds", NumericGreaterThanEquals = 0 },
      ])
    },
    {
      next  = "ClaimDecision"
      rules = concat(local.is_decision, [{ Variable = "$.grace_seconds", IsPresent = false }])
    },
  ]
  # A photo's id, as core/contract/shapes.py has it: of an upload for the API its key says it.
  ids = [
    {
      rules = [
        { Variable = "$.s3_key", StringMatches = "incoming/api/*" },
        { Not = { Variable = "$.s3_key", StringMatches = "incoming/api/*/*" } },
        { Not = { Variable = "$.s3_key", StringEquals = "incoming/api/" } },
      ]
      photo = "States.ArrayGetItem(States.StringSplit($.s3_key, '/'), 2)"
    },
    {
      rules = []
      photo = "States.Hash(States.Format('{}/{}/{}', $.s3_bucket, $.version_id, $.s3_key), 'SHA-256')"
    },
  ]
  # A start that is whole needs no function to read it.
  named = flatten([
    for start in local.starts : [
      for id in local.ids : { And = concat(start.rules, id.rules), Assign = { "photo.$" = id.photo }, Next = start.next }
    ]
  ])

  # The first is of a photo that waits; what is refused there may be a correction of one that has a route, but not that the
  # photo is unusable: that would be no other route, and must not take the photo from an execution that is telling one.
  decisions = {
    ClaimDecision   = { from = "waiting", kind = "DriverRouted", refused = "Refused", next = "Decided" }
    ClaimCorrection = { from = "routed", kind = "DriverRerouted", refused = "Duplicate", next = "AssignDriver" }
  }

  labels = sort(keys(var.routes))

  logs_and_traces = [
    {
      Sid    = "DeliverLogs"
      Effect = "Allow"
      Action = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      ]
      Resource = "*"
    },
    {
      Sid      = "Trace"
      Effect   = "Allow"
      Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = "*"
    },
  ]

  account_id       = data.aws_caller_identity.current.account_id
  queue_arn_prefix = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.id}:${local.account_id}"
}

# ---- The state machine

resource "aws_sfn_state_machine" "this" {
  #checkov:skip=CKV_AWS_285:Every state change is logged; execution data is not, because a small photo may travel in it.
  name     = "${var.prefix}-workflow"
  role_arn = aws_iam_role.state_machine.arn

  definition = templatefile("${path.module}/state_machine.asl.json.tftpl", {
    bus_name       = aws_cloudwatch_event_bus.this.name
    decisions      = local.decisions
    function_arns  = var.function_arns
    labels         = local.labels
    last_label     = reverse(local.labels)[0]
    model          = var.model
    named          = local.named
    register       = var.register
    retry_function = jsonencode(local.retry_function)
    retry_register = jsonencode(local.retry_register)
    retry_send     = jsonencode(local.retry_send)
    routes         = var.routes
    topic_arn      = var.topic_arn
  })

  logging_configuration {
    level                  = "ALL"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.state_machine]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.prefix}-workflow"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "state_machine" {
  name                 = "${var.prefix}-workflow"
  permissions_boundary = var.boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  name = "route-photos"
  role = aws_iam_role.state_machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.logs_and_traces, [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = [var.function_arns.serialize, var.function_arns.classify, var.function_arns.filter] },
      { Sid = "KeepRegister", Effect = "Allow", Action = "dynamodb:UpdateItem", Resource = var.register.arn },
      # Of executions that began before photos waited in the register; goes with the queue.
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.review.arn },
      { Effect = "Allow", Action = "events:PutEvents", Resource = aws_cloudwatch_event_bus.this.arn },
      { Effect = "Allow", Action = "sns:Publish", Resource = var.topic_arn },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.kms_key_arn },
    ])
  })
}
