"""FilterInferences as Step Functions calls it: it decides, and never fails open."""

import json
import math

import pytest

from core.contract.errors import (
    InvalidEvent,
    ThresholdConfidenceNotMet,
    UnexpectedInference,
    UnlikeTraining,
)
from core.contract.events import Pointer
from core.contract.shapes import InvalidSetting
from lambdas import filter as filter_step

IMAGE = Pointer("scones-test-123456789012", "incoming/bicycle.png")
LABELS = ("bicycle", "motorcycle")


@pytest.mark.parametrize(
    "name",
    [
        "classified",
        "classified-bare",
        "classified-as-text",
        "classified-in-execution",
        "classified-with-text-inferences",
    ],
)
def test_every_shape_of_the_event_gives_the_same_decision(event, context, name):
    assert filter_step.handler(event(name), context) == {
        "statusCode": 200,
        "body": {
            "s3_bucket": "scones-test-123456789012",
            "s3_key": "incoming/bicycle.png",
            "inferences": [0.9969, 0.0031],
            "label": "bicycle",
            "confidence": 0.9969,
            "threshold": 0.93,
        },
    }


@pytest.mark.parametrize("name", ["inferences-alone", "inferences-alone-as-text"])
def test_an_answer_of_a_model_without_a_pointer_is_decided_too(event, context, name):
    """The event that a public implementation documents for this step."""
    assert filter_step.handler(event(name), context) == {
        "statusCode": 200,
        "body": {
            "inferences": [0.9969, 0.0030],
            "label": "bicycle",
            "confidence": 0.9969,
            "threshold": 0.93,
        },
    }


def test_without_a_pointer_it_does_not_fail_open_either(context):
    with pytest.raises(ThresholdConfidenceNotMet):
        filter_step.handler({"body": {"inferences": [0.6, 0.4]}}, context)
    with pytest.raises(UnexpectedInference, match="an image without a pointer: the model's answer is not"):
        filter_step.handler({"body": {"inferences": "[0.6, 0.6]"}}, context)
    with pytest.raises(InvalidEvent, match="an image without a pointer: the event has no inferences"):
        filter_step.handler({"statusCode": 200, "body": "{}"}, context)


def test_the_same_event_twice_gives_the_same_answer(event, context):
    first, second = (filter_step.handler(event("classified"), context) for _ in range(2))
    assert first == second


def test_a_model_that_is_not_sure_is_refused_by_the_contracts_name(event, context):
    with pytest.raises(ThresholdConfidenceNotMet, match=r"^THRESHOLD_CONFIDENCE_NOT_MET$"):
        filter_step.handler(event("classified-unsure"), context)


@pytest.mark.parametrize(("inferences", "label"), [([0.93, 0.07], "bicycle"), ([0, 1], "motorcycle")])
def test_the_threshold_itself_is_enough_and_the_label_is_the_likeliest(inferences, label):
    assert filter_step.decide(inferences, IMAGE, LABELS, 0.93)["label"] == label


def test_a_hair_below_the_threshold_is_not_enough():
    with pytest.raises(ThresholdConfidenceNotMet):
        filter_step.decide([math.nextafter(0.93, 0), 0.07], IMAGE, LABELS, 0.93)


@pytest.mark.parametrize(
    "inferences",
    [
        [],
        [0.99],
        [0.97, 0.02, 0.01],
        [math.nan, 0.01],
        [math.inf, 0],
        [0.99, math.nan],
        ["0.99", "0.01"],
        [True, False],
        [1.5, -0.5],
        [0.99, -0.01],
        [0.99, 0.99],
        [0.0, 0.0],
        [[0.99, 0.01]],
        [10**400, 0],
        {"bicycle": 0.99},
        None,
        0.99,
        "",
        "0.99",
        "[0.99, 0.01",
        "[NaN, NaN]",
        "bicycle",
        "[" * 100_000,
    ],
)
def test_it_never_fails_open(event, context, inferences):
    with pytest.raises(UnexpectedInference, match=r"s3://scones-test-123456789012/incoming/bicycle\.png"):
        filter_step.handler(event("classified-bare") | {"inferences": inferences}, context)


