locals {
  # Which function may do what is decided by the caller; every function may write its own logs and traces.
  statements = concat(
    [
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
      },
      {
        Sid      = "Trace"
        Effect   = "Allow"
        Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
        Resource = ["*"]
      },
    ],
    [for permission in var.permissions : { for name, value in {
      Effect    = "Allow"
      Action    = permission.actions
      Resource  = permission.resources
      Condition = permission.condition
    } : name => value if value != null }],
    [for queue in aws_sqs_queue.dead_letters : { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = [queue.arn] }],
    [for queue in aws_sqs_queue.dead_letters : {
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = "sqs.${split(":", var.kms_key_arn)[3]}.amazonaws.com" } }
    }],
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  permissions_boundary = var.boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "run"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

# What an asynchronous caller sent and the function could not handle; a synchronous caller sees the error itself.
resource "aws_sqs_queue" "dead_letters" {
  count = var.asynchronous ? 1 : 0

  name                      = "${var.name}-dead-letters"
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * 24 * 60 * 60
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:The functions talk to AWS APIs alone, so a VPC would add cost and cold starts without hiding anything.
  #checkov:skip=CKV_AWS_272:The zip's hash is in the reviewed plan, and the build gives the same bytes from any checkout.
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn

  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  handler          = var.handler
  runtime          = var.runtime
  architectures    = [var.architecture]

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn

  environment {
    variables = var.environment
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "dead_letter_config" {
    for_each = aws_sqs_queue.dead_letters

    content {
      target_arn = dead_letter_config.value.arn
    }
  }

  # Without these the first invocations would run before they may log, and Lambda would make a log group that never expires.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}
