# Policies by other names, and in a block.

resource "aws_iam_role" "inline" {
  assume_role_policy   = "{}"
  permissions_boundary = "arn:aws:iam::111122223333:policy/scones-boundary"

  dynamic "inline_policy" {
    for_each = ["one"]

    content {
      name   = "one"
      policy = join("", [jsonencode({ Statement = [local.us] })])
    }
  }
}

resource "aws_iam_role" "trusting" {
  permissions_boundary = "arn:aws:iam::111122223333:policy/scones-boundary"
  assume_role_policy   = jsonencode({ Statement = [merge(local.denied, { Effect = "Allow" })] })
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name     = "this"
  policy_document = join("", [jsonencode({ Statement = [local.us] })])
}

resource "aws_vpc_endpoint" "narrowed" {
  vpc_id       = "vpc-1"
  service_name = "com.amazonaws.us-east-1.sqs"
  policy       = jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = local.arn }] })
}
