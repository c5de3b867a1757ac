"""What no plan may do: each rule is attacked, and says in a sentence what is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cost.bill import Bill
from delivery import plan_rules
from delivery.plan_rules import MAY_COST_MORE, MAY_REPLACE, Planned

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "module.storage.aws_s3_bucket.this"
BOUNDARY = "arn:aws:iam::111122223333:policy/scones-staging-boundary"
GUARDS = ("aws_s3_bucket_public_access_block", "aws_s3_bucket_server_side_encryption_configuration")


def resource(address: str, after: Any, *actions: str, unknown: Any = None) -> dict[str, Any]:
    """One resource of a plan, as Terraform's JSON has it."""
    kind, name = address.split(".")[-2:]
    return {
        "address": address,
        "module_address": address.removesuffix(f".{kind}.{name}") if address.startswith("module") else "",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {
            "actions": list(actions or ("no-op",)),
            "before": {},
            "after": after,
            "after_unknown": unknown or {},
        },
    }


def refuse(
    *resources: Any, code: str = "", labels: tuple[str, ...] = (), root: Any = None, more: float = 0.0
) -> list[str]:
    shown = {
        "variables": {"prefix": {"value": "scones-staging"}},
        "resource_changes": list(resources),
        "configuration": {"root_module": root or {}},
    }
    return plan_rules.check(
        Planned(shown, {"terraform/main.tf": code}, Bill({"endpoint": 10.0}, {"endpoint": 10.0 + more})),
        set(labels),
    )[0]


PUBLIC: dict[str, tuple[str, dict[str, Any], str]] = {
    "a bucket's block": (
        "aws_s3_bucket_public_access_block.this",
        {"block_public_acls": True, "block_public_policy": False},
        "lets its bucket be public: set block_public_policy = true",
    ),
    "an ACL": (
        "aws_s3_bucket_acl.this",
        {"acl": "public-read"},
        "is open to the public by acl = public-read",
    ),
    "a function's address": (
        "aws_lambda_function_url.this",
        {"authorization_type": "NONE"},
        "is open to the public by authorization_type = NONE",
    ),
    "a network": (
        "aws_security_group.this",
        {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]},
        "is open to the public by ingress[0].cidr_blocks[0] = 0.0.0.0/0",
    ),
    "a database": (
        "aws_db_instance.this",
        {"publicly_accessible": True, "storage_encrypted": True},
        "is open to the public",
    ),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_nothing_is_public(name):
    address, after, said = PUBLIC[name]
    (sentence,) = refuse(resource(address, after))
    assert sentence.startswith(f"{address} {said}")


def test_what_goes_out_may_go_anywhere():
    assert refuse(resource("aws_security_group.this", {"egress": [{"cidr_blocks": ["0.0.0.0/0"]}]})) == []


def test_a_bucket_without_what_keeps_it_private_and_encrypted_is_refused():
    bucket = {"address": "aws_s3_bucket.this", "type": "aws_s3_bucket", "expressions": {}}
    guards = [
        {
            "address": f"{kind}.this",
            "type": kind,
            "expressions": {"bucket": {"references": ["aws_s3_bucket.this"]}},
        }
        for kind in GUARDS
    ]

    def call(*found: Any) -> Any:
        return {"module_calls": {"storage": {"source": "./storage", "module": {"resources": list(found)}}}}

    assert refuse(root=call(bucket, *guards)) == []
    public, plain = refuse(root=call(bucket))
    assert public == f"{BUCKET} could become public: give it an aws_s3_bucket_public_access_block"
    assert plain.startswith(f"{BUCKET} is not encrypted by a key")


def allow(principal: Any, condition: Any = None, effect: str = "Allow", key: str = "Principal") -> str:
    statement = {"Effect": effect, key: principal, "Action": "sqs:SendMessage", "Resource": "*"}
    return json.dumps({"Statement": [statement | ({"Condition": condition} if condition else {})]})


