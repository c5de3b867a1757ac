variable "bucket" {
  description = "Name of the bucket whose incoming/ starts the workflow."
  type        = string
}

variable "function_arns" {
  description = "ARNs of the three functions."
  type = object({
    serialize = string
    classify  = string
    filter    = string
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

variable "prefix" {
  description = "Start of every name."
  type        = string
}

variable "routes" {
  description = "Where the driver of each kind of vehicle goes, by the model's label."
  type = map(object({
    loading_bay     = string
    max_distance_km = number
  }))

  validation {
    condition     = length(var.routes) > 0 && alltrue([for label in keys(var.routes) : can(regex("^[a-z][a-z0-9_-]*$", label))])
    error_message = "routes has at least one entry; its keys are labels of the model: lower-case letters, digits, _ and -."
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
