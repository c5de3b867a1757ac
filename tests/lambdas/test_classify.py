"""ClassifyImages as Step Functions calls it, with a real S3 and an endpoint that answers as scripted."""

import base64
import random
import re

import pytest

from core.contract.answer_kinds import upload_to
from core.contract.errors import (
    AccessDenied,
    EndpointNotFound,
    EndpointThrottled,
    EndpointUnavailable,
    ImageNotFound,
    ImageRefused,
    ImageTooLarge,
    InvalidEvent,
    NotAnImage,
    UnexpectedInference,
)
from core.contract.shapes import InvalidSetting
from lambdas import classify, serialize
from monitoring.record import read_attributes

pytestmark = pytest.mark.usefixtures("bucket", "endpoint")

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"
CLASSIFIED = {
    "statusCode": 200,
    "body": {
        "s3_bucket": "scones-test-123456789012",
        "s3_key": "incoming/bicycle.png",
        "inferences": [0.9969, 0.0031],
    },
}


@pytest.mark.parametrize(
    "name",
    [
        "serialized",
        "serialized-bare",
        "serialized-as-text",
        "serialized-in-execution",
        "serialized-as-pointer",
        "upload-pointer-only",
    ],
)
def test_every_shape_of_the_event_sends_the_same_photo_to_the_endpoint(endpoint, event, photo, context, name):
    assert classify.handler(event(name), context) == CLASSIFIED
    [request] = endpoint.asked
    assert request.path == "/endpoints/image-classifier-ep/invocations"
    assert request.headers["Content-Type"] == "image/png"
    assert request.headers["Accept"] == "application/json"
    assert request.body == photo


def test_the_same_event_twice_gives_the_same_answer(event, context):
    assert [classify.handler(event("serialized"), context) for _ in range(2)] == [CLASSIFIED, CLASSIFIED]


def test_a_jpeg_is_sent_as_one_whatever_its_name_says(put, endpoint, context):
    classify.handler(put("incoming/really-a-jpeg.png", JPEG), context)
    assert endpoint.asked[0].headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("name", ["bicycle.png", "a b+c%20.png", "vélo = été?.png", "a\nb.png"])
def test_the_endpoint_is_told_which_photo_it_is(event, endpoint, context, name):
    classify.handler(event("serialized-bare") | {"s3_key": f"incoming/{name}"}, context)
    attributes = endpoint.asked[0].headers["X-Amzn-SageMaker-Custom-Attributes"]
    assert attributes.isascii()
    told = read_attributes([attributes])
    assert told == {"s3_key": f"incoming/{name}", "kind": "live", "id": told["id"]}
    assert re.fullmatch("[0-9a-f]{64}", told["id"])


def test_an_id_is_of_one_photo_alone(event, endpoint, context):
    photos = [
        {"s3_key": "a/b"},
        {"s3_key": "a/c"},
        {"s3_key": "a/b", "s3_bucket": "another-bucket"},
        {"s3_key": "a/b"},
    ]
    for photo in photos:
        classify.handler(event("serialized-bare") | photo, context)
    ids = [read_attributes([it.headers["X-Amzn-SageMaker-Custom-Attributes"]])["id"] for it in endpoint.asked]
    assert (len(set(ids)), ids[0]) == (3, ids[3])


@pytest.mark.parametrize("source", ["bay 2, door", "é=x", "s" * 64])
def test_the_endpoint_is_told_who_took_the_photo(event, endpoint, context, source):
    classify.handler(event("serialized-bare") | {"source": source}, context)
    attributes = endpoint.asked[0].headers["X-Amzn-SageMaker-Custom-Attributes"]
    assert attributes.isascii()
    assert read_attributes([attributes])["source"] == source


@pytest.mark.parametrize("kind", ["evaluation", "verify"])
def test_the_endpoint_is_told_of_a_photo_that_somebody_chose(event, endpoint, context, kind):
    classify.handler(event("serialized-bare") | {"s3_key": f"{upload_to(kind)}/x/a.png"}, context)
    assert endpoint.asked[0].headers["X-Amzn-SageMaker-Custom-Attributes"].split(",")[1] == f"kind={kind}"


