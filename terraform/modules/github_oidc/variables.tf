variable "endpoint_name" {
  description = "Name of the environment's endpoint, from which its models and configurations are named."
  type        = string
}

variable "environment" {
  description = "Name of the environment, here and among GitHub's environments."
  type        = string
}

variable "identity_provider_arn" {
  description = "ARN of the account's identity provider for GitHub, if it has one; null makes it."
  type        = string
  default     = null
}

variable "prefix" {
  description = "Start of every name in the environment."
  type        = string
}

variable "repository" {
  description = "The repository on GitHub whose workflows may take the roles, as its tokens name it: owner/name, or owner@id/name@id."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+(@[0-9]+/[A-Za-z0-9._-]+@[0-9]+|/[A-Za-z0-9._-]+)$", var.repository))
    error_message = "The repository is owner/name or owner@id/name@id without wildcards, as in scones-unlimited@123456/driver-routing@456789: got ${var.repository}."
  }
}
