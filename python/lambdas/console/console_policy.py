"""What a browser may do with what the console serves: load and send nothing but what is named here."""

from urllib.parse import urlsplit

from core.contract.shapes import Json
from lambdas.calls.api_settings import Settings, client

YEAR = 365 * 24 * 60 * 60
OF_ALL = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    # Of this host alone: below a name of one's own there may be others, which are somebody else's.
    "strict-transport-security": f"max-age={YEAR}",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# A picture or a style that is opened by itself is no page.
OF_FILES = {**OF_ALL, "content-security-policy": "default-src 'none'; frame-ancestors 'none'"}


def of_page(given: Settings, sign_in: Json) -> dict[str, str]:
    """A page runs its own scripts, talks to the API, the pool and the bucket, and shows the bucket's pictures."""
    bucket = find_bucket(given)
    pool = {find_origin(sign_in[name]) for name in ("token", "revoke")}
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:", bucket],
        "connect-src": ["'self'", *sorted(pool | {bucket})],
        "media-src": ["blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["'none'"],
    }
    return {
        **OF_ALL,
        "content-security-policy": "; ".join(" ".join([name, *values]) for name, values in rules.items()),
    }


def find_bucket(given: Settings) -> str:
    """Where the pictures come from and the forms go, by an address that leads to none."""
    where = {"Bucket": given.bucket, "Key": "-"}
    return find_origin(client("s3").generate_presigned_url("get_object", where, 1))


def find_origin(address: str) -> str:
    place = urlsplit(address)
    return f"{place.scheme}://{place.netloc}"
