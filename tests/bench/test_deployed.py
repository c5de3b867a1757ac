"""The rows that need a deployed environment: what their figures are made of."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bench import asked, prefix, single, training, waiting
from bench.waiting import Waited
from core.console import UserError
from report import executions

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_bulk_is_held_against_the_model_alone_and_one_execution_per_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = iter([90.0, 110.0])  # before and after
    seconds = {prefix.SIZES[500]: 10.0, prefix.SIZES[2_000]: 25.0, prefix.SIZES[8_000]: 200.0}
    monkeypatch.setattr(prefix, "raw", lambda *_: next(alone))
    monkeypatch.setattr(prefix, "classify", seconds.__getitem__)
    monkeypatch.setattr(single, "route", lambda _made, photos: len(photos) / 4)
    monkeypatch.setattr(prefix, "per_second", lambda *_: 8.0)
    made: Any = None
    model: Any = None
    figures = {it.name: it.value for it in prefix.measure(made, model, [b"photo"] * prefix.DRAWINGS)}
    assert figures == {
        "bulk_raw_images_per_s": 100.0,
        "bulk_images_per_s_500": 50.0,
        "bulk_images_per_s_2000": 80.0,
        "bulk_images_per_s_8000": 40.0,
        "bulk_single_images_per_s": 4.0,
        "bulk_single_at_once_images_per_s": 8.0,
        "bulk_over_raw": 0.4,
        "bulk_over_single": 10.0,
        "bulk_over_single_at_once": 5.0,
        "bulk_growth": 2.0,
    }


def execution(seconds: float, outcome: str = "accepted") -> executions.Execution:
    stop = START + timedelta(seconds=seconds)
    return executions.Execution("name", "arn", "SUCCEEDED", outcome, START, stop)


def test_an_execution_is_held_against_the_endpoints_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = [execution(0.2), execution(0.4), execution(0.3, "review"), execution(9.0, "failed")]
    machine = executions.Machine("name", "arn", {}, ended, histories=4)
    monkeypatch.setattr(executions, "read", lambda *_, **__: machine)
    monkeypatch.setattr(single, "answers", lambda *_: iter([0.01, 0.03, 0.05]))
    monkeypatch.setattr(single, "route", lambda *_: 0.9)
    made: Any = SimpleNamespace(outputs={"state_machine_arn": "arn"}, client=lambda _service: None)
    figures = {it.name: it.value for it in single.measure(made, [b"photo"] * 3)}
    assert figures == {
        "endpoint_call_ms": pytest.approx(30),
        "single_ms": pytest.approx(300),
        "single_over_endpoint": pytest.approx(10),
    }


def test_waiting_is_told_apart_from_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, beside busy processes, and beside a bulk run: executions, and the endpoint's answers."""
    sent = iter(Waited([10.0 * n] * 20, [1.0 * n] * 19 + [100.0 * n]) for n in (1, 2, 3))
    run = SimpleNamespace(start=lambda **_: None)
    monkeypatch.setattr(waiting, "send", lambda *_: next(sent))
    monkeypatch.setattr(waiting, "Run", lambda _env: run)
    monkeypatch.setattr(waiting, "rate", lambda _run: 40.0)
    made: Any = None
    figures = {it.name: it.value for it in waiting.measure(made, b"photo")}
    assert figures == {
        "waiting_single_alone_ms": 10.0,
        "waiting_single_alone_95_ms": 10.0,
        "waiting_single_in_bulk_ms": 30.0,
        "waiting_single_in_bulk_95_ms": 30.0,
        "waiting_endpoint_alone_ms": 1.0,
        "waiting_endpoint_alone_95_ms": pytest.approx(95.05),
        "waiting_endpoint_busy_ms": 2.0,
        "waiting_endpoint_busy_95_ms": pytest.approx(2 * 95.05),
        "waiting_endpoint_in_bulk_ms": 3.0,
        "waiting_endpoint_in_bulk_95_ms": pytest.approx(3 * 95.05),
        "waiting_bulk_images_per_s": 40.0,
    }


def test_busy_processes_end_with_what_they_are_beside() -> None:
    with training.busy_processes(2) as processes:
        assert [it.poll() for it in processes] == [None, None]
    assert all(it.returncode for it in processes)


TOKEN = "e30.eyJzdWIiOiAicyIsICJleHAiOiA3LCAiY29nbml0bzpncm91cHMiOiBbImxlYWRzIiwgInJldmlld2VycyJdfQ.x"


def test_the_function_alone_gets_the_event_that_the_gateway_would_make() -> None:
    event = json.loads(asked.write_event("GET", "/photos/{id}", "5f", TOKEN))
    assert (event["routeKey"], event["rawPath"]) == ("GET /photos/{id}", "/photos/5f")
    assert event["pathParameters"] == {"id": "5f"}
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims == {"sub": "s", "exp": "7", "cognito:groups": "[leads reviewers]"}
    assert "pathParameters" not in json.loads(asked.write_event("POST", "/leases", "", TOKEN))


def test_a_call_of_the_api_is_held_against_its_function_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([[0.004], [0.002], [0.009], [0.003]])
    monkeypatch.setattr(asked, "take", lambda *_: next(seconds))
    requests = {
        "get": asked.Request("GET", "/photos/{id}", "5f", TOKEN),
        "lease": asked.Request("POST", "/leases", "", TOKEN),
    }
    made: Any = SimpleNamespace(outputs={"function_names": {"api": "api"}}, client=lambda _service: None)
    gateway: Any = SimpleNamespace(ask=None)
    figures = {it.name: it.value for it in asked.measure(made, gateway, requests)}
    assert figures == {
        "api_get_ms": pytest.approx(4),
        "api_get_bare_ms": pytest.approx(2),
        "api_get_over_bare": pytest.approx(2),
        "api_lease_ms": pytest.approx(9),
        "api_lease_bare_ms": pytest.approx(3),
        "api_lease_over_bare": pytest.approx(3),
    }


def test_an_answer_that_is_none_is_not_measured() -> None:
    request = asked.Request("GET", "/photos/{id}", "5f", TOKEN)
    with pytest.raises(UserError, match=r"^GET /photos/5f is answered 404$"):
        asked.take(lambda _: 404, request)
