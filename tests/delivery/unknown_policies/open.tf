# Policies that let anybody in, which the code tells.

resource "aws_sqs_queue_policy" "what_is_merged_later" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [merge(local.denied, { Effect = "Allow" })] })
}

resource "aws_sqs_queue_policy" "what_is_merged_first" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [merge({ Principal = local.anybody }, { Effect = "Allow", Action = "sqs:*", Resource = local.arn })] })
}

resource "aws_sqs_queue_policy" "what_is_filtered_out" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ for k, v in merge(local.us, { Principal = "*", Condition = { StringEquals = { "aws:SourceAccount" = "1" } } }) : k => v if k != "Condition" }] })
}

resource "aws_sqs_queue_policy" "one_of_two" {
  queue_url = "q"
  policy    = jsonencode({ Statement = local.arn == null ? [local.us] : [{ Effect = "Allow", Principal = local.anybody, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "each_of_several" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for it in [1] : { Effect = "Allow", Principal = local.anybody, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "a_module_s_output" {
  queue_url = "q"
  policy    = module.called.open
}

resource "aws_sqs_queue_policy" "a_principal_that_is_gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for it in ["*"] : merge(local.us, { Principal = { AWS = it } })] })
}

resource "aws_sqs_queue_policy" "a_document_whose_principals_are_unknown" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.unknown.json
}

resource "aws_sqs_queue_policy" "an_escape_of_eight_digits" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = "\U0000002a" }, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "an_escape_beside_code" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = "\u002a${""}", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "text_in_a_condition" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = "%{if true}*%{endif}", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "an_escaped_key" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", "\U00000050rincipal" = "*", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "a_document_with_an_escape_in_code" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.escaped.json
}

resource "aws_sqs_queue_policy" "a_description" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = aws_cloudwatch_metric_alarm.star.alarm_description }, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "a_document_with_a_description" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.described.json
}

resource "aws_sqs_queue_policy" "a_document_whose_principals_are_repeated" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.repeated_open.json
}

resource "aws_sqs_queue_policy" "a_variable_s_statement" {
  queue_url = "q"
  policy    = jsonencode({ Statement = concat([local.us], var.everybody) })
}

resource "aws_sqs_queue_policy" "one_in_a_flat_list" {
  queue_url = "q"
  policy    = jsonencode({ Statement = flatten([[local.us], [[merge(local.denied, { Effect = "Allow" })]]]) })
}

resource "aws_sqs_queue_policy" "one_of_several_that_are_gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for who in ["arn:aws:iam::111122223333:root", "*"] : { Effect = "Allow", Principal = { AWS = join("", [who, ""]) }, Action = "sqs:*", Resource = local.arn }] })
}
