output "arn" {
  description = "ARN of the endpoint, also while there is none: permissions are granted ahead."
  value       = "arn:${local.partition}:sagemaker:${local.region}:${local.account_id}:endpoint/${var.name}"
}

output "configuration_name" {
  description = "Name of the configuration that the endpoint should have; null before the first model."
  value       = one(values(aws_sagemaker_endpoint_configuration.this)[*].name)
}

output "live" {
  description = "Whether there is an endpoint now: a model has been promoted and the endpoint is switched on."
  value       = length(aws_sagemaker_endpoint.this) > 0
}

output "model_id" {
  description = "First 16 hexadecimal digits of the artefact's checksum, which name the model's folder below models/ and below captures/; null before the first model."
  value       = local.model_id
}

output "model_name" {
  description = "Name of the model that the endpoint should serve; null before the first model."
  value       = one(values(aws_sagemaker_model.this)[*].name)
}

output "name" {
  description = "Name of the endpoint, also while there is none."
  value       = var.name
}

output "role_arn" {
  description = "ARN of the role that the model's container runs with."
  value       = aws_iam_role.this.arn
}

output "variant" {
  description = "Name of the endpoint's variant."
  value       = local.variant
}
