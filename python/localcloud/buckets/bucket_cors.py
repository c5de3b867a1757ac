"""A bucket's CORS configuration: what browsers are told.

AWS: the first rule counts that has the origin, the method and the headers; a preflight request that no rule has is
refused with 403, and any other request is answered without the headers.
moto 5.2.5 tells every browser that it may do everything, and goes by the last rule.
"""

import re
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.s3.models import FakeBucket, s3_backends
from werkzeug.test import run_wsgi_app

from localcloud.buckets.bucket_errors import Refused
from localcloud.http.exchanges import Outgoing

PREFIX = "access-control-"
NOT_ALLOWED = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)
NOT_ENABLED = "CORSResponse: CORS is not enabled for this bucket."
NO_ORIGIN = "Insufficient information. Origin request header needed."
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def serve(application: WSGIApplication) -> WSGIApplication:
    """The application, which tells browsers what a bucket's configuration says."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        preflight = environ["REQUEST_METHOD"] == "OPTIONS"
        if not preflight and "HTTP_ORIGIN" not in environ:
            return application(environ, start_response)
        bucket = find_bucket(environ["PATH_INFO"])
        if bucket is None:
            return application(environ, start_response)
        if preflight:
            return _answer_preflight(bucket, environ).send("OPTIONS", start_response)
        parts, status, headers = run_wsgi_app(application, environ, buffered=True)
        kept = [it for it in headers.to_wsgi_list() if not it[0].lower().startswith(PREFIX)]
        told = find_headers(bucket, environ["HTTP_ORIGIN"], environ["REQUEST_METHOD"], [])
        start_response(status, [*kept, *(told or [])])
        return [b"".join(parts)]

    return answer


def _answer_preflight(bucket: FakeBucket, environ: WSGIEnvironment) -> Outgoing:
    origin, method = environ.get("HTTP_ORIGIN"), environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    wanted = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    if not origin:
        return Refused(400, "BadRequest", NO_ORIGIN).answer()
    names = [it.strip().lower() for it in wanted.split(",") if it.strip()]
    told = find_headers(bucket, origin, method, names)
    if told is None:
        said = NOT_ALLOWED if bucket.cors else NOT_ENABLED
        more = {"Method": method, "ResourceType": "OBJECT"}
        return Refused(403, "AccessForbidden", said, more).answer()
    if names:
        told.append(("Access-Control-Allow-Headers", ", ".join(names)))
    return Outgoing(200, headers=told)


def find_headers(
    bucket: FakeBucket, origin: str, method: str, names: list[str]
) -> list[tuple[str, str]] | None:
    """What the first rule says that has all of these; None if none has."""
    for rule in bucket.cors:
        origins, headers = _listed(rule.allowed_origins), _listed(rule.allowed_headers)
        matching = [it for it in origins if _matches(it, origin)]
        if not matching or method not in _listed(rule.allowed_methods):
            continue
        if not all(any(_matches(it.lower(), name) for it in headers) for name in names):
            continue
        anybody = matching[0] == "*"
        told = {
            "Allow-Origin": "*" if anybody else origin,
            "Allow-Methods": ", ".join(_listed(rule.allowed_methods)),
            "Expose-Headers": ", ".join(_listed(rule.exposed_headers)),
            "Max-Age": str(rule.max_age_seconds or ""),
            "Allow-Credentials": "" if anybody else "true",
        }
        found = [(f"Access-Control-{name}", value) for name, value in told.items() if value]
        return [*found, ("Vary", VARY)]
    return None


def find_bucket(path: str) -> FakeBucket | None:
    """The bucket that a path begins with."""
    name = path.removeprefix("/").partition("/")[0]
    partition, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return s3_backends[account][partition].buckets.get(name) if account else None


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
