variable "endpoint_name" {
  description = "Name of the environment's endpoint."
  type        = string
  default     = "image-classifier-ep"
}

variable "environment" {
  description = "Name of the environment, on every resource as the tag Environment."
  type        = string
}

variable "identity_provider_arn" {
  description = "ARN of the account's identity provider for GitHub, if another environment has made it; null makes it."
  type        = string
  default     = null
}

variable "prefix" {
  description = "Start of every name."
  type        = string
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "us-east-1"
}

variable "repository" {
  description = "The repository on GitHub whose workflows may take the roles, as its tokens name it: owner/name, or owner@id/name@id."
  type        = string
}
