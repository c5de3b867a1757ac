variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the register until this is false again."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the tables."
  type        = string
}

variable "prefix" {
  description = "Start of every name."
  type        = string
}

variable "retention_days" {
  description = "Days that a photo is kept in the register after its end."
  type        = number

  validation {
    condition     = var.retention_days >= 35 && floor(var.retention_days) == var.retention_days
    error_message = "retention_days is a whole number of days, at least 35: as long as the table can be put back from, or a photo that was forgotten could come back after the record of that is gone."
  }
}
