mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  alarm_topic_arn    = "arn:aws:sns:eu-west-1:111122223333:scones-test-alarms"
  boundary_arn       = "arn:aws:iam::111122223333:policy/scones-test-boundary"
  bucket             = "scones-test-111122223333"
  bucket_arn         = "arn:aws:s3:::scones-test-111122223333"
  capture_percentage = 50
  fleet              = { instance_type = "ml.m5.large", min_instances = 2, max_instances = 4, invocations_per_instance = 600 }
  kms_key_arn        = "arn:aws:kms:eu-west-1:111122223333:key/k"
  latency_alarm_ms   = 250
  log_retention_days = 30
  name               = "image-classifier-ep"
  prefix             = "scones-test"
  rollout            = { type = "ALL_AT_ONCE", wait_seconds = 300 }

  model = {
    artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
    sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
  }
}

run "the_first_deployment_has_no_model_and_keeps_the_place_for_one" {
  variables {
    model = null
  }

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.boundary_arn
    error_message = "A role has no boundary."
  }

  assert {
    condition     = !output.live && length(aws_sagemaker_model.this) == 0 && length(aws_sagemaker_endpoint_configuration.this) == 0
    error_message = "Something was made for a model that is not there."
  }

  assert {
    condition     = output.model_id == null
    error_message = "There is an id without a model."
  }

  assert {
    condition     = output.arn == "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/image-classifier-ep"
    error_message = "The endpoint's ARN is not known ahead."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this) == 2 && length(aws_cloudwatch_metric_alarm.rollback) == 0
    error_message = "The alarms that page must be there before the endpoint, those that roll back have nothing to look at."
  }
}

run "the_off_switch_removes_what_costs_by_the_hour_and_keeps_the_rest" {
  variables {
    enabled = false
    fleet = {
      instance_type = "ml.m5.large", min_instances = 2, max_instances = 4, invocations_per_instance = 600
      schedule      = { night = { cron = "cron(0 22 * * ? *)", min_instances = 2, max_instances = 2 } }
    }
  }

  assert {
    condition     = !output.live && length(aws_appautoscaling_target.this) == 0 && length(aws_appautoscaling_scheduled_action.this) == 0
    error_message = "Something that belongs to a running endpoint is left."
  }

  assert {
    condition     = length(aws_sagemaker_model.this) == 1 && length(aws_sagemaker_endpoint_configuration.this) == 1
    error_message = "Model and configuration cost nothing and must stay."
  }
}

run "a_model_is_served_by_names_that_follow_from_it_and_watched" {
  assert {
    condition     = startswith(one(values(aws_sagemaker_model.this)).name, "image-classifier-ep-01234567-")
    error_message = "The model is called ${one(values(aws_sagemaker_model.this)).name}."
  }

  assert {
    condition     = startswith(one(values(aws_sagemaker_endpoint_configuration.this)).name, one(values(aws_sagemaker_model.this)).name)
    error_message = "The configuration is called ${one(values(aws_sagemaker_endpoint_configuration.this)).name}."
  }

  assert {
    condition     = one(one(one(values(aws_sagemaker_endpoint_configuration.this)).data_capture_config).capture_content_type_header).json_content_types == toset(["application/json"])
    error_message = "Answers would be captured as base64."
  }

  assert {
    condition     = one(one(values(aws_sagemaker_endpoint_configuration.this)).data_capture_config).initial_sampling_percentage == 50
    error_message = "The sampling percentage is not what was asked for."
  }

  assert {
    condition     = one(one(values(aws_sagemaker_endpoint_configuration.this)).data_capture_config).destination_s3_uri == "s3://scones-test-111122223333/captures/${output.model_id}" && output.model_id == "0123456789abcdef"
    error_message = "Nobody could tell which model a captured answer is from."
  }

  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.this), values(aws_cloudwatch_metric_alarm.rollback)) : endswith(alarm.alarm_description, ". See docs/runbook.md#${trimprefix(alarm.alarm_name, "scones-test-")}")])
    error_message = "An alarm does not say where the runbook speaks of it."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["latency"].threshold == 250000
    error_message = "ModelLatency is in microseconds."
  }

  assert {
    condition = toset(one(one(aws_sagemaker_endpoint.this["live"].deployment_config).auto_rollback_configuration).alarms[*].alarm_name) == toset([
      "scones-test-rollback-errors", "scones-test-rollback-latency",
    ])
    error_message = "An update would not be rolled back."
  }

  assert {
    condition = alltrue([for query in flatten(values(aws_cloudwatch_metric_alarm.rollback)[*].metric_query[*].metric) : query.dimensions == tomap({
      EndpointName = "image-classifier-ep", VariantName = "primary", EndpointConfigName = output.configuration_name
    })])
    error_message = "The old fleet's faults would take the new one back."
  }

  assert {
    condition = alltrue([for query in flatten(values(aws_cloudwatch_metric_alarm.this)[*].metric_query[*].metric) : query.dimensions == tomap({
      EndpointName = "image-classifier-ep", VariantName = "primary"
    })])
    error_message = "Somebody would not be paged for a part of the endpoint."
  }

  assert {
    condition = alltrue([for alarm in [aws_cloudwatch_metric_alarm.this["errors"], aws_cloudwatch_metric_alarm.rollback["errors"]] :
      one([for query in alarm.metric_query : query.expression if query.return_data]) == "failed - refused" &&
      { for query in alarm.metric_query : query.id => one(query.metric[*].metric_name) if !query.return_data } == { failed = "InvocationModelErrors", refused = "Invocation4XXErrors" }
    ])
    error_message = "A model that never answers would ring no alarm."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource
      if contains(statement.Action, "cloudwatch:DescribeAlarms")
    ] == [["arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*"]]
    error_message = "SageMaker could not look at the alarms that take an update back, and refuses every update."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource
      if startswith(statement.Action[0], "s3:") || statement.Action[0] == "ecr:BatchCheckLayerAvailability"
      ])) == toset([
      "arn:aws:s3:::scones-test-111122223333/models/*",
      "arn:aws:s3:::scones-test-111122223333/captures/*",
      "arn:aws:ecr:eu-west-1:763104351884:repository/pytorch-inference",
    ])
    error_message = "The role reaches further than the endpoint needs."
  }
}

