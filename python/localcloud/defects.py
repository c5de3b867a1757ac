"""What fails inside the local cloud is a defect of it: one line for whoever watches, the traceback into its log.

The log is made when there is something to write. What fails while the local cloud stops is no defect.
"""

import sys
import threading
import traceback
from pathlib import Path

LONGEST = 300  # characters of a message: some of moto's have a page

_log: Path | None = None
_writing = threading.Lock()


def install(log: Path) -> None:
    """From here on nothing prints a traceback, in whatever thread it fails."""
    global _log
    _log = log.resolve()
    sys.excepthook = lambda _kind, error, _trace: _print(error)
    threading.excepthook = lambda failed: _print(failed.exc_value)


def stop() -> None:
    """The local cloud stops: what its threads wait for is gone."""
    global _log
    _log = None


def report(error: BaseException) -> str:
    """Write the traceback to the log and the line to standard error; answer the line, for whoever asked."""
    message = " ".join(str(error).split())[:LONGEST]
    line = f"the local cloud failed, by a defect of its own: {type(error).__name__}: {message}"
    with _writing:
        if _log is None:
            return line
        _log.parent.mkdir(parents=True, exist_ok=True)
        with _log.open("a") as log:
            log.write("".join(traceback.format_exception(error)) + "\n")
        line = f"{line}. Its log: {_log}"
        print(line, file=sys.stderr, flush=True)
    return line


def _print(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, SystemExit):
        report(error)
