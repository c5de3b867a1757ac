# A photo's way: it is stored, a function reads it, the endpoint classifies it, the workflow decides, monitoring watches.

module "storage" {
  source = "./modules/storage"

  force_destroy  = var.force_destroy
  prefix         = var.prefix
  retention_days = var.retention_days
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
    batch = {
      description     = "Classifies a batch of photos of a bulk run."
      timeout_seconds = 240
      memory_mb       = 1024
      permissions     = concat(local.read_photos, local.ask_endpoint, local.write_bulk)
      environment = {
        BUCKET        = module.storage.bucket
        ENDPOINT_NAME = module.endpoint.name
        LABELS        = join(",", local.labels)
        MODEL         = module.endpoint.model_id == null ? "" : module.endpoint.model_id
        RESULTS       = local.bulk_results
        THRESHOLD     = tostring(var.threshold)
      }
    }
    collect = {
      description     = "Makes one result of all batches of a bulk run."
      timeout_seconds = 900
      memory_mb       = 2048
      permissions     = concat(local.write_bulk, local.read_bulk)
      environment = {
        BUCKET  = module.storage.bucket
        MODEL   = module.endpoint.model_id == null ? "" : module.endpoint.model_id
        RESULTS = local.bulk_results
      }
    }
    monitor = {
      description     = "Looks at what the endpoint captured since the last time, and publishes what it found."
      asynchronous    = true
      timeout_seconds = 900
      memory_mb       = 1024
      permissions     = local.watch_captures
      environment = {
        BUCKET        = module.storage.bucket
        CAPTURES      = "captures"
        ENDPOINT_NAME = module.endpoint.name
        MODEL         = module.endpoint.model_id == null ? "" : module.endpoint.model_id
        MODELS        = "models"
        NAMESPACE     = module.monitoring.namespace
        RESULTS       = local.results
        THRESHOLD     = tostring(var.threshold)
        TOLERATED     = jsonencode(local.tolerated_drift)
      }
    }
  }

  architecture         = var.lambda.architecture
  asynchronous         = lookup(each.value, "asynchronous", false)
  boundary_arn         = local.boundary_arn
  description          = each.value.description
  environment          = merge(lookup(each.value, "environment", {}), lookup(local.review_environment, each.key, {}))
  handler              = "lambdas.${each.key}.handler"
  kms_key_arn          = module.storage.kms_key_arn
  log_retention_days   = var.log_retention_days
  memory_mb            = each.value.memory_mb
  name                 = "${var.prefix}-${each.key}"
  permissions          = concat(lookup(each.value, "permissions", []), lookup(local.review_permissions, each.key, []))
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
    { actions = ["s3:GetObject"], resources = [for folder in ["incoming", "archive"] : "${module.storage.bucket_arn}/${folder}/*"] },
    # Without it S3 calls a photo that is gone "access denied" instead of "no such key".
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
    { actions = ["kms:Decrypt"], resources = [module.storage.kms_key_arn] },
  ]

  bulk_results = "results/bulk"
  write_bulk = [
    { actions = ["s3:PutObject"], resources = ["${module.storage.bucket_arn}/${local.bulk_results}/*"] },
    { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.storage.kms_key_arn] },
  ]

  # Not in the functions' map: all parts of all functions wait for what that names, and a queue takes half a minute.
  review_environment = { batch = { REVIEW_QUEUE_URL = module.workflow.review_queue.url } }
  review_permissions = { batch = [{ actions = ["sqs:SendMessage"], resources = [module.workflow.review_queue.arn] }] }

  read_bulk = [
    { actions = ["s3:GetObject"], resources = ["${module.storage.bucket_arn}/${local.bulk_results}/*"] },
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
    # By name: the state machine's own ARN is known only after that of the function.
    { actions = ["states:ListMapRuns"], resources = ["${local.states_arn}:execution:${var.prefix}-bulk:*"] },
    { actions = ["states:DescribeMapRun"], resources = ["${local.states_arn}:mapRun:${var.prefix}-bulk/*"] },
  ]

  tolerated_drift = { for kind in ["classes", "confidence", "images"] : kind => var.drift[kind] }

  results = "results/monitor"
  watch_captures = [
    { actions = ["s3:GetObject"], resources = [for folder in ["captures", "models", local.results] : "${module.storage.bucket_arn}/${folder}/*"] },
    { actions = ["s3:PutObject"], resources = ["${module.storage.bucket_arn}/${local.results}/*"] },
    {
      # "IfExists", because reading has no prefix: without it S3 calls the first run's missing result "access denied".
      actions   = ["s3:ListBucket"]
      resources = [module.storage.bucket_arn]
      condition = { StringLikeIfExists = { "s3:prefix" = ["captures/*", "models/*", "${local.results}/*"] } }
    },
    { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.storage.kms_key_arn] },
    {
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
      condition = { StringEquals = { "cloudwatch:namespace" = [module.monitoring.namespace] } }
    },
  ]
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
  prefix             = var.prefix
  routes             = var.routes
  topic_arn          = module.monitoring.topic_arn
}

module "monitoring" {
  source = "./modules/monitoring"

  boundary_arn                = local.boundary_arn
  budget_usd                  = var.budget_usd
  capture_percentage          = var.capture_percentage
  dead_letter_queue_names     = { for kind, queue in local.dead_letter_queues : kind => queue.name }
  drift                       = var.drift
  email                       = var.alarm_email
  endpoint_name               = module.endpoint.name
  endpoint_variant            = module.endpoint.variant
  function_names              = { for stage, function in module.lambda : stage => function.name if !contains(["batch", "collect", "monitor"], stage) }
  functions_raising_by_design = ["filter"] # raising is how it says that the model is not sure
  kms_key_arn                 = module.storage.kms_key_arn
  model_id                    = module.endpoint.model_id
  monitor                     = { arn = module.lambda["monitor"].arn, name = module.lambda["monitor"].name }
  prefix                      = var.prefix
  review_hours                = var.review_hours
  review_queue_name           = module.workflow.review_queue.name
  state_machine_arn           = module.workflow.state_machine_arn
  workflow_log_group_name     = module.workflow.log_group_name
}

locals {
  dead_letter_queues = merge(module.workflow.dead_letter_queues, {
    monitor = { name = module.lambda["monitor"].dead_letter_queue_name, url = module.lambda["monitor"].dead_letter_queue_url }
  })
}

# What the stack's roles may do at most: modules/github_oidc/boundary.tf, made by `make bootstrap`.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  states_arn = "arn:${data.aws_partition.current.partition}:states:${var.region}:${data.aws_caller_identity.current.account_id}"

  boundary_arn = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:policy/${var.prefix}-boundary"
}
