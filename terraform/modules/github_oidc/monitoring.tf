# Logs, alarms, the dashboard and the budget.

locals {
  monitoring = {
    read = [
      {
        Sid      = "FindLogs"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups"]
        Resource = ["*"]
      },
      {
        Sid      = "ReadLogs"
        Effect   = "Allow"
        Action   = ["logs:DescribeMetricFilters", "logs:ListTagsForResource"]
        Resource = local.log_groups
      },
      {
        # CloudWatch asks for every alarm of the account, whichever names a request has.
        Sid      = "FindAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = ["${local.here.cloudwatch}:alarm:*"]
      },
      {
        Sid      = "ReadAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:ListTagsForResource"]
        Resource = [local.alarms]
      },
      {
        Sid      = "ReadDashboard"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetDashboard"]
        Resource = [local.dashboard]
      },
      {
        Sid      = "ReadBudget"
        Effect   = "Allow"
        Action   = ["budgets:ListTagsForResource", "budgets:ViewBudget"]
        Resource = [local.budget]
      },
    ]

    write = [
      {
        Sid    = "MakeLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter",
          "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource",
        ]
        Resource = local.log_groups
      },
      {
        Sid    = "MakeAlarms"
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
        ]
        Resource = [local.alarms]
      },
      {
        Sid      = "MakeDashboard"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"]
        Resource = [local.dashboard]
      },
      {
        Sid      = "MakeBudget"
        Effect   = "Allow"
        Action   = ["budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"]
        Resource = [local.budget]
      },
    ]
  }
}
