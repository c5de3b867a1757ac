# What starts the monitor: a schedule, twenty minutes past each hour, when the last captures of that hour are in S3.

resource "aws_scheduler_schedule" "monitor" {
  name                = "${var.prefix}-monitor"
  description         = "Has what was captured in the past hour looked at."
  kms_key_arn         = var.kms_key_arn
  schedule_expression = "cron(20 * * * ? *)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.monitor.arn
    role_arn = aws_iam_role.schedule.arn
    # Not by jsonencode, which escapes < and >: EventBridge Scheduler would not know the keyword again.
    input = "{\"scheduled\": \"<aws.scheduler.scheduled-time>\"}"

    retry_policy {
      maximum_event_age_in_seconds = 3600 # the next run makes up for this one
      maximum_retry_attempts       = 20
    }

    dead_letter_config {
      arn = aws_sqs_queue.schedule_dead_letters.arn
    }
  }

  # Without it the first run could come before the role may start anything.
  depends_on = [aws_iam_role_policy.schedule]
}

# Runs that could not be started.
resource "aws_sqs_queue" "schedule_dead_letters" {
  name                      = "${var.prefix}-schedule-dead-letters"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * 24 * 60 * 60
}

resource "aws_iam_role" "schedule" {
  name                 = "${var.prefix}-schedule"
  permissions_boundary = var.boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

# EventBridge Scheduler writes dead letters, and uses the key, as this role and not as itself.
resource "aws_iam_role_policy" "schedule" {
  name = "start-monitor"
  role = aws_iam_role.schedule.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = var.monitor.arn },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.schedule_dead_letters.arn },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.kms_key_arn },
    ]
  })
}
