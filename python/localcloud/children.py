"""Every process the local cloud starts: each leads its own process group, so that it ends with all it started."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from typing import IO, Any, cast

_running: set[subprocess.Popen[bytes]] = set()
_closed = threading.Event()
_lock = threading.Lock()


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child at the head of its own process group, and remember it until `stop`."""
    with _lock:
        if _closed.is_set():
            raise RuntimeError("the local cloud is stopping")
        process = subprocess.Popen(command, start_new_session=True, **options)
        _running.add(process)
    return process


def output(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """What the child prints, if it was started with a pipe."""
    return cast(IO[bytes], process.stdout)


def stop(process: subprocess.Popen[bytes]) -> int:
    """Kill the child with everything it started; answer its return code. To stop it again does nothing."""
    with _lock:
        if process in _running:
            _running.remove(process)
            with contextlib.suppress(ProcessLookupError):  # the whole group has ended by itself
                os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def stop_all() -> None:
    """Kill every child that is left, and start no more."""
    with _lock:
        _closed.set()
        left = list(_running)
    for process in left:
        stop(process)
