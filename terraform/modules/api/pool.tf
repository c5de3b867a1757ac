# Who may ask: people, whom somebody invites, and programs of other teams.

locals {
  groups = {
    arrivals  = "Devices at the loading bays: they send photos and object to answers."
    reviewers = "People who decide what the model is not sure of."
    leads     = "People who see every photo and correct decisions."
  }
}

resource "aws_cognito_user_pool" "this" {
  name = "${var.prefix}-people"
  # Programs, scopes, sign-in with a code and one-time passwords are in it; the next plan costs nearly three times as much.
  user_pool_tier           = "LITE"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"
  mfa_configuration        = "OPTIONAL"
  alias_attributes         = ["email"] # a device has a name and no address
  auto_verified_attributes = ["email"]

  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = false
    require_uppercase                = true
    temporary_password_validity_days = 7
  }

  software_token_mfa_configuration {
    enabled = true
  }

  username_configuration {
    case_sensitive = false
  }
}

# Where people sign in and programs get their tokens. In the whole region there is one of each name.
resource "aws_cognito_user_pool_domain" "this" {
  domain                = "${var.prefix}-${data.aws_caller_identity.current.account_id}"
  managed_login_version = 1 # the classic pages: a page of the newer kind is shown only once it has a style
  user_pool_id          = aws_cognito_user_pool.this.id
}

resource "aws_cognito_resource_server" "this" {
  identifier   = "scones"
  name         = "${var.prefix}-api"
  user_pool_id = aws_cognito_user_pool.this.id

  scope {
    scope_name        = "photos"
    scope_description = "Send photos, ask what became of them, and object to it."
  }

  scope {
    scope_name        = "review"
    scope_description = "Decide what the model is not sure of."
  }
}

resource "aws_cognito_user_group" "this" {
  for_each = local.groups

  name         = each.key
  description  = each.value
  user_pool_id = aws_cognito_user_pool.this.id
}

resource "aws_cognito_user_pool_client" "program" {
  for_each = var.programs

  name                                 = "${var.prefix}-${each.key}"
  user_pool_id                         = aws_cognito_user_pool.this.id
  generate_secret                      = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = [local.photos]
  # Nobody signs in by it with a password.
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH"]
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"
  access_token_validity         = 60

  token_validity_units {
    access_token = "minutes"
  }
}

locals {
  # Where people are led back to, to the letter: the console has two pages, one of another origin lies at its top.
  pages = concat(var.console ? ["${local.url}/", "${local.url}/review"] : [], [for origin in var.origins : "${origin}/"])
}

# The pages'. They run in a browser, which keeps no secret: a code is exchanged by whoever asked for it (PKCE).
resource "aws_cognito_user_pool_client" "people" {
  count = var.console || length(var.origins) > 0 ? 1 : 0

  name                                 = "${var.prefix}-people"
  user_pool_id                         = aws_cognito_user_pool.this.id
  generate_secret                      = false
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_scopes                 = ["openid", local.photos, local.review]
  callback_urls                        = local.pages
  logout_urls                          = local.pages
  supported_identity_providers         = ["COGNITO"]
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH"]
  enable_token_revocation              = true
  prevent_user_existence_errors        = "ENABLED"
  # Whoever is taken out of a group may do as before until the token ends; whoever signs in does so once a working day.
  access_token_validity  = 15
  id_token_validity      = 15
  refresh_token_validity = 10

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}