@pytest.mark.parametrize(("length", "told"), [(921, True), (922, False)])
def test_a_key_too_long_for_the_attributes_is_classified_without_it(event, endpoint, context, length, told):
    answer = classify.handler(event("serialized-bare") | {"s3_key": "k" * length}, context)
    assert answer["body"]["inferences"] == [0.9969, 0.0031]
    attributes = endpoint.asked[0].headers["X-Amzn-SageMaker-Custom-Attributes"]
    named = read_attributes([attributes])
    assert (named.get("s3_key"), named["kind"], "id" in named) == (
        "k" * length if told else None,
        "live",
        True,
    )


def test_how_unlike_training_s_photographs_it_is_goes_on_with_the_photo(endpoint, event, context):
    attributes = {"X-Amzn-SageMaker-Custom-Attributes": "s3_key=a%2Cb.png,kind=live,unlikeness=0.9412"}
    endpoint.answer(b"[0.9969, 0.0031]", **attributes)
    body = classify.handler(event("serialized"), context)["body"]
    assert body.pop("unlikeness") == 0.9412
    assert body == CLASSIFIED["body"]


@pytest.mark.parametrize("told", ["trace=7", "unlikeness", ""])
def test_of_a_model_that_does_not_say_it_nothing_goes_on(endpoint, event, context, told):
    endpoint.answer(b"[0.9969, 0.0031]", **{"X-Amzn-SageMaker-Custom-Attributes": told})
    assert classify.handler(event("serialized"), context) == CLASSIFIED


@pytest.mark.parametrize("share", ["1.01", "much", "nan", ""])
def test_an_unlikeness_that_is_no_share_is_refused(endpoint, event, context, share):
    endpoint.answer(b"[0.9969, 0.0031]", **{"X-Amzn-SageMaker-Custom-Attributes": f"unlikeness={share}"})
    with pytest.raises(UnexpectedInference, match=r"bicycle\.png: the model's unlikeness is not a number"):
        classify.handler(event("serialized"), context)


def test_an_image_of_1_mb_is_read_from_s3(put, endpoint, context):
    content = PNG + random.randbytes(1024 * 1024)
    classify.handler(put("incoming/large.png", content), context)
    assert endpoint.asked[0].body == content


def test_a_large_photo_that_was_written_over_is_read_in_its_version(put_version, endpoint, context):
    contents = [PNG + random.randbytes(1024 * 1024) for _ in range(2)]
    uploads = [put_version("incoming/large.png", content) for content in contents]
    answers = [classify.handler(serialize.handler(upload, context), context) for upload in uploads]
    assert [it.body for it in endpoint.asked] == contents
    told = [it.headers["X-Amzn-SageMaker-Custom-Attributes"] for it in endpoint.asked]
    assert len({read_attributes([it])["id"] for it in told}) == 2
    assert [it["body"].keys() for it in answers] == [{"s3_bucket", "s3_key", "inferences"}] * 2


def test_an_image_of_7_mb_never_reaches_the_endpoint(put, endpoint, context):
    content = PNG + bytes(7 * 1024 * 1024)
    upload = put("incoming/huge.png", content)
    with pytest.raises(ImageTooLarge):
        classify.handler(upload, context)
    with pytest.raises(ImageTooLarge):
        classify.handler(upload | {"image_data": base64.b64encode(content).decode()}, context)
    assert endpoint.asked == []


def test_a_key_that_is_gone_by_the_time_it_is_read_is_named(event, context):
    with pytest.raises(ImageNotFound, match=r"s3://scones-test-123456789012/incoming/gone\.png"):
        classify.handler(event("upload") | {"s3_key": "incoming/gone.png"}, context)


@pytest.mark.parametrize(
    "image_data", ["%%%", "iVBORw0", "iVBO Rw0=", "iVBO\nRw0=", "ü", 7, None, [], b"iVBORw0=".hex()[:7]]
)
def test_image_data_that_is_not_strictly_base64_is_refused(endpoint, event, context, image_data):
    with pytest.raises(InvalidEvent, match=r"incoming/bicycle\.png: image_data is not base64"):
        classify.handler(event("serialized-bare") | {"image_data": image_data}, context)
    assert endpoint.asked == []


def test_text_in_base64_is_not_an_image(event, context):
    with pytest.raises(NotAnImage):
        classify.handler(event("serialized-bare") | {"image_data": "SSBhbSB0ZXh0Lg=="}, context)


@pytest.mark.parametrize(
    "answer",
    [
        b"[NaN, 0.5]",
        b"[]",
        b"[1.0]",
        b"hello",
        b"",
        b"{}",
        b"null",
        b"[0.5, 0.6]",
        b'["0.99", "0.01"]',
        b"[[0.9, 0.1]]",
        b"\xff",
    ],
)
def test_an_answer_that_is_not_probabilities_is_refused(endpoint, event, context, answer):
    endpoint.answer(answer)
    with pytest.raises(UnexpectedInference, match=r"s3://scones-test-123456789012/incoming/bicycle\.png"):
        classify.handler(event("serialized"), context)


