# The monitor looks at what the endpoint has captured, hour by hour. What it finds rings on the bound of a confidence
# interval, never on the value itself: few photos give a wide interval, and so no alarm.
#
# It publishes an hour's figures some 20 minutes after that hour, dated to its beginning, so that they are up to 2 h 20 min
# old when the next ones come: an alarm that looks back on three hours always finds some.

locals {
  model      = coalesce(var.model_id, "none") # before the first model there is nothing to drift
  dimensions = { EndpointName = var.endpoint_name, Model = local.model }

  # At a capture of p %, 1000 / p requests leave no record at all less than once in 20,000 times.
  capture_requests = ceil(1000 / max(var.capture_percentage, 1))

  drift_alarms = {
    confidence-drift = {
      description = "The model is not as sure as it was in training: the distribution of its confidence has moved by more than ${var.drift.confidence}."
      metric      = "ConfidenceDriftLowerBound"
      comparison  = "GreaterThanThreshold"
      limit       = var.drift.confidence
    }
    image-drift = {
      description = "Photos are not like those of the training: a statistic of the images has moved by more than ${var.drift.images}."
      metric      = "ImageDriftLowerBound"
      comparison  = "GreaterThanThreshold"
      limit       = var.drift.images
    }
    class-drift = {
      description = "Another mix of vehicles arrives than in training: a class's share has moved by more than ${var.drift.classes}."
      metric      = "ClassDriftLowerBound"
      comparison  = "GreaterThanThreshold"
      limit       = var.drift.classes
    }
    low-coverage = {
      description = "The share of a day's photos that the model is sure of is below ${var.drift.min_coverage}: the others wait for a person."
      metric      = "CoverageUpperBound"
      comparison  = "LessThanThreshold"
      limit       = var.drift.min_coverage
    }
    low-accuracy = {
      description = "The share of a day's photos that the model is right on, judged by its own confidence, is below ${var.drift.min_accuracy}."
      metric      = "EstimatedAccuracyUpperBound"
      comparison  = "LessThanThreshold"
      limit       = var.drift.min_accuracy
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "drift" {
  for_each = local.drift_alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = local.namespace
  metric_name         = each.value.metric
  dimensions          = local.dimensions
  statistic           = "Average"
  comparison_operator = each.value.comparison
  threshold           = each.value.limit
  period              = 3600
  evaluation_periods  = 3
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching" # fewer than 30 photos in a day have no bounds
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# CloudWatch's hours slide, the monitor's do not: only of two hours in a row is it certain that they overlap.
resource "aws_cloudwatch_metric_alarm" "no_capture" {
  count = var.capture_percentage > 0 ? 1 : 0

  alarm_name          = "${var.prefix}-no-capture"
  alarm_description   = "Two hours in a row the endpoint had ${local.capture_requests} requests or more, and none was captured: nobody watches the model."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = local.capture_requests
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching" # no requests; that the monitor is silent rings by itself
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "uncaptured"
    label       = "Requests in an hour without any record"
    expression  = "IF(records < 1, requests, 0)"
    return_data = true
  }

  metric_query {
    id = "records"

    metric {
      namespace   = local.namespace
      metric_name = "Records"
      dimensions  = local.dimensions
      stat        = "Sum"
      period      = 3600
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = "AWS/SageMaker"
      metric_name = "Invocations"
      dimensions  = { EndpointName = var.endpoint_name, VariantName = var.endpoint_variant }
      stat        = "Sum"
      period      = 3600
    }
  }
}

# One failure is tried again by Lambda; the hour that failed is made up for by the next run.
resource "aws_cloudwatch_metric_alarm" "monitor_errors" {
  alarm_name          = "${var.prefix}-monitor-errors"
  alarm_description   = "${var.monitor.name} failed twice or more in an hour: trying again did not help."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = var.monitor.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 2
  period              = 3600
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # that it does not run rings as silent
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# By the function's own metrics: those that it publishes carry the model, and a new model would look like silence.
resource "aws_cloudwatch_metric_alarm" "monitor_silent" {
  alarm_name          = "${var.prefix}-monitor-silent"
  alarm_description   = "${var.monitor.name} has not come to its end for three hours: nobody watches the model."
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  evaluation_periods  = 3
  treat_missing_data  = "breaching" # a schedule that fires no more leaves no metric at all
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "completed"
    label       = "Runs that came to their end"
    expression  = "FILL(runs, 0) - FILL(errors, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { runs = "Invocations", errors = "Errors" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.value
        dimensions  = { FunctionName = var.monitor.name }
        stat        = "Sum"
        period      = 3600
      }
    }
  }
}
