mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  prefix         = "scones-test"
  retention_days = { captures = 20, incoming = 30 }
}

run "the_bucket_is_private_encrypted_and_forgets_what_it_should" {
  assert {
    condition     = aws_s3_bucket.this.bucket == "scones-test-111122223333"
    error_message = "The bucket's name is ${aws_s3_bucket.this.bucket}."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "Some public access is left open."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == aws_kms_key.this.arn
    error_message = "The bucket is not encrypted with its own key."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key does not rotate."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this.policy).Statement : contains(keys(statement), "Condition")
      if contains(flatten([try(statement.Principal.Service, [])]), "events.amazonaws.com")
    ] == [false]
    error_message = "EventBridge could not send dead letters to an encrypted queue: it says neither its account nor its rule."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Condition.StringEquals
      if try(statement.Principal.AWS, "") == "*"
    ] == [for _ in range(2) : { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/scones-test-apply", "kms:CallerAccount" = "111122223333" }]
    error_message = "Somebody else than the role that deploys may use the key whatever its tags."
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_notification.this.eventbridge
    error_message = "Versioning or notifications are off."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "Requests without TLS are not denied."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement.Condition
      if statement.Effect == "Deny" && strcontains(jsonencode(statement.Resource), "/deployments/*")
      } == {
      RecordsAreAdded = { Null = { "s3:if-none-match" = "true" } }
      RecordsAreKept  = { StringEquals = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/scones-test-apply" } }
    }
    error_message = "A record of a deployment can be written over, or taken away by who deploys."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement.Condition
      if statement.Effect == "Deny" && strcontains(jsonencode(statement.Resource), "/labels/*")
      } == {
      RecordsAreAdded = { Null = { "s3:if-none-match" = "true" } }
      RecordsAreKept  = { StringEquals = { "aws:PrincipalArn" = "arn:aws:iam::111122223333:role/scones-test-apply" } }
    }
    error_message = "A label can be written over, taken away by who deploys, or forgotten by nobody."
  }

  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule :
      one(rule.filter).prefix => one(rule.expiration).days if length(rule.expiration) > 0
    } == { "captures/" = 20, "incoming/" = 30 }
    error_message = "Lifecycle rules differ from retention_days."
  }
}

run "without_pages_no_page_may_send_or_show_photos" {
  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 0
    error_message = "Some page may."
  }
}

run "pages_may_send_and_show_photos_and_nothing_else" {
  variables {
    origins = ["https://scones.example.com"]
  }

  assert {
    condition     = [for rule in aws_s3_bucket_cors_configuration.this[0].cors_rule : [rule.allowed_origins, rule.allowed_methods]] == [[toset(["https://scones.example.com"]), toset(["GET", "POST"])]]
    error_message = "Another page may, or this one may do something else."
  }
}

run "models_and_data_sets_cannot_be_made_to_expire" {
  command = plan

  variables {
    retention_days = { models = 30 }
  }

  expect_failures = [var.retention_days]
}

run "half_a_day_is_refused" {
  command = plan

  variables {
    retention_days = { incoming = 0.5 }
  }

  expect_failures = [var.retention_days]
}

run "captures_that_outlive_the_photos_are_refused" {
  command = plan

  variables {
    retention_days = { captures = 31, incoming = 30 }
  }

  expect_failures = [var.retention_days]
}

run "captures_without_an_end_are_refused_where_photos_have_one" {
  command = plan

  variables {
    retention_days = { incoming = 30 }
  }

  expect_failures = [var.retention_days]
}
