mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { name = "eu-west-1" }
  }
}

variables {
  bucket_arn  = "arn:aws:s3:::scones-test-111122223333"
  kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/k"
  prefix      = "scones-test"
}

run "a_job_of_this_account_writes_its_results_and_nothing_else" {
  command = plan

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
