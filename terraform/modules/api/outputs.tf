output "id" {
  description = "Id of the API, by which its metrics are found."
  value       = aws_apigatewayv2_api.this.id
}

output "people" {
  description = "Id of the client with which people's pages sign in; null if there are no pages."
  value       = one(aws_cognito_user_pool_client.people[*].id)
}

output "pool_id" {
  description = "Id of the pool of people."
  value       = aws_cognito_user_pool.this.id
}

output "programs" {
  description = "Ids of the programs' clients, by the programs' names."
  value       = { for name, client in aws_cognito_user_pool_client.program : name => client.id }
}

output "url" {
  description = "Address of the API, without a slash at the end."
  value       = var.domain == null ? aws_apigatewayv2_api.this.api_endpoint : "https://${var.domain.name}"
}
