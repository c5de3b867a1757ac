mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  boundary_arn       = "arn:aws:iam::111122223333:policy/scones-test-boundary"
  description        = "Asks the endpoint."
  handler            = "lambdas.classify.handler"
  kms_key_arn        = "arn:aws:kms:eu-west-1:111122223333:key/k"
  log_retention_days = 30
  name               = "scones-test-classify"
  timeout_seconds    = 30
  zip                = "main.tf" # any file: nothing is uploaded

  permissions = [{
    actions   = ["sagemaker:InvokeEndpoint"]
    resources = ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e"]
  }]
}

run "a_function_may_do_what_was_passed_and_changes_with_its_zip" {
  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.boundary_arn
    error_message = "A role has no boundary."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action] == [
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
      ["sagemaker:InvokeEndpoint"],
    ]
    error_message = "The role may do more, or less."
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && aws_cloudwatch_log_group.this.kms_key_id == var.kms_key_arn
    error_message = "Traces are off, or logs are not encrypted."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == filebase64sha256(var.zip)
    error_message = "The plan would not see new code."
  }

  assert {
    condition     = output.dead_letter_queue_name == null && length(aws_lambda_function.this.dead_letter_config) == 0
    error_message = "There is a queue that nothing would ever reach."
  }
}

run "an_asynchronous_function_keeps_what_it_could_not_handle" {
  variables {
    asynchronous = true
  }

  assert {
    condition     = aws_lambda_function.this.dead_letter_config[0].target_arn == aws_sqs_queue.dead_letters[0].arn
    error_message = "Failed events would be lost."
  }

  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action]), "sqs:SendMessage")
    error_message = "The function may not write to its dead-letter queue."
  }
}

run "permission_for_everything_is_refused" {
  command = plan

  variables {
    permissions = [{ actions = ["s3:GetObject"], resources = ["*"] }]
  }

  expect_failures = [var.permissions]
}

run "an_action_that_takes_no_arn_is_permitted_under_its_condition" {
  variables {
    permissions = [{
      actions   = ["cloudwatch:PutMetricData"]
      resources = ["*"]
      condition = { StringEquals = { "cloudwatch:namespace" = ["Scones/test"] } }
    }]
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this.policy).Statement[2].Condition == { StringEquals = { "cloudwatch:namespace" = ["Scones/test"] } }
    error_message = "The condition is lost on the way."
  }
}

run "a_missing_zip_is_refused" {
  command = plan

  variables {
    zip = "tests/missing.zip"
  }

  expect_failures = [var.zip]
}

run "an_unknown_architecture_is_refused" {
  command = plan

  variables {
    architecture = "riscv"
  }

  expect_failures = [var.architecture]
}
