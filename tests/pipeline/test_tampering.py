"""Somebody who has come by the apply role, or by a token of another workflow, gets at nothing of other environments.

It sorts behind the table of permissions: what is refused here is no request of the project's own.
"""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.builders import document, take_role
from tests.pipeline.conftest import CLAIMS

from operations import roles

ACCOUNT = "arn:aws:iam::123456789012"
ROLE = f"{ACCOUNT}:role/scones-local-apply"
OUR_TAGS = {"Environment": "local", "Project": "scones-unlimited"}
ENDPOINT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/image-classifier-ep-staging/variant/live",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
KEYS = ("AccessKeyId", "SecretAccessKey", "SessionToken")
REFUSED = "is not authorized to perform"


def sign_in(cloud, keys, service):
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    given = dict(zip(names, keys, strict=True))
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, endpoint_url=cloud, region_name="us-east-1", config=config, **given)


def take(workflow, **claim):
    """The session of whose token claims what the deployer's does, and this; its keys."""
    claims = {**CLAIMS["deployer"][1], **claim}
    return list(take_role(workflow.aws("sts"), ROLE, "other", **claims).values())


@pytest.fixture
def attacker(cloud, workflow):
    """Make a client that signs as the apply role."""
    keys = take(workflow)
    return lambda service: sign_in(cloud, keys, service)


@pytest.mark.parametrize(
    "claim",
    [
        {"job_workflow_ref": f"{roles.FALLBACK}/.github/workflows/drift.yml@refs/heads/main"},
        {"job_workflow_ref": f"{roles.FALLBACK}/.github/workflows/environment.yml@refs/heads/mine"},
        {"job_workflow_ref": "somebody/else/.github/workflows/environment.yml@refs/heads/main"},
        {"ref": "refs/heads/mine"},
        {"sub": f"repo:{roles.FALLBACK}:ref:refs/heads/main"},
    ],
)
def test_the_apply_role_is_taken_by_one_workflow_of_one_branch_alone(workflow, claim):
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        take(workflow, **claim)


def test_a_key_without_a_name_is_not_claimed_by_a_tag(workflow, attacker):
    key = workflow.aws("kms").create_key()["KeyMetadata"]["KeyId"]
    kms = attacker("kms")
    kms.tag_resource(
        KeyId=key, Tags=[{"TagKey": name, "TagValue": value} for name, value in OUR_TAGS.items()]
    )
    for call, asked in (
        (kms.describe_key, {}),
        (kms.put_key_policy, {"Policy": "{}"}),
        (kms.encrypt, {"Plaintext": b"a photo"}),
        (kms.schedule_key_deletion, {}),
        (kms.untag_resource, {"TagKeys": ["Project"]}),
    ):
        with pytest.raises(ClientError, match=REFUSED):
            call(KeyId=key, **asked)
    # Nor by the name, with which it would be told: taken from our own key, it does not stay on another.
    kms.delete_alias(AliasName="alias/scones-local")
    with pytest.raises(ClientError, match=f"kms:CreateAlias on resource: .*{key}"):
        kms.create_alias(AliasName="alias/scones-local", TargetKeyId=key)
    kms.create_alias(AliasName="alias/scones-local", TargetKeyId=workflow.outputs["kms_key_arn"])


def test_nor_does_a_role_that_is_made_for_it_use_the_key(cloud, workflow, attacker):
    key = workflow.aws("kms").create_key()["KeyMetadata"]["Arn"]
    attacker("kms").tag_resource(
        KeyId=key, Tags=[{"TagKey": name, "TagValue": value} for name, value in OUR_TAGS.items()]
    )
    iam, name = attacker("iam"), "scones-local-thief"
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    boundary = f"{ACCOUNT}:policy/scones-local-boundary"
    made = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=document(trust), PermissionsBoundary=boundary
    )["Role"]["Arn"]
    wanted = document({"Effect": "Allow", "Action": "kms:*", "Resource": key})
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=wanted)
    taken = workflow.aws("sts").assume_role(RoleArn=made, RoleSessionName="thief")["Credentials"]
    session = [taken[part] for part in KEYS]
    with pytest.raises(ClientError, match="no permissions boundary allows the kms:Encrypt action"):
        sign_in(cloud, session, "kms").encrypt(KeyId=key, Plaintext=b"a photo")
    iam.delete_role_policy(RoleName=name, PolicyName="all")
    iam.delete_role(RoleName=name)


def test_another_environment_s_fleet_is_not_scaled(workflow, attacker):
    theirs = OUR_TAGS | {"Environment": "staging"}
    administrator = workflow.aws("application-autoscaling")
    made = administrator.register_scalable_target(**ENDPOINT, MinCapacity=1, MaxCapacity=2, Tags=theirs)
    arn, scaling = made["ScalableTargetARN"], attacker("application-autoscaling")
    tracking = {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    policy = {"PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}
    action = {"Schedule": "rate(1 minute)", "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0}}
    for call, asked in (
        (scaling.register_scalable_target, {**ENDPOINT, "MinCapacity": 0, "MaxCapacity": 0}),
        (scaling.register_scalable_target, {**ENDPOINT, "MaxCapacity": 0, "Tags": OUR_TAGS}),
        (scaling.put_scaling_policy, {**ENDPOINT, "PolicyName": "none", **policy}),
        (scaling.put_scheduled_action, {**ENDPOINT, "ScheduledActionName": "none", **action}),
        (scaling.deregister_scalable_target, ENDPOINT),
        (scaling.tag_resource, {"ResourceARN": arn, "Tags": OUR_TAGS}),
        (scaling.untag_resource, {"ResourceARN": arn, "TagKeys": ["Environment"]}),
    ):
        with pytest.raises(ClientError, match=REFUSED):
            call(**asked)
    administrator.deregister_scalable_target(**ENDPOINT)


def test_nor_is_an_endpoint_that_has_no_target_yet(attacker):
    with pytest.raises(ClientError, match="sagemaker:DescribeEndpoint"):
        attacker("application-autoscaling").register_scalable_target(
            **ENDPOINT, MinCapacity=0, MaxCapacity=0, Tags=OUR_TAGS
        )


def test_another_endpoint_s_log_is_not_ours_though_its_name_begins_as_ours_does(workflow, attacker):
    group = "/aws/sagemaker/Endpoints/image-classifier-ep-staging"
    workflow.aws("logs").create_log_group(logGroupName=group)
    logs = attacker("logs")
    for call, asked in (
        (logs.delete_log_group, {}),
        (logs.put_retention_policy, {"retentionInDays": 1}),
        (logs.delete_metric_filter, {"filterName": "all"}),
    ):
        with pytest.raises(ClientError, match=REFUSED):
            call(logGroupName=group, **asked)
    workflow.aws("logs").delete_log_group(logGroupName=group)
