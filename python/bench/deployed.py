"""An environment to measure in: `local`, deployed with a fresh model into a local cloud of its own.

It is made once, for all rows that ask for it, and is gone when the measuring ends.
"""

import atexit
import contextlib
import functools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from core import environment
from core.console import UserError
from localcloud.server import running
from operations import workplace

# A model of the standard size; how long it was trained makes no difference to how quickly it answers.
TRAINING = ("--epochs", "6", "--folds", "1", "--min-accuracy", "0.5")


@dataclass(frozen=True)
class Deployed:
    folder: Path  # of the project's copy, where its commands run
    url: str  # of the local cloud
    outputs: dict[str, Any]

    @property
    def data(self) -> Path:
        """The staged data set."""
        return self.folder / "data"

    @property
    def model(self) -> Path:
        """The artefact that is live."""
        return self.folder / "model/model.tar.gz"

    def client(self, service: str) -> Any:
        with self.inside():
            return boto3.client(service)

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Be where its commands run, and see its cloud."""
        with inside(self.folder, self.url):
            yield


@functools.cache
def deploy() -> Deployed:
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    workplace.copy(folder)
    url = stack.enter_context(running())
    with inside(folder, url):
        command("operations.package")
        command("training.stage", "--source", "sample", "--out", "data")
        command("training.train", "--data", "data", "--out", "model", *TRAINING)
        workplace.bootstrap(command)
        workplace.apply(command)
        command("training.promote", "--env", "local", "--run", "model/model.tar.gz")
        workplace.apply(command)
        return Deployed(folder, url, environment.outputs("local"))


@contextlib.contextmanager
def inside(folder: Path, url: str) -> Iterator[None]:
    before = dict(os.environ)
    with contextlib.chdir(folder):
        workplace.use_cloud(url)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def command(module: str, *arguments: str) -> None:
    """Run one of our commands; what it printed is shown only if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise UserError(f"{module} failed: {done.stdout.strip()}")
