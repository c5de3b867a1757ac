# The whole environment with a mocked provider: how the modules are wired, and what is refused before anything is made.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  environment = "test"
  prefix      = "scones-test"
}

run "the_first_deployment_needs_no_model" {
  assert {
    condition     = !output.endpoint_live && output.endpoint_configuration_name == null
    error_message = "There is an endpoint without a model."
  }

  assert {
    condition     = output.model == null && contains(keys(output.function_names), "monitor") && output.metrics_namespace == "Scones/scones-test"
    error_message = "There is a model, or nothing to watch the next one."
  }

  assert {
    condition     = toset(keys(output.dead_letter_queue_urls)) == toset(["monitor", "schedule", "uploads"])
    error_message = "What is given up somewhere is not among the outputs."
  }

  assert {
    condition     = output.endpoint_name == "image-classifier-ep" && output.threshold == 0.93 && output.max_unlikeness == 0.995 && output.tolerated_drift == { classes = 0.04, confidence = 0.1, fall = 0.005, images = 0.1, outside = 0.03, repeats = 0.15 }
    error_message = "The defaults have changed."
  }
}

run "people_decide_between_these_hours" {
  assert {
    condition     = output.review == { minutes = 10, staffed_hours = { from = "06:00", until = "22:00", time_zone = "UTC" } } && contains(keys(output.routes), "other")
    error_message = "The defaults have changed, or what is none of the classes has no route."
  }

  assert {
    condition     = local.labels == "bicycle,motorcycle"
    error_message = "A model is told of a label that only a person may give."
  }

  assert {
    condition     = length(split(",", local.environment.sweep["REVIEW_QUEUES"])) == 2 && local.environment.sweep["SOURCES"] == "" && endswith(local.environment.sweep["STATE_MACHINE"], ":stateMachine:scones-test-workflow")
    error_message = "The sweep drains another queue, measures a source that nobody named, or asks after another machine's executions."
  }
}

run "labels_are_written_when_nothing_can_be_taken_back" {
  assert {
    condition     = local.environment.label["GRACE_SECONDS"] == local.environment.api["GRACE_SECONDS"] && local.environment.label["PERSON_DAYS"] == local.environment.api["PERSON_DAYS"]
    error_message = "A label is written while its person may still take it back, or of whom may not be known any more."
  }

  assert {
    condition     = local.watched_functions["label"].each_hour && !local.watched_functions["sweep"].each_hour
    error_message = "Nobody hears that labels are not written."
  }
}

run "the_sweep_is_told_which_sources_are_watched" {
  variables {
    watched_sources = ["gate-1", "gate-2"]
  }

  assert {
    condition     = local.environment.sweep["SOURCES"] == "gate-1,gate-2"
    error_message = "A watched source is not measured."
  }
}

run "the_register_is_protected_where_it_is_asked_for" {
  variables {
    deletion_protection = true
  }

  assert {
    condition     = output.register_table == "scones-test-photos" && module.register.table.retention_days == 90
    error_message = "There is no register, or it keeps photos for another time."
  }
}

run "the_api_is_told_what_it_needs_and_may_do_no_more" {
  variables {
    watched_sources = ["gate-1"]
  }

  assert {
    condition = local.environment.api == {
      ALARMS            = "scones-test-unsure-"
      BLIND_PER_DAY     = "30"
      BUCKET            = "scones-test-111122223333"
      GRACE_SECONDS     = "5"
      GUIDELINE         = ""
      LABELS            = "bicycle,motorcycle,other"
      PEOPLE            = output.api.people
      PERSON_DAYS       = "30"
      PERSON_STATISTICS = "false"
      POOL              = output.api.pool_id
      REVIEWS           = "scones-test-reviews"
      SOURCES           = "gate-1"
      STATE_MACHINE     = "arn:aws:states:us-east-1:111122223333:stateMachine:scones-test-workflow"
      TABLE             = "scones-test-photos"
    }
    error_message = "The API is told something else."
  }

  assert {
    condition     = flatten([for permission in local.permissions.api : permission.resources if contains(permission.actions, "s3:PutObject")]) == ["arn:aws:s3:::scones-test-111122223333/incoming/api/*"]
    error_message = "Who calls the API could have a photo put somewhere else."
  }

  assert {
    condition     = keys(output.api.programs) == ["program"] && output.api.people != null && output.api.reviews_table == "scones-test-reviews" && output.api.console == "${output.api.url}/"
    error_message = "The API can be called by nobody, or has its console elsewhere."
  }
}

