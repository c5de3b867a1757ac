environment   = "local"
prefix        = "scones-local"
force_destroy = true
rollout       = { wait_seconds = 0 }

watched_sources = ["gate-1", "gate-2"]
