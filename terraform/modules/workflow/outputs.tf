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
  description = "Names and URLs of the dead-letter queues: uploads that started nothing."
  value = {
    uploads = { name = aws_sqs_queue.uploads_dead_letters.name, url = aws_sqs_queue.uploads_dead_letters.url }
  }
}

output "log_group_name" {
  description = "Name of the state machine's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "review_queues" {
  description = "ARNs and URLs of the queue in which photos waited for a person, and of its dead letters: the sweep drains both."
  value       = [for queue in [aws_sqs_queue.review, aws_sqs_queue.review_dead_letters] : { arn = queue.arn, url = queue.url }]
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}
