"""Our zips answer and log in the local runtime as in AWS's own: each recorded event, in each step of the workflow."""

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest

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
EVENTS = {path.stem: path.read_bytes() for path in RECORDED} | NOT_OURS


@pytest.fixture(scope="module")
def photo(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="incoming/bicycle.png", Body=PHOTO)


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_zip_answers_every_recorded_event_alike(name, endpoint, cloud_variables, tmp_path):
    packed = zips.pack(package.contents(name, package.ARCHITECTURE))
    compiled.unpack(zipfile.ZipFile(io.BytesIO(packed)), tmp_path)
    settings = {
        "LABELS": "bicycle,motorcycle",
        "ENDPOINT_NAME": endpoint(MODEL) if name == "classify" else "",
    }
    pair = Pair(tmp_path, f"lambdas.{name}.handler", **settings, **cloud_variables)
    try:
        outcomes = {event: check(pair, content) for event, content in EVENTS.items()}
    finally:
        pair.stop()
    assert {outcome.kind for outcome in outcomes.values()} == {"result", "error"}
    assert outcomes["NaN"].kind == "error"


@pytest.mark.usefixtures("photo")
def test_an_endpoint_that_is_missing_has_the_same_name_in_both(cloud_variables, tmp_path):
    packed = zips.pack(package.contents("classify", package.ARCHITECTURE))
    compiled.unpack(zipfile.ZipFile(io.BytesIO(packed)), tmp_path)
    pair = Pair(tmp_path, "lambdas.classify.handler", ENDPOINT_NAME="none", **cloud_variables)
    try:
        outcome = check(pair, EVENTS["serialized"])
    finally:
        pair.stop()
    assert json.loads(outcome.payload)["errorType"] == "EndpointNotFound"
