"""Every policy of an environment, as it was rendered, is right by AWS's reference and short enough.

The lengths are quotas of IAM, KMS, S3, SQS and SNS, also with the longest names; IAM leaves spaces out of its count.
"""

import json
import re
from dataclasses import dataclass

import pytest
from tests.oracles.policy_findings import find

PREFIX = "scones-local"
# What the configuration's validations let be: a prefix of 30, an endpoint's name of 40; and a long name of a region.
LONGEST = {PREFIX: "p" * 30, "image-classifier-ep": "e" * 40, "us-east-1": "ap-southeast-1"}
DOCS = "https://docs.aws.amazon.com"
IAM, KMS = f"{DOCS}/IAM/latest/UserGuide", f"{DOCS}/kms/latest/developerguide"
GATEWAY = f"{DOCS}/apigateway/latest/developerguide"
OIDC = f"{IAM}/id_roles_create_for-idp_oidc.html"
S3 = f"{DOCS}/AmazonS3/latest/userguide/security_iam_service-with-iam.html"
STEPS = f"{DOCS}/service-authorization/latest/reference/list_awsstepfunctions.html"
IAM_DOCUMENTS = ("managed", "inline", "trust")
MOST = {
    "managed": 6144,
    "inline": 10240,  # all of a role together
    "trust": 2048,
    "key": 32 * 1024,
    "bucket": 20 * 1024,
    "queue": 8192,
    "topic": 30 * 1024,
}
# What parliament finds and AWS does not mind: by the policy's kind, the finding and what it is about, as patterns.
TAKEN_FOR_A_FAULT = {
    # It knows providers of SAML. AWS's page has one of OpenID Connect there, and keys that begin with its name.
    r"trust UNKNOWN_FEDERATION_SOURCE .*:oidc-provider/.*": OIDC,
    r"trust UNKNOWN_CONDITION_FOR_ACTION .*token.actions.githubusercontent.com:(aud|job_workflow_ref|ref|sub) .*": OIDC,
    # It wants each type of resource that AWS's reference has for an action. A request names one of them.
    r"\w+ RESOURCE_MISMATCH .*states:DescribeExecution'.*:express:.*": STEPS,
    r"\w+ RESOURCE_MISMATCH .*states:ListExecutions'.*:mapRun:.*": STEPS,
    # It looks at one statement at a time. The two, for the alias and for its key, are as AWS's page has them.
    r"\w+ RESOURCE_MISMATCH .*kms:CreateAlias'.*": f"{KMS}/alias-access.html",
    # It takes the keys of a request alone, and this is one of the resource.
    r"\w+ UNKNOWN_CONDITION_FOR_ACTION .* kms:ResourceAliases .* kms:.*": f"{KMS}/conditions-kms.html",
    # No fault: whoever applies manages the bucket's policy and rules, and could so give itself what it has not.
    r"managed RESOURCE_POLICY_PRIVILEGE_ESCALATION .* s3:Put(BucketPolicy|LifecycleConfiguration)": S3,
    # No reference has it, and yet who makes a stage with tags is refused without it.
    r"managed UNKNOWN_ACTION .*apigateway:TagResource": f"{GATEWAY}/apigateway-tagging.html",
    # AWS compares the name of a boundary so in its own examples.
    r"\w+ MISMATCHED_TYPE_BUT_USABLE .*StringEquals .* given Arn": f"{IAM}/access_policies_boundaries.html",
    # In a key's policy "*" is this key, and the context of a log group is a text that is an ARN.
    r"key RESOURCE_STAR .*": f"{KMS}/key-policy-overview.html",
    r"key MISMATCHED_TYPE .*ArnLike .*": f"{DOCS}/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
}
# Of a queue's policy.
MOST_STATEMENTS, MOST_ACTIONS = 20, 7


@dataclass(frozen=True)
class Policy:
    kind: str
    name: str
    document: dict


