# Two alarms, in two sets. One pages and looks at the endpoint, whatever it serves. The other takes an update back, and
# looks at the new configuration's instances alone: faults of the old ones would take back the very update that ends them.

locals {
  endpoint             = { EndpointName = var.name, VariantName = local.variant }
  newest_configuration = merge(local.endpoint, { EndpointConfigName = one(values(aws_sagemaker_endpoint_configuration.this)[*].name) })

  alarms = {
    # Invocation5XXErrors counts what was answered, and would miss a model that never answers. A 4xx is the photo's fault.
    errors = {
      description = "The endpoint answered 5xx, or did not answer, at least five times a minute, two minutes in a row."
      expression  = "failed - refused"
      metrics     = { failed = "InvocationModelErrors", refused = "Invocation4XXErrors" }
      statistic   = "Sum"
      threshold   = 5
    }
    latency = {
      description = "One photo in twenty took the model longer than ${var.latency_alarm_ms} ms, two minutes in a row."
      expression  = null
      metrics     = { latency = "ModelLatency" }
      statistic   = "p95"
      threshold   = var.latency_alarm_ms * 1000 # the metric is in microseconds
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-endpoint-${each.key}"
  alarm_description   = "${each.value.description} See docs/runbook.md#endpoint-${each.key}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]

  dynamic "metric_query" {
    for_each = each.value.expression[*]

    content {
      id          = "errors"
      label       = "Requests that the model failed"
      expression  = metric_query.value
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = "AWS/SageMaker"
        metric_name = metric_query.value
        dimensions  = local.endpoint
        stat        = each.value.statistic
        period      = 60
      }
    }
  }
}

# Their names never change, only what they look at: a change of the endpoint's auto_rollback_configuration can replace it.
resource "aws_cloudwatch_metric_alarm" "rollback" {
  for_each = var.enabled && var.model != null ? local.alarms : {}

  alarm_name          = "${var.prefix}-rollback-${each.key}"
  alarm_description   = "Of the newest configuration alone: ${each.value.description} See docs/runbook.md#rollback-${each.key}"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"

  dynamic "metric_query" {
    for_each = each.value.expression[*]

    content {
      id          = "errors"
      label       = "Requests that the model failed"
      expression  = metric_query.value
      return_data = true
    }
  }

  dynamic "metric_query" {
    for_each = each.value.metrics

    content {
      id          = metric_query.key
      return_data = each.value.expression == null

      metric {
        namespace   = "AWS/SageMaker"
        metric_name = metric_query.value
        dimensions  = local.newest_configuration
        stat        = each.value.statistic
        period      = 60
      }
    }
  }
}
