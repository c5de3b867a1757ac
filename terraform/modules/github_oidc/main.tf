# GitHub Actions without stored keys: a workflow proves by a token of GitHub's which repository, pull request or
# environment it runs for, and takes one of three roles for an hour or two. `plan` reads, `apply` deploys, `retrain` makes
# the next model.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  issuer   = "token.actions.githubusercontent.com"
  audience = "sts.amazonaws.com"
  provider_arn = (
    var.identity_provider_arn == null ? one(aws_iam_openid_connect_provider.this[*].arn) : var.identity_provider_arn
  )

  # Whom each role trusts. `make doctor` reads the same file, and compares it with what the account has.
  trust = jsondecode(templatefile("${path.module}/trust.json.tftpl", {
    audience     = local.audience
    environment  = var.environment
    issuer       = local.issuer
    provider_arn = local.provider_arn
    repository   = var.repository
    # Only the subject has the numbers of owner and repository.
    repository_name = replace(var.repository, "/@[0-9]+/", "")
  }))

  roles = {
    plan = {
      # GitHub gives no token to a pull request of a fork, although its subject would read the same.
      description = "Reads what a plan of ${var.environment} needs. Pull requests and the watch for drift take it."
      areas       = { for area, statements in local.areas : area => concat(statements.read, try(statements.plan, [])) }
    }
    apply = {
      # GitHub's settings let only main into the environment; the branch and the workflow count without them, too.
      description = "Deploys ${var.environment}. Jobs of environment.yml on main take it, and nothing else."
      areas       = { for area, statements in local.areas : area => concat(statements.read, statements.write) }
    }
    retrain = {
      description = "Trains candidates for ${var.environment}. Jobs of retrain.yml on main take it, and nothing else."
      areas       = { storage = local.retraining }
    }
  }

  # A policy holds 6144 characters and a role ten policies, so there is one for each area.
  areas = {
    api        = local.api_area
    compute    = local.compute
    messages   = local.messages
    monitoring = local.monitoring
    register   = local.register_area
    roles      = local.stack_roles
    storage    = local.storage
  }
  policies = merge([
    for role, settings in local.roles : {
      for area, statements in settings.areas : "${role}-${area}" => { role = role, statements = statements }
    }
  ]...)
}

# An account has one provider for GitHub. Where another environment has made it, this one is given its ARN.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.identity_provider_arn == null ? 1 : 0

  url            = "https://${local.issuer}"
  client_id_list = [local.audience]
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.prefix}-${each.key}"
  description          = each.value.description
  max_session_duration = 2 * 60 * 60 # a careful roll-out takes longer than an hour

  assume_role_policy = jsonencode(local.trust[each.key])
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name   = "${var.prefix}-${each.key}"
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.key].arn
}
