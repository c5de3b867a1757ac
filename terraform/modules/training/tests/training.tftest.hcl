mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  boundary_arn = "arn:aws:iam::111122223333:policy/scones-test-boundary"
  bucket_arn   = "arn:aws:s3:::scones-test-111122223333"
  kms_key_arn  = "arn:aws:kms:eu-west-1:111122223333:key/k"
  prefix       = "scones-test"
}

run "a_job_of_this_account_writes_its_results_and_nothing_else" {
  command = plan

  assert {
    condition     = aws_iam_role.this.permissions_boundary == var.boundary_arn
    error_message = "A role has no boundary."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource
      if statement.Action == "s3:PutObject"
    ] == ["arn:aws:s3:::scones-test-111122223333/jobs/*"]
    error_message = "A training job may write elsewhere than under jobs/."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action
      if statement.Resource == "*"
    ]) == toset(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"])
    error_message = "An action is allowed on every resource."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "111122223333"
    error_message = "SageMaker may take the role for another account."
  }
}

run "a_transform_job_reads_photos_and_models_and_writes_its_answers_and_nothing_else" {
  command = plan

  assert {
    condition     = aws_iam_role.transform.permissions_boundary == var.boundary_arn
    error_message = "A role has no boundary."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.transform.policy).Statement : statement.Action => statement.Resource
      if try(startswith(statement.Action, "s3:"), false)
      } == {
      "s3:ListBucket" = "arn:aws:s3:::scones-test-111122223333"
      "s3:GetObject" = [
        "arn:aws:s3:::scones-test-111122223333/archive/*",
        "arn:aws:s3:::scones-test-111122223333/incoming/*",
        "arn:aws:s3:::scones-test-111122223333/models/*",
        "arn:aws:s3:::scones-test-111122223333/results/transform/*",
      ]
      "s3:PutObject" = "arn:aws:s3:::scones-test-111122223333/results/transform/*"
    }
    error_message = "A transform job reaches further than it needs."
  }

  assert {
    condition = toset([
      for statement in jsondecode(aws_iam_role_policy.transform.policy).Statement : statement.Action
      if statement.Resource == "*"
    ]) == toset(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"])
    error_message = "An action is allowed on every resource."
  }

  assert {
    condition     = aws_iam_role.transform.assume_role_policy == aws_iam_role.this.assume_role_policy
    error_message = "Somebody else may take the role."
  }
}

run "a_job_encrypts_its_results_and_its_disks_with_the_key" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.this.policy, aws_iam_role_policy.transform.policy] : {
        for statement in jsondecode(policy).Statement : join(" ", flatten([statement.Action])) => try(statement.Condition.Bool, null)
        if statement.Resource == var.kms_key_arn
        } == {
        "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey" = null
        "kms:CreateGrant"                                             = { "kms:GrantIsForAWSResource" = "true" }
      }
    ])
    error_message = "SageMaker could not encrypt, or the key may be lent to others than AWS's own resources."
  }
}
