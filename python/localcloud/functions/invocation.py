"""A request to a function: its event, and what the platform tells the runtime beside it.

AWS: each request has an id, a deadline, and a trace that `_X_AMZN_TRACE_ID` names; it goes on where its caller's header
`X-Amzn-Trace-Id` began. The client context comes with the request as JSON in base64.
"""

import base64
import binascii
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud import identifiers


def follow(header: str = "") -> str:
    """The request's place in its caller's trace, or in a new one. Nothing here records traces: none is sampled."""
    caller = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
    root = caller.get("Root") or f"1-{int(time.time()):08x}-{identifiers.digits(24)}"
    return f"Root={root};Parent={identifiers.digits(16)};Sampled={caller.get('Sampled', '0')}"


@dataclass(frozen=True)
class Request:
    """One request. An empty client context is none."""

    event: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace: str = field(default_factory=follow)
    client_context: str = ""

    def message(self, arn: str, timeout: int) -> bytes:
        """What the runtime is told beside the event."""
        return json.dumps(
            {
                "id": self.id,
                "arn": arn,
                "deadline": self.deadline(timeout),
                "trace": self.trace,
                "client_context": self.client_context,
            }
        ).encode()

    @staticmethod
    def deadline(timeout: int) -> int:
        """When the time is used up, in milliseconds since 1970."""
        return int((time.time() + timeout) * 1000)


def read(event: bytes, headers: Mapping[str, str]) -> Request:
    """The request with these headers; a ValueError says what is wrong with it."""
    try:
        json.loads(event or b"{}", parse_constant=_refuse_constant)
    except ValueError as problem:
        raise ValueError(
            f"Could not parse request body into json: Could not parse payload into json: {problem}"
        ) from problem
    try:
        context = base64.b64decode(headers.get("X-Amz-Client-Context", ""), validate=True).decode()
        json.loads(context or "{}")
    except (binascii.Error, ValueError) as problem:
        raise ValueError("Client context must be a valid Base64-encoded JSON object.") from problem
    return Request(event or b"{}", trace=follow(headers.get("X-Amzn-Trace-Id", "")), client_context=context)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"Non-standard token '{name}'")
