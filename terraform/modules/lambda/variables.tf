variable "architecture" {
  description = "Instruction set: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture is arm64 or x86_64."
  }
}

variable "asynchronous" {
  description = "Whether callers do not wait for the answer; then a dead-letter queue keeps what could not be handled."
  type        = bool
  default     = false
}

variable "boundary_arn" {
  description = "ARN of the permissions boundary of every role: what it may do at most."
  type        = string
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
}

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
}

variable "handler" {
  description = "Module and function that Lambda calls, as in lambdas.classify.handler."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts logs, environment variables and dead letters."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "memory_mb" {
  description = "Memory in MB; Lambda gives processor time in proportion."
  type        = number
  default     = 256

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240
    error_message = "memory_mb lies between 128 and 10240, Lambda's limits."
  }
}

variable "name" {
  description = "Name of the function, its role and its log group."
  type        = string
}

variable "permissions" {
  description = "What the function may do beyond writing its own logs and traces; a condition is IAM's, as in { StringEquals = { \"cloudwatch:namespace\" = [\"...\"] } }."
  type = list(object({
    actions   = list(string)
    resources = list(string)
    condition = optional(map(map(list(string))))
  }))
  default = []

  validation {
    condition     = alltrue([for permission in var.permissions : permission.condition != null || !contains(permission.resources, "*")])
    error_message = "permissions name the ARNs they are for; \"*\" is for actions that take no ARN, and needs a condition."
  }
}

variable "reserved_concurrency" {
  description = "How many invocations may run at once; -1 shares the account's limit."
  type        = number
  default     = -1
}

variable "runtime" {
  description = "Lambda runtime."
  type        = string
  default     = "python3.13"
}

variable "timeout_seconds" {
  description = "Seconds after which Lambda stops an invocation."
  type        = number

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "timeout_seconds lies between 1 and 900, Lambda's limits."
  }
}

variable "zip" {
  description = "Path of the zip with the code."
  type        = string

  validation {
    condition     = fileexists(var.zip)
    error_message = "There is no zip at ${var.zip}: run `make package` first."
  }
}
