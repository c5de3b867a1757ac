"""What no plan may do: each rule is attacked, and says in a sentence what is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cost.bill import Bill
from delivery import open_api, plan_rules, role_trust
from delivery.plan_rules import MAY_COST_MORE, MAY_REPLACE, Planned
from lambdas.console import console_pages
from operations import terraform

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "module.storage.aws_s3_bucket.this"
BUCKET_ALONE = "aws_s3_bucket.this"
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
    *resources: Any,
    code: str = "",
    path: str = "main.tf",
    labels: tuple[str, ...] = (),
    root: Any = None,
    more: float = 0.0,
) -> list[str]:
    shown = {
        "variables": {"prefix": {"value": "scones-staging"}},
        "resource_changes": list(resources),
        "configuration": {"root_module": root or {}},
    }
    return plan_rules.check(
        Planned(shown, {f"terraform/{path}": code}, Bill({"endpoint": 10.0}, {"endpoint": 10.0 + more})),
        set(labels),
    )[0]


EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
PUBLIC: dict[str, tuple[str, dict[str, Any], str]] = {
    "a bucket's block": (
        "aws_s3_bucket_public_access_block.this",
        dict.fromkeys(plan_rules.BLOCKS, True) | {"block_public_policy": False},
        "lets its bucket be public: set block_public_policy = true",
    ),
    "an unknown block": (
        "aws_s3_bucket_public_access_block.this",
        dict.fromkeys(plan_rules.BLOCKS[1:], True),
        "lets its bucket be public: set block_public_acls = true",
    ),
    "a grant": (
        "aws_s3_bucket_acl.this",
        {"access_control_policy": [{"grant": [{"grantee": [{"uri": EVERYBODY}]}]}]},
        "is open to the public by access_control_policy[0].grant[0].grantee[0].uri",
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
    "half of all networks": (
        "aws_vpc_security_group_ingress_rule.this",
        {"cidr_ipv4": "128.0.0.0/1"},
        "is open to the public by cidr_ipv4 = 128.0.0.0/1",
    ),
    "a cluster": (
        "aws_eks_cluster.this",
        {"vpc_config": [{"public_access_cidrs": ["0.0.0.0/0"]}]},
        "is open to the public by vpc_config[0].public_access_cidrs[0] = 0.0.0.0/0",
    ),
    "an image": (
        "aws_ami_launch_permission.this",
        {"group": "all"},
        "is open to the public by group = all",
    ),
    "a snapshot": (
        "aws_db_snapshot.this",
        {"shared_accounts": ["all"]},
        "is open to the public by shared_accounts[0] = all",
    ),
    "whoever does not sign in": (
        "aws_cognito_identity_pool.this",
        {"allow_unauthenticated_identities": True},
        "is open to the public by allow_unauthenticated_identities = True",
    ),
    "all of Amazon's": (
        "aws_vpc_security_group_ingress_rule.this",
        {"cidr_ipv4": "52.0.0.0/8"},
        "is open to the public by cidr_ipv4 = 52.0.0.0/8",
    ),
    "a route": (
        "aws_apigatewayv2_route.this",
        {"route_key": "GET /photos"},
        "is open to the public by authorization_type = NONE",
    ),
    "what no other route takes": (
        "aws_apigatewayv2_route.this",
        {"route_key": "$default", "authorization_type": "NONE"},
        "is open to the public by authorization_type = NONE",
    ),
    "a WebSocket": (
        "aws_apigatewayv2_route.this",
        {"route_key": "$connect", "authorization_type": "NONE"},
        "is open to the public by authorization_type = NONE",
    ),
    "a route that comes with an API": (
        "aws_apigatewayv2_api.this",
        {"protocol_type": "HTTP", "target": "arn:1"},
        "is open to the public by target",
    ),
    "a method": (
        "aws_api_gateway_method.this",
        {"http_method": "POST", "authorization": "NONE"},
        "is open to the public by authorization = NONE",
    ),
    "a share": (
        "aws_ram_resource_share.this",
        {"allow_external_principals": True},
        "is open to the public by allow_external_principals = True",
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


def test_a_bucket_is_not_opened_by_its_own_list():
    sentence, *_ = refuse(resource("aws_s3_bucket.this", {"acl": "public-read"}))
    assert sentence.startswith("aws_s3_bucket.this is open to the public by acl = public-read")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_security_group", {"egress": [{"cidr_blocks": ["0.0.0.0/0"]}]}),
        ("aws_vpc_security_group_egress_rule", {"cidr_ipv4": "0.0.0.0/0"}),
        ("aws_route", {"destination_cidr_block": "0.0.0.0/0"}),
        ("aws_route_table", {"route": [{"cidr_block": "0.0.0.0/0"}]}),
        ("aws_vpc", {"cidr_block": "10.0.0.0/8"}),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "10.0.0.0/8"}),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "52.0.0.0/9"}),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "fd00::/8"}),
        ("aws_apigatewayv2_route", {"route_key": "GET /photos", "authorization_type": "JWT"}),
        ("aws_apigatewayv2_route", {"route_key": "OPTIONS /{proxy+}", "authorization_type": "NONE"}),
        ("aws_apigatewayv2_route", {"route_key": "send", "authorization_type": "NONE"}),
        ("aws_api_gateway_method", {"http_method": "OPTIONS", "authorization": "NONE"}),
        ("aws_api_gateway_method", {"http_method": "POST", "authorization": "AWS_IAM"}),
        ("aws_ram_resource_share", {"allow_external_principals": False}),
    ],
)
def test_what_goes_out_or_asks_for_a_name_is_not_public(kind, values):
    assert refuse(resource(f"{kind}.this", values)) == []


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
    planned = [
        resource(f"module.storage.{kind}.this", dict.fromkeys(plan_rules.BLOCKS, True)) for kind in GUARDS
    ]
    made = resource(BUCKET, {})

    def call(*found: Any) -> Any:
        return {"module_calls": {"storage": {"source": "./storage", "module": {"resources": list(found)}}}}

    assert refuse(made, *planned, root=call(bucket, *guards)) == []
    # What stands in the code and is not planned, as with count = 0, guards nothing.
    for found, root in (([], call(bucket, *guards)), (planned, call(bucket))):
        public, plain = refuse(made, *found, root=root)
        assert public == f"{BUCKET} could become public: give it an aws_s3_bucket_public_access_block"
        assert plain.startswith(f"{BUCKET} is not encrypted by a key")
    # Nor does what is there now and is destroyed.
    gone = [it | {"change": it["change"] | {"actions": ["delete"], "after": None}} for it in planned]
    assert len(refuse(made, *gone, root=call(bucket, *guards))) == 2


def test_each_of_several_buckets_has_its_own_guard():
    bucket = {"address": "aws_s3_bucket.this", "type": "aws_s3_bucket", "expressions": {}}
    guard = {
        "address": f"{GUARDS[0]}.this",
        "type": GUARDS[0],
        "expressions": {"bucket": {"references": ["aws_s3_bucket.this"]}},
    }
    here = [resource(f'module.storage["{name}"].{BUCKET_ALONE}', {}) for name in "ab"]
    one = resource(f'module.storage["a"].{GUARDS[0]}.this', dict.fromkeys(plan_rules.BLOCKS, True))
    root = {"module_calls": {"storage": {"source": "./storage", "module": {"resources": [bucket, guard]}}}}
    found = [it for it in refuse(*here, one, root=root) if "public" in it]
    assert [it.split(" ")[0] for it in found] == [f'module.storage["b"].{BUCKET_ALONE}']


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
    "anybody whose role has a name": allow("*", {"ArnLike": {"aws:PrincipalArn": "arn:*"}}),
    "anybody with an account": allow("*", {"StringLike": {"aws:PrincipalAccount": "?*"}}),
    "any source": allow("*", {"ArnLike": {"aws:SourceArn": "arn:aws:*:*:*:*"}}),
    "any source by a service": allow("*", {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:*:topic"}}),
    "any bucket": allow("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
    "an account somewhere in the name": allow(
        "*", {"StringLike": {"aws:SourceArn": "arn:aws:*:us-east-1:111122223333:topic"}}
    ),
    "any organisation": allow("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
    "one organisation, or any": allow("*", {"StringLike": {"aws:PrincipalOrgID": ["o-1234567890", "o-*"]}}),
    "whoever they are": allow("*", {"StringEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}),
    "anybody in another way of writing": allow("*").replace("Statement", "\\u0053tatement"),
    "a statement in lower case": allow("*").replace("Statement", "statement"),
    "one of two lists": allow({"AWS": "arn:1"})[:-1] + ', "statement": ' + allow("*")[14:],
    "anybody but one": allow("*", {"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}),
}
SOMEBODY = {
    "one account": allow({"AWS": "arn:aws:iam::111122223333:root"}),
    "a service": allow({"Service": "events.amazonaws.com"}),
    "denied to anybody": allow("*", effect="Deny"),
    "one organisation": allow("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}),
    "an account's buckets": allow("*", {"StringEquals": {"aws:SourceAccount": ["111122223333"]}}),
    "the roles of an account": allow(
        "*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::1111:role/scones-*"}}
    ),
    "one bucket": allow("*", {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::scones"}}),
    "whoever has this name": allow(
        {"AWS": "*"}, {"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/apply"}}
    ),
}


GITHUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"


def trust(condition: Any = None, provider: Any = PROVIDER) -> str:
    return allow({"Federated": provider}, condition)


ANYBODY |= {
    "any part of any organisation": allow(
        "*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-abcd/*"}}
    ),
    "any endpoint": allow("*", {"StringLike": {"aws:SourceVpce": "vpce-*"}}),
    "anybody with what is ours": allow("*", {"StringEquals": {"aws:ResourceAccount": "111122223333"}}),
    "all of GitHub": trust(),
    "all of GitHub for AWS": trust({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}}),
    "any subject": trust({"StringLike": {f"{GITHUB}:sub": "*"}}),
    "any repository": trust({"StringLike": {f"{GITHUB}:sub": "repo:*"}}),
    "any repository's branch": trust({"StringLike": {f"{GITHUB}:sub": "repo:*:ref:refs/heads/main"}}),
    "whose name begins so": trust({"StringLike": {f"{GITHUB}:sub": "repo:scones*"}}),
    "one repository, or any": trust({"StringLike": {f"{GITHUB}:sub": ["repo:scones/app:*", "repo:*"]}}),
    "a subject if there is one": trust({"StringEqualsIfExists": {f"{GITHUB}:sub": "repo:scones/app"}}),
    "all subjects or none": trust({"ForAllValues:StringEquals": {f"{GITHUB}:sub": "repo:scones/app"}}),
    "whoever has an account": trust(
        {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, ["arn:1", PROVIDER]
    ),
    "any pool of Cognito's": trust(
        {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
        "cognito-identity.amazonaws.com",
    ),
}
SOMEBODY |= {
    "a part of an organisation": allow(
        "*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1234567890/r-abcd/ou-abcd-1/*"}}
    ),
    "an endpoint": allow("*", {"StringEquals": {"aws:SourceVpce": "vpce-1234"}}),
    "a network": allow("*", {"StringEquals": {"aws:SourceVpc": ["vpc-1234", "vpc-5678"]}}),
    "an organisation's services": allow("*", {"StringEquals": {"aws:SourceOrgID": "o-1234567890"}}),
    "one environment": trust({"StringEquals": {f"{GITHUB}:sub": "repo:scones/app:environment:prod"}}),
    "an owner's repositories": trust({"StringLike": {f"{GITHUB}:sub": "repo:scones/*"}}),
    "a pod": trust({"StringLike": {"oidc.eks.us-east-1.amazonaws.com/id/1:sub": "system:serviceaccount:*"}}),
    "a pool of Cognito's": trust(
        {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:1234"},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
        },
        "cognito-identity.amazonaws.com",
    ),
    "a directory": trust(
        {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        "arn:aws:iam::111122223333:saml-provider/directory",
    ),
    "all of GitHub denied": allow({"Federated": PROVIDER}, effect="Deny"),
}


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_github_s_own_roles_trust_somebody(role):
    arn = "arn:aws:iam::111122223333:role/scones-staging-github"
    trusted = json.dumps(role_trust.fill_in(arn, "staging", "repo:scones@1/app@2")[role])
    values = {"assume_role_policy": trusted, "permissions_boundary": BOUNDARY}
    assert refuse(resource("aws_iam_role.this", values)) == []
    assert refuse(code=(terraform.CONFIGURATION / role_trust.FILE).read_text(), path="trust.json.tftpl") == []


@pytest.mark.parametrize("name", ANYBODY)
def test_no_policy_allows_anybody_something(name):
    (sentence,) = refuse(resource("aws_sqs_queue_policy.this", {"policy": ANYBODY[name]}))
    assert sentence == (
        "aws_sqs_queue_policy.this allows anybody something by its policy: "
        "name who may, or say in a condition whose they are"
    )


@pytest.mark.parametrize("kind", ["aws_vpc_endpoint", "aws_vpc_endpoint_policy"])
def test_an_endpoint_s_policy_narrows_what_those_inside_may_do(kind):
    assert refuse(resource(f"{kind}.this", {"policy": allow("*")})) == []
    statement = UNKNOWN.format(effect='Effect = "Allow"', principal='"*"')
    assert refuse(code=f'resource "{kind}" "this" {{\n{statement}\n}}') == []
    assert len(refuse(code=f'resource "{kind}" "this" {{\n}}\nlocals {{\n{statement}\n}}')) == 1
    assert len(refuse(code=f'resource "{kind}_service" "this" {{\n{statement}\n}}')) == 1


@pytest.mark.parametrize("name", SOMEBODY)
def test_a_policy_may_allow_somebody_something(name):
    assert refuse(resource("aws_sqs_queue_policy.this", {"policy": SOMEBODY[name]})) == []


@pytest.mark.parametrize(
    ("kind", "name", "mark"),
    [
        ("aws_iam_role_policy", "policy", True),
        ("aws_iam_role", "assume_role_policy", True),
        ("aws_security_group", "ingress", [{"cidr_blocks": [True]}]),
        ("aws_iam_role", "inline_policy", [{"policy": True}]),
        ("aws_iam_role", "managed_policy_arns", True),
        ("aws_opensearch_domain", "access_policies", True),
        ("aws_vpc_security_group_ingress_rule", "cidr_ipv4", True),
    ],
)
def test_whom_something_lets_in_is_not_hidden(kind, name, mark):
    found = resource(f"{kind}.this", {name: "x", "permissions_boundary": BOUNDARY}, "create")
    found["change"]["after_sensitive"] = {name: mark}
    (sentence,) = refuse(found)
    assert sentence.startswith(f"{kind}.this hides its {name}, and nobody could read whom that lets in")
    found["change"]["after_sensitive"] = {"description": True, "auth_token": True, name: [{}]}
    assert refuse(found) == []


@pytest.mark.parametrize(
    ("kind", "values", "is_open"),
    [
        ("aws_lambda_permission", {"principal": "*"}, True),
        ("aws_lambda_permission", {"principal": "*", "principal_org_id": "o-*"}, True),
        ("aws_lambda_permission", {"principal": "*", "principal_org_id": "o-1234567890"}, False),
        ("aws_lambda_permission", {"principal": "events.amazonaws.com"}, False),
        ("aws_lambda_layer_version_permission", {"principal": "*", "organization_id": ""}, True),
        ("aws_lambda_layer_version_permission", {"principal": "*", "organization_id": "o-1234567890"}, False),
        ("aws_vpc_endpoint_service", {"allowed_principals": ["*"]}, True),
    ],
)
def test_nothing_is_lent_to_anybody(kind, values, is_open):
    assert len(refuse(resource(f"{kind}.this", values))) == is_open


@pytest.mark.parametrize(
    ("condition", "is_enough"),
    [
        ("{}", False),
        ('{ StringLike = { "${local.github}:sub" = "repo:${local.all}:*" } }', False),
        ('{ StringLike = { "${local.github}:sub" = "repo:scones/app:*" } }', True),
        ('{ StringLike = { "token.actions.githubusercontent.com:sub" = "repo:${local.us}:*" } }', True),
    ],
)
def test_so_has_a_role_s_trust_in_the_code(condition, is_enough):
    principal = "{ Federated = aws_iam_openid_connect_provider.github.arn }"
    effect = f'Effect = "Allow"\nCondition = {condition}'
    us = f'\nlocals {{\n  github = "{GITHUB}"\n  us = "scones/app"\n  all = "*"\n}}\n'
    assert len(refuse(code=UNKNOWN.format(effect=effect, principal=principal) + us)) == (not is_enough)


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


OPEN = (
    '"*"',
    '{ AWS = "*" }',
    '{ AWS = ["arn:1", "*"] }',
    "local.all",
    "{ AWS = local.all }",
    '{ AWS = tolist(["*"]) }',
    "{ AWS = var.all }",
    '"${local.all}"',
    '{ AWS = [for it in ["*"] : it] }',
    '"\\u002a"',
    "each.value",
    "{ AWS = aws_ssm_parameter.this.tags.who }",
    "{ AWS = aws_ssm_parameter.this.insecure_value }",
    "{ AWS = aws_cloudwatch_metric_alarm.star.alarm_description }",
    "{ AWS = aws_cloudwatch_metric_alarm.star.id }",
    "{ AWS = aws_s3_object.star.key }",
    "{ AWS = aws_iam_role.this[*].description }",
    'aws_iam_role.this["arn"]',
    "{ AWS = terraform_data.this.id }",
    "{ AWS = data.aws_arn.this.arn }",
    "{ AWS = aws_iam_role.this.tags.arn }",
    "{ AWS = data.aws_ssm_parameter.arn.value }",
    "{ AWS = module.who.all }",
    'local.open["who"]',
    'join("", [local.all])',
    '"${join("", ["", "*"])}"',
    '{ AWS = base64decode("Kg==") }',
    '{ for it in ["AWS"] : it => "*" }',
    '(true ? "*" : "arn:1")',
    'merge({ AWS = "arn:1" }, local.all)',
    '{ AWS = "\\U0000002a" }',
    '"\\u002a${""}"',
    '"${"\\U0000002a"}"',
    '"%{ if true }*%{ endif }"',
    '"${each.value}*"',
    '{ AWS = [for it in ["*"] : join("", [it, ""])] }',
    '{ AWS = [for it in ["arn:1", "*"] : it] }',
    '{ AWS = [for it in ["arn:1", "*"] : "${it}"] }',
    "{ AWS = [for who in local.open : who] }",
    '{ AWS = [for it in [local.open] : it["who"]] }',
    "{ AWS = [for it in each.value : it] }",
    "{ AWS = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_description] }",
)
ALL = """
locals {
  all  = "*"
  open = { who = "*" }
}
output "all" {
  value = local.all
}
variable "all" {
  default = ["*"]
}
"""


@pytest.mark.parametrize("principal", OPEN)
def test_a_policy_that_is_known_only_after_apply_is_judged_by_its_code(principal):
    (sentence,) = refuse(code=UNKNOWN.format(effect='Effect = "Allow"', principal=principal) + ALL)
    assert sentence.startswith("terraform/main.tf has a statement that allows anybody something")
    assert refuse(code=UNKNOWN.format(effect='Effect = "Deny"', principal=principal) + ALL) == []


@pytest.mark.parametrize(
    "principal",
    [
        "{ AWS = aws_iam_role.this.arn }",
        "{ AWS = local.us }",
        "{ AWS = aws_iam_role.this[*].arn }",
        '{ AWS = aws_iam_role.this["a"].unique_id }',
        "{ AWS = data.aws_caller_identity.this.account_id }",
        "{ AWS = module.who.us }",
        "{ AWS = module.who.us.arn }",
        "{ AWS = [for it in [aws_iam_role.this.arn] : it] }",
        '{ AWS = [for id in ["1111", "2222"] : "arn:aws:iam::${id}:root"] }',
        '{ AWS = [for id in ["1111", "2222"] : "arn:aws:iam::${id}:root" if id != ""] }',
        '{ AWS = [for name, id in { a = "1111" } : "arn:aws:iam::${id}:role/${name}"] }',
        '{ AWS = [for place, id in local.ids : "arn:aws:iam::${id}:root"] }',
        "{ AWS = [for role in aws_iam_role.this : role.arn] }",
        '{ AWS = "arn:${local.us}:iam::${data.aws_caller_identity.this.account_id}:root" }',
    ],
)
def test_what_aws_made_is_somebody(principal):
    us = '\nlocals {\n  ids = ["1111", "2222"]\n  us = "arn:1"\n}\noutput "us" {\n  value = aws_iam_role.this.arn\n}\n'
    assert refuse(code=UNKNOWN.format(effect='Effect = "Allow"', principal=principal) + us) == []


def test_names_that_lead_to_each_other_end():
    code = UNKNOWN.format(effect='Effect = "Allow"', principal="{ AWS = local.a }")
    loop = '\nlocals {\n  a = [for it in local.b : "${it}"]\n  b = [for it in local.a : join("", [it])]\n}\n'
    assert len(refuse(code=code + loop)) == 1


WHOM = """
data "aws_caller_identity" "this" {}
locals {
  all     = "*"
  account = data.aws_caller_identity.this.account_id
  us      = { StringEquals = { "aws:PrincipalArn" = "arn:aws:iam::${local.account}:role/apply" } }
}
"""


@pytest.mark.parametrize(
    ("condition", "is_enough"),
    [
        ('{ Bool = { "aws:SecureTransport" = "true" } }', False),
        ('{ StringLike = { "aws:PrincipalArn" = "*" } }', False),
        ('{ StringLike = { "aws:PrincipalArn" = "arn:aws:iam::${local.all}:role/x" } }', False),
        ('{ StringEquals = { "aws:SourceAccount" = local.all } }', False),
        ('{ StringEquals = { "aws:SourceAccount" = "$${aws:SourceAccount}" } }', False),
        ('merge(local.us, { StringEquals = { "kms:ViaService" = "sqs" } })', False),
        ("{ for it in [] : it => it }", False),
        ('{ StringEquals = { "aws:SourceAccount" = local.account } }', True),
        ("local.us", True),
        ('merge(local.us, { Bool = { "aws:SecureTransport" = "true" } })', True),
        ('{ ArnLike = { "aws:SourceArn" = aws_sns_topic.this.arn } }', True),
    ],
)
def test_of_a_condition_in_the_code_it_counts_whom_it_lets_in(condition, is_enough):
    effect = f'Effect = "Allow"\nCondition = {condition}'
    found = refuse(code=UNKNOWN.format(effect=effect, principal='"*"') + WHOM)
    assert len(found) == (0 if is_enough else 1)


@pytest.mark.parametrize(
    "key",
    [
        '"Princ${"ipal"}"',
        "(local.key)",
        "(key)",
        '("Principal")',
        '"\\u0050rincipal"',
        '"\\U00000050rincipal"',
        "principal",
    ],
)
def test_a_principal_is_found_however_its_name_is_written(key):
    code = UNKNOWN.format(effect='Effect = "Allow"', principal='"*"').replace(
        'Principal = "*"', f'{key} = "*"'
    )
    assert len(refuse(code=code)) == 1
    assert refuse(code=code.replace('Effect = "Allow"\n', 'Effect = "Deny"\n')) == []


def test_a_statement_is_found_in_a_template_and_in_a_text():
    statement = '{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*", "Resource": "${arn}"}'
    assert len(refuse(code=f'{{"Statement": [{statement}]}}')) == 1
    assert len(refuse(code=f"locals {{\n  it = <<A\n{statement}\nA\n}}")) == 1
    assert len(refuse(code=f"locals {{\n  it = {json.dumps(statement)}\n}}")) == 1
    assert len(refuse(code=statement.replace('{"AWS": "*"}', '"${who}"'))) == 1
    beside = statement.replace('{"AWS"', '{"Federated": "${provider}", "AWS"')
    assert len(refuse(code=beside, path="trust.json.tftpl")) == 1
    assert len(refuse(code=statement.replace('"*"', '"arn:aws:iam::${account}:root"'))) == 0


def document(**statement: Any) -> dict[str, Any]:
    """A document that is made only when what it names is known."""
    found = resource("aws_iam_policy_document.this", {"statement": [statement]}, "read")
    return found | {"mode": "data", "address": "data.aws_iam_policy_document.this"}


@pytest.mark.parametrize(
    ("statement", "is_open"),
    [
        ({"principals": [{"type": "*", "identifiers": ["*"]}]}, True),
        ({"principals": [{"type": "AWS", "identifiers": ["arn:1", "*"]}], "effect": "Allow"}, True),
        ({"not_principals": [{"type": "AWS", "identifiers": ["arn:1"]}]}, True),
        (
            {
                "principals": [
                    {"type": "AWS", "identifiers": ["*"]},
                    {"type": "AWS", "identifiers": ["arn:1"]},
                ]
            },
            True,
        ),
        ({"principals": [{"type": "Federated", "identifiers": [PROVIDER]}]}, True),
        ({"principals": [{"type": "AWS", "identifiers": ["*"]}], "effect": "Deny"}, False),
        ({"principals": [{"type": "AWS", "identifiers": ["arn:1"]}]}, False),
    ],
)
def test_a_document_of_which_a_part_is_known_only_after_apply_is_judged(statement, is_open):
    found = refuse(document(actions=["sqs:*"], **statement))
    assert [it.startswith("data.aws_iam_policy_document.this allows anybody") for it in found] == [
        True
    ] * is_open


@pytest.mark.parametrize(
    ("test", "values", "is_open"), [("StringEquals", ["1111"], False), ("StringLike", ["*"], True)]
)
def test_of_a_document_s_condition_it_counts_whom_it_lets_in(test, values, is_open):
    condition = {"test": test, "variable": "aws:SourceAccount", "values": values}
    principals = [{"type": "AWS", "identifiers": ["*"]}]
    found = refuse(document(actions=["sqs:*"], principals=principals, condition=[condition]))
    assert len(found) == is_open


@pytest.mark.parametrize(
    "boundary",
    [None, "arn:aws:iam::111122223333:policy/other", "arn:aws:iam::aws:policy/AdministratorAccess"],
)
@pytest.mark.parametrize("kind", ["aws_iam_role", "aws_iam_user"])
def test_no_role_is_without_the_boundary(kind, boundary):
    (sentence,) = refuse(resource(f"{kind}.this", {"permissions_boundary": boundary}))
    assert (
        sentence == f"{kind}.this is not held by the boundary: set permissions_boundary = local.boundary_arn"
    )
    assert refuse(resource(f"{kind}.this", {"permissions_boundary": BOUNDARY})) == []


@pytest.mark.parametrize("kind", ["aws_iam_group", "aws_iam_group_policy_attachment"])
def test_no_group_gets_around_it(kind):
    (sentence,) = refuse(
        resource(f"{kind}.this", {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"})
    )
    assert sentence.startswith(f"{kind}.this is held by no boundary, as no group can be")


def test_of_all_routes_the_console_s_pages_alone_are_anybody_s():
    place = 'module.api.aws_apigatewayv2_route.console["x"]'
    for key in console_pages.PUBLIC:
        page = {"route_key": key, "authorization_type": "NONE"}
        assert refuse(resource(place, page)) == []
        assert len(refuse(resource("module.api.aws_apigatewayv2_route.this", page))) == 1
        assert len(refuse(resource(place.replace("module.api", "module.other"), page))) == 1
    for key in ("GET /photos", "POST /", "GET /{proxy+}", "$default", "GET /console/{version}/{file+}"):
        assert len(refuse(resource(place, {"route_key": key, "authorization_type": "NONE"}))) == 1, key
    assert sorted(open_api.PAGES) == sorted(console_pages.PUBLIC)


def test_the_routes_of_a_websocket_come_after_its_connection():
    route = resource("aws_apigatewayv2_route.this", {"route_key": "$default", "authorization_type": "NONE"})
    assert refuse(route, resource("aws_apigatewayv2_api.this", {"protocol_type": "WEBSOCKET"})) == []
    assert len(refuse(route, resource("aws_apigatewayv2_api.this", {"protocol_type": "HTTP"}))) == 1


@pytest.mark.parametrize(("kind", "path"), plan_rules.ENCRYPTION.items())
def test_no_store_is_unencrypted(kind, path):
    (sentence,) = refuse(resource(f"{kind}.this", {"name": "plain"}))
    assert sentence == f"{kind}.this is not encrypted by a key: set {path}"


def test_a_queue_may_be_encrypted_by_sqs_itself():
    assert refuse(resource("aws_sqs_queue.this", {"sqs_managed_sse_enabled": True})) == []
    assert len(refuse(resource("aws_sqs_queue.this", {"sqs_managed_sse_enabled": False}))) == 1
    unknown = {"sqs_managed_sse_enabled": True}
    assert len(refuse(resource("aws_sqs_queue.this", {}, "create", unknown=unknown))) == 1


def test_a_key_that_is_known_only_after_apply_counts_if_the_code_names_one():
    queue = resource("aws_sqs_queue.this", {}, "create", unknown={"kms_master_key_id": True})
    named = {"mode": "managed", "type": "aws_sqs_queue", "name": "this", "address": "aws_sqs_queue.this"}
    key = {"kms_master_key_id": {"references": ["aws_kms_key.this.arn"]}}
    assert refuse(queue, root={"resources": [named | {"expressions": key}]}) == []
    assert len(refuse(queue, root={"resources": [named | {"expressions": {}}]})) == 1


@pytest.mark.parametrize(
    ("root", "said"),
    [
        (
            {
                "resources": [
                    {
                        "address": "terraform_data.x",
                        "type": "terraform_data",
                        "provisioners": [{"type": "local-exec"}],
                    }
                ]
            },
            "terraform_data.x runs local-exec, and no plan says what that does",
        ),
        (
            {
                "module_calls": {
                    "a": {
                        "module": {
                            "resources": [{"address": "b.c", "type": "b", "provisioners": [{"type": "file"}]}]
                        }
                    }
                }
            },
            "module.a.b.c runs file, and no plan says what that does",
        ),
    ],
)
def test_nothing_runs_beside_terraform(root, said):
    (sentence,) = refuse(root=root)
    assert sentence.startswith(said)


def test_nothing_is_opened_that_no_plan_has():
    code = 'ephemeral "aws_lambda_invocation" "it" {\n  function_name = "it"\n}'
    (sentence,) = refuse(code=code)
    assert sentence.startswith(
        "terraform/main.tf opens ephemeral.aws_lambda_invocation.it when it is planned"
    )


@pytest.mark.parametrize(
    "kind", ["aws_cloudformation_stack", "aws_cloudcontrolapi_resource", "aws_lambda_invocation"]
)
def test_nothing_makes_more_than_the_plan_shows(kind):
    (sentence,) = refuse(root={"resources": [{"address": f"{kind}.it", "type": kind}]})
    assert sentence.startswith(f"{kind}.it makes or runs what no plan shows")


def test_nor_does_anything_run_when_something_is_forgotten():
    code = 'removed {\n  from = a.b\n  provisioner "local-exec" {\n    when = destroy\n  }\n}'
    (sentence,) = refuse(code=code)
    assert sentence.startswith(
        "terraform/main.tf runs something where it removes a.b, and no plan says what that does"
    )


def test_no_other_provider_reads_or_runs_something():
    shown: Any = {"configuration": {"root_module": {}, "provider_config": {}}}
    for name in (
        "registry.terraform.io/hashicorp/aws",
        "terraform.io/builtin/terraform",
        "registry.terraform.io/hashicorp/external",
    ):
        shown["configuration"]["provider_config"][name] = {"full_name": name}
    found, _ = plan_rules.check(Planned(shown, {}, Bill({}, {})), set())
    assert [it.split(",")[0] for it in found] == ["the code uses registry.terraform.io/hashicorp/external"]


@pytest.mark.parametrize("kind", plan_rules.LASTING)
@pytest.mark.parametrize(
    ("actions", "how"),
    [
        (("delete", "create"), "replaced"),
        (("create", "delete"), "replaced"),
        (("delete",), "destroyed"),
        (("forget",), "forgotten"),
    ],
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
    values = dict.fromkeys(plan_rules.BLOCKS, True) | {"block_public_acls": False}
    block = resource("aws_s3_bucket_public_access_block.this", values)
    assert len(refuse(block, labels=(MAY_REPLACE, MAY_COST_MORE))) == 1


def test_a_label_that_is_not_needed_is_not_written_down():
    shown = {
        "resource_changes": [resource("aws_s3_bucket.this", None, "delete")],
        "configuration": {"root_module": {}},
    }
    planned = Planned(shown, {}, Bill({}, {}))
    assert plan_rules.check(planned, {MAY_REPLACE, MAY_COST_MORE}) == ([], [MAY_REPLACE])
