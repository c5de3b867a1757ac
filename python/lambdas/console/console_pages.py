"""GET / and GET /review, the console's pages, and GET /console/{version}/{file}, what they load.

Whoever asks is anybody: a page holds nothing of a photo or a person, and asks the API in the name of who signs in.
A template has texts' names in it, {{section.key}}, the {{=version}} of the files, and once the {{=settings}}.
"""

import base64
import functools
import gzip
import hashlib
import html
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.contract.shapes import Json
from lambdas.calls.api_settings import Settings, settings
from lambdas.console import console_files, console_policy, console_sign_in
from lambdas.console.console_policy import YEAR

PLACE = re.compile(r"{{(=?)(\w+)(?:\.(\w+))?}}")
SHARED = "shared"  # the section of texts that both pages have
HTML, PLAIN = "text/html; charset=utf-8", "text/plain; charset=utf-8"
# Each time it is asked whether there is another; what has its version in its address never changes.
AGAIN, FOR_EVER = "no-cache", f"public, max-age={YEAR}, immutable"
Event = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """An answer of bytes."""

    status: int
    content: bytes
    headers: dict[str, str]

    def write(self) -> Json:
        return {
            "statusCode": self.status,
            "headers": self.headers,
            "body": base64.b64encode(self.content).decode(),
            "isBase64Encoded": True,
        }


def show(name: str, event: Event) -> Page:
    given = settings()
    sign_in = console_sign_in.endpoints(given.pool)
    content = render(name, given, sign_in).encode()
    return send(event, content, HTML, AGAIN, console_policy.of_page(given, sign_in))


def render(name: str, given: Settings, sign_in: Json) -> str:
    texts = console_files.texts()
    about = {
        "texts": {section: texts[section] for section in (SHARED, name)},
        "page": name,
        "labels": given.labels,
        "grace_seconds": given.grace_seconds,
        "sign_in": {"client": given.people, **sign_in},
    }
    made = {
        "version": console_files.version(),
        # Inside a script element nothing is escaped, and only `<` could end it.
        "settings": json.dumps(about, separators=(",", ":")).replace("<", "\\u003c"),
    }

    def fill(place: re.Match[str]) -> str:
        is_made, first, key = place.groups()
        return made[first] if is_made else html.escape(texts[first][key])

    return PLACE.sub(fill, console_files.contents()[f"{name}.html"].decode())


def load(event: Event) -> Page:
    path = event["pathParameters"]
    found = console_files.find(path["version"], path["file"])
    if found is None:
        headers = {**console_policy.OF_FILES, "content-type": PLAIN, "cache-control": "no-store"}
        return Page(404, b"There is no such file.\n", headers)
    return send(event, *found, FOR_EVER, console_policy.OF_FILES)


def send(event: Event, content: bytes, kind: str, cached: str, policy: dict[str, str]) -> Page:
    """As the browser takes it, or only that it has it already."""
    asked = event.get("headers") or {}
    # Weak: it is the same one, compressed or not.
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**policy, "cache-control": cached, "etag": tag, "vary": "accept-encoding"}
    if has_it(asked.get("if-none-match", ""), tag):
        return Page(304, b"", headers)
    headers["content-type"] = kind
    if takes_gzip(asked.get("accept-encoding", "")):
        return Page(200, compress(content), headers | {"content-encoding": "gzip"})
    return Page(200, content, headers)


def has_it(named: str, tag: str) -> bool:
    tags = [it.strip().removeprefix("W/") for it in named.split(",")]
    return tag.removeprefix("W/") in tags or tags == ["*"]


def takes_gzip(accepted: str) -> bool:
    for offer in accepted.lower().split(","):
        name, _, weight = offer.replace(" ", "").partition(";")
        if name in ("gzip", "*"):
            return not re.fullmatch(r"q=0(\.0*)?", weight)
    return False


@functools.lru_cache(maxsize=64)
def compress(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


# Terraform declares the same, without an authorizer; a test compares.
PUBLIC: dict[str, Callable[[Event], Page]] = {
    "GET /": functools.partial(show, "arrivals"),
    "GET /review": functools.partial(show, "review"),
    "GET /console/{version}/{file}": load,
}
