# The tables of the register of photos and of who decided what; of the register's items one at a time, by its id, and none
# is changed.

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
        Resource = [local.register, local.reviews]
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
        Resource = [local.register, local.reviews]
      },
      {
        # verify reads what became of the photo that it sent.
        Sid      = "ReadPhoto"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem"]
        Resource = [local.register]
      },
    ]
  }
}
