"""How the demo runs the project's commands, one after the other, and says where it is."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from core.console import UserError, out

STARTED = time.monotonic()
RUNNING: list[subprocess.Popen[bytes]] = []


def step(title: str) -> None:
    out.print(f"\n[bold cyan]{seconds():5.0f} s[/]  [bold]{title}[/]", markup=True)


def seconds() -> float:
    """Since the demo has begun."""
    return time.monotonic() - STARTED


def log_file() -> Path:
    return Path.cwd().parent / "log.txt"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", *map(str, arguments)]


def visibly(*arguments: object) -> None:
    """Run one of our commands where the user sees it."""
    if status := subprocess.run(command(*arguments)).returncode:
        raise SystemExit(status)  # it has said what is wrong


def quietly(*arguments: object) -> None:
    """Run one of our commands; what it prints goes to the log, and its end to the user if it fails."""
    path = log_file()
    with path.open("a") as log:
        process = subprocess.Popen(command(*arguments), stdout=log, stderr=subprocess.STDOUT)
    RUNNING.append(process)
    if process.wait():
        tail = "\n".join(path.read_text().splitlines()[-15:])
        raise UserError(f"a step failed, {path} has all of it; it ends with:\n{tail}")


def interrupt() -> None:
    """End what still runs beside a step that failed; Terraform then stops in good order."""
    for process in RUNNING:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
