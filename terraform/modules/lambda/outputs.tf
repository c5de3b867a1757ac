output "arn" {
  description = "ARN of the function."
  value       = aws_lambda_function.this.arn
}

output "dead_letter_queue_name" {
  description = "Name of the dead-letter queue; null for a function that is called synchronously."
  value       = one(aws_sqs_queue.dead_letters[*].name)
}

output "dead_letter_queue_url" {
  description = "URL of the dead-letter queue; null for a function that is called synchronously."
  value       = one(aws_sqs_queue.dead_letters[*].url)
}

output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}
