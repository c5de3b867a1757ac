variable "alarm_email" {
  description = "Address that hears of alarms, once it has confirmed; null for none."
  type        = string
  default     = null
}

variable "api" {
  description = "The HTTP API: photos a day that people judge without the model's answer, whether it serves the console, a name of one's own with its certificate, seconds in which a decision may be taken back, where pages beside the console come from, days until it is forgotten who looked and who decided, whether there are figures by person, which programs of other teams may call it (each costs 6 dollars a month), and requests of each route in a second."
  type = object({
    blind_per_day       = optional(number, 30)
    console             = optional(bool, true)
    domain              = optional(object({ name = string, certificate_arn = string }))
    grace_seconds       = optional(number, 5)
    origins             = optional(list(string), [])
    person_days         = optional(number, 30)
    person_statistics   = optional(bool, false)
    programs            = optional(set(string), ["program"])
    requests_per_second = optional(number, 50)
  })
  default = {}

  validation {
    condition     = var.api.blind_per_day >= 0 && floor(var.api.blind_per_day) == var.api.blind_per_day
    error_message = "blind_per_day in api is a whole number of photos; 0 for none."
  }

  validation {
    condition     = var.api.grace_seconds >= 0 && var.api.grace_seconds <= 60 && floor(var.api.grace_seconds) == var.api.grace_seconds
    error_message = "grace_seconds in api is a whole number of seconds, at most 60: the driver waits for them."
  }

  validation {
    condition     = alltrue([for origin in var.api.origins : can(regex("^(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://localhost)(:[0-9]+)?$", origin))]) && length(distinct(var.api.origins)) == length(var.api.origins)
    error_message = "origins in api are addresses as a browser names them, each once: https://scones.example.com without a path or a slash at the end, or http://localhost:4577."
  }

  validation {
    condition     = var.api.person_days >= 1 && floor(var.api.person_days) == var.api.person_days
    error_message = "person_days in api is a whole number of days, at least 1."
  }

  validation {
    condition     = alltrue([for name in var.api.programs : can(regex("^[a-z][a-z0-9-]{0,31}$", name))])
    error_message = "programs in api have names of 1 to 32 lower-case letters, digits and hyphens, as orders."
  }

  validation {
    condition     = length(var.api.programs) + length(var.api.origins) > 0 || var.api.console
    error_message = "Give api a program, an origin or the console: API Gateway makes no authorizer for an API that nobody may call."
  }

  validation {
    condition     = var.api.requests_per_second >= 1 && floor(var.api.requests_per_second) == var.api.requests_per_second
    error_message = "requests_per_second in api is a whole number, at least 1: with less nobody is answered."
  }
}

variable "budget_usd" {
  description = "US dollars a month that the account should stay below."
  type        = number
  default     = 100
}

variable "bulk" {
  description = "Bulk work: photos in a batch, batches at the same time (by default as many as the fleet may have instances, each asking for one to eight photos at once, as the endpoint keeps up), and percentage of the photos whose batches may fail as a whole before a run gives up."
  type = object({
    batch_size                = optional(number, 100)
    max_concurrency           = optional(number)
    tolerated_failure_percent = optional(number, 10)
  })
  default = {}

  validation {
    condition     = var.lambda.reserved_concurrency < 0 || coalesce(var.bulk.max_concurrency, var.fleet.max_instances) <= var.lambda.reserved_concurrency
    error_message = "bulk.max_concurrency, by default fleet.max_instances, is more than lambda.reserved_concurrency lets run at once."
  }
}

variable "capture_percentage" {
  description = "Percentage of requests whose photo and answer are kept for monitoring; 0 turns capture off."
  type        = number
  default     = 100
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the register of photos and the pool of people; `make destroy` lifts it first."
  type        = bool
  default     = false
}

