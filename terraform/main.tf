# A photo's way: it is stored, a function reads it, the endpoint classifies it, the workflow decides,
# the API tells, monitoring watches.

module "storage" {
  source = "./modules/storage"

  force_destroy  = var.force_destroy
  origins        = local.page_origins
  prefix         = var.prefix
  retention_days = { for folder, days in var.retention_days : folder => days if folder != "register" }
}

module "training" {
  source = "./modules/training"

  boundary_arn = local.boundary_arn
  bucket_arn   = module.storage.bucket_arn
  kms_key_arn  = module.storage.kms_key_arn
  prefix       = var.prefix
}

module "endpoint" {
  source = "./modules/endpoint"

  alarm_topic_arn    = module.monitoring.topic_arn
  boundary_arn       = local.boundary_arn
  bucket             = module.storage.bucket
  bucket_arn         = module.storage.bucket_arn
  capture_percentage = var.capture_percentage
  enabled            = var.endpoint_enabled
  fleet              = var.fleet
  kms_key_arn        = module.storage.kms_key_arn
  latency_alarm_ms   = var.latency_alarm_ms
  log_retention_days = var.log_retention_days
  model              = var.model
  name               = var.endpoint_name
  prefix             = var.prefix
  rollout            = var.rollout
}

# What they are is in functions.tf.
module "lambda" {
  source   = "./modules/lambda"
  for_each = local.functions

  architecture         = var.lambda.architecture
  asynchronous         = lookup(each.value, "asynchronous", false)
  boundary_arn         = local.boundary_arn
  description          = each.value.description
  environment          = lookup(local.environment, each.key, {})
  handler              = "lambdas.${each.key}.handler"
  kms_key_arn          = module.storage.kms_key_arn
  log_retention_days   = lookup(each.value, "names_people", false) ? local.person_log_days : var.log_retention_days
  memory_mb            = each.value.memory_mb
  name                 = "${var.prefix}-${each.key}"
  permissions          = lookup(local.permissions, each.key, [])
  reserved_concurrency = var.lambda.reserved_concurrency
  runtime              = var.lambda.runtime
  timeout_seconds      = each.value.timeout_seconds
  zip                  = "${var.lambda.zips}/${each.key}.zip"
}

module "register" {
  source = "./modules/register"

  deletion_protection = var.deletion_protection
  kms_key_arn         = module.storage.kms_key_arn
  prefix              = var.prefix
  retention_days      = lookup(var.retention_days, "register", 90)
}

module "workflow" {
  source = "./modules/workflow"

  boundary_arn       = local.boundary_arn
  bucket             = module.storage.bucket
  bulk               = merge(var.bulk, { max_concurrency = coalesce(var.bulk.max_concurrency, var.fleet.max_instances) })
  bulk_results       = local.bulk_results
  function_arns      = { for stage, function in module.lambda : stage => function.arn }
  kms_key_arn        = module.storage.kms_key_arn
  log_retention_days = var.log_retention_days
  model              = { id = local.model_id, classes = local.labels }
  prefix             = var.prefix
  register           = module.register.table
  routes             = var.routes
  topic_arn          = module.monitoring.topic_arn
}

module "api" {
  source = "./modules/api"

  console             = var.api.console
  deletion_protection = var.deletion_protection
  domain              = var.api.domain
  function            = { arn = module.lambda["api"].arn, name = module.lambda["api"].name }
  kms_key_arn         = module.storage.kms_key_arn
  log_retention_days  = local.person_log_days
  origins             = var.api.origins
  prefix              = var.prefix
  programs            = var.api.programs
  requests_per_second = var.api.requests_per_second
}

module "monitoring" {
  source = "./modules/monitoring"

  api_id                  = module.api.id
  boundary_arn            = local.boundary_arn
  budget_usd              = var.budget_usd
  capture_percentage      = var.capture_percentage
  dead_letter_queue_names = { for kind, queue in local.dead_letter_queues : kind => queue.name }
  drift                   = var.drift
  email                   = var.alarm_email
  endpoint_name           = module.endpoint.name
  endpoint_variant        = module.endpoint.variant
  functions               = local.watched_functions
  kms_key_arn             = module.storage.kms_key_arn
  model_id                = module.endpoint.model_id
  monitor                 = { arn = module.lambda["monitor"].arn, name = module.lambda["monitor"].name }
  prefix                  = var.prefix
  review_minutes          = var.review_minutes
  state_machine_arn       = module.workflow.state_machine_arn
  watched_sources         = var.watched_sources
  workflow_log_group_name = module.workflow.log_group_name
}

locals {
  # As a browser names them. In the local cloud an API's address goes on behind its host.
  page_origins = concat(var.api.origins, var.api.console ? [regex("^https?://[^/]+", module.api.url)] : [])

  dead_letter_queues = merge(module.workflow.dead_letter_queues, {
    monitor = { name = module.lambda["monitor"].dead_letter_queue_name, url = module.lambda["monitor"].dead_letter_queue_url }
  })
  tolerated_drift = { for kind in ["classes", "confidence", "fall", "images", "outside", "repeats"] : kind => var.drift[kind] }

  # What names people is kept for no longer than they may be known, in CloudWatch's steps. To it 0 days are for ever.
  person_log_days = max([
    for days in [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] : days
    if days <= var.api.person_days && (days <= var.log_retention_days || var.log_retention_days == 0)
  ]...)

  # What the stack's roles may do at most: modules/github_oidc/boundary.tf, made by `make bootstrap`.
  boundary_arn = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${var.prefix}-boundary"
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
