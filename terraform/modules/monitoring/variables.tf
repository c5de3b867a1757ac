variable "api_id" {
  description = "Id of the HTTP API."
  type        = string
}

variable "boundary_arn" {
  description = "ARN of the permissions boundary of every role: what it may do at most."
  type        = string
}

variable "budget_usd" {
  description = "US dollars a month; the topic hears when 80 % are spent, or when the forecast is above."
  type        = number

  validation {
    condition     = var.budget_usd > 0
    error_message = "budget_usd is an amount above 0."
  }
}

variable "capture_percentage" {
  description = "Percentage of requests that the endpoint captures; at 0 nothing rings for lack of captures."
  type        = number
}

variable "dead_letter_queue_names" {
  description = "Names of the dead-letter queues, by what they belong to."
  type        = map(string)
}

variable "drift" {
  description = "What rings, each against the bound of a confidence interval: the largest difference to the training's distributions that confidence, images and classes may have, the largest shares of photos outside the range of the training's and of repeats, how far accuracy may fall, as people say or else by the mean of confidence, and the least coverage; min_accuracy is the least accuracy for the report. All are shares, from 0 to 1."
  type = object({
    confidence   = number
    images       = number
    classes      = number
    fall         = number
    outside      = number
    repeats      = number
    min_coverage = number
    min_accuracy = number
  })

  validation {
    condition     = alltrue([for limit in values(var.drift) : limit > 0 && limit <= 1])
    error_message = "The limits in drift are shares above 0 and at most 1, as in min_coverage = 0.6 for 60 %."
  }
}

variable "email" {
  description = "Address that hears of alarms, once it has confirmed; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.email))
    error_message = "The e-mail address for alarms looks like name@example.com; null for none."
  }
}

variable "endpoint_name" {
  description = "Name of the endpoint."
  type        = string
}

variable "endpoint_variant" {
  description = "Name of the endpoint's variant."
  type        = string
}

variable "functions" {
  description = "Functions that somebody waits for, by stage: their names, whether raising is how one gives an ordinary outcome, so that its errors must not ring, whether a schedule starts one each minute, so that its silence must, and whether one each hour, so that five failures in five minutes never come."
  type = map(object({
    name             = string
    raises_by_design = optional(bool, false)
    each_minute      = optional(bool, false)
    each_hour        = optional(bool, false)
  }))
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the topic, the schedule and its dead letters."
  type        = string
}

variable "model_id" {
  description = "First 16 hexadecimal digits of the live model's checksum; null before the first model."
  type        = string
}

variable "monitor" {
  description = "ARN and name of the function that looks at what was captured."
  type = object({
    arn  = string
    name = string
  })
}

variable "prefix" {
  description = "Start of every name."
  type        = string
}

variable "review_minutes" {
  description = "Minutes that a driver may wait for a person before the alarm rings."
  type        = number
  default     = 10
}

variable "state_machine_arn" {
  description = "ARN of the state machine."
  type        = string
}

variable "watched_sources" {
  description = "Sources, as cameras, of which the share of photos that the model is unsure of is measured, each with an alarm."
  type        = list(string)
  default     = []
}

variable "workflow_log_group_name" {
  description = "Name of the state machine's log group."
  type        = string
}
