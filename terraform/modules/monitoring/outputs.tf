output "dashboard_name" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "topic_arn" {
  description = "ARN of the topic that alarms and unexpected failures go to."
  value       = aws_sns_topic.this.arn
}
