output "role_arn" {
  description = "ARN of the role that training jobs run with."
  value       = aws_iam_role.this.arn
}

output "transform_role_arn" {
  description = "ARN of the role that batch transform jobs run with."
  value       = aws_iam_role.transform.arn
}
