# The table of the register of photos, and none of its items.

locals {
  register_area = {
    read = [
      {
        Sid    = "ReadRegisterSettings"
        Effect = "Allow"
        Action = [
          "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive",
          "dynamodb:ListTagsOfResource",
        ]
        Resource = [local.register]
      },
    ]

    write = [
      {
        Sid    = "MakeRegister"
        Effect = "Allow"
        Action = [
          "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
          "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        Resource = [local.register]
      },
    ]
  }
}
