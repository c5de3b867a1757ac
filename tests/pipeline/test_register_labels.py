"""What people say becomes a label, with a copy of the photo, when the schedule starts the function that writes it."""

import hashlib
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.builders import make_role
from tests.conftest import REGION
from tests.pipeline.api_callers import Caller, People
from tests.pipeline.conftest import Deployment, until
from tests.pipeline.scripted_photos import UNSURE, photo
from tests.pipeline.test_register_api import decide, follow, make_wait, take_lease
from tests.pipeline.test_register_decisions import leave_to_people

from core import label_store
from core.contract import register
from core.contract.labels import Label

LABEL_MINUTE = "2031-03-01T09:10"  # in which the schedule of labels is due


@pytest.fixture(scope="module")
def people(workflow: Deployment) -> People:
    return People(workflow)


@pytest.fixture(scope="module")
def reviewer(people: People) -> Caller:
    return people.sign_in(people.invite("reviewers"))


def labels_of(workflow: Deployment, photo_id: str) -> list[Label]:
    """Let the schedule start what writes them, until nobody can take back any more what was said of the photo."""

    def look() -> list[Label]:
        workflow.put_setting("scheduled", LABEL_MINUTE)
        found = label_store.read(workflow.s3, workflow.bucket).all
        return [it for it in found if it.photo == photo_id]

    found: list[Label] = until(look, f"a label of {photo_id}")
    return found


def as_somebody(workflow: Deployment) -> Any:
    """S3, as a role has it that may do all."""
    arn = make_role(workflow.aws("iam"), "writes-labels-over")
    keys = workflow.aws("sts").assume_role(RoleArn=arn, RoleSessionName="label")["Credentials"]
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=workflow.project.variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_what_a_person_decides_is_a_label_with_the_photo_beside_it(workflow, people, reviewer):
    photo_id = make_wait(workflow, people.take_program(), who="is labelled")
    take_lease(reviewer, photo_id)
    assert decide(reviewer, photo_id, 1, "motorcycle").status == 202
    follow(reviewer, photo_id, register.ROUTED)
    (label,) = labels_of(workflow, photo_id)
    assert (label.label, label.seconds, label.kind, label.source) == ("motorcycle", 2.5, "live", "camera-3")
    assert not (label.blind or label.assisted)
    assert (label.answer, label.confidence) == ("bicycle", 0.6)
    assert label.model == workflow.item(f"incoming/api/{photo_id}")["model"] != ""
    copy = workflow.s3.get_object(Bucket=workflow.bucket, Key=label.picture)["Body"].read()
    assert copy == photo(UNSURE, who="is labelled")
    assert hashlib.sha256(copy).hexdigest() == label.sha256
    item = workflow.item(f"incoming/api/{photo_id}")
    assert not item.keys() & {"labelling", "labelling_at"}


def test_a_label_is_added_and_never_written_over(workflow, people, reviewer):
    photo_id = make_wait(workflow, people.take_program(), who="is kept")
    take_lease(reviewer, photo_id)
    decide(reviewer, photo_id, 1, "motorcycle")
    (label,) = labels_of(workflow, photo_id)
    s3, other = as_somebody(workflow), {"Bucket": workflow.bucket, "Key": label.key, "Body": b"{}"}
    with pytest.raises(ClientError, match="explicit deny"):
        s3.put_object(**other)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(**other, IfNoneMatch="*")
    assert labels_of(workflow, photo_id) == [label]


def test_a_photo_that_is_gone_leaves_what_was_said_of_it(workflow):
    item = leave_to_people(workflow, "gone-meanwhile")
    workflow.end(workflow.decide(item, "motorcycle"))
    key = {"Bucket": workflow.bucket, "Key": item["s3_key"], "VersionId": item["version_id"]}
    workflow.s3.delete_object(**key)
    (label,) = labels_of(workflow, item["id"])
    assert (label.label, label.picture, label.assisted) == ("motorcycle", "", True)
    # Nobody is to be shown a photo that is not there: S3 would refuse the page that asks for it.
    table = workflow.outputs["register_table"]
    workflow.dynamodb.delete_item(TableName=table, Key={"id": {"S": item["id"]}})