variable "drift" {
  description = "What the monitor rings for, by the bound of a confidence interval: how far the distributions of confidence, images and classes may be from the training's, the largest shares of photos outside the range of the training's and of repeats, how far accuracy may fall, as people say or else by the mean of confidence, and the least coverage; min_accuracy is the least accuracy for the report. All are shares, above 0 and at most 1."
  type = object({
    confidence   = optional(number, 0.1)
    images       = optional(number, 0.1)
    classes      = optional(number, 0.04)
    outside      = optional(number, 0.03)
    repeats      = optional(number, 0.15)
    fall         = optional(number, 0.005)
    min_coverage = optional(number, 0.6)
    min_accuracy = optional(number, 0.85)
  })
  default = {}
}

variable "endpoint_enabled" {
  description = "Off switch: false removes the endpoint, which costs money by the hour, and keeps everything else."
  type        = bool
  default     = true
}

variable "endpoint_name" {
  description = "Name of the endpoint."
  type        = string
  default     = "image-classifier-ep"
}

variable "environment" {
  description = "Name of the environment, on every resource as the tag Environment."
  type        = string
}

variable "fleet" {
  description = "Instances behind the endpoint: type, limits, photos per minute that one instance takes, and limits that change on a schedule."
  type = object({
    instance_type            = optional(string, "ml.m5.large")
    min_instances            = optional(number, 1)
    max_instances            = optional(number, 2)
    invocations_per_instance = optional(number, 600)
    schedule = optional(map(object({
      cron          = string
      timezone      = optional(string, "UTC")
      min_instances = number
      max_instances = number
    })), {})
  })
  default = {}
}

variable "force_destroy" {
  description = "Whether destroying the environment also deletes every photo and model in its bucket."
  type        = bool
  default     = false
}

variable "inline_photos" {
  description = "Whether a photo small enough passes through the workflow's states as text, instead of a pointer to it. An execution's history keeps what passes for 90 days, which the bucket's expiry does not reach."
  type        = bool
  default     = true
}

variable "lambda" {
  description = "What the functions run on, and the folder of their zips, seen from this directory. The monitor's zip holds compiled libraries: `make package ARCHITECTURE=...` notes what they were built for."
  type = object({
    architecture         = optional(string, "arm64")
    reserved_concurrency = optional(number, -1)
    runtime              = optional(string, "python3.13")
    zips                 = optional(string, "../build/lambdas")
  })
  default = {}

  validation {
    # Zips made in another way than by make package come without that note.
    condition     = try(trimspace(file("${var.lambda.zips}/built-for.txt")) == "${var.lambda.architecture} ${var.lambda.runtime}", true)
    error_message = "What lies in ${var.lambda.zips} was not built for ${var.lambda.architecture} and ${var.lambda.runtime}: add ARCHITECTURE=${var.lambda.architecture} to your make plan, or to the make package before it."
  }
}

variable "latency_alarm_ms" {
  description = "Milliseconds of model latency (95th percentile) from which the alarm rings and an update rolls back."
  type        = number
  default     = 1000
}

variable "log_retention_days" {
  description = "Days that logs are kept: one of CloudWatch's steps, as 30 or 90. Those of the API, which name people, are kept for api.person_days at most."
  type        = number
  default     = 30
}

variable "max_unlikeness" {
  description = "How unlike a model's training photographs a photo may be without a person looking at it: the share of these that may be nearer to the others. 1 lets every photo pass."
  type        = number
  default     = 0.995

  validation {
    condition     = var.max_unlikeness > 0 && var.max_unlikeness <= 1
    error_message = "max_unlikeness is a share above 0 and at most 1, as in 0.995: at 0 no photo would pass, and 1 turns it off."
  }
}

variable "model" {
  description = "The live model, written by `make promote` into envs/<environment>.model.tfvars.json; null before the first."
  type = object({
    artefact    = string
    sha256      = string
    image       = string
    environment = optional(map(string), {})
    labels      = list(string)
    guideline   = optional(bool, false)
    metrics     = optional(map(number), {})
  })
  default = null

  validation {
    condition     = var.model == null || length(setsubtract(try(var.model.labels, []), keys(var.routes))) == 0
    error_message = "The model knows ${join(", ", try(var.model.labels, []))}, but routes has ${join(", ", keys(var.routes))}: add a route for each label."
  }

  validation {
    condition     = length(setintersection(try(var.model.labels, []), ["other", "unusable"])) == 0
    error_message = "The model has a label other or unusable: these two are for people to say."
  }
}

