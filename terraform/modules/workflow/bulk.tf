# Bulk work: a whole prefix at once, in batches, by Distributed Map. Somebody starts it, nothing else does.

locals {
  bulk_arns = {
    for kind, path in { machine = "stateMachine:${var.prefix}-bulk", executions = "execution:${var.prefix}-bulk:*", children = "execution:${var.prefix}-bulk/*" } :
    kind => "arn:${data.aws_partition.current.partition}:states:${data.aws_region.current.id}:${local.account_id}:${path}"
  }
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"

  # What the endpoint or S3 does is up to the function.
  retry_killed = merge(local.backoff, {
    MaxAttempts = 3
    ErrorEquals = concat(local.faults_of_lambda, ["RegisterUnavailable"])
  })
  # Another run has the functions that there are: one of its batches takes seconds or minutes.
  retry_busy = merge(local.backoff, {
    MaxAttempts     = 10
    IntervalSeconds = 5
    MaxDelaySeconds = 30
    ErrorEquals     = ["Lambda.TooManyRequestsException"]
  })
  retry_collect = merge(local.retry_killed, {
    ErrorEquals = concat(local.retry_killed.ErrorEquals, ["StorageUnavailable"])
  })
  # DescribeMapRun and the last file may lag behind by a moment.
  retry_sum = merge(local.retry_collect, {
    ErrorEquals = concat(local.retry_collect.ErrorEquals, ["ResultsDisagree"])
  })
}

resource "aws_sfn_state_machine" "bulk" {
  #checkov:skip=CKV_AWS_285:Faults are logged; what became of each photo is in the run's results.
  name     = "${var.prefix}-bulk"
  role_arn = aws_iam_role.bulk.arn

  definition = templatefile("${path.module}/bulk.asl.json.tftpl", {
    bucket        = var.bucket
    bulk          = var.bulk
    function_arns = var.function_arns
    # None of them asks the endpoint.
    gathers_at_once = 10
    results         = var.bulk_results
    retry_batch     = jsonencode([local.retry_killed, local.retry_busy])
    retry_collect   = jsonencode([local.retry_collect, local.retry_busy])
    retry_sum       = jsonencode([local.retry_sum, local.retry_busy])
    readers = {
      ClassifyListed = {
        Resource     = "arn:aws:states:::s3:getObject"
        ReaderConfig = { InputType = "JSON" }
        Parameters   = { Bucket = var.bucket, "Key.$" = "$.manifest" }
      }
      ClassifyPrefix = {
        Resource   = "arn:aws:states:::s3:listObjectsV2"
        Parameters = { Bucket = var.bucket, "Prefix.$" = "$.prefix" }
      }
    }
  })

  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.bulk.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.bulk]
}

resource "aws_cloudwatch_log_group" "bulk" {
  name              = "/aws/vendedlogs/states/${var.prefix}-bulk"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days
}

resource "aws_iam_role" "bulk" {
  name                 = "${var.prefix}-bulk"
  assume_role_policy   = aws_iam_role.state_machine.assume_role_policy
  permissions_boundary = var.boundary_arn
}

resource "aws_iam_role_policy" "bulk" {
  name = "classify-prefixes"
  role = aws_iam_role.bulk.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.logs_and_traces, [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = [var.function_arns.batch, var.function_arns.collect] },
      { Effect = "Allow", Action = "s3:ListBucket", Resource = local.bucket_arn },
      # What a Distributed Map answers is written in parts.
      {
        Sid      = "WriteResults"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
        Resource = "${local.bucket_arn}/${var.bulk_results}/*"
      },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.kms_key_arn },
      # A Distributed Map starts, follows, stops and redrives its children itself.
      { Effect = "Allow", Action = "states:StartExecution", Resource = local.bulk_arns.machine },
      { Sid = "FollowChildren", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"], Resource = local.bulk_arns.executions },
      { Effect = "Allow", Action = "states:RedriveExecution", Resource = local.bulk_arns.children },
    ])
  })
}
