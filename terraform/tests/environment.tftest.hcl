# The whole environment with a mocked provider: how the modules are wired, and what is refused before anything is made.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }

  mock_resource "aws_cloudwatch_event_bus" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:event-bus/b" }
  }

  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-1:111122223333:rule/r" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/r" }
  }

  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/k" }
  }

  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:f" }
  }

  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::scones-test-111122223333", id = "scones-test-111122223333" }
  }

  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:m" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:t" }
  }

  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:q", url = "https://sqs.eu-west-1.amazonaws.com/111122223333/q" }
  }
}

variables {
  environment = "test"
  prefix      = "scones-test"
}

run "the_first_deployment_needs_no_model" {
  assert {
    condition     = !output.endpoint_live && output.endpoint_configuration_name == null
    error_message = "There is an endpoint without a model."
  }

  assert {
    condition     = output.model == null && contains(keys(output.function_names), "monitor") && output.metrics_namespace == "Scones/scones-test"
    error_message = "There is a model, or nothing to watch the next one."
  }

  assert {
    condition     = toset(keys(output.dead_letter_queue_urls)) == toset(["monitor", "review", "schedule", "uploads"])
    error_message = "What is given up somewhere is not among the outputs."
  }

  assert {
    condition     = output.endpoint_name == "image-classifier-ep" && output.threshold == 0.93 && output.tolerated_drift == { classes = 0.1, confidence = 0.1, images = 0.1 }
    error_message = "The defaults have changed."
  }
}

run "a_promoted_model_adds_the_endpoint" {
  variables {
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
    }
  }

  assert {
    condition     = output.endpoint_live
    error_message = "The model is not served."
  }

  assert {
    condition = output.model == {
      id       = "0123456789abcdef"
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      labels   = tolist(["bicycle", "motorcycle"])
    }
    error_message = "The outputs name another model."
  }
}

run "a_model_with_a_label_that_has_no_route_is_refused" {
  command = plan

  variables {
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "tractor"]
    }
  }

  expect_failures = [var.model]
}

run "a_threshold_of_0_is_refused" {
  command = plan

  variables {
    threshold = 0
  }

  expect_failures = [var.threshold]
}

run "a_threshold_above_1_is_refused" {
  command = plan

  variables {
    threshold = 93
  }

  expect_failures = [var.threshold]
}

run "a_prefix_that_no_bucket_could_have_is_refused" {
  command = plan

  variables {
    prefix = "Scones_Test"
  }

  expect_failures = [var.prefix]
}

run "zips_for_another_processor_are_refused" {
  command = plan

  variables {
    lambda = { architecture = "x86_64" }
  }

  expect_failures = [var.lambda]
}

run "more_batches_at_once_than_functions_are_reserved_for_are_refused" {
  command = plan

  variables {
    bulk   = { max_concurrency = 5 }
    lambda = { reserved_concurrency = 4 }
  }

  expect_failures = [var.bulk]
}
