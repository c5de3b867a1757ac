"""Each permission of the stack's own roles and of their boundary is needed: some request was allowed by it alone.

It sorts behind all that calls, and before what takes the environment down. What only AWS asks for is in the table, with
the page that says so. A permission that no request needs and the table does not have is to go.
"""

import json
import re
from typing import Any
from urllib.request import urlopen

import pytest
from tests.pipeline import rare_requests

from delivery.policies import listed

PREFIX = "scones-local"
OURS = rf"{PREFIX}-(?!apply|plan|retrain).+"  # those are GitHub's
DOCS = "https://docs.aws.amazon.com"
SAGEMAKER = f"{DOCS}/sagemaker/latest/dg/sagemaker-roles.html"
STATES = f"{DOCS}/step-functions/latest/dg"
FUNCTIONS = "(api|batch|classify|collect|filter|label|monitor|serialize|sweep)/run"
MACHINES = "(bulk/classify-prefixes|workflow/route-photos)"
SERVING = "(endpoint/serve|training/train|transform/transform)"
# By role, policy, statement and action, as patterns: what the local cloud has no part for, and which page of AWS asks
# for it. The boundary has no role.
ONLY_AWS = {
    # It records no traces.
    rf"({FUNCTIONS}/Trace|boundary/LogMeasureAndTrace) xray:Put(TelemetryRecords|TraceSegments)": (
        f"{DOCS}/lambda/latest/dg/services-xray.html"
    ),
    rf"({MACHINES}/Trace|boundary/LogMeasureAndTrace) xray:.*": f"{STATES}/xray-iam.html",
    # It delivers no logs of state machines.
    rf"({MACHINES}/DeliverLogs|boundary/LogMeasureAndTrace) logs:.*": f"{STATES}/cw-logs.html",
    # Children of a map run are its own threads; their results are written in one part.
    r"(bulk/classify-prefixes/FollowChildren|boundary/FollowMapRuns) states:(Describe|Stop)Execution": (
        f"{STATES}/iam-policies-eg-dist-map.html"
    ),
    r"(bulk/classify-prefixes/WriteResults|boundary/UseBucket) s3:(AbortMultipartUpload|ListMultipartUploadParts)": (
        f"{STATES}/iam-policies-eg-dist-map.html"
    ),
    # It pulls no images, publishes no metrics of containers, and has no agent that looks for its log stream.
    rf"({SERVING}/SignInToRegistry|boundary/LogMeasureAndTrace) ecr:GetAuthorizationToken": SAGEMAKER,
    rf"({SERVING}/PullImage|boundary/PullImages) ecr:.*": SAGEMAKER,
    rf"{SERVING}/WriteMetrics cloudwatch:PutMetricData": SAGEMAKER,
    rf"({SERVING}|boundary)/WriteLogs logs:DescribeLogStreams": SAGEMAKER,
}


@pytest.fixture(scope="module")
def rare(workflow) -> None:
    """What no other test here asks for has been asked for."""
    assert rare_requests.train(workflow) == "Completed"
    assert rare_requests.transform_gone(workflow).startswith("Failed ClientError")
    for stage, answer in rare_requests.ask_for_gone(workflow).items():
        assert "AccessDenied" not in answer, stage
    failed = rare_requests.fail_monitor(workflow)["MessageAttributes"]
    assert "scheduled must be a time" in failed["ErrorMessage"]["StringValue"]
    rare_requests.fire_schedule(workflow)
    unstarted = rare_requests.bury_start(workflow)["MessageAttributes"]
    assert unstarted["ERROR_CODE"]["StringValue"] == "InvalidRequestContentException"


@pytest.fixture(scope="module")
def decided(workflow, rare) -> list[dict[str, Any]]:  # noqa: ARG001
    """Every decision on the stack's own roles so far."""
    with urlopen(f"{workflow.project.variables['AWS_ENDPOINT_URL']}/_localcloud/decisions") as answer:
        decisions = json.load(answer)
    return [it for it in decisions if re.fullmatch(rf"arn:aws:iam::\d+:role/{OURS}", it["role"])]


@pytest.fixture(scope="module")
def needed(decided) -> set[tuple[str, str]]:
    """What some request could not have done without: the statement's name and the action."""
    alone = [
        (it[kind][0], it["action"])
        for it in decided
        for kind in ("by", "within")
        if it["allowed"] and len(it[kind]) == 1
    ]
    return set(alone)


@pytest.fixture(scope="module")
def granted(workflow) -> set[tuple[str, str]]:
    """Every permission of these roles and of their boundary: the statement's name, as decisions have it, and action."""
    iam, found, boundaries = workflow.aws("iam"), set(), set()
    for role in (it["RoleName"] for it in iam.list_roles()["Roles"] if re.fullmatch(OURS, it["RoleName"])):
        boundaries |= {iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]}
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            found |= read_permissions(f"{role}/{policy}", document)
    (boundary,) = boundaries
    version = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=boundary, VersionId=version)["PolicyVersion"]["Document"]
    return found | read_permissions(boundary.rpartition("/")[2], document)


def read_permissions(policy: str, document: dict[str, Any]) -> set[tuple[str, str]]:
    """What the policy allows."""
    return {
        (f"{policy}/{statement.get('Sid') or number}", action)
        for number, statement in enumerate(document["Statement"], 1)
        if statement["Effect"] == "Allow"
        for action in listed(statement["Action"])
    }


def test_each_permission_is_needed_by_a_request_or_by_aws_alone(needed, granted):
    assert sorted(it for it in granted - needed if not find_source(*it)) == []


def test_the_table_has_nothing_that_a_request_needs_or_that_nobody_has(needed, granted):
    used = {find_source(*it) for it in granted - needed}
    assert set(ONLY_AWS) - used == set()


def test_no_request_of_the_stack_s_own_roles_was_refused(decided):
    assert [it for it in decided if not it["allowed"]] == []


def find_source(statement: str, action: str) -> str | None:
    """The row of the table that has this permission."""
    name = f"{statement.removeprefix(f'{PREFIX}-')} {action}"
    return next((row for row in ONLY_AWS if re.fullmatch(row, name)), None)
