# Terraform's state, the environment's bucket and its key.

locals {
  storage = {
    read = [
      {
        Sid      = "ListState"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [local.state_bucket]
      },
      {
        # Not the lock beside it: a role that reads plans with -lock=false and cannot hold up a deployment.
        Sid      = "ReadState"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.state_bucket}/${local.state_key}"]
      },
      {
        Sid    = "ReadBucket"
        Effect = "Allow"
        Action = [
          "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging",
          "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls",
          "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging",
          "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
          "s3:ListTagsForResource", # by which version 6 of the provider reads the bucket's tags
        ]
        Resource = [local.bucket]
      },
      {
        Sid      = "FindAlias"
        Effect   = "Allow"
        Action   = ["kms:ListAliases"]
        Resource = ["*"]
      },
    ]

    # What the plan role alone needs. The apply role uses the bucket anyway, and the key's own policy names it: an alias
    # counts up to five minutes after it was made, and the first apply cannot wait for it (modules/storage).
    plan = [
      {
        # The gate is evaluated again before a model goes live.
        Sid      = "ReadModelsAndDataSets"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${local.bucket}/data/*", "${local.bucket}/models/*"]
      },
      {
        Sid       = "ReadKey"
        Effect    = "Allow"
        Action    = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
        Resource  = [local.keys]
        Condition = local.our_key
      },
      {
        # Without it Lambda shows a function as if it had no variables, and every plan would put them back; Scheduler
        # shows no schedule at all.
        Sid      = "DecryptByServices"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = [local.keys]
        Condition = merge(local.our_key, {
          StringEquals = {
            "kms:ViaService" = [for service in ["lambda", "s3", "scheduler"] : "${service}.${data.aws_region.current.id}.amazonaws.com"]
          }
        })
      },
    ]

    write = [
      {
        Sid      = "WriteState"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${local.state_bucket}/${local.state_key}"]
      },
      {
        Sid      = "LockState"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        Resource = ["${local.state_bucket}/${local.state_key}.tflock"]
      },
      {
        Sid    = "MakeBucket"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:ListBucketVersions",
          "s3:PutBucketCORS", "s3:PutBucketNotification", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning",
          "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
          "s3:TagResource", "s3:UntagResource", # by which version 6 of the provider tags it
        ]
        Resource = [local.bucket]
      },
      {
        # Models are put there by promote, photos by verify, records of deployments by record; destroy empties the bucket.
        Sid      = "UseBucket"
        Effect   = "Allow"
        Action   = ["s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"]
        Resource = ["${local.bucket}/*"]
      },
      {
        Sid       = "MakeKey"
        Effect    = "Allow"
        Action    = ["kms:CreateKey"]
        Resource  = ["*"]
        Condition = { StringEquals = local.tagged_so_now }
      },
      {
        # A new key is made with its tags. The tags give nobody a right to it, but a key of somebody else's keeps its own.
        Sid      = "TagNewKey"
        Effect   = "Allow"
        Action   = ["kms:TagResource"]
        Resource = [local.keys]
        Condition = {
          StringEquals         = local.tagged_so_now
          StringEqualsIfExists = local.tagged_ours
          Null                 = { "kms:ResourceAliases" = "true" }
        }
      },
      {
        # Nothing else of the key: its own policy lets the apply role manage and use it.
        Sid      = "NameKey"
        Effect   = "Allow"
        Action   = ["kms:CreateAlias", "kms:DeleteAlias"]
        Resource = ["${local.here.kms}:${local.alias}"]
      },
    ]
  }

  state_key = "scones.tfstate" # as in envs/*.s3.tfbackend
}
