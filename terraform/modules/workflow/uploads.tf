# What starts the workflow: an object under incoming/.

resource "aws_cloudwatch_event_rule" "uploads" {
  name        = "${var.prefix}-uploads"
  description = "A photo has arrived under incoming/."

  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [var.bucket] }
      object = { key = [{ prefix = "incoming/" }] }
    }
  })
}

resource "aws_cloudwatch_event_target" "workflow" {
  rule     = aws_cloudwatch_event_rule.uploads.name
  arn      = aws_sfn_state_machine.this.arn
  role_arn = aws_iam_role.uploads.arn

  input_transformer {
    input_paths = {
      bucket  = "$.detail.bucket.name"
      key     = "$.detail.object.key"
      version = "$.detail.object.version-id"
    }
    # The version is what was uploaded: by the time it is read, something else may lie under its key.
    # EventBridge puts the quotes, and escapes what a key may contain.
    input_template = "{\"s3_bucket\": <bucket>, \"s3_key\": <key>, \"version_id\": <version>, \"source\": \"\", \"reference\": \"\", \"image_data\": \"\", \"inferences\": []}"
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 20
  }

  dead_letter_config {
    arn = aws_sqs_queue.uploads_dead_letters.arn
  }

  # Without it the first uploads could come before they may start anything.
  depends_on = [aws_iam_role_policy.uploads]
}

# Uploads that could not start the workflow.
resource "aws_sqs_queue" "uploads_dead_letters" {
  name                      = "${var.prefix}-uploads-dead-letters"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * 24 * 60 * 60

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "${local.queue_arn_prefix}:${var.prefix}-uploads-dead-letters"
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.uploads.arn } }
    }]
  })
}

resource "aws_iam_role" "uploads" {
  name                 = "${var.prefix}-uploads"
  permissions_boundary = var.boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "uploads" {
  name = "start-workflow"
  role = aws_iam_role.uploads.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "states:StartExecution", Resource = aws_sfn_state_machine.this.arn }]
  })
}
