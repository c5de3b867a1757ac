"""What a training writes takes the place of what was there when all of it is written, and not before."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from core.console import UserError


@contextlib.contextmanager
def write_beside(folder: Path, first: str) -> Iterator[Path]:
    """A new folder beside this one, whose files are moved into it at the end, this one first.

    What else is in the folder stays. Whatever fails, a full disk among it, leaves the folder as it was.
    """
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as new:
        with say_if_full(folder):
            yield Path(new)
        for path in sorted(Path(new).iterdir(), key=lambda it: (it.name != first, it.name)):
            path.replace(folder / path.name)


@contextlib.contextmanager
def say_if_full(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror or error}): what was there is as it was"
        ) from error


def make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made ({error.strerror}): name another folder") from error
