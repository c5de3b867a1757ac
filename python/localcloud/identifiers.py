"""Identifiers, two dozen for each photo: drawn in this process.

`uuid.uuid4` asks the system, and who asks the system gives Python's lock away: while sixteen executions are under way,
each such question waits for a turn among them.
"""

import random
import uuid

_drawn = random.Random()  # noqa: S311 - they are to be different, not secret


def install() -> None:
    """Let whatever runs in this process draw its own."""
    uuid.uuid4 = make


def make() -> uuid.UUID:
    """As `uuid.uuid4`."""
    return uuid.UUID(int=_drawn.getrandbits(128), version=4)


def digits(many: int) -> str:
    """So many hexadecimal digits."""
    return f"{_drawn.getrandbits(4 * many):0{many}x}"
