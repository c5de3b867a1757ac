"""What is left when an environment is taken down, and whether the roles for GitHub Actions would have been enough.

It sorts last in this folder: it ends what the rest uses, and looks back on all that the rest has called.
"""

import json
import re
from fnmatch import fnmatchcase
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.pipeline import github_roles
from tests.pipeline.github_roles import PREFIX

from delivery.policies import listed

# What bootstrap makes is an administrator's to make, and to take down at the end of destroy.
OF_BOOTSTRAP = re.compile(
    rf"iam:\w+ arn:aws:iam::\d+:(policy/{PREFIX}-.*|role/{PREFIX}-(apply|plan|retrain)|oidc-provider/.*)"
    rf"|iam:List(OpenIDConnectProviders|Roles) \*"
    rf"|(tag:GetResources|cognito-idp:ListUserPools) \*"
    rf"|s3:\w+ arn:aws:s3:::{PREFIX}-tfstate-\d+(/bootstrap\.tfstate.*)?"
    rf"|s3:DeleteObjectVersion arn:aws:s3:::{PREFIX}-tfstate-.*"
)
# Whether a table's key is the one that AWS keeps for all tables: the provider asks, and takes a refusal for no.
TAKES_NO_FOR_AN_ANSWER = re.compile(r"kms:DescribeKey arn:aws:kms:[\w-]+:\d+:key/alias/aws/dynamodb")
WITHOUT_PERMISSION = "sts:GetCallerIdentity"  # everybody may ask who he is


@pytest.fixture(scope="module")
def granted(workflow) -> dict[str, list[dict]]:
    """The statements of both roles' policies and of the boundary, read before they go.

    The key's policy gives the apply role more: what manages and uses the key.
    """
    found = {role: github_roles.read_policies(workflow.aws, role) for role in ("apply", "plan")}
    key = workflow.aws("kms").get_key_policy(KeyId=workflow.outputs["kms_key_arn"], PolicyName="default")
    of_key = json.loads(key["Policy"])["Statement"]
    found["apply"] += [
        {**it, "Action": listed(it["Action"]), "Resource": [workflow.outputs["kms_key_arn"]]}
        for it in of_key
        if it["Sid"].startswith("WhoDeploys")
    ]
    boundary = f"arn:aws:iam::123456789012:policy/{PREFIX}-boundary"
    return found | {"boundary": github_roles.read_policy(workflow.aws, boundary)}


@pytest.fixture
def decisions(cloud) -> list[dict]:
    """Every decision on what GitHub's roles asked for so far."""
    with urlopen(f"{cloud}/_localcloud/decisions") as answer:
        found = json.load(answer)
    return [it for it in found if re.fullmatch(rf"arn:aws:iam::\d+:role/{PREFIX}-(apply|plan)", it["role"])]


@pytest.fixture
def calls(cloud, project):
    """The calls that were made by one of `Project.run`'s callers, as pairs of action and resource."""

    def read(caller: str) -> list[tuple[str, str]]:
        key = project.sessions.get(caller, {}).get("AWS_ACCESS_KEY_ID", caller)
        with urlopen(f"{cloud}/_localcloud/calls") as answer:
            noted = json.load(answer)
        found = [(call["action"], call["resource"]) for call in noted if call["key"] == key]
        return [call for call in found if call[0] != WITHOUT_PERMISSION]

    return read


def allowed(statements: list[dict], action: str, resource: str) -> bool:
    """Whether IAM would allow the call, as far as actions and resources decide; conditions are taken as met."""
    effects = {
        statement["Effect"]
        for statement in statements
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
    }
    return effects == {"Allow"}


def test_every_role_of_the_stack_has_the_boundary_and_room_within_it(deployed, granted):
    iam = deployed.aws("iam")
    names = {role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(PREFIX)}
    made = [
        iam.get_role(RoleName=name)["Role"]
        for name in names - {f"{PREFIX}-{it}" for it in ("apply", "plan", "retrain")}
    ]
    assert len(made) >= 8
    for role in made:
        name = role["RoleName"]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
        assert boundary.endswith(f":policy/{PREFIX}-boundary"), name
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            wanted = [
                (action, resource)
                for statement in document["Statement"]
                for action in listed(statement["Action"])
                for resource in listed(statement["Resource"])
            ]
            assert [pair for pair in wanted if not allowed(granted["boundary"], *pair)] == [], name


@pytest.mark.usefixtures("second_plan")
def test_the_plan_role_may_make_every_call_of_a_plan(granted, calls):
    made = calls("planner")
    assert len(made) > 100
    assert ("states:ValidateStateMachineDefinition", "*") in made
    assert [call for call in made if not allowed(granted["plan"], *call)] == []


