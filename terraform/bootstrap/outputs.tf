output "role_arns" {
  description = "ARNs of the roles for GitHub Actions: plan, apply and retrain."
  value       = module.github_oidc.role_arns
}
