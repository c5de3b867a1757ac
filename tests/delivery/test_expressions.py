"""What a policy is made of that is known only after apply is shown, wherever in the code it stands."""

import re
from pathlib import Path
from typing import Any

import pytest

from delivery import expressions, summary

QUEUE = 'resource "aws_sqs_queue" "this" {}\n'
POLICY = 'resource "aws_iam_role_policy" "this" {\n  policy = %s\n}\n'
TABLE = """
module "lambda" {
  source   = "./lambda"
  for_each = local.functions

  permissions = lookup(local.permissions, each.key, [])
}
locals {
  functions   = { filter = {} }
  permissions = {
    # Everything.
    filter = [{ actions = ["s3:*"], resources = [aws_sqs_queue.this.arn] }]
  }
}
"""
BY_VARIABLE = POLICY % "jsonencode({ Statement = local.statements })" + (
    "locals {\n  statements = [for it in var.permissions : { Action = it.actions }]\n}\n"
)
DOCUMENT = """
data "aws_iam_policy_document" "this" {
  statement {
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.this.arn]
    principals {
      type        = "AWS"
      identifiers = local.all
    }
  }
}
locals {
  all = ["*"]
}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write files below `terraform/`, and find what the policy there is made of."""
    monkeypatch.chdir(tmp_path)
    policy: dict[str, Any] = {
        "mode": "managed",
        "type": "aws_iam_role_policy",
        "name": "this",
        "expressions": {"policy": {"references": []}},
    }

    def find(module: str = "", **files: str) -> str:
        for name, text in files.items():
            path = Path("terraform", name.replace("__", "/").replace("_TF", ".tf"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        inner = {"lambda": {"source": "./lambda", "module": {"resources": [policy]}}}
        root: dict[str, Any] = {"module_calls": inner} if module else {"resources": [policy]}
        if not module and Path("terraform/inner").exists():
            root["module_calls"] = {"inner": {"source": "./inner", "module": {}}}
        resource = policy | {
            "module_address": module,
            "change": {"after_unknown": {"policy": True}},
        }
        return expressions.find(Path("terraform"), root, resource)["policy"]

    return find


def test_the_document_that_a_policy_is_made_by_is_shown(project):
    shown = project(main_TF=QUEUE + POLICY % "data.aws_iam_policy_document.this.json" + DOCUMENT)
    assert 'actions   = ["sqs:*"]' in shown
    assert '# terraform/main.tf\nall = ["*"]' in shown


def test_what_a_module_is_given_is_shown(project):
    shown = project('module.lambda["filter"]', main_TF=QUEUE + TABLE, lambda__main_TF=BY_VARIABLE)
    assert "statements = [for it in var.permissions" in shown
    assert 'filter = [{ actions = ["s3:*"], resources = [aws_sqs_queue.this.arn] }]' in shown
    assert "Everything" not in shown


def test_what_a_module_gives_is_shown(project):
    given = 'output "policy" {\n  value = jsonencode({ Action = "sqs:*", Resource = aws_sqs_queue.this.arn })\n}\n'
    shown = project(main_TF=POLICY % "module.inner.policy", inner__main_TF=QUEUE + given)
    assert 'value = jsonencode({ Action = "sqs:*"' in shown


def test_the_text_of_a_template_is_shown(project):
    made = POLICY % 'templatefile("${path.module}/policy.json.tftpl", { arn = aws_sqs_queue.this.arn })'
    template = '{"Statement": [\n\n  {"Action": "sqs:*", "Resource": "${arn}"}]}\n'
    shown = project(main_TF=QUEUE + made, **{"policy.json.tftpl": template})
    assert '# terraform/policy.json.tftpl\n{"Statement": [\n\n  {"Action": "sqs:*", "Resource"' in shown


def test_what_is_repeated_is_shown(project):
    each = 'for_each = { a = jsonencode({ Action = "sqs:*" }) }\n  policy   = each.value'
    shown = project(main_TF=POLICY.replace("policy = %s", each))
    assert (
        shown
        == 'policy   = each.value\n\n# terraform/main.tf\nfor_each = { a = jsonencode({ Action = "sqs:*" }) }'
    )


def test_another_resource_s_policy_is_shown(project):
    other = 'resource "aws_sqs_queue_policy" "other" {\n  policy = jsonencode({ Action = "sqs:*" })\n}\n'
    assert 'Action = "sqs:*"' in project(main_TF=other + POLICY % "aws_sqs_queue_policy.other.policy")


@pytest.mark.parametrize(
    "code",
    [
        'resource "aws_iam_role_policy" "this" { policy = local.it }',
        "resource   aws_iam_role_policy   this   {\npolicy=local /* . */ . it\n}",
        'locals {\n  x = "}{"\n}\n\n  resource "aws_iam_role_policy" "this" { # {\n  policy = "${ local.it }"\n}',
        'locals {\n  x = <<A\n${<<B\nA\n}"{ /*\nB\n}\nA\n}\n' + POLICY % "(\nlocal.it)",
    ],
)
def test_however_it_is_written(project, code):
    assert 'it = jsonencode({ Action = "sqs:*" })' in project(
        main_TF=code, other_TF='locals { it = jsonencode({ Action = "sqs:*" }) }\n'
    )


def test_what_many_are_made_of_is_shown_once(project, make_review, make_change):
    code = project('module.lambda["filter"]', main_TF=QUEUE + TABLE, lambda__main_TF=BY_VARIABLE)
    changes = [
        make_change(
            f'module.lambda["{name}"].aws_iam_role_policy.this',
            "create",
            after={},
            after_unknown={"policy": True},
            expressions={"policy": code},
        )
        for name in ("filter", "monitor")
    ]
    shown, _, folded = summary.markdown(make_review(changes=changes), None, None).partition("<details>")
    for part in (shown, folded):
        assert part.count('actions = ["s3:*"]') == 1
        assert len(re.findall("# terraform/main.tf, as above: permissions", part)) == 2
