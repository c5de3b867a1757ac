# Policies that can be read, and let nobody in but us.

resource "aws_sqs_queue_policy" "as_it_stands" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [local.us, local.denied] })
}

resource "aws_sqs_queue_policy" "one_statement" {
  queue_url = "q"
  policy    = jsonencode({ Statement = local.us })
}

resource "aws_sqs_queue_policy" "in_brackets" {
  queue_url = "q"
  policy    = (jsonencode((local.whole)))
}

resource "aws_sqs_queue_policy" "put_together" {
  queue_url = "q"
  policy    = jsonencode(merge(local.whole, { Statement = concat(local.many.one, local.many["two"], [merge(local.us, { Sid = "A" })]) }))
}

resource "aws_sqs_queue_policy" "gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for arn in [local.arn] : merge(local.us, { Resource = [arn], Sid = substr(sha256("a"), 0, 8) })] })
}

resource "aws_sqs_queue_policy" "without_what_is_null" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ for k, v in merge(local.us, { Condition = null }) : k => v if v != null }] })
}

resource "aws_sqs_queue_policy" "over_several_lines" {
  queue_url = "q"
  policy = jsonencode({
    # One.

    Statement = [
      # Two.

      local.us,
      {
        for name, value in merge(local.us, {})
        : name => value
      },
    ]
  })
}

resource "aws_sqs_queue_policy" "a_module_s" {
  queue_url = "q"
  policy    = module.called.policy
}

resource "aws_sqs_queue_policy" "a_document" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.us.json
}

resource "aws_sqs_queue_policy" "another_one_s" {
  queue_url = "q"
  policy    = aws_sqs_queue_policy.as_it_stands.policy
}

resource "aws_sqs_queue_policy" "a_document_ours" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.ours.json
}

resource "aws_iam_role" "us" {
  assume_role_policy   = "{}"
  permissions_boundary = "arn:aws:iam::111122223333:policy/scones-boundary"
}

resource "aws_sqs_queue_policy" "for_a_role" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.us.arn }, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "a_document_repeated" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.repeated.json
}

resource "aws_sqs_queue_policy" "flat" {
  queue_url = "q"
  policy    = jsonencode({ Statement = flatten([[local.us], [[local.denied]], local.many.one]) })
}

resource "aws_sqs_queue_policy" "more_by_a_variable" {
  queue_url = "q"
  policy    = jsonencode({ Statement = concat([local.us], var.extra, var.given) })
}

resource "aws_sqs_queue_policy" "several_accounts" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = [for id in ["111122223333", "444455556666"] : "arn:aws:iam::${id}:root"] }, Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "one_statement_for_each_role" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for role in [aws_iam_role.us.arn] : { Effect = "Allow", Principal = { AWS = role }, Action = "sqs:*", Resource = local.arn }] })
}
