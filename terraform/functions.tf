# The functions: what each of them is, what it is told, and what it may do.
#
# In three tables, and only the first is what `for_each` goes through: all parts of all functions, their logs and queues
# among them, wait for what that names, and a queue alone takes half a minute.

locals {
  functions = {
    serialize = {
      description     = "Puts the photo, or a pointer to it, into the workflow's state."
      timeout_seconds = 20
      memory_mb       = 512
      watched         = true
    }
    classify = {
      description     = "Asks the endpoint how probable each class is."
      timeout_seconds = 30
      memory_mb       = 512
      watched         = true
    }
    filter = {
      description     = "Lets a photo pass only if the model is sure enough."
      timeout_seconds = 10
      memory_mb       = 256
      watched         = true
      # It is how it says that the model is not sure.
      raises_by_design = true
    }
    sweep = {
      description     = "Fails claims whose execution no longer runs, tells again what was recorded and not told, measures who waits."
      timeout_seconds = 50
      memory_mb       = 512
      watched         = true
      each_minute     = true
    }
    label = {
      description     = "Writes what people said of photos as labels, a copy of the photo beside each."
      timeout_seconds = 900
      memory_mb       = 512
      watched         = true
      each_hour       = true
    }
    api = {
      description     = "Takes photos over HTTP, says what became of them, and lets people decide."
      timeout_seconds = 10
      memory_mb       = 512
      watched         = true
      # Its log says who looked at a photo, and who decided.
      names_people = true
    }
    batch = {
      description     = "Classifies a batch of photos of a bulk run."
      timeout_seconds = 240
      memory_mb       = 1024
    }
    collect = {
      description     = "Checks and counts what became of a bulk run."
      timeout_seconds = 900
      memory_mb       = 2048
    }
    monitor = {
      description     = "Looks at what the endpoint captured since the last time, and publishes what it found."
      asynchronous    = true
      timeout_seconds = 900
      memory_mb       = 1024
    }
  }

  # The others have no alarms of this kind: somebody follows a bulk run, and the monitor has alarms of its own.
  watched_functions = {
    for stage, function in local.functions : stage => {
      name             = module.lambda[stage].name
      raises_by_design = lookup(function, "raises_by_design", false)
      each_minute      = lookup(function, "each_minute", false)
      each_hour        = lookup(function, "each_hour", false)
    }
    if lookup(function, "watched", false)
  }

  environment = {
    serialize = var.inline_photos ? {} : { MAX_INLINE_BYTES = "0" }
    classify  = { ENDPOINT_NAME = module.endpoint.name }
    filter = {
      LABELS         = local.labels
      MAX_UNLIKENESS = tostring(var.max_unlikeness)
      THRESHOLD      = tostring(var.threshold)
    }
    sweep = {
      BUS_NAME       = module.workflow.bus_name
      NAMESPACE      = module.monitoring.namespace
      RETENTION_DAYS = tostring(module.register.table.retention_days)
      REVIEW_QUEUES  = join(",", module.workflow.review_queues[*].url)
      SOURCES        = join(",", var.watched_sources)
      STATE_MACHINE  = local.workflow_arns.machine
      TABLE          = module.register.table.name
    }
    label = {
      BUCKET        = module.storage.bucket
      GRACE_SECONDS = tostring(var.api.grace_seconds)
      PERSON_DAYS   = tostring(var.api.person_days)
      REVIEWS       = module.register.reviews.name
      TABLE         = module.register.table.name
    }
    api = {
      ALARMS            = "${var.prefix}-unsure-"
      BLIND_PER_DAY     = tostring(var.api.blind_per_day)
      BUCKET            = module.storage.bucket
      GRACE_SECONDS     = tostring(var.api.grace_seconds)
      GUIDELINE         = try(var.model.guideline, false) ? "models/${local.model_id}/guideline.json" : ""
      LABELS            = join(",", keys(var.routes))
      PEOPLE            = module.api.people == null ? "" : module.api.people
      PERSON_DAYS       = tostring(var.api.person_days)
      PERSON_STATISTICS = tostring(var.api.person_statistics)
      POOL              = module.api.pool_id
      REVIEWS           = module.register.reviews.name
      SOURCES           = join(",", var.watched_sources)
      STATE_MACHINE     = local.workflow_arns.machine
      TABLE             = module.register.table.name
    }
    batch = {
      BUCKET         = module.storage.bucket
      ENDPOINT_NAME  = module.endpoint.name
      LABELS         = local.labels
      MAX_UNLIKENESS = tostring(var.max_unlikeness)
      MODEL          = local.model_id
      RESULTS        = local.bulk_results
      RETENTION_DAYS = tostring(module.register.table.retention_days)
      TABLE          = module.register.table.name
      THRESHOLD      = tostring(var.threshold)
    }
    collect = {
      BUCKET  = module.storage.bucket
      MODEL   = local.model_id
      RESULTS = local.bulk_results
    }
    monitor = {
      BUCKET        = module.storage.bucket
      CAPTURES      = "captures"
      ENDPOINT_NAME = module.endpoint.name
      MODEL         = local.model_id
      MODELS        = "models"
      NAMESPACE     = module.monitoring.namespace
      RESULTS       = local.results
      TABLE         = module.register.table.name
      THRESHOLD     = tostring(var.threshold)
      TOLERATED     = jsonencode(local.tolerated_drift)
    }
  }

  permissions = {
    serialize = concat(local.read_photos, local.read_versions)
    classify  = concat(local.read_photos, local.read_versions, local.ask_endpoint)
    sweep     = concat(local.sweep_up, local.drain_queues)
    label     = concat(local.read_versions, local.write_labels)
    api       = local.answer
    batch     = concat(local.read_photos, local.ask_endpoint, local.write_bulk, local.leave_waiting)
    collect   = concat(local.write_bulk, local.read_bulk)
    monitor   = local.watch_captures
  }
}