variable "prefix" {
  description = "Start of every name; the bucket is called <prefix>-<account id>."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.prefix)) && length(var.prefix) >= 3 && length(var.prefix) <= 30
    error_message = "The prefix is 3 to 30 lower-case letters, digits and single hyphens between them, and starts with a letter: it becomes part of a bucket's name."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "retention_days" {
  description = "Days until objects under a prefix of the bucket expire, and until the register forgets a photo. Captures hold the photos, so they may not be kept for longer than incoming. What lies under data/, deployments/, labels/ and models/ never expires."
  type        = map(number)
  default     = { captures = 30, incoming = 30, jobs = 180, register = 90, results = 90 }
}

variable "review_minutes" {
  description = "Minutes that a driver may wait for a person before the alarm rings, and before the driver may decide."
  type        = number
  default     = 10

  validation {
    condition     = var.review_minutes >= 1 && floor(var.review_minutes) == var.review_minutes
    error_message = "review_minutes is a whole number of minutes, at least 1: the sweep looks once a minute."
  }
}

variable "rollout" {
  description = "How an update moves traffic to the new fleet: ALL_AT_ONCE, CANARY or LINEAR, in which steps, and how long alarms are watched between them."
  type = object({
    type         = optional(string, "ALL_AT_ONCE")
    step_percent = optional(number, 50)
    wait_seconds = optional(number, 300)
  })
  default = {}
}

variable "routes" {
  description = "Where the driver of each kind of vehicle goes, by the model's label: bicycles get nearby orders, motorcycles the far ones. The entry other is for what a person calls none of them."
  type = map(object({
    loading_bay     = string
    max_distance_km = number
  }))
  default = {
    bicycle    = { loading_bay = "A", max_distance_km = 3 }
    motorcycle = { loading_bay = "B", max_distance_km = 15 }
    other      = { loading_bay = "C", max_distance_km = 3 }
  }

  validation {
    condition     = contains(keys(var.routes), "other") && !contains(keys(var.routes), "unusable")
    error_message = "Give routes an entry other, for vehicles that are none of the model's, and none called unusable: that is what a person says of a photo that shows nothing."
  }
}

variable "staffed_hours" {
  description = "Hours of each day in which there are people to decide, in a time zone by its IANA name. Outside them a driver may decide at once. An until before from is over midnight; the same time twice is all day."
  type = object({
    from      = optional(string, "06:00")
    until     = optional(string, "22:00")
    time_zone = optional(string, "UTC")
  })
  default = {}

  validation {
    condition     = alltrue([for time in [var.staffed_hours.from, var.staffed_hours.until] : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", time))])
    error_message = "from and until in staffed_hours are two times of the day, as 06:00 and 22:00."
  }

  validation {
    condition     = can(regex("^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$", var.staffed_hours.time_zone))
    error_message = "time_zone in staffed_hours is the name of a zone, as UTC or Europe/Berlin."
  }
}

variable "threshold" {
  description = "Confidence from which a photo is routed without a person looking at it."
  type        = number
  default     = 0.93

  validation {
    condition     = var.threshold > 0 && var.threshold <= 1
    error_message = "The threshold is a confidence above 0 and at most 1, as in 0.93: at 0 every photo would pass, above 1 none."
  }
}

variable "watched_sources" {
  description = "Sources, as cameras, by the name that their photos carry: of each the share of photos that the model is unsure of is measured, and an alarm rings when one gets worse. An upload straight to the bucket names none; a start of the state machine may."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for source in var.watched_sources : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", source))]) && length(distinct(var.watched_sources)) == length(var.watched_sources)
    error_message = "watched_sources has each name once, of 1 to 64 letters, digits, points, hyphens and underscores, as gate-1: it becomes part of an alarm's name."
  }
}
