mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  api_id                  = "a1b2c3d4e5"
  boundary_arn            = "arn:aws:iam::111122223333:policy/scones-test-boundary"
  budget_usd              = 100
  capture_percentage      = 20
  dead_letter_queue_names = { monitor = "scones-test-monitor-dead-letters", uploads = "scones-test-uploads-dead-letters" }
  drift                   = { confidence = 0.1, images = 0.15, classes = 0.2, outside = 0.03, repeats = 0.5, fall = 0.03, min_coverage = 0.6, min_accuracy = 0.85 }
  endpoint_name           = "image-classifier-ep"
  endpoint_variant        = "primary"
  functions               = { serialize = { name = "scones-test-serialize" }, classify = { name = "scones-test-classify" }, filter = { name = "scones-test-filter", raises_by_design = true }, sweep = { name = "scones-test-sweep", each_minute = true }, label = { name = "scones-test-label", each_hour = true } }
  kms_key_arn             = "arn:aws:kms:eu-west-1:111122223333:key/k"
  model_id                = "0123456789abcdef"
  monitor                 = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:scones-test-monitor", name = "scones-test-monitor" }
  prefix                  = "scones-test"
  review_minutes          = 5
  state_machine_arn       = "arn:aws:states:eu-west-1:111122223333:stateMachine:scones-test-workflow"
  watched_sources         = ["gate-1", "gate-2"]
  workflow_log_group_name = "/aws/vendedlogs/states/scones-test-workflow"
}

run "what_is_unexpected_rings_and_a_photo_of_low_confidence_does_not" {
  assert {
    condition     = aws_iam_role.schedule.permissions_boundary == var.boundary_arn
    error_message = "A role has no boundary."
  }

  assert {
    condition     = strcontains(aws_cloudwatch_log_metric_filter.unexpected.pattern, "Notify")
    error_message = "Failures are counted before it is known whether they are unexpected."
  }

  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset([
      "workflow-unexpected", "workflow-timed-out",
      # None for errors of filter, which raises by design.
      "serialize-errors", "classify-errors", "serialize-throttles", "classify-throttles", "filter-throttles",
      "sweep-errors", "sweep-throttles", "sweep-silent", "label-errors",
      "monitor-dead-letters", "schedule-dead-letters", "uploads-dead-letters", "driver-waits",
      "class-drift", "confidence-drift", "image-drift", "low-accuracy", "low-coverage", "monitor-errors",
      "pictures-outside", "pictures-repeated", "api-slow",
    ])
    error_message = "Something is not watched, or what happens by design rings."
  }

  assert {
    condition = [
      for name in ["metric_name", "comparison_operator", "threshold", "period", "evaluation_periods", "datapoints_to_alarm"] : tostring(aws_cloudwatch_metric_alarm.this["sweep-silent"][name])
    ] == ["Invocations", "LessThanThreshold", "1", "60", "5", "5"]
    error_message = "Five minutes without the sweep do not ring, or one minute does."
  }

  assert {
    condition     = [for name in ["metric_name", "threshold", "period"] : tostring(aws_cloudwatch_metric_alarm.this["label-errors"][name])] == ["Errors", "2", "3600"]
    error_message = "What is started each hour would have to fail five times in five minutes."
  }

  assert {
    condition     = [for name in ["metric_name", "namespace", "threshold", "period", "statistic"] : tostring(aws_cloudwatch_metric_alarm.this["driver-waits"][name])] == ["LongestWait", output.namespace, "300", "60", "Maximum"]
    error_message = "A driver's wait is in seconds, and the longest counts."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.no_capture, [aws_cloudwatch_metric_alarm.api_failing, aws_cloudwatch_metric_alarm.mostly_failing, aws_cloudwatch_metric_alarm.monitor_silent]) :
      alarm.alarm_actions == toset([output.topic_arn]) && alarm.ok_actions == toset([output.topic_arn]) && alarm.treat_missing_data == (endswith(alarm.alarm_name, "-silent") ? "breaching" : endswith(alarm.alarm_name, "-driver-waits") ? "ignore" : "notBreaching")
    ])
    error_message = "An alarm rings where nobody hears it, or makes something else of missing data: only silence may ring by itself."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.this), aws_cloudwatch_metric_alarm.no_capture, [aws_cloudwatch_metric_alarm.api_failing, aws_cloudwatch_metric_alarm.mostly_failing, aws_cloudwatch_metric_alarm.monitor_silent]) :
      endswith(alarm.alarm_description, ". See docs/runbook.md#${trimprefix(alarm.alarm_name, "scones-test-")}") && length(alarm.alarm_description) <= 1024
    ])
    error_message = "An alarm does not say where the runbook speaks of it, or says more than CloudWatch takes."
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

