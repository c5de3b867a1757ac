"""What a person on call finds in the log: one line of JSON per invocation."""

import json

import pytest

from core.contract.errors import ImageNotFound, ThresholdConfidenceNotMet, UnlikeTraining
from core.contract.outcomes import OUTCOMES
from lambdas import filter as filter_step
from lambdas import serialize
from lambdas.logged import LOGGED

pytestmark = pytest.mark.usefixtures("bucket")


def the_one_line(capsys):
    [line] = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_a_success_is_logged_with_execution_image_and_request_and_without_the_image(event, context, capsys):
    upload = event("upload-in-execution")
    body = serialize.handler(upload, context)["body"]
    line = the_one_line(capsys)
    assert line.pop("timestamp")
    assert line == {
        "level": "INFO",
        "function": "serialize",
        "execution_id": upload["execution_id"],
        "request_id": context.aws_request_id,
        "image": "s3://scones-test-123456789012/incoming/bicycle.png",
        "message": "done",
        "inferences": [],
    }
    assert body["image_data"] not in json.dumps(line)


def test_the_counts_of_every_outcome_are_logged():
    """The names stand there twice, or each function's zip would hold what bulk runs alone need."""
    assert set(OUTCOMES) <= set(LOGGED)


def test_a_decision_is_logged(event, context, capsys):
    filter_step.handler(event("classified"), context)
    line = the_one_line(capsys)
    assert (line["label"], line["confidence"], line["threshold"]) == ("bicycle", 0.9969, 0.93)


def test_a_failure_is_logged_by_its_name(event, context, capsys):
    with pytest.raises(ImageNotFound):
        serialize.handler(event("upload") | {"s3_key": "incoming/gone.png"}, context)
    line = the_one_line(capsys)
    assert (line["level"], line["error"]) == ("ERROR", "ImageNotFound")
    assert line["message"] == "s3://scones-test-123456789012/incoming/gone.png: there is no such object"


def test_how_unlike_training_s_photographs_a_photo_is_is_logged_and_an_outcome_too(event, context, capsys):
    body = event("classified-bare")
    filter_step.handler(body | {"unlikeness": 0.9412}, context)
    assert the_one_line(capsys)["unlikeness"] == 0.9412
    with pytest.raises(UnlikeTraining):
        filter_step.handler(body | {"unlikeness": 1}, context)
    line = the_one_line(capsys)
    assert (line["level"], line["error"]) == ("WARNING", "UnlikeTraining")
    assert "farther from the training photographs than 100.00% of themselves" in line["message"]


def test_low_confidence_is_an_outcome_and_no_error_in_the_log(event, context, capsys):
    with pytest.raises(ThresholdConfidenceNotMet):
        filter_step.handler(event("classified-unsure"), context)
    line = the_one_line(capsys)
    assert (line["level"], line["error"]) == ("WARNING", "ThresholdConfidenceNotMet")
