"""Two hundred random events for each handler: only the handler's own named errors come out."""

import base64
import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.contract.errors import (
    ImageNotFound,
    InvalidEvent,
    NotAnImage,
    ThresholdConfidenceNotMet,
    UnexpectedInference,
)
from core.contract.events import BUCKET_NAME
from lambdas import classify, serialize
from lambdas import filter as filter_step

pytestmark = pytest.mark.usefixtures("bucket")

two_hundred_times = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

numbers = st.integers() | st.floats()
anything = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=8,
)
buckets = st.just("scones-test-123456789012") | st.from_regex(BUCKET_NAME, fullmatch=True)
keys = st.just("incoming/bicycle.png") | st.text(max_size=1100)
versions = st.sampled_from(["", "null"]) | st.text(max_size=1100)
images = st.just("") | st.binary().map(lambda content: base64.b64encode(content).decode())
inferences = st.floats(0, 1).map(lambda p: [p, 1 - p]) | st.lists(numbers, max_size=3) | anything
fields = {
    "s3_bucket": buckets | anything,
    "s3_key": keys | anything,
    "version_id": versions | anything,
    "image_data": images | anything,
    "inferences": inferences | inferences.map(json.dumps),
}
bodies = st.fixed_dictionaries(fields) | st.fixed_dictionaries({}, optional=fields) | anything
wrappers = st.fixed_dictionaries(
    {"body": bodies | bodies.map(json.dumps) | st.text()},
    optional={"statusCode": anything, "execution_id": anything},
)
events = bodies | wrappers | wrappers.map(lambda wrapper: {"body": wrapper})
near_misses = st.fixed_dictionaries(
    {"s3_bucket": buckets, "s3_key": keys, "image_data": images, "inferences": inferences},
    optional={"version_id": versions},
)

NAMED_BY = ("s3_bucket", "s3_key", "version_id", "source", "reference")
named = st.fixed_dictionaries(
    {"s3_bucket": buckets, "s3_key": keys},
    optional=dict.fromkeys(NAMED_BY[2:], st.text(max_size=130) | st.none()),
)


@two_hundred_times
@given(event=events | near_misses)
def test_serialize(context, event):
    with contextlib.suppress(InvalidEvent, ImageNotFound, NotAnImage):
        assert serialize.handler(event, context)["body"]["image_data"]


@two_hundred_times
@given(event=events | named)
def test_naming(context, event):
    """What comes of it is an upload's event: named again, it is the same."""
    with contextlib.suppress(InvalidEvent):
        photo = serialize.handler({"step": "name", "body": event}, context)["body"]
        assert all(isinstance(photo[name], str) for name in NAMED_BY)
        assert serialize.handler({"step": "name", "body": photo}, context)["body"] == photo


@two_hundred_times
@given(event=events | near_misses, answer=inferences.map(json.dumps).map(str.encode) | st.binary())
def test_classify(endpoint, context, event, answer):
    endpoint.answer(answer)
    with contextlib.suppress(InvalidEvent, ImageNotFound, NotAnImage, UnexpectedInference):
        assert len(classify.handler(event, context)["body"]["inferences"]) >= 2


@two_hundred_times
@given(event=events | near_misses)
def test_filter(context, event):
    with contextlib.suppress(InvalidEvent, UnexpectedInference, ThresholdConfidenceNotMet):
        assert filter_step.handler(event, context)["body"]["confidence"] >= 0.93
