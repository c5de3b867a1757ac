"""Runs a command that is interrupted once, as by Ctrl-C, whatever comes and however often: so it can bring to an end
what it is at.

    python3 python/operations/interrupts.py bash -e SCRIPT      the shell of a step in GitHub Actions

A cancelled step's first process gets SIGINT, SIGTERM 7.5 seconds later, and after another 2.5 everything is killed.
Bash and make pass on none of it in time. Terraform takes a second signal for an order to leave at once, without saving
its state, and its provider dies of SIGTERM. So all below gets one SIGINT, at the first signal.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType

LOOK_SECONDS = 1.0
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def call(
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    *,
    together: bool = False,
    read: Callable[[str], None] | None = None,
    lives: Callable[[], bool] | None = None,
) -> int:
    """Run the command in a session of its own, where signals reach it through here only; its status, as in a shell.

    `together` puts its errors among the rest of what it prints, so that the order is kept. Who wants to `read` gets
    each line, errors among them, and nobody else does. When what it works in `lives` no more, all of it is killed.
    """
    came: list[int] = []
    untold: list[int] = []

    def tell(number: int, _: FrameType | None) -> None:
        came.append(number)
        pass_on()

    def pass_on() -> None:
        # Whoever takes it out of the list tells it, so that it is told once, at whatever line a signal comes.
        with contextlib.suppress(IndexError, ProcessLookupError):
            os.killpg(untold.pop(), signal.SIGINT)

    before = {number: signal.signal(number, tell) for number in SIGNALS}
    errors = subprocess.STDOUT if together or read else None
    lines = subprocess.PIPE if read else None
    try:
        with subprocess.Popen(
            command, env=variables, start_new_session=True, stdout=lines, stderr=errors, text=True
        ) as child:
            untold.append(child.pid)
            if came:  # while it was started
                pass_on()
            with looked_at(child, lives):
                if read:
                    for line in child.stdout or ():
                        read(line)
                status = child.wait()
            untold.clear()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def looked_at(child: subprocess.Popen[str], lives: Callable[[], bool] | None) -> Iterator[None]:
    """Kill the child, and all that it started, when what it works in lives no more."""
    if lives is None:
        yield
        return
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if not lives():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                return

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        over.set()
        looking.join()


if __name__ == "__main__":
    sys.exit(call(sys.argv[1:]))
