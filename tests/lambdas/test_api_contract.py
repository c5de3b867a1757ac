"""Whatever is sent to the API, it answers as openapi.json says, and never fails: schemathesis and hypothesis try."""

import base64
import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest
import schemathesis
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from tests.api_tables import DEVICE, PROGRAM, Context, Store, Who, moment, write_event

from core.contract.shapes import InvalidSetting
from lambdas import api
from lambdas.calls import api_settings, stored
from lambdas.calls.api_routes import ROUTES

DESCRIPTION = json.loads((Path(__file__).resolve().parents[2] / "docs/openapi.json").read_text())
LABELS = ["bicycle", "motorcycle", "other", "unusable", "cannot_tell"]
# What a call that is right by its types may be refused for, in the words of the refusal.
NOT_SAID_BY_TYPES = {
    "POST /photos": ("it names a photo that was announced with something else", "must be printable text"),
    "GET /photos": ("a lead gives decided_by, a source, or a state",),
    "POST /leases": ("Expected `int`, got `float`",),  # 16.0 is an integer by JSON Schema
    "PUT /photos/{id}/decisions/{number}": ("the label other needs a vehicle",),
}
BARE = ("GET /guideline", "GET /summary")  # nothing is sent with these that could be wrong
# Tokens and methods are the gateway's business.
THE_GATEWAYS = [checks.ignored_auth, checks.unsupported_method]
everybody = Who("lead-1", ("leads", "reviewers", "arrivals"))
program, device = Who(PROGRAM), Who(DEVICE, ("arrivals",))
bounded = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.generate],
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=6,
)
bodies = (
    st.none()
    | st.text()
    | json_values.map(json.dumps)
    | st.binary().map(lambda it: base64.b64encode(it).decode())
)
texts = st.text(max_size=80)
pairs = st.dictionaries(
    st.sampled_from(["state", "since", "source", "decided_by", "cursor", "most"]) | texts, texts, max_size=3
)


class Gateway:
    """API Gateway, as far as it matters to the function: a WSGI app that finds the route and calls it."""

    def __init__(self, who: Who) -> None:
        self.who = who

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        told = self.answer(environ)
        status = HTTPStatus(told["statusCode"])
        start_response(f"{status.value} {status.phrase}", [*told["headers"].items()])
        return [told["body"].encode()]

    def answer(self, environ: dict[str, Any]) -> dict[str, Any]:
        way = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        for route in ROUTES.values():
            found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path), way)
            if found and route.method == environ["REQUEST_METHOD"]:
                return self.call(route.key, found.groupdict(), environ)
        message = json.dumps({"message": "Not Found"})
        return {"statusCode": 404, "headers": {"content-type": "application/json"}, "body": message}

    def call(self, route: str, path: dict[str, str], environ: dict[str, Any]) -> dict[str, Any]:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
        key = environ.get("HTTP_IDEMPOTENCY_KEY")
        event = write_event(
            route,
            self.who.claims(),
            {name: unquote(value) for name, value in path.items()},
            base64.b64encode(content).decode() if content else None,
            query={name: ",".join(values) for name, values in query.items()},
            headers={} if key is None else {"idempotency-key": key},
            encoded=True,
        )
        return api.handler(event, Context())


@pytest.fixture
def photos(store: Store) -> list[str]:
    """Some of each kind, which the calls may be about."""
    told: dict[str, Any] = {"owner": everybody.sub, "asked_at": moment()}
    some = [
        store.waiting(**told),
        store.archived(**told),
        store.routed(**told),
        store.routed(timedelta(days=1)),
    ]
    everybody.lease()
    return some


def narrowed() -> dict[str, Any]:
    """The description with the labels of this environment, and without the cursor that only an answer has."""
    narrow = json.loads(json.dumps(DESCRIPTION))
    label = narrow["components"]["schemas"]["DecisionRequest"]["properties"]["label"]
    label.clear()
    label["enum"] = LABELS
    listing = narrow["paths"]["/photos"]["get"]
    listing["parameters"] = [it for it in listing["parameters"] if it["name"] != "cursor"]
    return narrow


@pytest.fixture
def schema(photos: list[str]) -> Any:
    made = schemathesis.openapi.from_wsgi("/openapi.json", Described(Gateway(everybody)))

    @made.hook
    def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        """Half of the ids are of photos that are there."""
        photo = str((path_parameters or {}).get("id"))
        if not re.fullmatch("[0-7][0-9a-f]{63}", photo):
            return path_parameters
        return {**(path_parameters or {}), "id": photos[int(photo[0]) % len(photos)]}

    return made


