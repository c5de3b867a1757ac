"""`make verify` looks up the golden photo in the register, and has a program send it through the API."""

import json
from email.message import Message
from types import SimpleNamespace
from typing import Any

import pytest

from core.console import UserError
from operations import verify
from operations.api_calls import Answer
from operations.client import Outcome, Photo
from operations.verify import find_recorded


@pytest.fixture
def ended(aws, bucket, execution, cloud_variables, monkeypatch):
    """The golden photo's end: `ended("accepted")`."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    steps = aws("stepfunctions")
    machine = execution.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    start = json.dumps({"s3_bucket": bucket, "s3_key": "incoming/photo.png", "version_id": "v1"})
    arn = steps.start_execution(stateMachineArn=machine, input=start)["executionArn"]
    return lambda kind: Outcome(Photo("verify.png", b""), "incoming/photo.png", kind, 1, arn, {}, "", "")


@pytest.fixture
def look(aws, table):
    client: Any = SimpleNamespace(workflow=aws("stepfunctions"), outputs={"register_table": table})
    return lambda result: find_recorded(client, result)


def test_an_environment_that_was_applied_before_there_was_a_register_is_one_line(monkeypatch):
    before = SimpleNamespace(outputs={"endpoint_live": True})
    monkeypatch.setattr(verify, "Client", lambda *_, **__: before)
    said = "^any was applied before this release: make bootstrap plan apply ENV=any$"
    with pytest.raises(UserError, match=said):
        verify.verify("any")


def test_what_was_routed_and_what_waits_is_found_as_it_ended(ended, look, put):
    accepted, unsure = ended("accepted"), ended("review")
    put("v1", state="routed", execution=accepted.execution)
    assert look(accepted) == "routed"
    put("v1", state="waiting", execution=unsure.execution)
    assert look(unsure) == "waiting"


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"version": "v2"}, "it is not there by nobody"),
        ({"state": "waiting"}, "it is waiting by arn:"),
        ({"state": "routed", "execution": "arn:another"}, "it is routed by arn:another"),
    ],
)
def test_what_the_register_has_otherwise_is_one_line(ended, look, put, more, found):
    result = ended("accepted")
    put(**{"version": "v1", "execution": result.execution} | more)
    with pytest.raises(UserError) as refused:
        look(result)
    said = str(refused.value)
    assert said.startswith(f"the golden photo should be routed by {result.execution}, but in the register ")
    assert found in said
    assert "\n" not in said


# ---- Through the API

API = {"url": "https://api", "pool_id": "p", "programs": {"orders": "1", "gates": "2"}}


@pytest.fixture
def through_api(monkeypatch):
    """Send the golden photo through an API that says this of it, after it was accepted by itself, or not."""

    def go(body: Any, kind: str = "accepted", api: Any = API) -> tuple[str, list[Any]]:
        asked: list[Any] = []

        class Caller:
            token = "token"

            @classmethod
            def program(cls, named: str) -> "Caller":
                asked.append(named)
                return cls()

            def send(self, photo: Photo, source: str) -> str:
                asked.append((photo.content, source))
                return "5f0c"

            def follow(self, photo: str, _seconds: float) -> Answer:
                asked.append(photo)
                return Answer(200 if "state" in body else 500, Message(), body)

        monkeypatch.setattr(verify, "Caller", Caller)
        monkeypatch.setattr(verify.api_access, "look_up", lambda _env, _api, program: program)
        photo = Photo("verify.png", b"golden")
        result = Outcome(photo, "incoming/verify/a", kind, 1, "arn", {"label": "bicycle"}, "", "")
        return verify.routes_for_program("any", api, b"golden", result), asked

    return go


def test_a_program_s_photo_has_to_be_routed_as_it_was_without_the_api(through_api):
    said, asked = through_api({"state": "routed", "label": "bicycle"})
    assert said == "the API has it routed as bicycle, for gates: photo 5f0c"
    assert asked == ["gates", (b"golden", "verify"), "5f0c"]


@pytest.mark.parametrize(
    "body",
    [
        {"state": "routed", "label": "motorcycle"},
        {"state": "claimed"},
        {"message": "Internal Server Error"},
    ],
)
def test_what_the_api_says_otherwise_is_one_line(through_api, body):
    with pytest.raises(UserError) as refused:
        through_api(body)
    said = str(refused.value)
    assert said.startswith(
        "the golden photo, sent by gates, should be routed as bicycle, but the API at https://api"
    )
    assert said.endswith(json.dumps(body))
    assert "\n" not in said


def test_where_no_program_may_call_nothing_is_sent(through_api):
    said, asked = through_api({}, api=API | {"programs": {}})
    assert (said, asked) == ("no program may call the API, so that nothing is sent through it", [])


def test_a_photo_that_the_model_is_not_sure_of_would_wait_as_a_driver(through_api):
    said, asked = through_api({}, kind="review")
    assert said.startswith(
        "nothing is sent through the API: a photo that the model is not sure of would wait"
    )
    assert asked == []


class NewDomain:
    """One that does not answer at first."""

    def __init__(self, silent: int) -> None:
        self.silent = silent

    @property
    def token(self) -> str:
        self.silent -= 1
        if self.silent >= 0:
            raise UserError("it does not answer")
        return "token"


def test_a_domain_that_is_new_is_asked_until_it_gives_a_token(monkeypatch):
    monkeypatch.setattr(verify.time, "sleep", lambda _: None)
    domain: Any = NewDomain(3)
    assert verify.await_token(domain, 9) == "token"
    assert domain.silent == -1
    late: Any = NewDomain(1)
    with pytest.raises(UserError, match="it does not answer"):
        verify.await_token(late, 0)