ANYBODY = {
    "anybody": allow("*"),
    "any account": allow({"AWS": "*"}),
    "one among others": allow({"AWS": ["arn:aws:iam::111122223333:root", "*"]}),
    "all but one": allow({"AWS": "arn:aws:iam::111122223333:root"}, key="NotPrincipal"),
    "anybody by TLS": allow("*", {"Bool": {"aws:SecureTransport": "true"}}),
    "anybody of any account": allow("*", {"StringLike": {"aws:PrincipalArn": "*"}}),
    "anybody if there is no account": allow(
        "*", {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}
    ),
    "anybody but one": allow("*", {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}),
}
SOMEBODY = {
    "one account": allow({"AWS": "arn:aws:iam::111122223333:root"}),
    "a service": allow({"Service": "events.amazonaws.com"}),
    "denied to anybody": allow("*", effect="Deny"),
    "whoever has this name": allow(
        {"AWS": "*"}, {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/apply"}}
    ),
}


@pytest.mark.parametrize("name", ANYBODY)
def test_no_policy_allows_anybody_something(name):
    (sentence,) = refuse(resource("aws_sqs_queue_policy.this", {"policy": ANYBODY[name]}))
    assert sentence == (
        "aws_sqs_queue_policy.this allows anybody something by its policy: "
        "name who may, or say in a condition whose they are"
    )


@pytest.mark.parametrize("name", SOMEBODY)
def test_a_policy_may_allow_somebody_something(name):
    assert refuse(resource("aws_sqs_queue_policy.this", {"policy": SOMEBODY[name]})) == []


def test_a_function_is_not_lent_to_anybody():
    assert len(refuse(resource("aws_lambda_permission.this", {"principal": "*"}))) == 1


UNKNOWN = """policy = jsonencode({{
Statement = [
{{ Effect = "Allow", Principal = {{ Service = "events.amazonaws.com" }}, Resource = aws_sqs_queue.this.arn }},
{{
{effect}
Principal = {principal}
Action = "sqs:*"
Resource = aws_sqs_queue.this.arn
}},
]
}})"""


@pytest.mark.parametrize("principal", ['"*"', '{ AWS = "*" }', '{ AWS = ["arn:1", "*"] }'])
def test_a_policy_that_is_known_only_after_apply_is_judged_by_its_code(principal):
    (sentence,) = refuse(code=UNKNOWN.format(effect='Effect = "Allow"', principal=principal))
    assert sentence.startswith("terraform/main.tf has a statement that allows anybody something")
    assert refuse(code=UNKNOWN.format(effect='Effect = "Deny"', principal=principal)) == []


@pytest.mark.parametrize(
    "boundary",
    [None, "arn:aws:iam::111122223333:policy/other", "arn:aws:iam::aws:policy/AdministratorAccess"],
)
def test_no_role_is_without_the_boundary(boundary):
    (sentence,) = refuse(resource("aws_iam_role.this", {"permissions_boundary": boundary}))
    assert (
        sentence
        == "aws_iam_role.this is not held by the boundary: set permissions_boundary = local.boundary_arn"
    )
    assert refuse(resource("aws_iam_role.this", {"permissions_boundary": BOUNDARY})) == []


@pytest.mark.parametrize(("kind", "path"), plan_rules.ENCRYPTION.items())
def test_no_store_is_unencrypted(kind, path):
    (sentence,) = refuse(resource(f"{kind}.this", {"name": "plain"}))
    assert sentence == f"{kind}.this is not encrypted by a key: set {path}"


def test_a_key_that_is_known_only_after_apply_counts_if_the_code_names_one():
    queue = resource("aws_sqs_queue.this", {}, "create", unknown={"kms_master_key_id": True})
    named = {"mode": "managed", "type": "aws_sqs_queue", "name": "this", "address": "aws_sqs_queue.this"}
    key = {"kms_master_key_id": {"references": ["aws_kms_key.this.arn"]}}
    assert refuse(queue, root={"resources": [named | {"expressions": key}]}) == []
    assert len(refuse(queue, root={"resources": [named | {"expressions": {}}]})) == 1


@pytest.mark.parametrize("kind", plan_rules.LASTING)
@pytest.mark.parametrize(
    ("actions", "how"),
    [(("delete", "create"), "replaced"), (("create", "delete"), "replaced"), (("delete",), "destroyed")],
)
def test_what_lasts_is_replaced_only_with_a_label(kind, actions, how):
    lost = resource(f"{kind}.this", None, *actions)
    (sentence,) = refuse(lost)
    assert sentence == (
        f"{kind}.this is {how}, with what is in it and what relies on it: keep it, or give the pull request the label "
        f"may-replace if it is meant"
    )
    assert len(refuse(lost, labels=(MAY_COST_MORE,))) == 1
    assert refuse(lost, labels=(MAY_REPLACE,)) == []


def test_a_month_costs_much_more_only_with_a_label():
    assert refuse(more=plan_rules.MORE_USD) == []
    (sentence,) = refuse(more=plan_rules.MORE_USD + 0.01)
    assert sentence.startswith(
        "a month costs 200.01 dollars more, and the limit is 200: make it cheaper, or give"
    )
    assert refuse(more=plan_rules.MORE_USD + 0.01, labels=(MAY_COST_MORE,)) == []


def test_the_page_has_each_rule_and_the_label_that_allows_it():
    page = (ROOT / "docs/deploy.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \| (?:`([\w-]+)`|nothing) \|$", page, re.MULTILINE)
    labels = {"nothing_that_lasts_replaced": MAY_REPLACE, "no_leap_in_cost": MAY_COST_MORE}
    ours = [(rule.__doc__ or "", labels.get(rule.__name__, "")) for rule in plan_rules.RULES]
    assert rows == [(sentence.removesuffix("."), label) for sentence, label in ours]
    assert f"at most {plan_rules.MORE_USD} dollars more" in page


def test_no_label_allows_what_is_public():
    block = resource("aws_s3_bucket_public_access_block.this", {"block_public_acls": False})
    assert len(refuse(block, labels=(MAY_REPLACE, MAY_COST_MORE))) == 1


def test_a_label_that_is_not_needed_is_not_written_down():
    shown = {
        "resource_changes": [resource("aws_s3_bucket.this", None, "delete")],
        "configuration": {"root_module": {}},
    }
    planned = Planned(shown, {}, Bill({}, {}))
    assert plan_rules.check(planned, {MAY_REPLACE, MAY_COST_MORE}) == ([], [MAY_REPLACE])
