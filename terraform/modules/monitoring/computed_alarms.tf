# Alarms on what is computed of several metrics.

locals {
  # At a capture of p %, 1000 / p requests leave no record at all less than once in 20,000 times.
  capture_requests = ceil(1000 / max(var.capture_percentage, 1))
}

# A decision is an execution that succeeds: where all photos wait and people decide each at once, half fail and this is
# silent. What the model is not sure of rings by coverage and by source.
resource "aws_cloudwatch_metric_alarm" "mostly_failing" {
  alarm_name          = "${var.prefix}-workflow-mostly-failing"
  alarm_description   = "Of at least ten executions in an hour, more than half failed: their photos wait for a person, or have no outcome. See docs/runbook.md#workflow-mostly-failing"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "percentage"
    label       = "Executions that failed, %"
    expression  = "IF(started >= 10, 100 * failed / started, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { failed = "ExecutionsFailed", started = "ExecutionsStarted" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/States"
        metric_name = metric_query.value
        dimensions  = { StateMachineArn = var.state_machine_arn }
        stat        = "Sum"
        period      = 3600
      }
    }
  }
}

# CloudWatch's hours slide, the monitor's do not: only of two hours in a row is it certain that they overlap.
resource "aws_cloudwatch_metric_alarm" "no_capture" {
  count = var.capture_percentage > 0 ? 1 : 0

  alarm_name          = "${var.prefix}-no-capture"
  alarm_description   = "Two hours in a row the endpoint had ${local.capture_requests} requests or more, and none was captured: nobody watches the model. See docs/runbook.md#no-capture"
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

# By the function's own metrics: those that it publishes carry the model, and a new model would look like silence.
resource "aws_cloudwatch_metric_alarm" "monitor_silent" {
  alarm_name          = "${var.prefix}-monitor-silent"
  alarm_description   = "${var.monitor.name} has not come to its end for three hours: nobody watches the model. See docs/runbook.md#monitor-silent"
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

# Both the function's faults and the gateway's own: an error of the function alone does not say that somebody met it.
resource "aws_cloudwatch_metric_alarm" "api_failing" {
  alarm_name          = "${var.prefix}-api-failing"
  alarm_description   = "Of at least ten requests to the API in five minutes, more than one in 20 was answered with 5xx. See docs/runbook.md#api-failing"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # nobody asks
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "percentage"
    label       = "Requests that failed, %"
    expression  = "IF(requests >= 10, 100 * faults / requests, 0)"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { faults = "5xx", requests = "Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApiGateway"
        metric_name = metric_query.value
        dimensions  = { ApiId = var.api_id }
        stat        = "Sum"
        period      = 300
      }
    }
  }
}
