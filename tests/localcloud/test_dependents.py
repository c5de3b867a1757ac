"""What a service asks of its caller besides the permission that is named like the call: keys, aliases, fleets."""

import uuid

import pytest
from tests.builders import document
from tests.localcloud.sessions import allow, refusal

DIMENSION = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
LIMITS = {"MinCapacity": 1, "MaxCapacity": 2}
OURS = {"Environment": "ours"}
TRACKING = {
    "PolicyName": "tracking",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}


@pytest.fixture
def variant():
    """What is scaled: a variant of an endpoint of its own."""
    return {**DIMENSION, "ResourceId": f"endpoint/e-{uuid.uuid4().hex[:8]}/variant/live"}


def test_a_key_is_made_with_tags_by_those_who_may_tag_it(session):
    tags = [{"TagKey": "Environment", "TagValue": "ours"}]
    maker = session(allow("kms:CreateKey", "*"))
    assert "kms:TagResource" in refusal(maker("kms").create_key, Tags=tags)[2]
    assert maker("kms").create_key()["KeyMetadata"]["KeyId"]
    condition = {"StringEquals": {"aws:RequestTag/Environment": "ours"}}
    tagger = session(
        allow("kms:CreateKey", "*"), allow("kms:TagResource", "arn:aws:kms:*:*:key/*", Condition=condition)
    )
    assert tagger("kms").create_key(Tags=tags)["KeyMetadata"]["KeyId"]


def test_an_alias_takes_the_permission_on_the_key_too(aws, session):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    alias = f"alias/{uuid.uuid4()}"
    names = allow(["kms:CreateAlias", "kms:DeleteAlias"], f"arn:aws:kms:*:*:{alias}")
    naming = {"AliasName": alias, "TargetKeyId": key}
    assert f"kms:CreateAlias on resource: {key}" in refusal(session(names)("kms").create_alias, **naming)[2]
    both = session(names, allow(["kms:CreateAlias", "kms:DeleteAlias"], key))
    both("kms").create_alias(**naming)
    assert (
        f"kms:DeleteAlias on resource: {key}"
        in refusal(session(names)("kms").delete_alias, AliasName=alias)[2]
    )
    both("kms").delete_alias(AliasName=alias)


def test_what_is_done_with_an_alias_is_not_the_key_s_policy_to_say(aws, session):
    everybody = allow("kms:*", "*", Principal={"AWS": "*"})
    key = aws("kms").create_key(Policy=document(everybody))["KeyMetadata"]["Arn"]
    alias = f"alias/{uuid.uuid4()}"
    nobody = session(allow("sqs:*", "*"))
    assert alias in refusal(nobody("kms").create_alias, AliasName=alias, TargetKeyId=key)[2]
    named = session(allow("kms:CreateAlias", f"arn:aws:kms:*:*:{alias}"))
    named("kms").create_alias(AliasName=alias, TargetKeyId=key)


def test_a_fleet_is_registered_by_those_who_may_scale_the_endpoint(session, variant):
    register = allow("application-autoscaling:*", "*")
    missing = session(register)("application-autoscaling").register_scalable_target
    assert "sagemaker:DescribeEndpoint on" in refusal(missing, **variant, **LIMITS)[2]
    endpoint = f"arn:aws:sagemaker:*:*:{variant['ResourceId'].partition('/variant')[0]}"
    scales = allow(["sagemaker:DescribeEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"], endpoint)
    able = session(register, scales)("application-autoscaling")
    able.register_scalable_target(**variant, **LIMITS)
    assert "cloudwatch:DescribeAlarms" in refusal(able.put_scaling_policy, **variant, **TRACKING)[2]
    watches = allow(
        ["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"], "*"
    )
    watcher = session(register, watches)("application-autoscaling")
    assert watcher.put_scaling_policy(**variant, **TRACKING)["PolicyARN"]


def test_a_fleet_is_told_by_its_tags_which_it_has_from_its_making(aws, session, variant):
    scaling = aws("application-autoscaling")
    arn = scaling.register_scalable_target(**variant, **LIMITS, Tags=OURS)["ScalableTargetARN"]
    scaling.register_scalable_target(**variant, **LIMITS, Tags={"Environment": "theirs"})
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == OURS

    def limit(environment):
        condition = {"StringEquals": {"aws:ResourceTag/Environment": environment}}
        return session(allow("application-autoscaling:*", "*", Condition=condition))(
            "application-autoscaling"
        )

    refused = refusal(limit("theirs").deregister_scalable_target, **variant)
    assert "application-autoscaling:DeregisterScalableTarget" in refused[2]
    assert refusal(limit("theirs").untag_resource, ResourceARN=arn, TagKeys=["Environment"])
    limit("ours").untag_resource(ResourceARN=arn, TagKeys=["Other"])
    limit("ours").deregister_scalable_target(**variant)
