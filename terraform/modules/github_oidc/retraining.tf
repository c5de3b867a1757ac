# What a candidate is trained and judged by, where it is left, and nothing of the environment itself: a model becomes the
# live one by a pull request, which another role plans and a third applies.

locals {
  retraining = [
    {
      # Where the bucket and the tables are called, and at which threshold a model accepts.
      Sid      = "ListState"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.state_bucket]
    },
    {
      Sid      = "ReadState"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.state_bucket}/${local.state_key}"]
    },
    {
      Sid      = "FindLabelsAndDataSets"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.bucket]
    },
    {
      # Labels have copies of their photos.
      Sid      = "ReadLabels"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket}/labels/*"]
    },
    {
      Sid      = "ReadDataSetsAndModels"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = ["${local.bucket}/data/*", "${local.bucket}/models/*"]
    },
    {
      # Both are named by their content. What lies there already cannot be written again, the live model least of all.
      Sid       = "AddDataSetsAndModels"
      Effect    = "Allow"
      Action    = ["s3:PutObject"]
      Resource  = ["${local.bucket}/data/*", "${local.bucket}/models/*"]
      Condition = { Null = { "s3:if-none-match" = "false" } }
    },
    {
      # Who said a label, for as long as that is kept: it counts by how often they are right.
      Sid      = "ReadWhoSaidIt"
      Effect   = "Allow"
      Action   = ["dynamodb:BatchGetItem"]
      Resource = [local.reviews]
    },
    {
      # CloudWatch asks for every alarm of the account, whichever names a request has.
      Sid      = "LookAtAlarmsOfDrift"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms"]
      Resource = ["${local.here.cloudwatch}:alarm:*"]
    },
    {
      Sid      = "UseKeyByServices"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = [local.keys]
      Condition = merge(local.our_key, {
        StringEquals = {
          "kms:ViaService" = [for service in ["dynamodb", "s3"] : "${service}.${data.aws_region.current.id}.amazonaws.com"]
        }
      })
    },
  ]
}
