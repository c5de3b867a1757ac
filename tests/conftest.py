"""The local cloud, one for the whole test run, clients of it, and which tests a fresh machine leaves out."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from localcloud import server

REGION = "us-east-1"


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    """The URL of a local cloud of its own."""
    with server.running() as url:
        yield url


@pytest.fixture(scope="session")
def aws(cloud: str) -> Callable[[str], Any]:
    """Make a client of the local cloud: `aws("s3")`. It tries each request once."""
    return lambda service: client(service, cloud)


def client(service: str, url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, config=config, **keys)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get("SCONES_CIFAR100"):
        skip = pytest.mark.skip(reason="needs real photographs: let SCONES_CIFAR100 name a CIFAR-100 archive")
        for item in items:
            if item.get_closest_marker("photographs"):
                item.add_marker(skip)