run "an_api_that_fails_or_is_slow_rings" {
  assert {
    condition     = { for query in aws_cloudwatch_metric_alarm.api_failing.metric_query : query.id => [query.metric[0].metric_name, query.metric[0].dimensions.ApiId] if query.id != "percentage" } == { faults = ["5xx", "a1b2c3d4e5"], requests = ["Count", "a1b2c3d4e5"] }
    error_message = "The alarm compares something else than faults and requests of this API."
  }

  assert {
    condition     = [for name in ["metric_name", "extended_statistic", "threshold", "evaluation_periods", "datapoints_to_alarm"] : tostring(aws_cloudwatch_metric_alarm.this["api-slow"][name])] == ["Latency", "p95", "2000", "3", "3"] && aws_cloudwatch_metric_alarm.this["api-slow"].dimensions.ApiId == "a1b2c3d4e5"
    error_message = "One slow answer rings, or a quarter of an hour of them does not."
  }

  assert {
    condition     = flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : distinct(widget.properties.metrics[*][1]) if startswith(widget.properties.title, "API")]) == ["Count", "4xx", "5xx", "Latency"]
    error_message = "The dashboard does not show how the API answers."
  }
}

run "a_source_that_gets_worse_rings_by_its_name" {
  assert {
    condition     = { for alarm in aws_cloudwatch_metric_alarm.unsure : alarm.alarm_name => [alarm.dimensions.Source, alarm.metric_name, tostring(alarm.threshold)] } == { scones-test-unsure-gate-1 = ["gate-1", "UnsureShare", "0.4"], scones-test-unsure-gate-2 = ["gate-2", "UnsureShare", "0.4"] }
    error_message = "A source has no alarm, or one that looks at another's photos."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.unsure :
      alarm.namespace == output.namespace && alarm.alarm_actions == toset([output.topic_arn]) && alarm.ok_actions == toset([output.topic_arn]) && alarm.treat_missing_data == "notBreaching" && endswith(alarm.alarm_description, ". See docs/runbook.md#unsure-source")
    ])
    error_message = "An alarm looks where the sweep does not publish, rings where nobody hears it, or while there are too few photos."
  }

  assert {
    condition     = flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.metrics[*][3] if startswith(widget.properties.title, "Unsure")]) == ["gate-1", "gate-2"]
    error_message = "The dashboard does not show each source."
  }
}

run "without_watched_sources_nothing_of_them_is_shown" {
  variables {
    watched_sources = []
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.unsure) == 0 && alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : length(widget.properties.metrics) > 0])
    error_message = "CloudWatch would refuse a widget without a metric."
  }
}

run "drift_rings_by_its_bound_and_only_for_the_live_model" {
  assert {
    condition = { for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name => [alarm.comparison_operator, alarm.threshold] if endswith(alarm.metric_name, "Bound") } == {
      ConfidenceDriftLowerBound = ["GreaterThanThreshold", 0.1]
      AccuracyFallLowerBound    = ["GreaterThanThreshold", 0.03]
      ImageDriftLowerBound      = ["GreaterThanThreshold", 0.15]
      OutsideShareLowerBound    = ["GreaterThanThreshold", 0.03]
      RepeatShareLowerBound     = ["GreaterThanThreshold", 0.5]
      ClassDriftLowerBound      = ["GreaterThanThreshold", 0.2]
      CoverageUpperBound        = ["LessThanThreshold", 0.6]
    }
    error_message = "An alarm rings for a value that chance alone may bring about, or at another limit."
  }

  assert {
    condition = alltrue([
      for alarm in aws_cloudwatch_metric_alarm.this :
      alarm.namespace == output.namespace && alarm.dimensions == tomap({ EndpointName = "image-classifier-ep", Model = "0123456789abcdef" })
      if endswith(alarm.metric_name, "Bound")
    ])
    error_message = "An alarm looks where the monitor does not publish."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.period * alarm.evaluation_periods > 2 * 3600 + 20 * 60 && alarm.datapoints_to_alarm == 1 if endswith(alarm.metric_name, "Bound")])
    error_message = "An alarm forgets a figure before the next one is published."
  }

  assert {
    condition = toset(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.metrics[*][1] if widget.y == 12 || startswith(widget.properties.title, "Judged")])) == toset(concat(
      ["Records", "Unreadable", "UndecodableImages", "Coverage", "CoverageUpperBound", "EstimatedAccuracy", "EstimatedAccuracyUpperBound"],
      ["ConfidenceFall", "ConfidenceFallLowerBound", "ConfidenceDrift", "ConfidenceDriftLowerBound", "ImageDrift", "ImageDriftLowerBound"],
      ["TrueAccuracy", "TrueAccuracyLowerBound", "TrueAccuracyUpperBound", "AccuracyFallLowerBound"],
      ["OutsideShare", "OutsideShareLowerBound", "RepeatShare", "RepeatShareLowerBound", "ClassDrift", "ClassDriftLowerBound"],
    ))
    error_message = "The dashboard shows something else than the monitor publishes."
  }
}

