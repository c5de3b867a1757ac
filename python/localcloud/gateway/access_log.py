"""A stage's access log: a line for each request, in the stage's own format, and its metrics.

AWS: `$context.<name>` stands for what is known of the request, and for `-` where nothing is. The service writes in its
own name.
"""

import hashlib
import re
import time

from moto.logs.models import logs_backends

from localcloud import logs
from localcloud.gateway import tokens
from localcloud.gateway.api_requests import Exchange
from localcloud.http.exchanges import Outgoing
from localcloud.metrics import series

VARIABLE = re.compile(r"\$context\.(\w+(?:\.[\w:-]+)*)")
ABSENT = "-"
NAMESPACE = "AWS/ApiGateway"
CLIENTS, SERVERS, BEYOND = 400, 500, 600


def write(exchange: Exchange, outgoing: Outgoing) -> None:
    """Write the request's line, if the stage has a log, and publish its metrics."""
    seconds = time.time() - exchange.begun
    _publish(exchange, outgoing, seconds * 1000)
    settings = exchange.stage.access_log_settings or {}
    if not settings.get("destinationArn") or not settings.get("format"):
        return
    group = settings["destinationArn"].split(":log-group:")[1].removesuffix(":*")
    known = describe(exchange, outgoing, seconds)
    line = VARIABLE.sub(lambda it: known.get(it[1]) or ABSENT, settings["format"])
    backend = logs_backends[exchange.account][exchange.region]
    name = hashlib.sha256(f"{exchange.api.api_id}/{exchange.stage.name}".encode()).hexdigest()[:32]
    logs.Stream(backend, group, name).write([line])


def describe(exchange: Exchange, outgoing: Outgoing, seconds: float) -> dict[str, str]:
    """By its name in `$context`, what is known of the request."""
    incoming = exchange.incoming
    agent = incoming.headers.get("user-agent", "").replace("\\", "\\\\").replace('"', '\\"')
    claims = exchange.granted.claims if exchange.granted else {}
    return {
        "accountId": exchange.account,
        "apiId": exchange.api.api_id,
        "dataProcessed": str(len(incoming.body) + len(outgoing.body)),
        "domainName": exchange.domain,
        "domainPrefix": exchange.api.api_id,
        "extendedRequestId": exchange.id,
        "httpMethod": incoming.method,
        "identity.sourceIp": incoming.source_ip,
        "identity.userAgent": agent,
        "path": exchange.raw_path,
        "protocol": incoming.protocol,
        "requestId": exchange.id,
        "requestTime": exchange.time,
        "requestTimeEpoch": str(exchange.milliseconds),
        "responseLatency": str(int(seconds * 1000)),
        "responseLength": str(len(outgoing.body)),
        "routeKey": exchange.route.route_key if exchange.route else "",
        "stage": exchange.stage.name,
        "status": str(outgoing.status),
        **{f"authorizer.claims.{name}": tokens.write(value) for name, value in claims.items()},
        **exchange.known,
    }


def _publish(exchange: Exchange, outgoing: Outgoing, milliseconds: float) -> None:
    """AWS: of the API, of its stage, and of the route where the stage asks for it."""
    place = series.Place(exchange.account, exchange.region)
    api, stage = {"ApiId": exchange.api.api_id}, {"Stage": exchange.stage.name}
    wanted = [api, api | stage]
    settings = exchange.stage.default_route_settings
    if exchange.route:
        settings = settings | exchange.stage.route_settings.get(exchange.route.route_key, {})
        if settings.get("detailedMetricsEnabled"):
            method, _, path = exchange.route.route_key.partition(" ")
            wanted.append(api | stage | {"Method": method, "Resource": path})
    counts = {
        "Count": 1.0,
        "4xx": float(CLIENTS <= outgoing.status < SERVERS),
        "5xx": float(SERVERS <= outgoing.status < BEYOND),
    }
    times = {"Latency": milliseconds}
    if "integrationLatency" in exchange.known:
        times["IntegrationLatency"] = float(exchange.known["integrationLatency"])
    for dimensions in wanted:
        series.publish(place, NAMESPACE, dimensions, counts)
        series.publish(place, NAMESPACE, dimensions, times, "Milliseconds")
        processed = {"DataProcessed": float(len(exchange.incoming.body) + len(outgoing.body))}
        series.publish(place, NAMESPACE, dimensions, processed, "Bytes")
