output "boundary_arn" {
  description = "ARN of the permissions boundary that every role of the stack has."
  value       = aws_iam_policy.boundary.arn
}

output "role_arns" {
  description = "ARNs of the roles for GitHub Actions: plan, apply and retrain."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
