# Where photos go: the bus tells other teams of routed drivers, the review queue keeps what the model was unsure of.

resource "aws_cloudwatch_event_bus" "this" {
  name        = var.prefix
  description = "DriverRouted: which driver goes to which loading bay."
}

resource "aws_sqs_queue" "review" {
  name                       = "${var.prefix}-review"
  kms_master_key_id          = var.kms_key_arn
  message_retention_seconds  = 14 * 24 * 60 * 60
  visibility_timeout_seconds = 15 * 60 # how long a person may look at one photo
}

# On its own, so that both queues can be made at once.
resource "aws_sqs_queue_redrive_policy" "review" {
  queue_url = aws_sqs_queue.review.id

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.review_dead_letters.arn
    maxReceiveCount     = 5
  })
}

# Photos that were taken up five times and never decided.
resource "aws_sqs_queue" "review_dead_letters" {
  name                      = "${var.prefix}-review-dead-letters"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * 24 * 60 * 60

  # By its name and not by reference: each queue knows the other.
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["${local.queue_arn_prefix}:${var.prefix}-review"]
  })
}