def test_a_photo_like_those_of_training_passes_with_what_is_known_of_it(event, context):
    body = event("classified-bare") | {"unlikeness": 0.995}
    assert filter_step.handler(body, context)["body"]["unlikeness"] == 0.995


def test_a_photo_unlike_those_of_training_goes_to_a_person_however_sure_the_model_is(event, context):
    body = event("classified-bare") | {"unlikeness": 0.9988}
    said = r"bicycle\.png: it is farther from the training photographs than 99\.88% of themselves, and at most 99\.50%"
    with pytest.raises(UnlikeTraining, match=said):
        filter_step.handler(body, context)
    with pytest.raises(ThresholdConfidenceNotMet):
        filter_step.handler(body | {"inferences": [0.6, 0.4]}, context)


def test_a_most_unlikeness_of_1_lets_every_photo_pass(event, context, monkeypatch):
    monkeypatch.setenv("MAX_UNLIKENESS", "1")
    filter_step.settings.cache_clear()
    answer = filter_step.handler(event("classified-bare") | {"unlikeness": 1.0}, context)
    filter_step.settings.cache_clear()
    assert answer["body"]["label"] == "bicycle"


@pytest.mark.parametrize("unlikeness", [-0.1, 1.1, math.nan, "much", "", True, [0.5], 10**400])
def test_an_unlikeness_that_makes_no_sense_lets_no_photo_pass(event, context, unlikeness):
    with pytest.raises(
        UnexpectedInference, match=r"bicycle\.png: the model's unlikeness is not a number from 0 to 1"
    ):
        filter_step.handler(event("classified-bare") | {"unlikeness": unlikeness}, context)


@pytest.mark.parametrize("text", ["0", "-0.1", "1.01", "nan", "inf", "", "high"])
def test_a_most_unlikeness_that_makes_no_sense_is_refused(text):
    with pytest.raises(InvalidSetting, match="MAX_UNLIKENESS must be a number above 0 and at most 1"):
        filter_step.read_settings({"LABELS": "bicycle,motorcycle", "MAX_UNLIKENESS": text})


@pytest.mark.parametrize("field", ["inferences", "s3_bucket", "s3_key"])
def test_a_field_that_is_missing_is_named(event, context, field):
    body = event("classified-bare")
    del body[field]
    with pytest.raises(InvalidEvent, match=field):
        filter_step.handler({"statusCode": 200, "body": json.dumps(body)}, context)


@pytest.mark.parametrize("text", ["0", "-0.1", "1.01", "nan", "inf", "", "high"])
def test_a_threshold_that_makes_no_sense_is_refused(text):
    with pytest.raises(InvalidSetting, match="THRESHOLD must be a number above 0 and at most 1"):
        filter_step.read_settings({"LABELS": "bicycle,motorcycle", "THRESHOLD": text})


def test_the_threshold_may_be_1():
    settings = filter_step.read_settings({"LABELS": "bicycle, motorcycle, car", "THRESHOLD": "1"})
    assert settings == filter_step.Settings(("bicycle", "motorcycle", "car"), 1.0)


@pytest.mark.parametrize("labels", ["", "bicycle", "bicycle,", "bicycle,bicycle"])
def test_labels_that_make_no_sense_are_refused(labels):
    with pytest.raises(InvalidSetting, match="LABELS must be"):
        filter_step.read_settings({"LABELS": labels})


def test_a_bad_setting_fails_the_invocation_by_name(monkeypatch, event, context):
    monkeypatch.setenv("THRESHOLD", "93")
    filter_step.settings.cache_clear()
    with pytest.raises(InvalidSetting, match="not '93'"):
        filter_step.handler(event("classified"), context)
    monkeypatch.delenv("THRESHOLD")
    filter_step.handler(event("classified"), context)
