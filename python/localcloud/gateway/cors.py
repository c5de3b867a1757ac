"""An API's CORS configuration: what browsers are told.

AWS: the gateway answers a preflight request itself, with 204 and without an authorizer, whether or not the API has a
route for it; the headers come if the configuration has the origin. Every other answer gets those for its origin, and
what the function says of CORS is left out.
"""

from typing import Any

from moto.apigatewayv2.models import Api

from localcloud.http.exchanges import Incoming, Outgoing

PREFIX = "access-control-"
ANY = "*"


def answer_preflight(api: Api, incoming: Incoming) -> Outgoing | None:
    """The answer to a preflight request, if it is one and the API has a configuration."""
    asks = incoming.method == "OPTIONS" and "access-control-request-method" in incoming.headers
    settings = _read(api)
    if not settings or not asks or "origin" not in incoming.headers:
        return None
    origin = _allowed(settings, incoming.headers["origin"])
    if not origin:
        return Outgoing(204)
    told = {
        "allow-origin": origin,
        "allow-methods": ",".join(settings.get("allowMethods") or ()),
        "allow-headers": ",".join(settings.get("allowHeaders") or ()),
        "max-age": str(settings.get("maxAge") or ""),
        "allow-credentials": "true" if settings.get("allowCredentials") else "",
    }
    return Outgoing(204, headers=[(PREFIX + name, value) for name, value in told.items() if value])


def add(api: Api, incoming: Incoming, outgoing: Outgoing) -> None:
    """Give an answer the headers for its origin, and no others of CORS."""
    settings = _read(api)
    if not settings:
        return
    outgoing.headers = [it for it in outgoing.headers if not it[0].lower().startswith(PREFIX)]
    origin = _allowed(settings, incoming.headers.get("origin", ""))
    if not origin:
        return
    told = {
        "allow-origin": origin,
        "expose-headers": ",".join(settings.get("exposeHeaders") or ()),
        "allow-credentials": "true" if settings.get("allowCredentials") else "",
    }
    outgoing.headers += [(PREFIX + name, value) for name, value in told.items() if value]


def _read(api: Api) -> dict[str, Any]:
    return api.cors_configuration or {}  # type: ignore[return-value]


def _allowed(settings: dict[str, Any], origin: str) -> str:
    """What the header says of this origin; nothing if the configuration does not have it."""
    for allowed in settings.get("allowOrigins") or ():
        if allowed == ANY:
            return ANY if origin else ""
        if origin and allowed.endswith("//*") and origin.startswith(allowed[:-1]):
            return origin
        if allowed.lower() == origin.lower():
            return origin
    return ""
