mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  endpoint_name = "image-classifier-ep"
  environment   = "test"
  prefix        = "scones-with-the-longest-prefix" # 30 characters, the longest there may be
  repository    = "scones-unlimited/driver-routing"
}

run "each_role_is_taken_by_its_own_workflows_only" {
  assert {
    condition = { for name, role in aws_iam_role.this : name => jsondecode(role.assume_role_policy).Statement[0].Condition } == {
      plan = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = [
            "repo:scones-unlimited/driver-routing:pull_request",
            "repo:scones-unlimited/driver-routing:ref:refs/heads/main",
          ]
        }
      }
      apply = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:job_workflow_ref" = ["scones-unlimited/driver-routing/.github/workflows/environment.yml@refs/heads/main"]
          "token.actions.githubusercontent.com:ref"              = ["refs/heads/main"]
          "token.actions.githubusercontent.com:sub"              = ["repo:scones-unlimited/driver-routing:environment:test"]
        }
      }
      retrain = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:job_workflow_ref" = ["scones-unlimited/driver-routing/.github/workflows/retrain.yml@refs/heads/main"]
          "token.actions.githubusercontent.com:ref"              = ["refs/heads/main"]
          "token.actions.githubusercontent.com:sub"              = ["repo:scones-unlimited/driver-routing:environment:retrain"]
        }
      }
    }
    error_message = "A role may be taken by others."
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 1
    error_message = "Nobody made the identity provider."
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : length(policy.policy) <= 6144])
    error_message = "A policy is longer than IAM takes."
  }
}

run "only_what_has_no_finer_grain_is_allowed_on_everything" {
  assert {
    condition = toset(flatten([
      for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : statement.Action
        if statement.Effect == "Allow" && contains(statement.Resource, "*")
      ]
    ])) == toset(keys(local.unscoped))
    error_message = "The actions on \"*\" are not those that unscoped.tf has reasons for."
  }

  assert {
    condition = !anytrue(flatten([
      for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : strcontains(action, "*")]
        if statement.Effect == "Allow"
      ]
    ]))
    error_message = "An action has a wildcard."
  }
}

run "the_stack_s_roles_may_do_what_aws_asks_of_them" {
  assert {
    condition = length([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement
      if contains(statement.Action, "cloudwatch:DescribeAlarms") && statement.Effect == "Allow"
    ]) == 1
    error_message = "The endpoint's role could not look at the alarms that take an update back."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : try(statement.Condition.Bool, null)
      if contains(statement.Action, "kms:CreateGrant")
    ] == [{ "kms:GrantIsForAWSResource" = "true" }]
    error_message = "A job could not encrypt its disks, or could lend the key to anybody."
  }

  assert {
    condition = length(setsubtract(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], flatten([
      for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Action if statement.Effect == "Allow"
    ]))) == 0
    error_message = "A job could not encrypt its results."
  }

  assert {
    condition = alltrue([
      for action, resource in {
        "dynamodb:PutItem"           = local.register,
        "sqs:ReceiveMessage"         = local.queues,
        "sqs:DeleteMessage"          = local.queues,
        "states:GetExecutionHistory" = local.executions,
        "states:ListExecutions"      = local.state_machines,
      } :
      anytrue([for statement in jsondecode(aws_iam_policy.boundary.policy).Statement : statement.Effect == "Allow" && contains(statement.Action, action) && contains(statement.Resource, resource)])
    ])
    error_message = "The sweep could not drain the old queues, or not find out which photo a stopped execution had."
  }
}

run "the_plan_role_changes_nothing" {
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_policy.this : [
        for statement in jsondecode(policy.policy).Statement : [
          for action in statement.Action : can(regex(":(Describe|Find|Get|GET|List|Validate|View)|^kms:Decrypt$", action))
        ]
      ] if startswith(name, "plan-")
    ]))
    error_message = "A pull request could change something."
  }
}

run "the_retrain_role_writes_data_sets_and_models_and_reads_no_photo_that_is_no_label" {
  assert {
    condition = { for statement in jsondecode(aws_iam_policy.this["retrain-storage"].policy).Statement : statement.Sid => [
      for resource in statement.Resource : trimprefix(resource, local.bucket)
      ] if length(setintersection(statement.Action, ["s3:GetObject", "s3:PutObject"])) > 0 && statement.Sid != "ReadState"
      } == {
      ReadLabels            = ["/labels/*"]
      ReadDataSetsAndModels = ["/data/*", "/models/*"]
      AddDataSetsAndModels  = ["/data/*", "/models/*"]
    }
    error_message = "A training could read what drivers have just sent, or write elsewhere."
  }

  assert {
    condition = [
      for action in flatten([for statement in jsondecode(aws_iam_policy.this["retrain-storage"].policy).Statement : statement.Action]) :
      action if !can(regex(":(BatchGet|Describe|Get|List)|^kms:", action))
    ] == ["s3:PutObject"]
    error_message = "A training could change something."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.this["retrain-storage"].policy).Statement :
      try(statement.Condition.Null["s3:if-none-match"] == "false", false) if contains(statement.Action, "s3:PutObject")
    ])
    error_message = "A training could write over the live model."
  }
}

