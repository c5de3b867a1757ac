"""What a function answers, as HTTP: payload format 2.0.

AWS: an object with a `statusCode` is the answer, its body text or base64, of the type text/plain unless a header says
another; anything else that is JSON is the body of a 200. What it cannot make an answer of is an error of the function.
"""

import base64
import binascii
import json
from typing import Any

from localcloud.http.exchanges import JSON, Outgoing

TYPE = "content-type"
PLAIN = "text/plain;charset=UTF-8"
OF_THE_CONNECTION = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")
LOWEST, HIGHEST = 100, 599


class Malformed(ValueError):
    """It is no answer."""


def read(payload: bytes) -> Outgoing:
    """The answer; raise Malformed."""
    try:
        found = json.loads(payload)
    except ValueError as error:
        raise Malformed("the function's answer is not JSON") from error
    if not isinstance(found, dict) or "statusCode" not in found:
        text = found.encode() if isinstance(found, str) else payload
        return Outgoing(200, text, [(TYPE, JSON)])
    headers = _headers(found.get("headers") or {})
    if not any(name.lower() == TYPE for name, _ in headers):
        headers.append((TYPE, PLAIN))
    headers += [("set-cookie", _write(cookie)) for cookie in found.get("cookies") or ()]
    return Outgoing(_status(found["statusCode"]), _body(found), headers)


def _status(given: Any) -> int:
    try:
        status = int(given)
    except (TypeError, ValueError) as error:
        raise Malformed("statusCode is no number") from error
    if isinstance(given, bool) or not LOWEST <= status <= HIGHEST:
        raise Malformed("statusCode is no status")
    return status


def _headers(given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, dict):
        raise Malformed("headers is no object")
    return [
        (str(name), _write(value)) for name, value in given.items() if name.lower() not in OF_THE_CONNECTION
    ]


def _write(value: Any) -> str:
    """A header's value as it can be sent: beyond ASCII in UTF-8."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if "\n" in text or "\r" in text:
        raise Malformed("a header has more than one line")
    return text.encode().decode("latin1")


def _body(found: dict[str, Any]) -> bytes:
    body = found.get("body")
    if body is None:
        return b""
    text = body if isinstance(body, str) else json.dumps(body)
    if not found.get("isBase64Encoded"):
        return text.encode()
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise Malformed("the body is no base64") from error
