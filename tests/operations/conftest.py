"""Where bulk runs are tried."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.operations.bulk_place import Place

from operations import bulk_progress
from operations.bulk_run import Run


@pytest.fixture
def place(
    aws: Callable[[str], Any], cloud_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Place:
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bulk_progress, "LOOK_SECONDS", 0.05)
    made = Place(aws, monkeypatch)
    made.deploy()
    return made


@pytest.fixture
def asked() -> Callable[[Run], list[str]]:
    """Note the requests of a run's clients: `noted = asked(run)`."""

    def note(run: Run) -> list[str]:
        noted: list[str] = []
        for client in (run.s3, run.steps):
            client.meta.events.register("before-call", lambda model, **_: noted.append(model.name))
        return noted

    return note