class Described:
    """The gateway, and where schemathesis reads its description."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/openapi.json":
            return self.gateway(environ, start_response)
        start_response("200 OK", [("content-type", "application/json")])
        return [json.dumps(narrowed()).encode()]


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_as_described(schema, route):
    @bounded
    @given(case=schema[ROUTES[route].path][ROUTES[route].method].as_strategy())
    def send(case):
        told = case.call()
        said = told.json().get("detail", "") if told.status_code in (400, 422) else ""
        refused = any(words in said for words in NOT_SAID_BY_TYPES.get(route, ()))
        case.validate_response(
            told, excluded_checks=[*THE_GATEWAYS, *([checks.positive_data_acceptance] if refused else [])]
        )

    send()


@pytest.mark.parametrize("route", [route for route in ROUTES if route not in BARE])
def test_what_is_wrong_by_its_types_is_refused(schema, route):
    wrong = schema[ROUTES[route].path][ROUTES[route].method].as_strategy(
        generation_mode=GenerationMode.NEGATIVE
    )

    @bounded
    @given(case=wrong)
    def send(case):
        case.call_and_validate(excluded_checks=THE_GATEWAYS)

    send()


@pytest.mark.usefixtures("photos")
@pytest.mark.parametrize("route", ROUTES)
def test_whatever_is_sent_no_call_fails(route):
    described = DESCRIPTION["paths"][ROUTES[route].path][ROUTES[route].method.lower()]["responses"]

    @bounded
    @given(
        photo=st.sampled_from(["0" * 64, "x"]) | texts.filter(bool),
        number=st.integers() | texts.filter(bool),
        body=bodies,
        query=pairs,
        key=st.none() | texts,
        encoded=st.booleans(),
    )
    def send(photo, number, body, query, key, encoded):
        has_id, has_number = "{id}" in route, "{number}" in route
        headers = {} if key is None else {"idempotency-key": key}
        told = everybody.call(
            route,
            photo if has_id else "",
            number if has_number else "",
            body,
            query=query,
            headers=headers,
            encoded=encoded,
        )
        assert str(told.status) in described
        assert told.status < 500
        if told.status >= 400:
            assert told.json.keys() == {"type", "title", "status", "detail"}
            assert told.headers["content-type"] == "application/problem+json"

    send()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "[]",
        "null",
        "{",
        '{"file_name": NaN}',
        '{"file_name": "a", "content_type": "image/gif"}',
        '{"file_name": "a", "content_type": "image/png", "more": 1}',
        '{"file_name": "\\u0000", "content_type": "image/png"}',
        '{"file_name": "\\ud800", "content_type": "image/png"}',
        '{"file_name": "\ud800", "content_type": "image/png"}',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"file_name": 1e999, "content_type": "image/png"}',
        '{"file_name": %s}' % ("9" * 5000),
        json.dumps({"file_name": "a", "content_type": "image/png", "source": "x" * 65}),
        json.dumps({"x" * 100_000: 1}),
        json.dumps({"file_name": "a", "content_type": "image/png", "reference": "a\u3000b"}),
    ],
    ids=lambda body: str(body)[:30],
)
def test_a_body_that_is_wrong_is_refused_by_what_is_wrong(body):
    told = program.call("POST /photos", body=body)
    assert (told.status, told.name) == (400, "InvalidRequest")
    assert told.json["detail"].startswith("the body: ")
    assert len(told.json["detail"]) < 250


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    "content, status",
    [
        (b'{"file_name": "a", "content_type": "image/png"}', 201),
        (b"\xff", 400),
        (b'{"file_name": "\xff"}', 400),
    ],
)
def test_a_body_may_come_as_base64(content, status):
    body = base64.b64encode(content).decode()
    assert program.call("POST /photos", body=body, encoded=True).status == status
    assert program.call("POST /photos", body=f"{body}*", encoded=True).status == 400


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256, "\n"])
def test_a_key_that_is_none_is_refused(key):
    told = program.call(
        "POST /photos",
        body={"file_name": "a", "content_type": "image/png"},
        headers={"idempotency-key": key},
    )
    assert (told.status, told.name) == (400, "InvalidRequest")


@pytest.mark.parametrize("word", ["throttle", "down"])
def test_a_table_that_does_not_answer_is_said_with_when_to_try_again(store, fault, word):
    photo = store.routed(owner=PROGRAM)
    fault(f"dynamodb {word}")
    told = program.see(photo)
    assert (told.status, told.name, told.headers["retry-after"]) == (503, "Unavailable", "2")
    fault("dynamodb up")
    assert program.see(photo).status == 200


def test_what_a_table_had_no_time_for_is_asked_again_a_few_times(store, monkeypatch):
    photo, busy, real = store.routed(owner="lead-1"), [3], api_settings.client("dynamodb")

    def batch_get_item(RequestItems):  # noqa: N803
        if busy[0]:
            busy[0] -= 1
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return real.batch_get_item(RequestItems=RequestItems)

    monkeypatch.setattr(stored, "client", lambda _service: SimpleNamespace(batch_get_item=batch_get_item))
    assert everybody.see(photo).status == 200
    busy[0] = 9
    assert everybody.see(photo).name == "Unavailable"


def test_a_service_that_cannot_be_reached_is_said_too(store, monkeypatch):
    photo = store.routed(owner=PROGRAM)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    assert program.see(photo).name == "Unavailable"


def test_what_does_not_pass_by_itself_is_a_failure_and_logged(store, monkeypatch, capsys):
    monkeypatch.setenv("TABLE", f"missing-{uuid.uuid4()}")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        program.see(store.routed())
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["status"], line["sub"]) == ("ERROR", 500, PROGRAM)


@pytest.mark.parametrize(
    "name", ["TABLE", "REVIEWS", "BUCKET", "STATE_MACHINE", "LABELS", "ALARMS", "GRACE_SECONDS"]
)
def test_a_setting_that_is_missing_is_named(store, monkeypatch, name):
    photo = store.routed()
    monkeypatch.delenv(name)
    with pytest.raises(InvalidSetting, match=name):
        program.see(photo)


@pytest.mark.usefixtures("store")
def test_statistics_are_on_or_off(monkeypatch):
    monkeypatch.setenv("PERSON_STATISTICS", "yes")
    with pytest.raises(InvalidSetting, match="PERSON_STATISTICS"):
        api_settings.settings()
