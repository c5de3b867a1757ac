environment         = "prod"
prefix              = "scones-prod"
budget_usd          = 500
capture_percentage  = 20
deletion_protection = true
inline_photos       = false # photos of people are not to lie in histories of executions
log_retention_days  = 90

fleet = {
  min_instances = 2
  max_instances = 6

  # Fewer drivers arrive at night, but never so few that a canary has nowhere to go.
  schedule = {
    day   = { cron = "cron(0 6 * * ? *)", min_instances = 2, max_instances = 6 }
    night = { cron = "cron(0 22 * * ? *)", min_instances = 2, max_instances = 2 }
  }
}

rollout = {
  type         = "CANARY"
  step_percent = 50
  wait_seconds = 600
}
