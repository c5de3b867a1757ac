output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "dead_letter_queue_url" {
  description = "URL of the queue of runs of the monitor that could not be started."
  value       = aws_sqs_queue.schedule_dead_letters.url
}

output "namespace" {
  description = "CloudWatch namespace of this environment's own metrics."
  value       = local.namespace
}

output "topic_arn" {
  description = "ARN of the topic that alarms and unexpected failures go to."
  value       = aws_sns_topic.this.arn
}
