"""`SimulatePrincipalPolicy` answers what a role may do."""

import uuid

import pytest
from tests.builders import document, make_role


@pytest.fixture
def simulate(aws):
    """What becomes of these actions on a resource, for a new role with these statements."""

    def run(actions, resource, *statements, context=(), **more):
        role = make_role(aws("iam"), f"r-{uuid.uuid4().hex[:8]}", *statements, **more)
        answer = aws("iam").simulate_principal_policy(
            PolicySourceArn=role, ActionNames=actions, ResourceArns=[resource], ContextEntries=list(context)
        )
        return [it["EvalDecision"] for it in answer["EvaluationResults"]]

    return run


READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::photos/*"}
PHOTO = "arn:aws:s3:::photos/a.png"


def test_each_action_has_its_decision(simulate):
    deny = {"Effect": "Deny", "Action": "s3:GetObjectAcl", "Resource": "*"}
    asked = ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"]
    assert simulate(asked, PHOTO, READ, deny) == ["allowed", "implicitDeny", "explicitDeny"]


def test_the_boundary_has_a_say(aws, simulate):
    limits = document({"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
    made = aws("iam").create_policy(PolicyName=f"b-{uuid.uuid4()}", PolicyDocument=limits)
    boundary = made["Policy"]["Arn"]
    assert simulate(["s3:GetObject"], PHOTO, READ, PermissionsBoundary=boundary) == ["implicitDeny"]


def test_conditions_are_met_by_the_context_that_is_given(simulate):
    condition = {"StringLike": {"s3:prefix": ["data/*"]}}
    listing = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*", "Condition": condition}
    given = {"ContextKeyName": "s3:prefix", "ContextKeyValues": ["data/x"], "ContextKeyType": "string"}
    bucket = "arn:aws:s3:::photos"
    assert simulate(["s3:ListBucket"], bucket, listing) == ["implicitDeny"]
    assert simulate(["s3:ListBucket"], bucket, listing, context=[given]) == ["allowed"]


def test_a_role_that_is_not_there_is_named(aws):
    iam, gone = aws("iam"), "arn:aws:iam::123456789012:role/never-made"
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="never-made"):
        iam.simulate_principal_policy(PolicySourceArn=gone, ActionNames=["s3:GetObject"])
