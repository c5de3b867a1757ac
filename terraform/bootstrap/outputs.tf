output "role_arns" {
  description = "ARNs of the roles for GitHub Actions: plan and apply."
  value       = module.github_oidc.role_arns
}