run "a_limit_is_said_in_short_numbers" {
  variables {
    drift = { confidence = 0.1, images = 0.15, classes = 0.2, outside = 0.03, repeats = 0.5, fall = 0.005, min_coverage = 0.6, min_accuracy = 0.85 }
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : !can(regex("[0-9]{6}", alarm.alarm_description))])
    error_message = "An alarm's limit is said in binary's many digits."
  }
}

run "before_the_first_model_nothing_drifts" {
  variables {
    model_id = null
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.dimensions.Model == "none" if endswith(alarm.metric_name, "Bound")])
    error_message = "An alarm looks at a model that is not there."
  }
}

run "requests_without_captures_ring_if_chance_does_not_explain_them" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.no_capture[0].threshold == 50 && aws_cloudwatch_metric_alarm.no_capture[0].evaluation_periods == 2
    error_message = "At a capture of 20 % it takes 50 requests an hour for none to be captured to mean something."
  }

  assert {
    condition     = { for query in aws_cloudwatch_metric_alarm.no_capture[0].metric_query : query.id => query.metric[0].metric_name if query.id != "uncaptured" } == { records = "Records", requests = "Invocations" }
    error_message = "The alarm compares something else than requests and records."
  }
}

run "an_endpoint_that_captures_nothing_by_choice_does_not_ring" {
  variables {
    capture_percentage = 0
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.no_capture) == 0
    error_message = "The alarm would ring for ever."
  }
}

run "the_monitor_is_started_every_hour_and_a_run_that_cannot_start_is_kept" {
  assert {
    condition     = aws_scheduler_schedule.monitor.schedule_expression == "cron(20 * * * ? *)" && aws_scheduler_schedule.monitor.target[0].arn == var.monitor.arn
    error_message = "The schedule starts something else, or at another time."
  }

  assert {
    condition     = strcontains(aws_scheduler_schedule.monitor.target[0].input, "<aws.scheduler.scheduled-time>") && keys(jsondecode(aws_scheduler_schedule.monitor.target[0].input)) == ["scheduled"]
    error_message = "The monitor is not told which hour is meant: ${aws_scheduler_schedule.monitor.target[0].input}"
  }

  assert {
    condition     = aws_scheduler_schedule.monitor.target[0].dead_letter_config[0].arn == aws_sqs_queue.schedule_dead_letters.arn
    error_message = "A run that cannot be started would be lost."
  }

  assert {
    condition     = toset(flatten([for statement in jsondecode(aws_iam_role_policy.schedule.policy).Statement : statement.Resource])) == toset([var.monitor.arn, aws_sqs_queue.schedule_dead_letters.arn, var.kms_key_arn])
    error_message = "The schedule's role reaches further than the monitor, its dead letters and the key."
  }
}

run "a_limit_in_percent_is_refused" {
  command = plan

  variables {
    drift = { confidence = 0.1, images = 0.1, classes = 0.1, outside = 0.03, repeats = 0.5, fall = 0.005, min_coverage = 60, min_accuracy = 0.85 }
  }

  expect_failures = [var.drift]
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
