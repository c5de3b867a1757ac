# Each alarm of the table had another address. Under the new one Terraform would delete and make an alarm of the same name
# in no certain order, so that it could end up deleted. To be removed once every environment has been applied.

moved {
  from = aws_cloudwatch_metric_alarm.unexpected
  to   = aws_cloudwatch_metric_alarm.this["workflow-unexpected"]
}

moved {
  from = aws_cloudwatch_metric_alarm.timed_out
  to   = aws_cloudwatch_metric_alarm.this["workflow-timed-out"]
}

moved {
  from = aws_cloudwatch_metric_alarm.monitor_errors
  to   = aws_cloudwatch_metric_alarm.this["monitor-errors"]
}

moved {
  from = aws_cloudwatch_metric_alarm.queue["monitor-dead-letters"]
  to   = aws_cloudwatch_metric_alarm.this["monitor-dead-letters"]
}

moved {
  from = aws_cloudwatch_metric_alarm.queue["schedule-dead-letters"]
  to   = aws_cloudwatch_metric_alarm.this["schedule-dead-letters"]
}

moved {
  from = aws_cloudwatch_metric_alarm.queue["uploads-dead-letters"]
  to   = aws_cloudwatch_metric_alarm.this["uploads-dead-letters"]
}

moved {
  from = aws_cloudwatch_metric_alarm.function["classify-errors"]
  to   = aws_cloudwatch_metric_alarm.this["classify-errors"]
}

moved {
  from = aws_cloudwatch_metric_alarm.function["classify-throttles"]
  to   = aws_cloudwatch_metric_alarm.this["classify-throttles"]
}

moved {
  from = aws_cloudwatch_metric_alarm.function["filter-throttles"]
  to   = aws_cloudwatch_metric_alarm.this["filter-throttles"]
}

moved {
  from = aws_cloudwatch_metric_alarm.function["serialize-errors"]
  to   = aws_cloudwatch_metric_alarm.this["serialize-errors"]
}

moved {
  from = aws_cloudwatch_metric_alarm.function["serialize-throttles"]
  to   = aws_cloudwatch_metric_alarm.this["serialize-throttles"]
}

moved {
  from = aws_cloudwatch_metric_alarm.drift["class-drift"]
  to   = aws_cloudwatch_metric_alarm.this["class-drift"]
}

moved {
  from = aws_cloudwatch_metric_alarm.drift["confidence-drift"]
  to   = aws_cloudwatch_metric_alarm.this["confidence-drift"]
}

moved {
  from = aws_cloudwatch_metric_alarm.drift["image-drift"]
  to   = aws_cloudwatch_metric_alarm.this["image-drift"]
}

moved {
  from = aws_cloudwatch_metric_alarm.drift["low-accuracy"]
  to   = aws_cloudwatch_metric_alarm.this["low-accuracy"]
}

moved {
  from = aws_cloudwatch_metric_alarm.drift["low-coverage"]
  to   = aws_cloudwatch_metric_alarm.this["low-coverage"]
}
