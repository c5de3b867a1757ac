variable "boundary_arn" {
  description = "ARN of the permissions boundary of every role: what it may do at most."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket with data sets under data/ and the jobs' results under jobs/."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the bucket."
  type        = string
}

variable "prefix" {
  description = "Start of every name."
  type        = string
}
