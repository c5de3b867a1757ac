output "console" {
  description = "Address of the console's arrivals page, beside which review lies; null without a console."
  value       = var.console ? "${local.url}/" : null
}

output "domain_target" {
  description = "Where the record of the API's own name leads: the target's name and the id of its hosted zone; null without one."
  value = one([for domain in aws_apigatewayv2_domain_name.this : {
    hosted_zone_id     = one(domain.domain_name_configuration).hosted_zone_id
    target_domain_name = one(domain.domain_name_configuration).target_domain_name
  }])
}

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
  value       = local.url
}
