provider "aws" {
  region                      = "us-east-1"
  access_key                  = "nobody"
  secret_key                  = "nobody"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

resource "terraform_data" "new" {}

locals {
  arn      = terraform_data.new.id
  key      = "Principal"
  effect   = "Effect"
  anybody  = { AWS = "*" }
  us       = { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "sqs:*", Resource = local.arn }
  denied   = { Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = local.arn }
  many     = { for kind in ["one", "two"] : kind => [local.us, local.denied] }
  whole    = { Version = "2012-10-17", Statement = [local.us] }
  text     = "{\"Effect\": \"Allow\", \"Pri_ncipal\": \"*\", \"Action\": \"sqs:*\"}"
  injected = "x\", \"Principal\": \"*"
}

data "aws_iam_policy_document" "us" {
  statement {
    actions   = ["sqs:*"]
    resources = [local.arn]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
}

data "aws_iam_policy_document" "unknown" {
  statement {
    actions = ["sqs:*"]

    principals {
      type        = "AWS"
      identifiers = [terraform_data.new.output, local.arn]
    }
  }
}

data "aws_iam_policy_document" "more" {
  source_policy_documents = [jsonencode({ Statement = [local.denied] })]
}

module "called" {
  source = "./called"

  statements = [local.us]
  open       = [local.us, merge(local.denied, { Effect = "Allow" })]
}

data "aws_iam_policy_document" "ours" {
  statement {
    actions   = ["sqs:*"]
    resources = [local.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["111122223333"]
    }
  }
}

data "aws_iam_policy_document" "repeated" {
  dynamic "statement" {
    for_each = [local.arn]

    content {
      actions   = ["sqs:*"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "escaped" {
  statement {
    actions   = ["sqs:*"]
    resources = [local.arn]

    principals {
      type        = "AWS"
      identifiers = ["${"\U0000002a"}"]
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "star" {
  alarm_name          = terraform_data.new.id
  alarm_description   = terraform_data.new.output
  comparison_operator = "LessThanThreshold"
  evaluation_periods  = 1
}

data "aws_iam_policy_document" "described" {
  statement {
    actions   = ["sqs:*"]
    resources = [local.arn]

    principals {
      type        = "AWS"
      identifiers = [aws_cloudwatch_metric_alarm.star.alarm_description]
    }
  }
}

data "aws_iam_policy_document" "repeated_open" {
  dynamic "statement" {
    for_each = [local.arn]

    content {
      actions   = ["sqs:*"]
      resources = [statement.value]

      dynamic "principals" {
        for_each = ["*"]

        content {
          type        = "AWS"
          identifiers = [principals.value]
        }
      }

      dynamic "condition" {
        for_each = []

        content {
          test     = "StringEquals"
          variable = "aws:SourceAccount"
          values   = ["111122223333"]
        }
      }
    }
  }
}

variable "extra" {
  type    = list(any)
  default = []
}

variable "given" {
  type = list(any)
  default = [{
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::111122223333:root" }
    Action    = "sqs:*"
    Resource  = "*"
  }]
}

variable "everybody" {
  type    = list(any)
  default = [{ Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = "*" }]
}
