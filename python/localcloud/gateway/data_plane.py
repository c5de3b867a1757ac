"""The data plane of HTTP APIs: requests to an API's address are matched, authorized, let through and answered.

AWS: in this order a preflight request is answered, a route found, the limit of the route looked at, the token judged,
and the integration called; the gateway's own answers are JSON with a `message`, and each answer has its request's id.
AWS: whoever asks for an API's address alone asks for the path `/`. Here that address has a path, and a browser is sent
on to the one that ends in a slash, from which what its page names is found.
"""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from localcloud.gateway import access_log, control_plane, cors, integration, routes, throttles, tokens
from localcloud.gateway.api_requests import Exchange
from localcloud.http import exchanges
from localcloud.http.exchanges import Incoming, Outgoing, say

DEFAULT_STAGE = "$default"
MOST_BYTES = 10 * 1024 * 1024
NOT_FOUND, UNAUTHORIZED, FORBIDDEN = "Not Found", "Unauthorized", "Forbidden"
TOO_MANY = "Too Many Requests"


def serve(application: WSGIApplication) -> WSGIApplication:
    """The application, which answers the requests to APIs as well."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(control_plane.PREFIX):
            return application(environ, start_response)
        incoming = exchanges.read(environ)
        return respond(incoming).send(incoming.method, start_response)

    return answer


def respond(incoming: Incoming) -> Outgoing:
    """The answer to a request below the prefix."""
    api_id, *segments = incoming.segments[2:]
    api = control_plane.find(api_id)
    if api and not segments and incoming.method == "GET":
        return Outgoing(308, headers=[("location", f"{incoming.path}/?{incoming.query}".rstrip("?"))])
    if api is None or api.disable_execute_api_endpoint:
        return say(404, {"message": NOT_FOUND})
    named = segments[0] if segments else ""
    stage = api.stages.get(named) if named else None
    if stage is not None:
        segments = segments[1:]
    stage = stage or api.stages.get(DEFAULT_STAGE)
    if stage is None:
        return say(404, {"message": NOT_FOUND})
    exchange = Exchange(api, stage, incoming, segments or [""])
    preflight = cors.answer_preflight(api, incoming)
    outgoing = preflight or _answer(exchange)
    if not preflight:
        cors.add(api, incoming, outgoing)
    outgoing.headers.append(("apigw-requestid", exchange.id))
    access_log.write(exchange, outgoing)
    return outgoing


def _answer(exchange: Exchange) -> Outgoing:
    api, incoming = exchange.api, exchange.incoming
    taken = routes.find(list(api.routes.values()), incoming.method, exchange.segments)
    if taken is None:
        return _refuse(exchange, 404, NOT_FOUND)
    exchange.route, exchange.variables = taken
    if not throttles.let_through(api.api_id, exchange.stage, taken.route.route_key):
        return _refuse(exchange, 429, TOO_MANY)
    if taken.route.authorization_type == "JWT":
        authorizer = api.authorizers[taken.route.authorizer_id or ""]
        try:
            exchange.granted = tokens.authorize(
                authorizer, taken.route.authorization_scopes or [], incoming.headers
            )
        except tokens.Refused as refused:
            exchange.known["authorizer.error"] = str(refused)
            message = UNAUTHORIZED if refused.status == 401 else FORBIDDEN
            return _refuse(exchange, refused.status, message, ("www-authenticate", refused.challenge))
    elif taken.route.authorization_type not in (None, "", "NONE"):
        raise NotImplementedError("the local cloud's APIs know JWT authorizers only")
    if len(incoming.body) > MOST_BYTES:
        return _refuse(exchange, 413, integration.TOO_LARGE)
    target = (taken.route.target or "").rpartition("/")[2]
    if target not in api.integrations:
        return _refuse(exchange, 500, integration.ERROR)
    return integration.call(exchange, api.integrations[target])


def _refuse(exchange: Exchange, status: int, message: str, *headers: tuple[str, str]) -> Outgoing:
    exchange.known["error.message"] = message
    exchange.known["error.messageString"] = f'"{message}"'
    return say(status, {"message": message}, *headers)