locals {
  # Until a model is promoted no photo gets as far as its labels.
  labels   = join(",", var.model == null ? sort(setsubtract(keys(var.routes), ["other"])) : var.model.labels)
  model_id = module.endpoint.model_id == null ? "" : module.endpoint.model_id

  bulk_results = "results/bulk"
  results      = "results/monitor"

  ask_endpoint = [{ actions = ["sagemaker:InvokeEndpoint"], resources = [module.endpoint.arn] }]
  photos       = [for folder in ["incoming", "archive"] : "${module.storage.bucket_arn}/${folder}/*"]
  read_photos = [
    { actions = ["s3:GetObject"], resources = local.photos },
    # Without it S3 calls a photo that is gone "access denied" instead of "no such key".
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
    { actions = ["kms:Decrypt"], resources = [module.storage.kms_key_arn] },
  ]

  # An upload is read in its own version; a bulk run takes the newest.
  read_versions = [{ actions = ["s3:GetObjectVersion"], resources = local.photos }]

  sweep_up = [
    { actions = ["dynamodb:Query"], resources = module.register.table.index_arns },
    { actions = ["dynamodb:UpdateItem"], resources = [module.register.table.arn] },
    {
      actions   = ["kms:Decrypt"]
      resources = [module.storage.kms_key_arn]
      condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3", "sqs"] : "${service}.${var.region}.amazonaws.com"] } }
    },
    { actions = ["states:ListExecutions"], resources = [local.workflow_arns.machine] },
    { actions = ["states:DescribeExecution", "states:GetExecutionHistory"], resources = [local.workflow_arns.executions] },
    { actions = ["events:PutEvents"], resources = [module.workflow.bus_arn] },
  ]
  # By name: the state machine's own ARN is known only after that of the function.
  workflow_arns = {
    machine    = "${local.states_arn}:stateMachine:${var.prefix}-workflow"
    executions = "${local.states_arn}:execution:${var.prefix}-workflow:*"
  }

  answer = [
    {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      resources = [module.register.table.arn]
    },
    {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:UpdateItem"]
      resources = [module.register.reviews.arn]
    },
    { actions = ["dynamodb:Query"], resources = concat(module.register.table.index_arns, [module.register.reviews.index_arn]) },
    # It signs the forms by which photos are sent, and the addresses at which people see them.
    { actions = ["s3:PutObject"], resources = ["${module.storage.bucket_arn}/incoming/api/*"] },
    { actions = ["s3:GetObjectVersion"], resources = local.photos },
    { actions = ["s3:GetObject"], resources = ["${module.storage.bucket_arn}/models/*/guideline.json"] },
    {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.storage.kms_key_arn]
      condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3"] : "${service}.${var.region}.amazonaws.com"] } }
    },
    { actions = ["states:StartExecution"], resources = [local.workflow_arns.machine] },
    # CloudWatch asks for every alarm of the account, whichever names a request has.
    { actions = ["cloudwatch:DescribeAlarms"], resources = ["${local.alarms_arn}:alarm:*"] },
  ]

  # What lies in the review queues is put into the register, with the version of its photo that is the newest.
  drain_queues = concat(local.leave_waiting, [
    { actions = ["sqs:DeleteMessage", "sqs:ReceiveMessage"], resources = module.workflow.review_queues[*].arn },
    { actions = ["s3:GetObject"], resources = local.photos },
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
  ])

  # Each photo is read in the version that people saw.
  write_labels = [
    { actions = ["dynamodb:Query"], resources = ["${module.register.table.arn}/index/labelling"] },
    { actions = ["dynamodb:GetItem", "dynamodb:UpdateItem"], resources = [module.register.table.arn] },
    { actions = ["dynamodb:GetItem"], resources = [module.register.reviews.arn] },
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] }, # as in read_photos
    { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${module.storage.bucket_arn}/labels/*"] },
    {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.storage.kms_key_arn]
      condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3"] : "${service}.${var.region}.amazonaws.com"] } }
    },
  ]

  leave_waiting = [{ actions = ["dynamodb:PutItem"], resources = [module.register.table.arn] }]

  write_bulk = [
    { actions = ["s3:PutObject"], resources = ["${module.storage.bucket_arn}/${local.bulk_results}/*"] },
    { actions = ["kms:GenerateDataKey"], resources = [module.storage.kms_key_arn] },
  ]
  states_arn = "arn:${data.aws_partition.current.partition}:states:${var.region}:${data.aws_caller_identity.current.account_id}"
  alarms_arn = "arn:${data.aws_partition.current.partition}:cloudwatch:${var.region}:${data.aws_caller_identity.current.account_id}"
  read_bulk = [
    { actions = ["s3:GetObject"], resources = ["${module.storage.bucket_arn}/${local.bulk_results}/*"] },
    { actions = ["kms:Decrypt"], resources = [module.storage.kms_key_arn] },
    { actions = ["s3:ListBucket"], resources = [module.storage.bucket_arn] },
    # By name: the state machine's own ARN is known only after that of the function.
    { actions = ["states:ListMapRuns"], resources = ["${local.states_arn}:execution:${var.prefix}-bulk:*"] },
    { actions = ["states:DescribeMapRun"], resources = ["${local.states_arn}:mapRun:${var.prefix}-bulk/*"] },
  ]

  watch_captures = [
    { actions = ["s3:GetObject"], resources = [for folder in ["captures", "labels", "models", local.results] : "${module.storage.bucket_arn}/${folder}/*"] },
    { actions = ["s3:PutObject"], resources = ["${module.storage.bucket_arn}/${local.results}/*"] },
    {
      # "IfExists", because reading has no prefix: without it S3 calls the first run's missing result "access denied".
      actions   = ["s3:ListBucket"]
      resources = [module.storage.bucket_arn]
      condition = { StringLikeIfExists = { "s3:prefix" = ["captures/*", "labels/*", "models/*", "${local.results}/*"] } }
    },
    # How many photos a day's blind sample was drawn from.
    { actions = ["dynamodb:Query"], resources = ["${module.register.table.arn}/index/day"] },
    {
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [module.storage.kms_key_arn]
      condition = { StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3"] : "${service}.${var.region}.amazonaws.com"] } }
    },
    {
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
      condition = { StringEquals = { "cloudwatch:namespace" = [module.monitoring.namespace] } }
    },
  ]
}
