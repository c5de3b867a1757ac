variable "force_destroy" {
  description = "Whether destroying the bucket also deletes what is in it."
  type        = bool
  default     = false
}

variable "origins" {
  description = "Where pages come from that may send photos and show them, as https://scones.example.com."
  type        = list(string)
  default     = []
}

variable "prefix" {
  description = "Start of every name; the bucket is called <prefix>-<account id>."
  type        = string
}

variable "retention_days" {
  description = "Days until objects under a prefix expire. Captures hold the photos, so they may not be kept for longer than incoming. What lies under data/, deployments/, labels/ and models/ never expires."
  type        = map(number)

  validation {
    condition     = length(setsubtract(keys(var.retention_days), ["captures", "incoming", "jobs", "results"])) == 0
    error_message = "retention_days takes captures, incoming, jobs and results: data sets, labels, models and records of deployments must outlive what made them."
  }

  validation {
    condition     = alltrue([for days in values(var.retention_days) : days >= 1 && floor(days) == days])
    error_message = "retention_days takes whole days, at least 1 for each prefix."
  }

  # A capture holds the photo itself.
  validation {
    condition     = try(var.retention_days.captures <= var.retention_days.incoming, !contains(keys(var.retention_days), "incoming"))
    error_message = "retention_days.captures must be at most retention_days.incoming: what the endpoint captured holds the photos, and must not outlive them. It must be set where incoming is, or captures would never expire."
  }
}
