output "api" {
  description = "The HTTP API: its address, the console's, null without one, where the record of its own name has to lead, null if it has none, the pool of those who may call it, the programs' clients by their names, the client of people's pages, null if there are none, the table of who decided what, for how many days it may tell, and whether there are figures by person."
  value = {
    url               = module.api.url
    console           = module.api.console
    domain_target     = module.api.domain_target
    pool_id           = module.api.pool_id
    programs          = module.api.programs
    people            = module.api.people
    reviews_table     = module.register.reviews.name
    person_days       = var.api.person_days
    person_statistics = var.api.person_statistics
  }
}

output "bucket" {
  description = "Name of the bucket: data/, models/, deployments/, jobs/, incoming/, archive/, captures/, results/."
  value       = module.storage.bucket
}

output "bulk" {
  description = "Bulk work: the ARN of its state machine, and the prefix of its results in the bucket."
  value       = { state_machine_arn = module.workflow.bulk_state_machine_arn, results = local.bulk_results }
}

output "bus_name" {
  description = "Name of the bus that DriverRouted events go to."
  value       = module.workflow.bus_name
}

output "dashboard_name" {
  description = "Name of the dashboard."
  value       = module.monitoring.dashboard_name
}

output "dead_letter_queue_urls" {
  description = "URLs of the dead-letter queues, by what they belong to."
  value       = merge({ for kind, queue in local.dead_letter_queues : kind => queue.url }, { schedule = module.monitoring.dead_letter_queue_url })
}

output "endpoint_configuration_name" {
  description = "Name of the configuration that the endpoint should have; null before the first model."
  value       = module.endpoint.configuration_name
}

output "endpoint_live" {
  description = "Whether there is an endpoint now: a model has been promoted and the endpoint is switched on."
  value       = module.endpoint.live
}

output "endpoint_name" {
  description = "Name of the endpoint, also while there is none."
  value       = module.endpoint.name
}

output "function_names" {
  description = "Names of the functions, by stage."
  value       = { for stage, function in module.lambda : stage => function.name }
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts everything in this environment."
  value       = module.storage.kms_key_arn
}

output "least" {
  description = "The least accuracy that the report accepts, and the least coverage that the alarms do."
  value       = { accuracy = var.drift.min_accuracy, coverage = var.drift.min_coverage }
}

output "max_unlikeness" {
  description = "How unlike the training's photographs a photo may be without a person looking at it."
  value       = var.max_unlikeness
}

output "metrics_namespace" {
  description = "CloudWatch namespace of the environment's own metrics, the monitor's among them."
  value       = module.monitoring.namespace
}

output "model" {
  description = "The live model: its id, which names its folder below models/ and below captures/, its artefact and its labels; null before the first."
  value = var.model == null ? null : {
    id       = module.endpoint.model_id
    artefact = var.model.artefact
    labels   = var.model.labels
  }
}

output "register_table" {
  description = "Name of the table with what became of each photo."
  value       = module.register.table.name
}

output "review" {
  description = "Minutes that a driver may wait for a person, and the hours in which there are people to decide."
  value       = { minutes = var.review_minutes, staffed_hours = var.staffed_hours }
}

output "routes" {
  description = "Where the driver of each kind of vehicle goes, by the model's label, and of any other."
  value       = var.routes
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = module.workflow.state_machine_arn
}

output "threshold" {
  description = "Confidence from which a photo is routed without a person looking at it."
  value       = var.threshold
}

output "tolerated_drift" {
  description = "How far the distributions of classes, confidence and images may be from the training's, and how far the estimated accuracy may fall."
  value       = local.tolerated_drift
}

output "topic_arn" {
  description = "ARN of the topic that alarms and unexpected failures go to."
  value       = module.monitoring.topic_arn
}

output "training_role_arn" {
  description = "ARN of the role that training jobs run with."
  value       = module.training.role_arn
}

output "transform_role_arn" {
  description = "ARN of the role that batch transform jobs run with."
  value       = module.training.transform_role_arn
}