def test_people_hear_how_a_deployment_ended(workflow):
    printed = workflow.project.run("operations.notify", "local", "--outcome", "failure")
    assert f"told to {workflow.outputs['topic_arn']}" in printed


def test_a_deployment_goes_on_the_record_starts_nothing_and_cannot_be_taken_off_it(workflow):
    printed = workflow.project.run("delivery.recorded", "local", "--outcome", "failure")
    assert f"recorded in s3://{workflow.bucket}/deployments/" in printed
    key = printed.split(f"recorded in s3://{workflow.bucket}/")[1].split()[0]
    stored = workflow.s3.get_object(Bucket=workflow.bucket, Key=key)
    record = json.loads(stored["Body"].read())
    assert f"assumed-role/{PREFIX}-apply/" in record["asked"]["caller"]
    assert record["live"]["configuration"] == workflow.outputs["endpoint_configuration_name"]
    assert workflow.executions_of(key) == []

    keys = {name.lower(): value for name, value in workflow.project.sessions["deployer"].items()}
    deployer = boto3.client("s3", endpoint_url=workflow.s3.meta.endpoint_url, region_name="us-east-1", **keys)
    for attempt in (
        lambda: deployer.put_object(Bucket=workflow.bucket, Key=key, Body=b"{}"),
        lambda: deployer.delete_object(Bucket=workflow.bucket, Key=key, VersionId=stored["VersionId"]),
        lambda: deployer.put_object(Bucket=workflow.bucket, Key=key, Body=b"{}", IfNoneMatch="*"),
    ):
        with pytest.raises(ClientError, match=r"AccessDenied|PreconditionFailed"):
            attempt()


@pytest.mark.usefixtures("granted")  # which reads what destroy takes down
def test_destroy_leaves_nothing_that_is_tagged_as_ours(deployed):
    deployed.stop_listening()
    # By the role, whose every call is decided: all that Terraform made. The rest is the administrator's.
    flags = ("-auto-approve", "-input=false", "-no-color")
    printed = deployed.project.run("operations.terraform", "local", "destroy", *flags)
    assert "Destroy complete!" in printed
    printed = deployed.project.run("operations.destroy", "local", key="destroyer")
    assert "0 resources tagged as ours are left in local" in printed
    tags = {"Project": "scones-unlimited", "Environment": "local"}
    found = deployed.aws("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": name, "Values": [value]} for name, value in tags.items()]
    )
    left = [resource["ResourceARN"] for resource in found["ResourceTagMappingList"]]
    assert [arn for arn in left if ":key/" not in arn] == []
    buckets = {it["Name"] for it in deployed.s3.list_buckets()["Buckets"]}
    assert not [name for name in buckets if name.startswith(PREFIX)]
    machines = deployed.steps.list_state_machines()["stateMachines"]
    assert deployed.machine not in {it["stateMachineArn"] for it in machines}
    endpoints = deployed.aws("sagemaker").list_endpoints()["Endpoints"]
    assert deployed.outputs["endpoint_name"] not in {it["EndpointName"] for it in endpoints}
    iam = deployed.aws("iam")
    assert not [role for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(PREFIX)]
    policies = iam.list_policies(Scope="Local")["Policies"]
    assert not [policy for policy in policies if policy["PolicyName"].startswith(PREFIX)]


def test_the_apply_role_may_make_every_call_of_the_deployment(granted, calls):
    made = calls("deployer") + calls("destroyer")
    assert {"iam:PassRole", "sagemaker:CreateEndpoint", "s3:DeleteBucket"} <= {action for action, _ in made}
    refused = [" ".join(call) for call in made if not allowed(granted["apply"], *call)]
    unexpected = [call for call in refused if not OF_BOOTSTRAP.fullmatch(call)]
    assert [call for call in unexpected if not TAKES_NO_FOR_AN_ANSWER.fullmatch(call)] == []


def test_each_permission_of_github_s_roles_is_needed_by_a_request_or_elsewhere(granted, decisions):
    roles = {role: granted[role] for role in ("apply", "plan")}
    idle = github_roles.find_idle(roles, decisions)
    assert sorted(it for it in idle if not github_roles.find_row(*it[1:])) == []
    used = {github_roles.find_row(*it[1:]) for it in idle}
    assert set(github_roles.ONLY_ELSEWHERE) - used == set()


def test_the_apply_role_may_not_change_what_it_may_do_itself(granted, calls):
    taken_down = {call for call in calls("destroyer") if OF_BOOTSTRAP.fullmatch(" ".join(call))}
    roles = {call for call in taken_down if call[0] in ("iam:DeleteRole", "iam:DetachRolePolicy")}
    assert len(roles) == 6, "destroy takes all three roles down"
    assert [call for call in roles if allowed(granted["apply"], *call)] == []
