"""Which tests need something that a fresh machine does not have."""

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get("SCONES_CIFAR100"):
        skip = pytest.mark.skip(reason="needs real photographs: let SCONES_CIFAR100 name a CIFAR-100 archive")
        for item in items:
            if item.get_closest_marker("photographs"):
                item.add_marker(skip)