run "the_bucket_lets_the_console_s_pages_send_and_show_photos" {
  variables {
    api = { origins = ["https://scones.example.com"] }
  }

  assert {
    condition     = local.page_origins == tolist(["https://scones.example.com", "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"])
    error_message = "A page sends no photo and shows none, or pages do that are nobody's."
  }
}

run "the_bucket_lets_the_console_s_pages_do_so_from_a_name_of_one_s_own" {
  variables {
    api = { domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" } }
  }

  assert {
    condition     = local.page_origins == tolist(["https://api.example.com"])
    error_message = "The console is at the API's own name, and the bucket knows another."
  }
}

run "without_the_console_the_api_is_for_programs_alone" {
  variables {
    api = { console = false }
  }

  assert {
    condition     = output.api.console == null && output.api.people == null && local.environment.api.PEOPLE == "" && length(local.page_origins) == 0
    error_message = "There is a client, an address or an origin for pages that are not there."
  }
}

run "a_program_that_polls_leaves_room_for_the_bays" {
  assert {
    condition     = var.api.requests_per_second == 50
    error_message = "The default has changed."
  }
}

run "the_record_of_a_name_of_one_s_own_is_told" {
  variables {
    api = { domain = { name = "api.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/c" } }
  }

  assert {
    condition     = output.api.url == "https://api.example.com" && output.api.domain_target == { hosted_zone_id = "Z0123456789ABC", target_domain_name = "d-a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com" }
    error_message = "The API has another address, or nobody is told where its record leads."
  }
}

run "what_names_people_is_logged_for_as_long_as_any_log" {
  variables {
    api                = { person_days = 30 }
    log_retention_days = 14
  }

  assert {
    condition     = local.person_log_days == 14
    error_message = "Logs that name people are kept for longer than the others."
  }
}

run "what_names_people_is_logged_for_a_step_of_cloudwatch_s" {
  variables {
    api                = { person_days = 45 }
    log_retention_days = 90
  }

  assert {
    condition     = local.person_log_days == 30
    error_message = "CloudWatch takes no such number of days, or people are known for longer than person_days."
  }
}

run "what_names_people_is_forgotten_where_other_logs_are_kept_for_ever" {
  variables {
    api                = { person_days = 2 }
    log_retention_days = 0
  }

  assert {
    condition     = local.person_log_days == 1
    error_message = "Logs that name people are kept for longer than person_days."
  }
}

run "a_decision_that_may_be_taken_back_for_an_hour_is_refused" {
  command = plan

  variables {
    api = { grace_seconds = 3600 }
  }

  expect_failures = [var.api]
}

run "a_page_s_address_with_a_path_is_refused" {
  command = plan

  variables {
    api = { origins = ["https://scones.example.com/"] }
  }

  expect_failures = [var.api]
}

run "a_page_without_encryption_is_refused" {
  command = plan

  variables {
    api = { origins = ["http://scones.example.com"] }
  }

  expect_failures = [var.api]
}

run "a_program_s_name_with_a_space_is_refused" {
  command = plan

  variables {
    api = { programs = ["the orders"] }
  }

  expect_failures = [var.api]
}

run "an_api_that_nobody_may_call_is_refused" {
  command = plan

  variables {
    api = { console = false, programs = [] }
  }

  expect_failures = [var.api]
}

run "half_a_day_of_knowing_who_decided_is_refused" {
  command = plan

  variables {
    api = { person_days = 0.5 }
  }

  expect_failures = [var.api]
}

run "photos_pass_as_pointers_where_they_are_not_to_lie_in_histories" {
  variables {
    inline_photos = false
  }

  assert {
    condition     = local.environment.serialize["MAX_INLINE_BYTES"] == "0"
    error_message = "Photos pass through the states as text."
  }
}

run "a_promoted_model_adds_the_endpoint" {
  variables {
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
    }
  }

  assert {
    condition     = output.endpoint_live
    error_message = "The model is not served."
  }

  assert {
    condition     = local.environment.api.GUIDELINE == ""
    error_message = "People are shown a guideline that an earlier version of the training did not write."
  }

  assert {
    condition = output.model == {
      id       = "0123456789abcdef"
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      labels   = tolist(["bicycle", "motorcycle"])
    }
    error_message = "The outputs name another model."
  }
}

run "a_blind_sample_that_shows_no_fall_of_five_points_is_warned_of" {
  command = plan

  variables {
    api = { blind_per_day = 31 }
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
      metrics  = { coverage = 0.9, n_test = 1000, selective_accuracy = 0.98 }
    }
  }

  expect_failures = [check.blind_sample]
}