def model_error(status: int) -> dict[str, object]:
    return {"Message": "Received error", "OriginalStatusCode": status, "OriginalMessage": "truncated file"}


@pytest.mark.parametrize(
    ("code", "status", "fields", "error", "said"),
    [
        ("ModelError", 424, model_error(500), EndpointUnavailable, "Received error"),
        ("ModelError", 424, model_error(0), EndpointUnavailable, "Received error"),
        ("ModelError", 424, model_error(415), ImageRefused, "truncated file"),
        ("ModelError", 424, model_error(429), EndpointThrottled, "Received error"),
        ("InternalFailure", 500, {}, EndpointUnavailable, "InternalFailure"),
        ("ServiceUnavailable", 503, {}, EndpointUnavailable, "ServiceUnavailable"),
        ("ThrottlingException", 400, {"Message": "Rate exceeded"}, EndpointThrottled, "Rate exceeded"),
        (
            "ValidationError",
            400,
            {"Message": "Endpoint image-classifier-ep of account 123456789012 not found."},
            EndpointNotFound,
            "no model is deployed, no endpoint image-classifier-ep",
        ),
        ("AccessDeniedException", 403, {}, AccessDenied, "may not ask endpoint image-classifier-ep"),
    ],
)
def test_each_refusal_of_the_endpoint_has_its_name_and_is_not_repeated_here(
    endpoint, event, context, code, status, fields, error, said
):
    endpoint.refuse(code, status, **fields)
    with pytest.raises(error, match=said):
        classify.handler(event("serialized"), context)
    assert len(endpoint.asked) == 1


def test_a_refusal_is_the_model_s_own_line_without_the_traceback_behind_it(endpoint, event, context):
    said = "not a readable PNG or JPEG"
    trace = (
        '\nTraceback (most recent call last):\n  File "/opt/ml/model/code/inference.py", line 125'
        + "x" * 1700
    )
    for status, error in ((400, ImageRefused), (500, EndpointUnavailable), (429, EndpointThrottled)):
        message = f'Received error ({status}) from primary with message "{said}{trace}".'
        fields = {"Message": message, "OriginalStatusCode": status, "OriginalMessage": said + trace}
        endpoint.refuse("ModelError", 424, **fields)
        with pytest.raises(error) as caught:
            classify.handler(event("serialized"), context)
        assert said in str(caught.value)
        assert "Traceback" not in str(caught.value)
        assert len(str(caught.value)) < 250


def test_an_endpoint_that_recovers_answers_the_next_try(endpoint, event, context):
    endpoint.refuse("ModelError", 424, **model_error(500))
    for _ in range(2):
        with pytest.raises(EndpointUnavailable):
            classify.handler(event("serialized"), context)
    endpoint.answer(b"[0.9969, 0.0031]")
    assert classify.handler(event("serialized"), context) == CLASSIFIED


def test_an_endpoint_that_is_too_slow_is_unavailable(monkeypatch, endpoint, event, context):
    monkeypatch.setattr(classify, "READ_SECONDS", 0.1)
    endpoint.answer(b"[0.9969, 0.0031]", delay=0.5)
    with pytest.raises(EndpointUnavailable, match="Read timeout"):
        classify.handler(event("serialized"), context)
    assert len(endpoint.asked) == 1


def test_an_endpoint_that_breaks_off_is_unavailable(monkeypatch, endpoint, event, context):
    monkeypatch.setattr(classify, "READ_SECONDS", 0.2)
    endpoint.answer(b"[0.99", **{"Content-Length": "16"})
    with pytest.raises(EndpointUnavailable):
        classify.handler(event("serialized"), context)


def test_an_endpoint_that_cannot_be_reached_is_unavailable(monkeypatch, event, context):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "http://127.0.0.1:1")
    with pytest.raises(EndpointUnavailable):
        classify.handler(event("serialized"), context)


@pytest.mark.parametrize("environment", [{}, {"ENDPOINT_NAME": ""}])
def test_a_missing_endpoint_name_is_refused(environment):
    with pytest.raises(InvalidSetting, match="ENDPOINT_NAME"):
        classify.read_settings(environment)
