# Alarms on one metric, in one table by their names. Those on several are in computed_alarms.tf.
#
# A photo of low confidence ends its execution as FAILED by design, and a function that refuses one raises. So neither
# ExecutionsFailed nor one function error may page. What does: an entry into the state Notify, which all that is
# unexpected passes through; and, should that state itself be out of reach, more than half of the photos failing.
#
# What the monitor finds in the captures rings on the bound of a confidence interval, never on the value itself: few
# photos give a wide interval, and so no alarm, and fewer than 30 in a day have no bounds at all.

locals {
  namespace  = "Scones/${var.prefix}"
  model      = coalesce(var.model_id, "none") # before the first model there is nothing to drift
  dimensions = { EndpointName = var.endpoint_name, Model = local.model }

  dead_letter_queue_names = merge(var.dead_letter_queue_names, { schedule = aws_sqs_queue.schedule_dead_letters.name })

  # The monitor publishes an hour's figures some 20 minutes after that hour, dated to its beginning, so that they are up
  # to 2 h 20 min old when the next ones come: an alarm that looks back on three hours always finds some.
  bound = { namespace = local.namespace, dimensions = local.dimensions, statistic = "Average", period = 3600, periods = 3 }

  alarms = merge(
    {
      workflow-unexpected = {
        description = "A photo could not be routed, and not for lack of confidence."
        metric      = { namespace = local.namespace, name = aws_cloudwatch_log_metric_filter.unexpected.metric_transformation[0].name, dimensions = null, statistic = "Sum" }
        threshold   = 1
      }
      workflow-timed-out = {
        description = "An execution ran into the state machine's own time-out."
        metric      = { namespace = "AWS/States", name = "ExecutionsTimedOut", dimensions = { StateMachineArn = var.state_machine_arn }, statistic = "Sum" }
        threshold   = 1
      }
      # The sweep publishes it once a minute, of drivers alone: photos for which nobody waits may lie for weeks.
      driver-waits = {
        description = "A driver has waited ${var.review_minutes} minutes or more for a person to decide."
        metric      = { namespace = local.namespace, name = "LongestWait", dimensions = null, statistic = "Maximum", period = 60 }
        threshold   = var.review_minutes * 60
        missing     = "ignore" # while the sweep says nothing, the driver still waits
      }
      # One failure is tried again by Lambda; the hour that failed is made up for by the next run.
      monitor-errors = {
        description = "${var.monitor.name} failed twice or more in an hour: trying again did not help."
        metric      = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = var.monitor.name }, statistic = "Sum", period = 3600 }
        threshold   = 2
      }
      # Five minutes are no news: a first request waits for a new instance of the function.
      api-slow = {
        description = "Of the API's requests one in 20 took two seconds or more, for a quarter of an hour."
        metric      = { namespace = "AWS/ApiGateway", name = "Latency", dimensions = { ApiId = var.api_id }, percentile = "p95", periods = 3, breaches = 3 }
        threshold   = 2000
      }
      confidence-drift = {
        description = "The model is not as sure as it was in training: the distribution of its confidence has moved by more than ${var.drift.confidence}."
        metric      = merge(local.bound, { name = "ConfidenceDriftLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.confidence
      }
      image-drift = {
        description = "Photos are not like those of the training: a statistic of the images has moved by more than ${var.drift.images}."
        metric      = merge(local.bound, { name = "ImageDriftLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.images
      }
      # A distance cannot exceed the share of the photos that are bad: a tenth of them black is below every tolerance.
      pictures-outside = {
        description = "More than ${format("%.4g", 100 * var.drift.outside)} % of a day's photos look as hardly any of the training's: black, blurred, or at night."
        metric      = merge(local.bound, { name = "OutsideShareLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.outside
      }
      # Of pictures that come again and again each counts once, so no other alarm sees them.
      pictures-repeated = {
        description = "More than ${format("%.4g", 100 * var.drift.repeats)} % of a day's photos show again what was photographed in the 24 hours before: a camera that stands still, or parked vehicles."
        metric      = merge(local.bound, { name = "RepeatShareLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.repeats
      }
      class-drift = {
        description = "Another mix of vehicles arrives than in training: a class's share has moved by more than ${var.drift.classes}."
        metric      = merge(local.bound, { name = "ClassDriftLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.classes
      }
      low-coverage = {
        description = "The share of a day's photos that the model is sure of is below ${var.drift.min_coverage}: the others wait for a person."
        metric      = merge(local.bound, { name = "CoverageUpperBound" })
        comparison  = "LessThanThreshold"
        threshold   = var.drift.min_coverage
      }
      # By people's judgements of the week's blind sample; as far as these are too few, by the model's own confidence.
      low-accuracy = {
        description = "The model is right on fewer photos than in training, by more than ${format("%.4g", 100 * var.drift.fall)} points: on fewer of those that it accepted in a week, as people say, or while too few have said so, on fewer of a day's, by its own confidence."
        metric      = merge(local.bound, { name = "AccuracyFallLowerBound" })
        comparison  = "GreaterThanThreshold"
        threshold   = var.drift.fall
      }
    },
    {
      for key, name in local.dead_letter_queue_names : "${key}-dead-letters" => {
        description = "Messages lie in ${name}: something was given up."
        metric      = { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = name }, statistic = "Maximum" }
        threshold   = 1
      }
    },
    {
      for key, function in var.functions : "${key}-throttles" => {
        description = "Invocations of ${function.name} were throttled."
        metric      = { namespace = "AWS/Lambda", name = "Throttles", dimensions = { FunctionName = function.name }, statistic = "Sum" }
        threshold   = 5
      }
      if !function.each_hour
    },
    {
      for key, function in var.functions : "${key}-errors" => {
        description = "${function.name} failed at least five times in five minutes."
        metric      = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = function.name }, statistic = "Sum" }
        threshold   = 5
      }
      if !function.raises_by_design && !function.each_hour
    },
    {
      # As the monitor's: one failure is tried again by Lambda, and the next hour makes up for all.
      for key, function in var.functions : "${key}-errors" => {
        description = "${function.name} failed twice or more in an hour: trying again did not help."
        metric      = { namespace = "AWS/Lambda", name = "Errors", dimensions = { FunctionName = function.name }, statistic = "Sum", period = 3600 }
        threshold   = 2
      }
      if function.each_hour
    },
    {
      for key, function in var.functions : "${key}-silent" => {
        description = "${function.name} was not started for five minutes: its schedule does not fire, or may not start it."
        metric      = { namespace = "AWS/Lambda", name = "Invocations", dimensions = { FunctionName = function.name }, statistic = "Sum", period = 60, periods = 5, breaches = 5 }
        comparison  = "LessThanThreshold"
        threshold   = 1
        missing     = "breaching" # a function that is not started leaves no metric at all
      }
      if function.each_minute
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = "${each.value.description} See docs/runbook.md#${each.key}"
  namespace           = each.value.metric.namespace
  metric_name         = each.value.metric.name
  dimensions          = each.value.metric.dimensions
  statistic           = lookup(each.value.metric, "statistic", null)
  extended_statistic  = lookup(each.value.metric, "percentile", null)
  comparison_operator = lookup(each.value, "comparison", "GreaterThanOrEqualToThreshold")
  threshold           = each.value.threshold
  period              = lookup(each.value.metric, "period", 300)
  evaluation_periods  = lookup(each.value.metric, "periods", 1)
  datapoints_to_alarm = lookup(each.value.metric, "breaches", 1)
  treat_missing_data  = lookup(each.value, "missing", "notBreaching")
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_log_metric_filter" "unexpected" {
  name           = "${var.prefix}-unexpected-failures"
  log_group_name = var.workflow_log_group_name
  pattern        = "{ $.type = \"TaskStateEntered\" && $.details.name = \"Notify\" }"

  metric_transformation {
    namespace = local.namespace
    name      = "UnexpectedFailures"
    value     = "1"
    unit      = "Count"
  }
}
