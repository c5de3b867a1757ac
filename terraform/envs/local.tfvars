environment   = "local"
prefix        = "scones-local"
force_destroy = true
rollout       = { wait_seconds = 0 }
