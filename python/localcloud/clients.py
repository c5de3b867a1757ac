"""The local cloud's own clients: one per service and region, for what one service does in another."""

import functools
import threading
from typing import Any

import boto3
from botocore.config import Config

CONNECTIONS = 64
READ_SECONDS = 900  # the longest that a Lambda runs

_making = threading.Lock()


def client(service: str, region: str, url: str) -> Any:
    """The client, made once: clients may be shared between threads, making them may not."""
    with _making:
        return _client(service, region, url)


@functools.cache
def _client(service: str, region: str, url: str) -> Any:
    config = Config(
        max_pool_connections=CONNECTIONS,
        parameter_validation=False,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 1},
    )
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - no secret: the local cloud takes any key
        config=config,
    )
