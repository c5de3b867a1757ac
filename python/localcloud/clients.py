"""The local cloud's own clients: one per service, region and caller, for what one service does in another.

They sign as the role that the one service was given, or as that service (see `access.principals`). Their requests
reach the local cloud without a connection (see `http.inside`).
"""

import functools
import threading
from typing import Any
from wsgiref.types import WSGIApplication

import boto3
from botocore.config import Config

from localcloud.access.principals import ADMINISTRATOR, Credentials
from localcloud.http.inside import Inside

CONNECTIONS = 64
READ_SECONDS = 900  # the longest that a Lambda runs
USER_AGENT = "localcloud"  # botocore puts its own together anew for each request

_making = threading.Lock()
_inside: dict[str, Inside] = {}  # by URL


def install(url: str, application: WSGIApplication) -> None:
    """From here on the clients of this URL ask the application itself."""
    _inside[url] = Inside(url, application)


def client(service: str, region: str, url: str, caller: Credentials = ADMINISTRATOR) -> Any:
    """The client, made once: clients may be shared between threads, making them may not."""
    with _making:
        return _client(service, region, url, caller)


@functools.cache
def _client(service: str, region: str, url: str, caller: Credentials) -> Any:
    config = Config(
        max_pool_connections=CONNECTIONS,
        parameter_validation=False,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},
        user_agent=USER_AGENT,
    )
    made = boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id=caller.key,
        aws_secret_access_key=caller.secret,
        aws_session_token=caller.token,
        config=config,
    )
    if url in _inside:
        made.meta.events.register("before-send", _inside[url].send)
    return made
