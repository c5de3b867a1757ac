"""The model server by itself: healthy before the model has loaded, and errors as SageMaker's container answers them."""

import json

import pytest
import torch
from tests.localcloud.model_requests import PICTURE, PNG

from training import artefact
from training.inference import Classifier, Lite0

MODEL = """
import time
from sagemaker_inference.errors import BaseInferenceToolkitError
def model_fn(model_dir):
    if {fails}:
        raise RuntimeError("weights are broken")
    time.sleep({seconds})
    return None
def input_fn(body, content_type):
    if body == b"refused":
        raise BaseInferenceToolkitError(418, "no", "I am a teapot")
    if body == b"refused abroad":
        raise BaseInferenceToolkitError(400, "nein", "größer")
    if body == b"nearly":
        error = ValueError("of another kind")
        error.status_code = 400
        raise error
    return [type(body).__name__, content_type]
def predict_fn(data, model):
    return data
def output_fn(prediction, accept, context):
    if told := context.get_all_request_header(0).get("Told"):
        context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", told + "!")
    return (repr(prediction), "text/own") if accept == "own" else repr([*prediction, accept])
"""


@pytest.fixture
def start(tmp_path, serve):
    """Serve that model."""

    def start(fails=False, seconds=0.0):
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "inference.py").write_text(MODEL.format(fails=fails, seconds=seconds))
        return serve(tmp_path)

    return start


def test_the_ping_is_healthy_before_the_model_has_loaded_and_a_request_waits_for_it(start):
    ask = start(seconds=1)
    status, _, kind, body, _ = ask("GET", "/ping", seconds=0.8)
    assert (status, kind, json.loads(body)) == (200, "application/json", {"status": "Healthy"})
    assert ask("POST", "/invocations", b"x", Content_Type="a/b").status == 200


def test_the_ping_of_a_model_that_cannot_load_is_healthy_and_its_requests_wait_for_ever(start):
    ask = start(fails=True)
    assert ask("GET", "/loaded").status == 200, "loading has ended"
    assert ask("GET", "/ping").status == 200
    with pytest.raises(TimeoutError):
        ask("POST", "/invocations", b"x", Content_Type="a/b", seconds=0.3)


def test_a_network_that_goes_on_from_imagenet_is_served_like_the_small_one(serve, tmp_path):
    torch.manual_seed(1)
    classifier = Classifier([Lite0(2), Lite0(2)], 0.8)
    artefact.write(tmp_path, classifier, ["a", "b"], {}, PICTURE, {}, {})
    status, _, kind, body, _ = serve(tmp_path)("POST", "/invocations", PICTURE, Content_Type=PNG)
    golden = json.loads((tmp_path / "golden.json").read_text())
    assert (status, kind) == (200, "application/json")
    assert json.loads(body) == pytest.approx(golden["probabilities"], abs=1e-5)


def test_more_bytes_than_torchserve_takes_never_come_to_the_model(start):
    ask = start()
    assert ask("POST", "/invocations", b"x" * 6_553_500, Content_Type="a/b").status == 200
    refused = ask("POST", "/invocations", b"x" * 6_553_501, Content_Type="a/b")
    assert refused == (413, "Request Entity Too Large", "", b"", "")


@pytest.mark.parametrize(
    ("headers", "kind", "body"),
    [
        ({}, "application/json", ["bytes", None, "application/json"]),
        ({"Content_Type": "text/csv"}, "application/json", ["str", "text/csv", "application/json"]),
        ({"Content_Type": "a/b", "Accept": "*/*"}, "application/json", ["bytes", "a/b", "application/json"]),
        ({"Content_Type": "a/b", "Accept": "c/d, */*"}, "c/d, */*", ["bytes", "a/b", "c/d, */*"]),
        ({"Content_Type": "a/b", "Accept": "own"}, "text/own", ["bytes", "a/b"]),
    ],
)
def test_types_are_told_to_the_code_as_they_came(start, headers, kind, body):
    assert start()("POST", "/invocations", b"x", **headers) == (200, "OK", kind, repr(body).encode(), "")


def test_a_function_that_takes_one_argument_more_gets_the_requests_headers_and_sets_the_answers(start):
    ask = start()
    served = ask("POST", "/invocations", b"x", Content_Type="a/b", Told="so")
    assert (served.status, served.attributes) == (200, "so!")
    assert ask("POST", "/invocations", b"x", Content_Type="a/b").attributes == ""


def test_an_error_has_a_status_of_its_own_only_if_it_is_of_the_toolkit_s_kind(start):
    ask = start()
    for body, status, phrase, said in (
        (b"refused", 418, "I am a teapot", "no"),
        (b"nearly", 500, "of another kind", "of another kind"),
    ):
        served = ask("POST", "/invocations", body, Content_Type="a/b")
        assert (served.status, served.phrase, served.content_type) == (status, phrase, "")
        assert served.body.startswith(f"{said}\nTraceback (most recent call last):\n".encode())
    died = ask("POST", "/invocations", b"refused abroad", Content_Type="a/b")
    assert (died.status, json.loads(died.body)["message"]) == (500, "Worker died.")