run "another_setting_makes_another_configuration_of_the_same_model" {
  variables {
    capture_percentage = 10
  }

  assert {
    condition     = one(values(aws_sagemaker_model.this)).name == run.a_model_is_served_by_names_that_follow_from_it_and_watched.model_name
    error_message = "The model would be replaced."
  }

  assert {
    condition     = one(values(aws_sagemaker_endpoint_configuration.this)).name != run.a_model_is_served_by_names_that_follow_from_it_and_watched.configuration_name
    error_message = "The new configuration would collide with the old one."
  }
}

run "a_canary_takes_its_step_of_the_fleet" {
  variables {
    rollout = { type = "CANARY", step_percent = 50, wait_seconds = 300 }
  }

  assert {
    condition     = one(one(one(one(aws_sagemaker_endpoint.this["live"].deployment_config).blue_green_update_policy).traffic_routing_configuration).canary_size).value == 50
    error_message = "The canary has another size."
  }
}

run "a_canary_on_a_fleet_that_is_too_small_is_refused" {
  command = plan

  variables {
    rollout = { type = "CANARY", step_percent = 20, wait_seconds = 300 }
  }

  expect_failures = [var.rollout]
}

run "a_canary_that_is_over_just_before_terraform_gives_up_is_taken" {
  command = plan

  variables {
    rollout = { type = "CANARY", step_percent = 50, wait_seconds = 900 }
  }
}

run "a_canary_that_outlasts_terraform_s_patience_is_refused" {
  command = plan

  variables {
    rollout = { type = "CANARY", step_percent = 50, wait_seconds = 901 }
  }

  expect_failures = [var.rollout]
}

run "the_same_wait_in_ten_steps_outlasts_it_too" {
  command = plan

  variables {
    fleet   = { instance_type = "ml.m5.large", min_instances = 10, max_instances = 10, invocations_per_instance = 600 }
    rollout = { type = "LINEAR", step_percent = 10, wait_seconds = 300 }
  }

  expect_failures = [var.rollout]
}

run "all_at_once_may_wait_longest" {
  command = plan

  variables {
    rollout = { type = "ALL_AT_ONCE", wait_seconds = 1350 }
  }
}

run "a_minimum_above_the_maximum_is_refused" {
  command = plan

  variables {
    fleet = { instance_type = "ml.m5.large", min_instances = 5, max_instances = 4, invocations_per_instance = 600 }
  }

  expect_failures = [var.fleet]
}

run "a_minimum_above_the_maximum_at_night_is_refused" {
  command = plan

  variables {
    fleet = {
      instance_type = "ml.m5.large", min_instances = 2, max_instances = 4, invocations_per_instance = 600
      schedule      = { night = { cron = "cron(0 22 * * ? *)", min_instances = 2, max_instances = 1 } }
    }
  }

  expect_failures = [var.fleet]
}

run "a_model_of_another_environment_is_refused" {
  command = plan

  variables {
    model = {
      artefact = "s3://scones-other-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
    }
  }

  expect_failures = [aws_sagemaker_model.this]
}

run "a_name_that_sagemaker_would_refuse_is_refused" {
  command = plan

  variables {
    name = "Image_Classifier"
  }

  expect_failures = [var.name]
}
