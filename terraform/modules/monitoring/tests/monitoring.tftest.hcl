mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }

  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:scones-test-alarms" }
  }
}

variables {
  budget_usd                  = 100
  dead_letter_queue_names     = { review = "scones-test-review-dead-letters", uploads = "scones-test-uploads-dead-letters" }
  endpoint_name               = "image-classifier-ep"
  endpoint_variant            = "primary"
  function_names              = { serialize = "scones-test-serialize", classify = "scones-test-classify", filter = "scones-test-filter" }
  functions_raising_by_design = ["filter"]
  kms_key_arn                 = "arn:aws:kms:eu-west-1:111122223333:key/k"
  prefix                      = "scones-test"
  review_hours                = 2
  review_queue_name           = "scones-test-review"
  state_machine_arn           = "arn:aws:states:eu-west-1:111122223333:stateMachine:scones-test-workflow"
  workflow_log_group_name     = "/aws/vendedlogs/states/scones-test-workflow"
}

run "what_is_unexpected_rings_and_a_photo_of_low_confidence_does_not" {
  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.function), "filter-errors")
    error_message = "FilterInferences raises by design."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_log_metric_filter.unexpected.pattern, "Notify")
    error_message = "Failures are counted before it is known whether they are unexpected."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.queue)) == toset(["review-dead-letters", "uploads-dead-letters", "review-age"])
    error_message = "A queue is not watched."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.function)) == toset(["serialize-errors", "classify-errors", "serialize-throttles", "classify-throttles", "filter-throttles"])
    error_message = "A function is not watched."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.queue["review-age"].threshold == 7200
    error_message = "The age of a message is in seconds."
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.queue), values(aws_cloudwatch_metric_alarm.function),
        [aws_cloudwatch_metric_alarm.unexpected, aws_cloudwatch_metric_alarm.mostly_failing, aws_cloudwatch_metric_alarm.timed_out],
      ) : alarm.alarm_actions == toset([output.topic_arn])
    ])
    error_message = "An alarm rings where nobody hears it."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.x if widget.y == 0] == [0, 6, 12, 18]
    error_message = "The columns are not in their places."
  }

  assert {
    condition     = [for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : split(":", widget.properties.title)[0] if widget.y == 0] == ["Photos arriving", "Functions", "Endpoint", "Outcomes"]
    error_message = "The columns are not in the order of the pipeline."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "There is a subscription to nobody."
  }
}

run "an_address_is_subscribed" {
  variables {
    email = "oncall@example.com"
  }

  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "oncall@example.com"
    error_message = "The address would hear nothing."
  }
}

run "something_that_is_no_address_is_refused" {
  command = plan

  variables {
    email = "oncall"
  }

  expect_failures = [var.email]
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    budget_usd = 0
  }

  expect_failures = [var.budget_usd]
}