run "the_apply_role_makes_only_roles_with_the_boundary_and_never_touches_its_own" {
  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.this["apply-roles"].policy).Statement : statement.Condition.StringEquals["iam:PermissionsBoundary"]
      if statement.Effect == "Allow" && length(setintersection(statement.Action, ["iam:CreateRole", "iam:PutRolePolicy"])) > 0
    ] == ["arn:aws:iam::111122223333:policy/scones-with-the-longest-prefix-boundary"]
    error_message = "A role could be made that may do more than the boundary says."
  }

  assert {
    condition = length(setsubtract(
      flatten([
        for statement in jsondecode(aws_iam_policy.this["apply-roles"].policy).Statement : [
          for action in statement.Action : action if !can(regex(":(Get|List)", action))
        ]
        if statement.Effect == "Allow" && contains(statement.Resource, local.made_roles)
      ]),
      flatten([
        for statement in jsondecode(aws_iam_policy.this["apply-roles"].policy).Statement : statement.Action
        if statement.Effect == "Deny" && length(statement.Resource) == 3
      ]),
    )) == 0
    error_message = "The apply role could change what it may do itself."
  }
}

run "a_key_is_told_by_its_alias_and_a_scalable_target_by_its_tags" {
  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement :
        try(statement.Condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == ["alias/scones-with-the-longest-prefix"], false)
        if contains(statement.Resource, local.keys) && statement.Sid != "TagNewKey"
      ]
    ]))
    error_message = "A key of somebody else's could be used, or made ours by a tag."
  }

  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_policy.this) : [
        for statement in jsondecode(policy.policy).Statement :
        try(statement.Condition.StringEqualsIfExists, statement.Condition.StringEquals)["aws:ResourceTag/Environment"] == "test"
        if contains(statement.Resource, local.scalable_targets) && statement.Sid != "ReadScaling"
      ]
    ]))
    error_message = "Another environment's fleet could be scaled."
  }
}

run "an_api_and_a_pool_of_another_environment_stay_as_they_are" {
  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_policy.this) : [
        for statement in jsondecode(policy.policy).Statement :
        try(statement.Condition.StringEqualsIfExists, statement.Condition.StringEquals)["aws:ResourceTag/Environment"] == "test"
        if length(setintersection(statement.Resource, [local.apis, local.domains, local.pools, local.tagging])) > 0
      ]
    ]))
    error_message = "Another environment's API or pool could be changed, or its secrets read."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_policy.this["apply-api"].policy).Statement : try(statement.Condition.StringEquals["aws:RequestTag/Environment"], null)
      if contains(statement.Action, "cognito-idp:CreateUserPool") || contains(statement.Resource, "${local.gateway}/apis") && contains(statement.Action, "apigateway:POST")
    ] == ["test", "test"]
    error_message = "What is made could be without the tags by which it is ours."
  }
}

run "an_endpoint_whose_name_begins_as_ours_belongs_to_others_with_its_logs" {
  assert {
    condition = alltrue(flatten([
      for policy in concat(values(aws_iam_policy.this), [aws_iam_policy.boundary]) : [
        for statement in jsondecode(policy.policy).Statement : [
          for resource in statement.Resource : can(regex("image-classifier-ep($|:\\*$|/|-\\?{8}-)", resource))
          if strcontains(resource, "image-classifier-ep")
        ]
      ]
    ]))
    error_message = "What belongs to image-classifier-ep-staging could be changed."
  }
}

run "an_identity_provider_that_is_there_is_used" {
  variables {
    identity_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "There would be two providers, which AWS refuses."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : jsondecode(role.assume_role_policy).Statement[0].Principal.Federated == var.identity_provider_arn])
    error_message = "The roles trust another provider."
  }
}

run "tokens_may_name_the_repository_by_its_numbers_too" {
  variables {
    repository = "scones-unlimited@123456/driver-routing@456789"
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"]
      == ["repo:scones-unlimited@123456/driver-routing@456789:environment:test"]
    )
    error_message = "The role could not be taken, or by others."
  }

  assert {
    condition = (
      jsondecode(aws_iam_role.this["apply"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:job_workflow_ref"]
      == ["scones-unlimited/driver-routing/.github/workflows/environment.yml@refs/heads/main"]
    )
    error_message = "A workflow is named with numbers, as GitHub names none."
  }
}

run "a_repository_with_a_wildcard_is_refused" {
  command = plan

  variables {
    repository = "scones-unlimited/*"
  }

  expect_failures = [var.repository]
}
