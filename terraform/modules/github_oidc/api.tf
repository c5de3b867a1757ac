# The HTTP API and the pool of those who may call it. Their ids are random, so that their tags have to do.

locals {
  gateway = "arn:${local.partition}:apigateway:${data.aws_region.current.id}::"
  apis    = "${local.gateway}/apis/*" # with what is in each
  in_apis = concat(
    [for part in ["authorizers*", "cors", "integrations*", "routes*", "stages"] : "${local.gateway}/apis/*/${part}"],
    ["${local.gateway}/domainnames/*/apimappings*"],
  )
  domains = "${local.gateway}/domainnames/*"
  tagging = "${local.gateway}/tags/*"
  pools   = "${local.here["cognito-idp"]}:userpool/*"

  api_area = {
    read = [
      {
        # API Gateway's actions are the verbs of HTTP.
        Sid       = "ReadApi"
        Effect    = "Allow"
        Action    = ["apigateway:GET"]
        Resource  = [local.apis, local.domains]
        Condition = { StringEqualsIfExists = local.tagged_ours }
      },
      {
        # The clients too, with the secrets of programs: the state that a plan reads has them as well.
        Sid    = "ReadPool"
        Effect = "Allow"
        Action = [
          "cognito-idp:DescribeResourceServer", "cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient",
          "cognito-idp:GetGroup", "cognito-idp:GetUserPoolMfaConfig",
        ]
        Resource  = [local.pools]
        Condition = { StringEquals = local.tagged_ours }
      },
      {
        Sid      = "FindDomainOfPool"
        Effect   = "Allow"
        Action   = ["cognito-idp:DescribeUserPoolDomain"]
        Resource = ["*"]
      },
    ]

    write = [
      {
        Sid       = "MakeApi"
        Effect    = "Allow"
        Action    = ["apigateway:POST"]
        Resource  = ["${local.gateway}/apis", "${local.gateway}/domainnames"]
        Condition = { StringEquals = local.tagged_so_now }
      },
      {
        Sid       = "ChangeApi"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:PATCH"]
        Resource  = [local.apis, local.domains]
        Condition = { StringEquals = local.tagged_ours }
      },
      {
        # If they have tags: AWS does not say that what is in an API has those of the API.
        Sid       = "ChangeWhatIsInApi"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST"]
        Resource  = local.in_apis
        Condition = { StringEqualsIfExists = local.tagged_ours }
      },
      {
        # Tags are a thing of their own, whose ARN has that of the tagged one in it.
        Sid       = "TagApi"
        Effect    = "Allow"
        Action    = ["apigateway:DELETE", "apigateway:POST"]
        Resource  = [local.tagging]
        Condition = { StringEqualsIfExists = merge(local.tagged_ours, local.tagged_so_now) }
      },
      {
        # No reference has this action, and yet AWS asks for it where a stage is made with tags.
        Sid       = "TagStage"
        Effect    = "Allow"
        Action    = ["apigateway:TagResource"]
        Resource  = [local.apis, "${local.gateway}/apis", "${local.gateway}/domainnames", local.domains]
        Condition = { StringEqualsIfExists = merge(local.tagged_ours, local.tagged_so_now) }
      },
      {
        # What API Gateway asks of whoever gives a stage an access log.
        Sid    = "LogRequests"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        Resource = ["*"]
      },
      {
        Sid       = "MakePool"
        Effect    = "Allow"
        Action    = ["cognito-idp:CreateUserPool"]
        Resource  = ["*"]
        Condition = { StringEquals = local.tagged_so_now }
      },
      {
        Sid    = "ChangePool"
        Effect = "Allow"
        Action = [
          "cognito-idp:CreateGroup", "cognito-idp:CreateResourceServer", "cognito-idp:CreateUserPoolClient",
          "cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteGroup", "cognito-idp:DeleteResourceServer",
          "cognito-idp:DeleteUserPool", "cognito-idp:DeleteUserPoolClient", "cognito-idp:DeleteUserPoolDomain",
          "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:UntagResource",
          "cognito-idp:UpdateGroup", "cognito-idp:UpdateResourceServer", "cognito-idp:UpdateUserPool",
          "cognito-idp:UpdateUserPoolClient", "cognito-idp:UpdateUserPoolDomain",
        ]
        Resource  = [local.pools]
        Condition = { StringEquals = local.tagged_ours }
      },
    ]
  }
}
