# The functions, the state machine, and the endpoint with what scales it.

locals {
  compute = {
    read = [
      {
        Sid    = "ReadFunctions"
        Effect = "Allow"
        Action = [
          "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetPolicy", "lambda:ListVersionsByFunction",
        ]
        Resource = [local.functions]
      },
      {
        Sid    = "ReadStateMachine"
        Effect = "Allow"
        Action = [
          "states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource",
        ]
        Resource = [local.state_machines]
      },
      {
        Sid      = "JudgeStateMachine"
        Effect   = "Allow"
        Action   = ["states:ValidateStateMachineDefinition"]
        Resource = ["*"]
      },
      {
        Sid    = "ReadEndpoint"
        Effect = "Allow"
        Action = [
          "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel", "sagemaker:ListTags",
        ]
        Resource = local.served
      },
      {
        Sid    = "FindScaling"
        Effect = "Allow"
        Action = [
          "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
          "application-autoscaling:DescribeScheduledActions",
        ]
        Resource = ["*"]
      },
      {
        Sid      = "ReadScaling"
        Effect   = "Allow"
        Action   = ["application-autoscaling:ListTagsForResource"]
        Resource = [local.scalable_targets]
      },
    ]

    write = [
      {
        Sid    = "MakeFunctions"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency",
          "lambda:InvokeFunction", "lambda:PutFunctionConcurrency", "lambda:RemovePermission", "lambda:TagResource",
          "lambda:UntagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
        ]
        Resource = [local.functions]
      },
      {
        Sid    = "MakeStateMachine"
        Effect = "Allow"
        Action = [
          "states:CreateStateMachine", "states:DeleteStateMachine", "states:ListExecutions", "states:TagResource",
          "states:UntagResource", "states:UpdateStateMachine",
        ]
        Resource = [local.state_machines]
      },
      {
        # verify, evaluate and the report follow photos through the workflow.
        Sid      = "FollowExecutions"
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:GetExecutionHistory"]
        Resource = [local.executions]
      },
      {
        Sid    = "MakeEndpoint"
        Effect = "Allow"
        Action = [
          "sagemaker:AddTags", "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel",
          "sagemaker:DeleteEndpoint", "sagemaker:DeleteEndpointConfig", "sagemaker:DeleteModel", "sagemaker:DeleteTags",
          "sagemaker:UpdateEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities",
        ]
        Resource = local.served
      },
      {
        # verify asks whether the model has loaded.
        Sid      = "AskEndpoint"
        Effect   = "Allow"
        Action   = ["sagemaker:InvokeEndpoint"]
        Resource = [local.endpoint]
      },
      {
        # A target is made with our tags: another environment's endpoint, which has its own target, is not scaled by it.
        Sid      = "RegisterScaling"
        Effect   = "Allow"
        Action   = ["application-autoscaling:RegisterScalableTarget"]
        Resource = [local.scalable_targets]
        Condition = {
          StringEquals         = merge(local.tagged_so_now, { "application-autoscaling:service-namespace" = "sagemaker" })
          StringEqualsIfExists = local.tagged_ours
        }
      },
      {
        # A target's ARN is random, so its tags have to do.
        Sid    = "Scale"
        Effect = "Allow"
        Action = [
          "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
          "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:PutScalingPolicy",
          "application-autoscaling:PutScheduledAction", "application-autoscaling:TagResource",
          "application-autoscaling:UntagResource",
        ]
        Resource  = [local.scalable_targets]
        Condition = { StringEquals = local.tagged_ours }
      },
      {
        # Target tracking keeps alarms of its own.
        Sid      = "WatchScaling"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"]
        Resource = ["${local.here.cloudwatch}:alarm:TargetTracking-endpoint/${var.endpoint_name}/*"]
      },
    ]
  }

  scalable_targets = "${local.here["application-autoscaling"]}:scalable-target/*"
}
