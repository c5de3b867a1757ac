# The roles of the stack itself. Whoever may make roles could make one that may do anything: so each of these has the
# boundary, and nobody here can change the boundary, or the roles and policies of this module.

locals {
  stack_roles = {
    read = [
      {
        Sid      = "ReadRoles"
        Effect   = "Allow"
        Action   = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]
        Resource = [local.made_roles]
      },
    ]

    write = [
      {
        Sid       = "MakeBoundedRoles"
        Effect    = "Allow"
        Action    = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"]
        Resource  = [local.made_roles]
        Condition = { StringEquals = { "iam:PermissionsBoundary" = local.boundary } }
      },
      {
        Sid    = "ManageRoles"
        Effect = "Allow"
        Action = [
          "iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole",
          "iam:UpdateAssumeRolePolicy",
        ]
        Resource = [local.made_roles]
      },
      {
        Sid      = "HandRolesToServices"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = [local.made_roles]
        Condition = {
          StringEquals = {
            "iam:PassedToService" = [
              for service in ["events", "lambda", "sagemaker", "scheduler", "states"] : "${service}.amazonaws.com"
            ]
          }
        }
      },
      {
        Sid      = "LetAutoScalingHaveItsRole"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = ["${local.everywhere.iam}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*"]
      },
      {
        Sid      = "LetGatewayHaveItsRole"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = ["${local.everywhere.iam}:role/aws-service-role/ops.apigateway.amazonaws.com/*"]
      },
      {
        Sid    = "NeverTouchTheseRoles"
        Effect = "Deny"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePolicy",
          "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
        ]
        Resource = [for role in ["apply", "plan", "retrain"] : "${local.everywhere.iam}:role/${var.prefix}-${role}"]
      },
    ]
  }

  made_roles = "${local.everywhere.iam}:role/${var.prefix}-*"
}
