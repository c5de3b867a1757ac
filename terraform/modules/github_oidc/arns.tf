# What belongs to an environment: everything whose name starts with its prefix, and its endpoint.

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # Where a service keeps its things: "arn:aws:sqs:us-east-1:111122223333". Some services know no regions.
  here = {
    for service in [
      "application-autoscaling", "cloudwatch", "cognito-idp", "dynamodb", "events", "kms", "lambda", "logs", "sagemaker",
      "scheduler", "sns", "sqs", "states",
    ] : service => "arn:${local.partition}:${service}:${data.aws_region.current.id}:${local.account}"
  }
  everywhere = {
    for service in ["budgets", "cloudwatch", "iam"] : service => "arn:${local.partition}:${service}::${local.account}"
  }

  alarms         = "${local.here.cloudwatch}:alarm:${var.prefix}-*"
  boundary       = "${local.everywhere.iam}:policy/${var.prefix}-boundary"
  bucket         = "arn:${local.partition}:s3:::${var.prefix}-${local.account}"
  budget         = "${local.everywhere.budgets}:budget/${var.prefix}"
  bus            = "${local.here.events}:event-bus/${var.prefix}"
  dashboard      = "${local.everywhere.cloudwatch}:dashboard/${var.prefix}"
  endpoint       = "${local.here.sagemaker}:endpoint/${var.endpoint_name}"
  executions     = "${local.here.states}:execution:${var.prefix}-*"
  functions      = "${local.here.lambda}:function:${var.prefix}-*"
  keys           = "${local.here.kms}:key/*" # see local.our_key
  map_runs       = "${local.here.states}:mapRun:${var.prefix}-*"
  queues         = "${local.here.sqs}:${var.prefix}-*"
  register       = "${local.here.dynamodb}:table/${var.prefix}-photos"
  reviews        = "${local.here.dynamodb}:table/${var.prefix}-reviews"
  rules          = "${local.here.events}:rule/${var.prefix}-*"
  schedules      = "${local.here.scheduler}:schedule/default/${var.prefix}-*"
  state_bucket   = "arn:${local.partition}:s3:::${var.prefix}-tfstate-${local.account}"
  state_machines = "${local.here.states}:stateMachine:${var.prefix}-*"
  topics         = "${local.here.sns}:${var.prefix}-*"

  # Some requests name a group alone, others what is in it behind a colon, which no name has.
  log_groups = [
    "${local.here.logs}:log-group:/aws/lambda/${var.prefix}-*",
    "${local.here.logs}:log-group:/aws/sagemaker/Endpoints/${var.endpoint_name}",
    "${local.here.logs}:log-group:/aws/sagemaker/Endpoints/${var.endpoint_name}:*",
    "${local.here.logs}:log-group:/aws/vendedlogs/apis/${var.prefix}-*",
    "${local.here.logs}:log-group:/aws/vendedlogs/states/${var.prefix}-*",
  ]
  served = [
    local.endpoint,
    # By the form of their names, since another environment's endpoint may be called as this one and more.
    "${local.here.sagemaker}:endpoint-config/${var.endpoint_name}-????????-??????-??????",
    "${local.here.sagemaker}:model/${var.endpoint_name}-????????-??????",
  ]

  # A key is told by its alias, because its ARN is not known before it is made. Not by its tags: whoever may tag a key
  # that nobody has tagged would own it. An alias takes a permission on the key as well, which only our key's policy gives.
  alias   = "alias/${var.prefix}"
  our_key = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = [local.alias] } }

  # Of a scalable target, an API or a pool of people, whose ARNs are random, and of what is being made.
  tags          = { Environment = var.environment, Project = "scones-unlimited" }
  tagged_ours   = { for name, value in local.tags : "aws:ResourceTag/${name}" => value }
  tagged_so_now = { for name, value in local.tags : "aws:RequestTag/${name}" => value }
}
