"""Each permission of the stack's own roles is needed: some request was allowed by its statement alone.

It sorts behind all that calls, and before what takes the environment down. What only AWS asks for is in the table, with
the page that says so. A permission that no request needs and the table does not have is to go.
"""

import json
import re
from typing import Any
from urllib.request import urlopen

import pytest
from tests.pipeline import rare_requests

PREFIX = "scones-local"
DOCS = "https://docs.aws.amazon.com"
SAGEMAKER = f"{DOCS}/sagemaker/latest/dg/sagemaker-roles.html"
STATES = f"{DOCS}/step-functions/latest/dg"
QUEUES = f"{DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"
# By role and action, as patterns: what the local cloud has no part for, and which page of AWS asks for it.
ONLY_AWS = {
    # It records no traces.
    r".* xray:Put(TelemetryRecords|TraceSegments)": f"{DOCS}/lambda/latest/dg/services-xray.html",
    r"(bulk|workflow) xray:GetSampling(Rules|Targets)": f"{STATES}/xray-iam.html",
    # It delivers no logs of state machines.
    r"(bulk|workflow) logs:.*": f"{STATES}/cw-logs.html",
    # Children of a map run are its own threads; their results are written in one part.
    r"bulk states:(Describe|Stop)Execution": f"{STATES}/iam-policies-eg-dist-map.html",
    r"bulk s3:(AbortMultipartUpload|ListMultipartUploadParts)": f"{STATES}/iam-policies-eg-dist-map.html",
    # It pulls no images, publishes no metrics of containers, and has no agent that looks for its log stream.
    r"(endpoint|training|transform) ecr:.*": SAGEMAKER,
    r"(endpoint|training|transform) cloudwatch:PutMetricData": SAGEMAKER,
    r"(endpoint|training|transform) logs:DescribeLogStreams": SAGEMAKER,
    # It encrypts no results and no disks of jobs.
    r"(training|transform) kms:(CreateGrant|DescribeKey|Encrypt)": SAGEMAKER,
    # Nothing fails three times here, or cannot be started, in the name of these; and no hour need pass.
    r"(monitor|schedule) (sqs:SendMessage|kms:(Decrypt|GenerateDataKey))|schedule lambda:InvokeFunction": QUEUES,
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def rare(workflow) -> None:
    """What no other test here asks for has been asked for."""
    assert rare_requests.train(workflow) == "Completed"
    assert rare_requests.transform_gone(workflow).startswith("Failed ClientError")
    for stage, answer in rare_requests.ask_for_gone(workflow).items():
        assert "AccessDenied" not in answer, stage


@pytest.fixture(scope="module")
def decided(workflow, rare) -> list[dict[str, Any]]:  # noqa: ARG001
    """Every decision on the stack's own roles so far."""
    with urlopen(f"{workflow.project.variables['AWS_ENDPOINT_URL']}/_localcloud/decisions") as answer:
        decisions = json.load(answer)
    mine = re.compile(rf"arn:aws:iam::\d+:role/{PREFIX}-(?!apply|plan)")
    return [it for it in decisions if mine.match(it["role"])]


@pytest.fixture(scope="module")
def granted(workflow) -> set[tuple[str, str]]:
    """Every permission of these roles: the statement's name, as decisions have it, and the action."""
    iam, found = workflow.aws("iam"), set()
    for role in (it["RoleName"] for it in iam.list_roles()["Roles"] if it["RoleName"].startswith(PREFIX)):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            for number, statement in enumerate(document["Statement"], 1):
                name = f"{role}/{policy}/{statement.get('Sid') or number}"
                found |= {(name, action) for action in listed(statement["Action"])}
    return found


def test_each_permission_is_needed_by_a_request_or_by_aws_alone(decided, granted):
    needed = {(it["by"][0], it["action"]) for it in decided if it["allowed"] and len(it["by"]) == 1}
    assert sorted(it for it in granted - needed if not find_source(*it)) == []


def test_the_table_has_nothing_that_a_request_needs_or_that_nobody_has(decided, granted):
    needed = {(it["by"][0], it["action"]) for it in decided if it["allowed"] and len(it["by"]) == 1}
    used = {find_source(*it) for it in granted - needed}
    assert set(ONLY_AWS) - used == set()


def test_no_request_of_the_stack_s_own_roles_was_refused(decided):
    assert [it for it in decided if not it["allowed"]] == []


def find_source(statement: str, action: str) -> str | None:
    """The row of the table that has this permission."""
    role = statement.partition("/")[0].removeprefix(f"{PREFIX}-")
    return next((row for row in ONLY_AWS if re.fullmatch(row, f"{role} {action}")), None)
