# A photo of low confidence ends its execution as FAILED by design, and a function that refuses one raises. So neither
# ExecutionsFailed nor one function error may page. What does: an entry into the state Notify, which all that is
# unexpected passes through; and, should that state itself be out of reach, more than half of the photos failing.

locals {
  namespace = "Scones/${var.prefix}"

  dead_letter_queue_names = merge(var.dead_letter_queue_names, { schedule = aws_sqs_queue.schedule_dead_letters.name })

  queue_alarms = merge(
    {
      for key, name in local.dead_letter_queue_names : "${key}-dead-letters" => {
        description = "Messages lie in ${name}: something was given up."
        metric      = "ApproximateNumberOfMessagesVisible"
        queue       = name
        threshold   = 1
      }
    },
    {
      review-age = {
        description = "A photo has waited for review for more than ${var.review_hours} hours."
        metric      = "ApproximateAgeOfOldestMessage"
        queue       = var.review_queue_name
        threshold   = var.review_hours * 60 * 60
      }
    },
  )

  function_alarms = merge(
    {
      for key, name in var.function_names : "${key}-throttles" => {
        description = "Invocations of ${name} were throttled."
        function    = name
        metric      = "Throttles"
      }
    },
    {
      for key, name in var.function_names : "${key}-errors" => {
        description = "${name} failed at least five times in five minutes."
        function    = name
        metric      = "Errors"
      }
      if !contains(var.functions_raising_by_design, key)
    },
  )
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

resource "aws_cloudwatch_metric_alarm" "unexpected" {
  alarm_name          = "${var.prefix}-workflow-unexpected"
  alarm_description   = "A photo could not be routed, and not for lack of confidence."
  namespace           = local.namespace
  metric_name         = aws_cloudwatch_log_metric_filter.unexpected.metric_transformation[0].name
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "mostly_failing" {
  alarm_name          = "${var.prefix}-workflow-mostly-failing"
  alarm_description   = "Of at least ten photos in an hour, more than half ended without a loading bay, for whatever reason."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "percentage"
    label       = "Photos without a loading bay, %"
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

resource "aws_cloudwatch_metric_alarm" "timed_out" {
  alarm_name          = "${var.prefix}-workflow-timed-out"
  alarm_description   = "An execution ran into the state machine's own time-out."
  namespace           = "AWS/States"
  metric_name         = "ExecutionsTimedOut"
  dimensions          = { StateMachineArn = var.state_machine_arn }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  for_each = local.queue_alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = local.function_alarms

  alarm_name          = "${var.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = each.value.function }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 5
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}
