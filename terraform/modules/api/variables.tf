variable "console" {
  description = "Whether the API serves the console: the pages at which devices send photos and people decide."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether Cognito refuses to delete the pool of people until this is false again."
  type        = bool
  default     = false
}

variable "domain" {
  description = "Name of one's own for the API, and the ARN of its certificate in the same region; null for API Gateway's."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null
}

variable "function" {
  description = "ARN and name of the function that answers."
  type = object({
    arn  = string
    name = string
  })
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the access log."
  type        = string
}

variable "log_retention_days" {
  description = "Days that the access log is kept, which says who asked."
  type        = number
}

variable "origins" {
  description = "Where pages beside the console come from, as https://scones.example.com; none if there are no others."
  type        = list(string)
  default     = []
}

variable "prefix" {
  description = "Start of every name; the pool's domain is called <prefix>-<account id>."
  type        = string

  validation {
    condition     = !can(regex("aws|amazon|cognito", var.prefix))
    error_message = "The prefix becomes part of the domain where people sign in, in which Cognito takes none of the words aws, amazon and cognito."
  }
}

variable "programs" {
  description = "Programs of other teams, each with an id and a secret of its own. Each costs 6 dollars a month."
  type        = set(string)
}

variable "requests_per_second" {
  description = "Requests of each route that are taken in a second, and for a moment twice as many."
  type        = number
}
