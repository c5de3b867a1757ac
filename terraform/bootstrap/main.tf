# What has to be there before GitHub Actions can deploy an environment. An administrator applies it once, by
# `make bootstrap`: it makes the roles that everything later is done with, so none of them may change it.

module "github_oidc" {
  source = "../modules/github_oidc"

  endpoint_name         = var.endpoint_name
  environment           = var.environment
  identity_provider_arn = var.identity_provider_arn
  prefix                = var.prefix
  repository            = var.repository
}
