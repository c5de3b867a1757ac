# What has the function `sweep` clean up behind executions that could not do so themselves: at once when one is stopped
# or times out, and each minute, because EventBridge tells of those only as best it can.

resource "aws_cloudwatch_event_rule" "ended" {
  name        = "${var.prefix}-ended"
  description = "An execution was stopped or has timed out."

  event_pattern = jsonencode({
    source        = ["aws.states"]
    "detail-type" = ["Step Functions Execution Status Change"]
    detail        = { stateMachineArn = [aws_sfn_state_machine.this.arn], status = ["ABORTED", "TIMED_OUT"] }
  })
}

# Without dead letters: the next minute makes up for an event that is lost.
resource "aws_cloudwatch_event_target" "sweep" {
  rule = aws_cloudwatch_event_rule.ended.name
  arn  = var.function_arns.sweep

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  # Without it the first events could come before they may start anything.
  depends_on = [aws_lambda_permission.ended]
}

resource "aws_lambda_permission" "ended" {
  statement_id  = "ended"
  action        = "lambda:InvokeFunction"
  function_name = var.function_arns.sweep
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.ended.arn
}

resource "aws_scheduler_schedule" "sweep" {
  name                = "${var.prefix}-sweep"
  description         = "Has claims of executions that no longer run failed, and told what was not."
  kms_key_arn         = var.kms_key_arn
  schedule_expression = "cron(* * * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_arns.sweep
    role_arn = aws_iam_role.sweep_schedule.arn
    # Not by jsonencode, which escapes < and >: EventBridge Scheduler would not know the keyword again.
    input = "{\"scheduled\": \"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 60 # the next run makes up for this one
      maximum_retry_attempts       = 0
    }
  }

  # Without it the first run could come before the role may start anything.
  depends_on = [aws_iam_role_policy.sweep_schedule]
}

resource "aws_iam_role" "sweep_schedule" {
  name                 = "${var.prefix}-sweep-schedule"
  permissions_boundary = var.boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

# EventBridge Scheduler uses the key as this role and not as itself.
resource "aws_iam_role_policy" "sweep_schedule" {
  name = "start-sweep"
  role = aws_iam_role.sweep_schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = var.function_arns.sweep },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = var.kms_key_arn },
    ]
  })
}
