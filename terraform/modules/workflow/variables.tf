variable "boundary_arn" {
  description = "ARN of the permissions boundary of every role: what it may do at most."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket, with versions, whose incoming/ starts the workflow."
  type        = string
}

variable "bulk" {
  description = "Bulk work: photos in a batch, batches at the same time, and percentage of the photos whose batches may fail as a whole before a run gives up."
  type = object({
    batch_size                = number
    max_concurrency           = number
    tolerated_failure_percent = number
  })

  validation {
    condition     = var.bulk.batch_size >= 1 && var.bulk.batch_size <= 500 && floor(var.bulk.batch_size) == var.bulk.batch_size
    error_message = "batch_size is a whole number from 1 to 500: a batch has to be done in four minutes."
  }

  validation {
    condition     = var.bulk.max_concurrency >= 1 && var.bulk.max_concurrency <= 1000 && floor(var.bulk.max_concurrency) == var.bulk.max_concurrency
    error_message = "max_concurrency is a whole number from 1 to 1000, what Lambda runs at once in an account."
  }

  validation {
    condition     = var.bulk.tolerated_failure_percent >= 0 && var.bulk.tolerated_failure_percent <= 100
    error_message = "tolerated_failure_percent is a percentage, from 0 to 100."
  }
}

variable "bulk_results" {
  description = "Prefix in the bucket for the results of bulk runs."
  type        = string
}

variable "function_arns" {
  description = "ARNs of the functions: the three of the workflow, the one that sweeps up behind it, the one that writes what people said as labels, and the two of bulk work."
  type = object({
    serialize = string
    classify  = string
    filter    = string
    sweep     = string
    label     = string
    batch     = string
    collect   = string
  })
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts queues and logs."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "model" {
  description = "The live model's id, empty without one, and its classes in its own order, with commas between."
  type = object({
    id      = string
    classes = string
  })
}

variable "prefix" {
  description = "Start of every name."
  type        = string
}

variable "register" {
  description = "The table with what became of each photo, and the days that it is kept there: the module register's output."
  type = object({
    arn            = string
    name           = string
    retention_days = number
  })
}

variable "routes" {
  description = "Where the driver of each kind of vehicle goes, by the model's label; other is for what a person calls none of them."
  type = map(object({
    loading_bay     = string
    max_distance_km = number
  }))

  validation {
    condition     = length(var.routes) > 0 && alltrue([for label in keys(var.routes) : can(regex("^[a-z][a-z0-9_-]*$", label))])
    error_message = "routes has at least one entry; its keys are labels of the model: lower-case letters, digits, _ and -."
  }

  validation {
    condition     = length(setsubtract(["other"], keys(var.routes))) == 0 && !contains(keys(var.routes), "unusable")
    error_message = "routes has an entry other, for vehicles that are none of the model's, and none called unusable: that is what a person says of a photo that shows nothing."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : route.max_distance_km > 0])
    error_message = "max_distance_km is above 0 in every route."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that is told of photos that could not be routed."
  type        = string
}
