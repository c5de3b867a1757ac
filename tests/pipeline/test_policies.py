"""Every policy of an environment, as it was rendered, is short enough for AWS, also with the longest names.

The lengths are quotas of IAM, KMS, S3, SQS and SNS; IAM leaves spaces out of its count.
"""

import json
from dataclasses import dataclass

import pytest

PREFIX = "scones-local"
# What the configuration's validations let be: a prefix of 30, an endpoint's name of 40; and a long name of a region.
LONGEST = {PREFIX: "p" * 30, "image-classifier-ep": "e" * 40, "us-east-1": "ap-southeast-1"}
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
