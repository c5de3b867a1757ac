"""What somebody reads who sent one photo: `make classify`."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from operations.classify_photo import describe
from operations.client import Photo, outcome
from operations.demo import consequence


def ended(error, message):
    now = datetime.now(UTC)
    execution: Any = {
        "status": "FAILED",
        "input": json.dumps({"s3_key": "incoming/x/bike.png"}),
        "error": error,
        "cause": json.dumps({"errorMessage": message}),
        "stopDate": now,
        "executionArn": "arn",
    }
    return outcome(Photo("bike.png", b""), now.timestamp(), execution)


@pytest.mark.parametrize(
    ("error", "message", "kind", "said"),
    [
        (
            "ThresholdConfidenceNotMet",
            "THRESHOLD_CONFIDENCE_NOT_MET",
            "review",
            "bike.png: the model is not sure, a person will look at it (THRESHOLD_CONFIDENCE_NOT_MET)",
        ),
        (
            "UnlikeTraining",
            "s3://b/incoming/x/bike.png: it is farther",
            "review",
            "bike.png: the model knows no photos like it, a person will look at it "
            "(s3://b/incoming/x/bike.png: it is farther)",
        ),
        ("NotAnImage", "it is in the format GIF", "failed", "bike.png: NotAnImage: it is in the format GIF"),
    ],
)
def test_a_photo_that_is_not_routed_says_in_one_line_why(error, message, kind, said):
    result = ended(error, message)
    assert (result.kind, describe(result)) == (kind, said)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("ThresholdConfidenceNotMet", "the model is not sure: the photo waits for a person"),
        ("UnlikeTraining", "the model knows no photos like it: the photo waits for a person"),
        ("NotAnImage", "NotAnImage"),
    ],
)
def test_the_demo_says_the_same_of_such_a_photo(error, said):
    assert consequence(ended(error, "")) == said
