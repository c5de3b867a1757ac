# Two alarms, in two sets. One pages and looks at the endpoint, whatever it serves. The other takes an update back, and
# looks at the new configuration's instances alone: faults of the old ones would take back the very update that ends them.

locals {
  alarms = {
    errors = {
      description = "The endpoint answered 5xx at least five times a minute, two minutes in a row."
      metric      = "Invocation5XXErrors"
      statistic   = "Sum"
      percentile  = null
      threshold   = 5
    }
    latency = {
      description = "One photo in twenty took the model longer than ${var.latency_alarm_ms} ms, two minutes in a row."
      metric      = "ModelLatency"
      statistic   = null
      percentile  = "p95"
      threshold   = var.latency_alarm_ms * 1000 # the metric is in microseconds
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.prefix}-endpoint-${each.key}"
  alarm_description   = "${each.value.description} See docs/runbook.md#endpoint-${each.key}"
  namespace           = "AWS/SageMaker"
  metric_name         = each.value.metric
  dimensions          = { EndpointName = var.name, VariantName = local.variant }
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# Their names never change, only what they look at: a change of the endpoint's auto_rollback_configuration can replace it.
resource "aws_cloudwatch_metric_alarm" "rollback" {
  for_each = var.enabled && var.model != null ? local.alarms : {}

  alarm_name          = "${var.prefix}-rollback-${each.key}"
  alarm_description   = "Of the newest configuration alone: ${each.value.description} See docs/runbook.md#rollback-${each.key}"
  namespace           = "AWS/SageMaker"
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 2
  treat_missing_data  = "notBreaching"

  dimensions = {
    EndpointName       = var.name
    VariantName        = local.variant
    EndpointConfigName = one(values(aws_sagemaker_endpoint_configuration.this)).name
  }
}
