data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  # The account id makes the name unique in the world without anything random in it.
  bucket   = "${var.prefix}-${local.account_id}"
  deployer = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:role/${var.prefix}-apply"
  records  = "${aws_s3_bucket.this.arn}/deployments/*"
  # What a person said, or that it was taken back: whoever says something else adds to it.
  labels = "${aws_s3_bucket.this.arn}/labels/*"
  # By name: the role itself as a principal would have to be there first, and would turn into an id when it goes.
  who_deploys = {
    StringEquals = {
      "aws:PrincipalArn"  = local.deployer
      "kms:CallerAccount" = local.account_id
    }
  }
}

# One key for everything this environment stores: photos, models, messages, logs.
resource "aws_kms_key" "this" {
  description             = "Encrypts everything that ${var.prefix} stores"
  deletion_window_in_days = 7
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AccountDecidesByIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogGroupsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "logs.${data.aws_region.current.id}.amazonaws.com" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${local.account_id}:log-group:*"
          }
        }
      },
      {
        # Alarms reach an encrypted topic only if their senders may use the key.
        Sid       = "SendersToEncryptedTopics"
        Effect    = "Allow"
        Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      },
      {
        # EventBridge does not say for which account or rule it sends to an encrypted queue: with a condition on either,
        # dead letters would be lost in silence. Which rules may send, each queue's own policy says.
        Sid       = "EventBridgeToEncryptedQueues"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey*"]
        Resource  = "*"
      },
      {
        # All that the role that deploys may do with the key: its own policies let it make one, and name it. By tags or by
        # an alias it could use the key only minutes after it was made, and the first apply cannot wait.
        Sid       = "WhoDeploysManagesAndUses"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action = [
          "kms:CreateAlias", "kms:Decrypt", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKeyRotation", "kms:Encrypt",
          "kms:GenerateDataKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags",
          "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
          "kms:UpdateKeyDescription",
          # What DynamoDB asks of whoever picks a table's key, beside the above.
          "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Resource  = "*"
        Condition = local.who_deploys
      },
      {
        Sid       = "WhoDeploysLendsToServices"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["kms:CreateGrant"]
        Resource  = "*"
        Condition = merge(local.who_deploys, { Bool = { "kms:GrantIsForAWSResource" = "true" } })
      },
    ]
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.prefix}"
  target_key_id = aws_kms_key.this.key_id
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Auditing access is the account's business (CloudTrail data events); a bucket of logs would need all this care once more.
  #checkov:skip=CKV_AWS_144:Photos expire within weeks and models can be trained again, so a second region would cost more than it protects.
  bucket        = local.bucket
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        # A deployment's record, or a label, is added if there is none of that name, and is never written over.
        Sid       = "RecordsAreAdded"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = [local.records, local.labels]
        Condition = { Null = { "s3:if-none-match" = "true" } }
      },
      {
        # Who deploys cannot take one away either, unless it changes this policy first, which a plan shows.
        Sid       = "RecordsAreKept"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        Resource  = [local.records, local.labels]
        Condition = { StringEquals = { "aws:PrincipalArn" = local.deployer } }
      },
    ]
  })

  # Both change the bucket's policy status, and S3 refuses to do so at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      kms_master_key_id = aws_kms_key.this.arn
      sse_algorithm     = "aws:kms"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = var.retention_days

    content {
      id     = "expire-${rule.key}"
      status = "Enabled"

      filter {
        prefix = "${rule.key}/"
      }

      expiration {
        days = rule.value
      }
    }
  }

  rule {
    id     = "forget-old-versions-and-unfinished-uploads"
    status = "Enabled"

    filter {
      prefix = ""
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

# A page sends photos straight to the bucket, and shows them from there.
resource "aws_s3_bucket_cors_configuration" "this" {
  count = length(var.origins) > 0 ? 1 : 0

  bucket = aws_s3_bucket.this.id

  cors_rule {
    allowed_headers = ["*"] # the form decides what may be sent
    allowed_methods = ["GET", "POST"]
    allowed_origins = var.origins
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.this.id
  eventbridge = true
}
