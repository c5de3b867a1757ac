# A photo's way: it is stored, a function reads it, the endpoint classifies it, the workflow decides, monitoring watches.

module "storage" {
  source = "./modules/storage"

  force_destroy  = var.force_destroy
  prefix         = var.prefix
  retention_days = var.retention_days
}

module "training" {
  source = "./modules/training"

  bucket_arn  = module.storage.bucket_arn
  kms_key_arn = module.storage.kms_key_arn
  prefix      = var.prefix
}

module "endpoint" {
  source = "./modules/endpoint"

  alarm_topic_arn    = module.monitoring.topic_arn
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

module "lambda" {
  source = "./modules/lambda"

  for_each = {
    serialize = {
      description     = "Puts the photo, or a pointer to it, into the workflow's state."
      timeout_seconds = 20
      memory_mb       = 512
      permissions     = local.read_photos
    }
    classify = {
      description     = "Asks the endpoint how probable each class is."
      timeout_seconds = 30
      memory_mb       = 512
      environment     = { ENDPOINT_NAME = module.endpoint.name }
      permissions     = concat(local.read_photos, local.ask_endpoint)
    }
    filter = {
      description     = "Lets a photo pass only if the model is sure enough."
      timeout_seconds = 10
      memory_mb       = 256
      environment     = { LABELS = join(",", local.labels), THRESHOLD = tostring(var.threshold) }
    }
  }

  architecture         = var.lambda.architecture
  description          = each.value.description
  environment          = lookup(each.value, "environment", {})
  handler              = "${each.key}.handler"
  kms_key_arn          = module.storage.kms_key_arn
  log_retention_days   = var.log_retention_days
  memory_mb            = each.value.memory_mb
  name                 = "${var.prefix}-${each.key}"
  permissions          = lookup(each.value, "permissions", [])
  reserved_concurrency = var.lambda.reserved_concurrency
  runtime              = var.lambda.runtime
  timeout_seconds      = each.value.timeout_seconds
  zip                  = "${var.lambda.zips}/${each.key}.zip"
}

locals {
  # Until a model is promoted no photo gets as far as its labels.
  labels = var.model == null ? sort(keys(var.routes)) : var.model.labels

  ask_endpoint = [{ actions = ["sagemaker:InvokeEndpoint"], resources = [module.endpoint.arn] }]
  read_photos = [
    { actions = ["s3:GetObject"], resources = ["${module.storage.bucket_arn}/incoming/*"] },
    # Without it S3 calls a photo that is gone "access denied" instead of "no such key".
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
    { actions = ["kms:Decrypt"], resources = [module.storage.kms_key_arn] },
  ]
}

module "workflow" {
  source = "./modules/workflow"

  bucket             = module.storage.bucket
  function_arns      = { for stage, function in module.lambda : stage => function.arn }
  kms_key_arn        = module.storage.kms_key_arn
  log_retention_days = var.log_retention_days
  prefix             = var.prefix
  routes             = var.routes
  topic_arn          = module.monitoring.topic_arn
}

module "monitoring" {
  source = "./modules/monitoring"

  budget_usd                  = var.budget_usd
  dead_letter_queue_names     = { for kind, queue in module.workflow.dead_letter_queues : kind => queue.name }
  email                       = var.alarm_email
  endpoint_name               = module.endpoint.name
  endpoint_variant            = module.endpoint.variant
  function_names              = { for stage, function in module.lambda : stage => function.name }
  functions_raising_by_design = ["filter"] # raising is how it says that the model is not sure
  kms_key_arn                 = module.storage.kms_key_arn
  prefix                      = var.prefix
  review_hours                = var.review_hours
  review_queue_name           = module.workflow.review_queue.name
  state_machine_arn           = module.workflow.state_machine_arn
  workflow_log_group_name     = module.workflow.log_group_name
}
