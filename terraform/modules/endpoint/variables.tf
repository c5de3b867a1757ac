variable "alarm_topic_arn" {
  description = "ARN of the topic that alarms go to."
  type        = string
}

variable "boundary_arn" {
  description = "ARN of the permissions boundary of every role: what it may do at most."
  type        = string
}

variable "bucket" {
  description = "Name of the bucket: models are read under models/, captures written under captures/<model id>/."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "capture_percentage" {
  description = "Percentage of requests whose photo and answer are kept for monitoring; 0 turns capture off."
  type        = number

  validation {
    condition     = var.capture_percentage >= 0 && var.capture_percentage <= 100
    error_message = "capture_percentage lies between 0 and 100."
  }
}

variable "enabled" {
  description = "Off switch: false removes the endpoint, which costs money by the hour, and keeps everything else."
  type        = bool
  default     = true
}

variable "fleet" {
  description = "Instances behind the endpoint: type, limits, photos per minute that one instance takes, and limits that change on a schedule."
  type = object({
    instance_type            = string
    min_instances            = number
    max_instances            = number
    invocations_per_instance = number
    schedule = optional(map(object({
      cron          = string
      timezone      = optional(string, "UTC")
      min_instances = number
      max_instances = number
    })), {})
  })

  validation {
    condition     = startswith(var.fleet.instance_type, "ml.") && !startswith(var.fleet.instance_type, "ml.t2.")
    error_message = "fleet.instance_type starts with ml., as in ml.m5.large; the ml.t2 family cannot scale by itself."
  }

  validation {
    condition = alltrue([
      for limits in concat([var.fleet], values(var.fleet.schedule)) :
      limits.min_instances >= 1 && limits.min_instances <= limits.max_instances
    ])
    error_message = "min_instances must be at least 1 and not above max_instances, in the fleet and in each of its schedules."
  }

  validation {
    condition     = var.fleet.invocations_per_instance > 0
    error_message = "fleet.invocations_per_instance is a number of photos per minute above 0."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts models, captures, disks and logs."
  type        = string
}

variable "latency_alarm_ms" {
  description = "Milliseconds of model latency (95th percentile) from which the alarm rings."
  type        = number

  validation {
    condition     = var.latency_alarm_ms > 0 && var.latency_alarm_ms <= 60000
    error_message = "latency_alarm_ms lies above 0 and not above 60000: SageMaker ends a request after 60 seconds."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
}

variable "model" {
  description = "The model to serve; null before the first one has been promoted."
  type = object({
    artefact    = string
    sha256      = string
    image       = string
    environment = optional(map(string), {})
  })

  validation {
    condition     = var.model == null || can(regex("^[0-9a-f]{64}$", var.model.sha256))
    error_message = "model.sha256 is the artefact's checksum, 64 hexadecimal digits: let `make promote` write the file."
  }

  validation {
    condition     = var.model == null || can(regex("^\\d+\\.dkr\\.ecr\\.[^.]+\\.[^/]+/[^:@]+[:@].+$", var.model.image))
    error_message = "model.image is an image in Amazon ECR with its tag or digest, as in 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312."
  }
}

variable "name" {
  description = "Name of the endpoint. Models and configurations are named from it and from what is in them."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9](-?[a-z0-9])*$", var.name)) && length(var.name) <= 40
    error_message = "The endpoint's name is at most 40 lower-case letters, digits and single hyphens between them: SageMaker allows 63, and models add 23."
  }
}

variable "prefix" {
  description = "Start of the names of role, alarms and policies."
  type        = string
}

variable "rollout" {
  description = "How an update moves traffic to the new fleet: ALL_AT_ONCE, CANARY or LINEAR, in which steps, and how long alarms are watched between them."
  type = object({
    type         = string
    step_percent = optional(number, 50)
    wait_seconds = number
  })

  validation {
    condition     = contains(["ALL_AT_ONCE", "CANARY", "LINEAR"], var.rollout.type)
    error_message = "rollout.type is ALL_AT_ONCE, CANARY or LINEAR."
  }

  validation {
    condition     = var.rollout.step_percent >= 10 && var.rollout.step_percent <= 50
    error_message = "rollout.step_percent lies between 10 and 50, SageMaker's limits for the first canary or each linear step."
  }

  validation {
    condition     = var.rollout.wait_seconds >= 0
    error_message = "rollout.wait_seconds is 0 or more."
  }

  validation {
    condition     = var.rollout.type == "ALL_AT_ONCE" || var.fleet.min_instances * var.rollout.step_percent >= 100
    error_message = "A step of ${var.rollout.step_percent} % of ${var.fleet.min_instances} instance(s) is less than one instance: raise fleet.min_instances to ${ceil(100 / max(var.rollout.step_percent, 1))}, or roll out ALL_AT_ONCE."
  }

  # The provider gives an update 60 minutes, whatever is asked of it, and a new fleet may take 15 of them to start: over
  # ten were seen (hashicorp/terraform-provider-aws#39090). Waits are between the steps, after the last, and before the
  # old fleet ends.
  validation {
    condition = 15 * 60 + var.rollout.wait_seconds * (1 + lookup(
      { CANARY = 2, LINEAR = ceil(100 / max(var.rollout.step_percent, 1)) }, var.rollout.type, 1
    )) <= 60 * 60
    error_message = "This rollout takes longer than the 60 minutes that Terraform waits for an update: 15 minutes for the new fleet, wait_seconds (${var.rollout.wait_seconds}) after each step (ALL_AT_ONCE has 1, CANARY 2, LINEAR 100 / step_percent), and once more before the old fleet ends. Take a smaller wait_seconds, or fewer steps."
  }
}
