output "bulk_state_machine_arn" {
  description = "ARN of the state machine for bulk work."
  value       = aws_sfn_state_machine.bulk.arn
}

output "bus_arn" {
  description = "ARN of that bus, for whoever else tells of routed drivers."
  value       = aws_cloudwatch_event_bus.this.arn
}

output "bus_name" {
  description = "Name of the bus that DriverRouted events go to."
  value       = aws_cloudwatch_event_bus.this.name
}

output "dead_letter_queues" {
  description = "Names and URLs of the dead-letter queues: uploads that started nothing, reviews that nobody decided."
  value = {
    review  = { name = aws_sqs_queue.review_dead_letters.name, url = aws_sqs_queue.review_dead_letters.url }
    uploads = { name = aws_sqs_queue.uploads_dead_letters.name, url = aws_sqs_queue.uploads_dead_letters.url }
  }
}

output "log_group_name" {
  description = "Name of the state machine's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "review_queue" {
  description = "ARN, name and URL of the queue with photos for a person to look at."
  value       = { arn = aws_sqs_queue.review.arn, name = aws_sqs_queue.review.name, url = aws_sqs_queue.review.url }
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}
