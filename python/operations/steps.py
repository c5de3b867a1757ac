"""The steps of a deployment, as the commands note them that take them: build/deployments/ENV.jsonl, for the record.

    with steps.take(env, "verify") as step:
        step.saw["captured"] = ...

    @steps.noted("approve")
    def main() -> None:

A step is noted when it begins and when it ends, so that one which was killed is known as well. One that begins again
takes with it what came after it: a new plan makes a new deployment.
"""

import functools
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core import environment
from core.contract.shapes import Json

FOLDER = Path("build/deployments")


@dataclass
class Step:
    name: str
    began: str
    seconds: float | None = None  # none of a step that has not ended
    error: str | None = None
    saw: Json = field(default_factory=dict)


@contextmanager
def take(env: str, name: str) -> Iterator[Step]:
    """Note a step of the environment's deployment while it lasts."""
    step, started = Step(name, datetime.now(UTC).isoformat(timespec="seconds")), time.monotonic()
    _note(env, step)
    try:
        yield step
    except BaseException as error:
        step.error = str(error) or type(error).__name__
        raise
    finally:
        step.seconds = round(time.monotonic() - started, 1)
        _note(env, step)


def noted(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A command that is a step, of the environment that is its first argument."""

    def wrap(main: Callable[[], None]) -> Callable[[], None]:
        @functools.wraps(main)
        def run() -> None:
            env = next((it for it in sys.argv[1:] if not it.startswith("-")), None)
            if env is None:
                main()  # which says what is missing, or what --help asks for
                return
            environment.check(env)
            with take(env, name):
                main()

        return run

    return wrap


def read(env: str) -> list[Step]:
    """The steps that were taken since the last record, in their order."""
    found: dict[str, Step] = {}
    path = _path(env)
    for line in path.read_text().splitlines() if path.is_file() else ():
        step = Step(**json.loads(line))
        if step.seconds is None and step.name in found:
            names = list(found)
            for name in names[names.index(step.name) :]:
                del found[name]
        found[step.name] = step
    return list(found.values())


def forget(env: str) -> None:
    """The deployment has ended."""
    _path(env).unlink(missing_ok=True)


def _path(env: str) -> Path:
    return FOLDER / f"{env}.jsonl"


def _note(env: str, step: Step) -> None:
    path = _path(env)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(step)) + "\n")
