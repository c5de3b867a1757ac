# Policies of which nobody can tell from the code what comes out.

resource "aws_sqs_queue_policy" "a_map_of_two_lists" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [zipmap(["Effect", "Principal", "Action", "Resource"], ["Allow", "*", "sqs:*", local.arn])] })
}

resource "aws_sqs_queue_policy" "yaml" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [merge(local.us, yamldecode("Principal: \"*\""))] })
}

resource "aws_sqs_queue_policy" "json_of_a_text" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [merge(local.us, jsondecode(replace(local.text, "_", "")))] })
}

resource "aws_sqs_queue_policy" "a_replaced_text" {
  queue_url = "q"
  policy    = replace(jsonencode({ Statement = [local.us] }), "arn:aws:iam::111122223333:root", "*")
}

resource "aws_sqs_queue_policy" "joined_texts" {
  queue_url = "q"
  policy    = join("", ["{\"Statement\": [", replace(local.text, "_", ""), "], \"Id\": \"", local.arn, "\"}"])
}

resource "aws_sqs_queue_policy" "a_format" {
  queue_url = "q"
  policy    = format("{\"Statement\": [%s], \"Id\": \"%s\"}", replace(local.text, "_", ""), local.arn)
}

resource "aws_sqs_queue_policy" "a_text_with_a_part_in_it" {
  queue_url = "q"
  policy    = "{\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sqs:*\", \"Resource\": \"${local.arn}${local.injected}\"}]}"
}

resource "aws_sqs_queue_policy" "a_template" {
  queue_url = "q"
  policy    = templatefile("${path.module}/policy.json.tftpl", { arn = "${local.arn}${local.injected}" })
}

resource "aws_sqs_queue_policy" "base64" {
  queue_url = "q"
  policy    = base64decode(base64encode(jsonencode({ Statement = [local.us] })))
}

resource "aws_sqs_queue_policy" "a_key_by_name" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Allow", (local.key) = "*", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "a_key_that_is_gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for k in ["Principal"] : { Effect = "Allow", (k) = "*", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "an_effect_s_key_by_name" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ Effect = "Deny", (local.effect) = "Allow", Principal = "*", Action = "sqs:*", Resource = local.arn }] })
}

resource "aws_sqs_queue_policy" "the_statements_key_by_name" {
  queue_url = "q"
  policy    = jsonencode({ (format("State%s", "ment")) = [local.us], Id = local.arn })
}

resource "aws_sqs_queue_policy" "an_object_that_is_gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [{ for k, v in local.us : k => jsondecode(replace(jsonencode(v), "arn:aws:iam::111122223333:root", "*")) }] })
}

resource "aws_sqs_queue_policy" "what_takes_a_root_s_name" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for local in [{ us = { Effect = "Allow", Principal = "*", Action = "sqs:*", Resource = "*" } }] : local.us], Id = local.arn })
}

resource "aws_sqs_queue_policy" "values_of_a_map" {
  queue_url = "q"
  policy    = jsonencode({ Statement = values({ a = local.us }) })
}

resource "aws_sqs_queue_policy" "all_of_a_list_as_arguments" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [merge([local.us, { Principal = "*" }]...)] })
}

resource "aws_sqs_queue_policy" "a_document_made_of_others" {
  queue_url = "q"
  policy    = data.aws_iam_policy_document.more.json
}

resource "aws_sqs_queue_policy" "statements_that_are_gone_through" {
  queue_url = "q"
  policy    = jsonencode({ Statement = [for it in [local.us] : merge(it, { Principal = "*" })] })
}
