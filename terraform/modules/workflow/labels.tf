# What has the function `label` write what people said as labels: a schedule, each hour, before the monitor looks at them.

resource "aws_scheduler_schedule" "label" {
  name                = "${var.prefix}-label"
  description         = "Has what people said of photos written as labels."
  kms_key_arn         = var.kms_key_arn
  schedule_expression = "cron(10 * * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  # Without dead letters: the next hour makes up for a run that is lost.
  target {
    arn      = var.function_arns.label
    role_arn = aws_iam_role.label_schedule.arn
    # Not by jsonencode, which escapes < and >: EventBridge Scheduler would not know the keyword again.
    input = "{\"scheduled\": \"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 20
    }
  }

  # Without it the first run could come before the role may start anything.
  depends_on = [aws_iam_role_policy.label_schedule]
}

resource "aws_iam_role" "label_schedule" {
  name                 = "${var.prefix}-label-schedule"
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
resource "aws_iam_role_policy" "label_schedule" {
  name = "start-label"
  role = aws_iam_role.label_schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = var.function_arns.label },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = var.kms_key_arn },
    ]
  })
}
