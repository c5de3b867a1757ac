"""Our zips answer and log in the local runtime as in AWS's own: each recorded event in each step of the workflow, and
what else starts the others."""

import base64
import contextlib
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.builders import REGISTER

pytest.importorskip("awslambdaric", reason="awslambdaric, AWS's runtime client, is installed on Linux only")
from tests.localcloud.pairs import Pair, check
from tests.localcloud.test_endpoint import MODEL

from localcloud.functions import compiled
from operations import package, zips

RECORDED = sorted((Path(__file__).parents[1] / "lambdas/events").glob("*.json"))
BUCKET = "scones-test-123456789012"  # which the events name
PHOTO = base64.b64decode(json.loads((RECORDED[0].parent / "serialized-bare.json").read_text())["image_data"])
FUNCTIONS = ("serialize", "classify", "filter")
NOT_OURS = {
    "no object": b"[]",
    "nothing in it": b"{}",
    "NaN": b'{"inferences": [NaN, 0.5]}',
    "a text": b'"caf\\u00e9"',
}
LABELS = {"LABELS": "bicycle,motorcycle"}
TIMEOUT = 300  # of the slowest: what there is time for, a batch and the monitor ask
NOW = "now"  # for which a test puts the time
RUN = {"BatchInput": {"run": "oracle"}, "started": NOW}
# The first of each is what it is for; collect needs an execution, and says so.
OTHERS = {
    "batch": (
        RUN
        | {
            "Items": [
                {"Index": 0, "Item": {"Key": "incoming/bicycle.png"}},
                {"Index": 1, "Item": {"Key": "gone.png"}},
            ]
        },
        RUN | {"Items": [{"Index": 0, "Item": {"Key": "gone.png"}}]},
        RUN | {"Items": [], "started": "once"},
    ),
    "collect": (
        {
            "step": "list",
            "run": "oracle",
            "execution_id": "arn:aws:states:us-east-1:123456789012:execution:none:1",
        },
    ),
    "monitor": ({"scheduled": NOW}, {"scheduled": "never"}),
}
EVENTS = {path.stem: path.read_bytes() for path in RECORDED} | NOT_OURS


@pytest.fixture(scope="module")
def photo(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="incoming/bicycle.png", Body=PHOTO)
    aws("dynamodb").create_table(TableName="oracle-photos", **REGISTER)


@pytest.fixture
def pair(cloud_variables, tmp_path):
    """One of our zips in both runtimes, with these settings."""
    with contextlib.ExitStack() as stack:

        def make(name, **settings):
            packed = zips.pack(package.contents(name, package.ARCHITECTURE))
            compiled.unpack(zipfile.ZipFile(io.BytesIO(packed)), tmp_path)
            made = Pair(tmp_path, f"lambdas.{name}.handler", TIMEOUT, **LABELS, **settings, **cloud_variables)
            stack.callback(made.stop)
            return made

        yield make


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_zip_answers_every_recorded_event_alike(name, endpoint, pair):
    both = pair(name, ENDPOINT_NAME=endpoint(MODEL) if name == "classify" else "")
    outcomes = {event: check(both, content) for event, content in EVENTS.items()}
    assert {outcome.kind for outcome in outcomes.values()} == {"result", "error"}
    assert outcomes["NaN"].kind == "error"


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("name", OTHERS)
def test_a_zip_that_something_else_starts_answers_alike(name, endpoint, pair):
    both = pair(
        name,
        BUCKET=BUCKET,
        ENDPOINT_NAME=endpoint(MODEL),
        NAMESPACE="Scones/oracle",
        RESULTS=f"results/{name}",
        RETENTION_DAYS="90",
        TABLE="oracle-photos",
    )
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    events = [json.dumps(event).replace(f'"{NOW}"', f'"{now}"').encode() for event in OTHERS[name]]
    both.ask(events[0])  # what is done once is done, for both
    kinds = [check(both, event).kind for event in (*events, *NOT_OURS.values())]
    assert "error" in kinds
    assert name == "collect" or kinds[0] == "result"


@pytest.mark.usefixtures("photo")
def test_an_endpoint_that_is_missing_has_the_same_name_in_both(pair):
    outcome = check(pair("classify", ENDPOINT_NAME="none"), EVENTS["serialized"])
    assert json.loads(outcome.payload)["errorType"] == "EndpointNotFound"