@pytest.fixture(scope="module")
def policies(deployed) -> list[Policy]:
    found = [*of_roles(deployed.aws("iam")), *of_resources(deployed)]
    assert {policy.kind for policy in found} == {*MOST}
    return found


def of_roles(iam):
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        if name.startswith(PREFIX):
            yield Policy("trust", name, role["AssumeRolePolicyDocument"])
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                yield Policy("inline", name, document)
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if policy["PolicyName"].startswith(PREFIX):
            version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
            yield Policy("managed", policy["PolicyName"], version["PolicyVersion"]["Document"])


def of_resources(deployed):
    key = deployed.outputs["kms_key_arn"]
    rendered = deployed.aws("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    yield Policy("key", key, json.loads(rendered))
    yield Policy(
        "bucket",
        deployed.bucket,
        json.loads(deployed.s3.get_bucket_policy(Bucket=deployed.bucket)["Policy"]),
    )
    topic = deployed.outputs["topic_arn"]
    attributes = deployed.aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    yield Policy("topic", topic, json.loads(attributes["Policy"]))
    for url in deployed.sqs.list_queues(QueueNamePrefix=PREFIX)["QueueUrls"]:
        asked = deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        if rendered := asked.get("Attributes", {}).get("Policy"):
            yield Policy("queue", url, json.loads(rendered))


def measure(policy: Policy) -> int:
    text = json.dumps(policy.document, separators=(",", ":"), ensure_ascii=False)
    for name, longest in LONGEST.items():
        text = text.replace(name, longest)
    return len("".join(text.split())) if policy.kind in IAM_DOCUMENTS else len(text.encode())


def test_no_policy_is_too_long_with_the_longest_names(policies):
    sizes: dict[tuple[str, str], int] = {}
    for policy in policies:
        place = (policy.kind, policy.name)
        sizes[place] = sizes.get(place, 0) + measure(policy)
    assert {place: size for place, size in sizes.items() if size > MOST[place[0]]} == {}


def test_no_queue_s_policy_has_more_than_a_queue_takes(policies):
    for policy in policies:
        if policy.kind == "queue":
            statements = policy.document["Statement"]
            assert len(statements) <= MOST_STATEMENTS, policy.name
            for statement in statements:
                actions = statement["Action"]
                assert isinstance(actions, str) or len(actions) <= MOST_ACTIONS, policy.name


def test_parliament_finds_nothing_but_what_it_is_known_to_take_for_a_fault(policies):
    everything = zip(policies, find([describe(it) for it in policies]), strict=True)
    found = {f"{policy.kind} {it.kind} {it.detail}" for policy, findings in everything for it in findings}
    assert sorted(it for it in found if not find_reason(it)) == []
    assert {*TAKEN_FOR_A_FAULT} - {find_reason(it) for it in found} == set(), "these are no more found"


@pytest.mark.parametrize(
    ("action", "resource", "kind"),
    [
        ("s3:GetObject", "arn:aws:s3:::photos/*", None),
        ("s3:GetObjekt", "arn:aws:s3:::photos/*", "UNKNOWN_ACTION"),
        ("s3:GetObject", "arn:aws:s3:::photos", "RESOURCE_MISMATCH"),
    ],
)
def test_parliament_finds_what_does_not_exist_or_does_not_fit(action, resource, kind):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    (findings,) = find([{"Version": "2012-10-17", "Statement": [statement]}])
    assert [it.kind for it in findings] == ([kind] if kind else [])


def describe(policy: Policy) -> dict:
    """What parliament reads: of policies of trust it asks for the resource, which is the role."""
    if policy.kind != "trust":
        return policy.document
    role = f"arn:aws:iam::123456789012:role/{policy.name}"
    statements = [statement | {"Resource": role} for statement in policy.document["Statement"]]
    return policy.document | {"Statement": statements}


def find_reason(finding: str) -> str | None:
    """The row of the table that has it."""
    return next((row for row in TAKEN_FOR_A_FAULT if re.fullmatch(row, finding)), None)