run "a_blind_sample_that_shows_a_fall_of_five_points_is_enough" {
  command = plan

  variables {
    api = { blind_per_day = 33 }
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
      metrics  = { coverage = 0.9, n_test = 1000, selective_accuracy = 0.98 }
    }
  }

  assert {
    condition     = local.is_fall_visible == true
    error_message = "A fall is said to be visible where it is not, or not where it is."
  }
}

run "a_few_test_photos_that_are_all_right_promise_no_perfection" {
  command = plan

  variables {
    api = { blind_per_day = 30 }
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
      metrics  = { coverage = 0.7, n_test = 40, selective_accuracy = 1 }
    }
  }

  expect_failures = [check.blind_sample]
}

run "nothing_is_asked_of_a_blind_sample_that_is_off" {
  command = plan

  variables {
    api = { blind_per_day = 0 }
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
      metrics  = { coverage = 0.9, n_test = 1000, selective_accuracy = 0.98 }
    }
  }

  assert {
    condition     = local.is_fall_visible == false
    error_message = "A fall is said to be visible where it is not, or not where it is."
  }
}

run "nothing_is_expected_of_a_model_without_figures" {
  command = plan

  variables {
    api = { blind_per_day = 1 }
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "motorcycle"]
    }
  }

  assert {
    condition     = local.is_fall_visible == false
    error_message = "A fall is said to be visible where it is not, or not where it is."
  }
}

run "the_api_shows_the_guideline_of_the_live_model" {
  command = plan

  variables {
    model = {
      artefact  = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256    = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image     = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels    = ["bicycle", "motorcycle"]
      guideline = true
    }
  }

  assert {
    condition     = local.environment.api.GUIDELINE == "models/0123456789abcdef/guideline.json"
    error_message = "People are shown no guideline, or another model's."
  }
}

run "a_model_with_a_label_that_has_no_route_is_refused" {
  command = plan

  variables {
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "tractor"]
    }
  }

  expect_failures = [var.model]
}

run "a_model_that_says_what_only_people_may_is_refused" {
  command = plan

  variables {
    model = {
      artefact = "s3://scones-test-111122223333/models/0123456789abcdef/model.tar.gz"
      sha256   = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
      image    = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
      labels   = ["bicycle", "other"]
    }
  }

  expect_failures = [var.model]
}

run "routes_without_one_for_other_vehicles_are_refused" {
  command = plan

  variables {
    routes = { bicycle = { loading_bay = "A", max_distance_km = 3 }, motorcycle = { loading_bay = "B", max_distance_km = 15 } }
  }

  expect_failures = [var.routes]
}

run "half_a_minute_of_waiting_is_refused" {
  command = plan

  variables {
    review_minutes = 0.5
  }

  expect_failures = [var.review_minutes]
}

run "hours_that_are_no_times_of_the_day_are_refused" {
  command = plan

  variables {
    staffed_hours = { from = "6", until = "24:00" }
  }

  expect_failures = [var.staffed_hours]
}

run "a_zone_by_its_distance_from_utc_is_refused" {
  command = plan

  variables {
    staffed_hours = { time_zone = "+02:00" }
  }

  expect_failures = [var.staffed_hours]
}

run "a_source_that_cannot_name_an_alarm_is_refused" {
  command = plan

  variables {
    watched_sources = ["gate 1, left"]
  }

  expect_failures = [var.watched_sources]
}

run "a_threshold_of_0_is_refused" {
  command = plan

  variables {
    threshold = 0
  }

  expect_failures = [var.threshold]
}

run "a_threshold_above_1_is_refused" {
  command = plan

  variables {
    threshold = 93
  }

  expect_failures = [var.threshold]
}

run "a_most_unlikeness_of_0_is_refused" {
  command = plan

  variables {
    max_unlikeness = 0
  }

  expect_failures = [var.max_unlikeness]
}

run "a_most_unlikeness_above_1_is_refused" {
  command = plan

  variables {
    max_unlikeness = 99.5
  }

  expect_failures = [var.max_unlikeness]
}

run "a_prefix_that_no_bucket_could_have_is_refused" {
  command = plan

  variables {
    prefix = "Scones_Test"
  }

  expect_failures = [var.prefix]
}

run "zips_for_another_processor_are_refused" {
  command = plan

  variables {
    lambda = { architecture = "x86_64" }
  }

  expect_failures = [var.lambda]
}

run "more_batches_at_once_than_functions_are_reserved_for_are_refused" {
  command = plan

  variables {
    bulk   = { max_concurrency = 5 }
    lambda = { reserved_concurrency = 4 }
  }

  expect_failures = [var.bulk]
}
