environment   = "staging"
prefix        = "scones-staging"
endpoint_name = "image-classifier-ep-staging" # staging and prod may share an account

fleet = {
  min_instances = 1
  max_instances = 2
}
