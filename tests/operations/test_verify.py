"""`make verify` looks up the golden photo in the register: it has to be recorded as it ended, by that execution."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from core.console import UserError
from operations import verify
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
