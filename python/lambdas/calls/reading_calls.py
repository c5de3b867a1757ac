"""From API Gateway's event (payload format 2.0) to what a route's function is given. Nothing of it is trusted."""

import base64
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from lambdas.calls.api_settings import Settings
from lambdas.calls.api_types import PHOTO_ID, Key, Number
from lambdas.calls.asking import Ask
from lambdas.calls.caller import Caller
from lambdas.calls.problems import InvalidRequest, NotAllowed, PhotoNotFound
from lambdas.calls.route import Route

Event = Mapping[str, Any]
Type = TypeVar("Type")
WHOLE = re.compile(r"-?[0-9]{1,18}")
NUMBERS = ("most",)  # among what a query says


def read(event: Event, route: Route, caller: Caller, given: Settings) -> Ask:
    """The caller first: who may not do it learns nothing about what was sent."""
    if caller.roles.isdisjoint(route.who):
        raise NotAllowed(f"this is for {', '.join(route.who)}")
    path = event.get("pathParameters") or {}
    if "{id}" in route.path and not re.fullmatch(PHOTO_ID, path["id"]):
        raise PhotoNotFound("this is no photo's id")
    return Ask(
        given,
        caller,
        photo=path.get("id", ""),
        number=parse(whole(path["number"]), Number, "the number") if "{number}" in route.path else 0,
        key=read_key(event) if route.has_key else "",
        body=route.body and read_body(event, route.body, route.body_optional),
        query=route.query and read_query(event, route.query),
    )


def read_body(event: Event, kind: type[Type], optional: bool) -> Type:
    text = event.get("body") or ""
    if optional and not text:
        return kind()
    try:
        content = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
        return msgspec.json.decode(content, type=kind)
    # ValueError: of base64, of UTF-8, and msgspec's own.
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body: {error}") from error


def read_query(event: Event, kind: type[Struct]) -> Struct:
    texts = event.get("queryStringParameters") or {}
    values = {name: whole(text) if name in NUMBERS else text for name, text in texts.items()}
    return parse(values, kind, "the query")


def read_key(event: Event) -> str:
    key = event.get("headers", {}).get("idempotency-key")
    return "" if key is None else parse(key, Key, "Idempotency-Key")


def whole(text: str) -> int | str:
    return int(text) if WHOLE.fullmatch(text) else text


def parse(value: object, kind: Any, what: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except ValueError as error:
        raise InvalidRequest(f"{what}: {error}") from error
