# Where photos go: the bus tells other teams of routed drivers. What the model is unsure of waits in the register.

resource "aws_cloudwatch_event_bus" "this" {
  name        = var.prefix
  description = "DriverRouted and DriverRerouted: which driver goes to which loading bay."
}

# Until the release before this one, what the model was unsure of lay in these two queues. Nothing but executions that
# began before the change sends there any more, and the sweep moves what is in them into the register. They stay for this
# one release; the next takes them out, with what sends, drains and reads them.

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

# Photos that were taken up five times and never decided: drained as well.
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
