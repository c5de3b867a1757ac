"""What an environment's delivery rests on, as points of a list: each as it is found, why it matters, what sets it.

Nothing is set that nobody has asked for: at a terminal each request is shown and asked about, `--yes` says yes to all.
"""

import json
import shlex
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from core.console import UserError
from core.contract.shapes import Json
from delivery import github


@dataclass(frozen=True)
class Request:
    """One request that sets something. The body is JSON text, so that equal requests are one."""

    method: str
    path: str
    body: str

    def command(self) -> str:
        """The same by GitHub's tool, for a shell."""
        place = shlex.quote(f"repos/{github.repository()}/{self.path}")
        call = f"gh api --method {self.method} {place}"
        return f"echo {shlex.quote(self.body)} | {call} --input -" if self.body else call

    def send(self) -> None:
        github.send(self.method, self.path, json.loads(self.body) if self.body else None)


@dataclass(frozen=True)
class Point:
    what: str
    found: str | None  # what is the case instead; None if all is well
    why: str
    requests: tuple[Request, ...] = ()
    advice: str = ""  # what to do where no request does it


def request(method: str, path: str, body: Json | None = None) -> Request:
    return Request(method, path, json.dumps(body) if body else "")


def missing(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if point.found is not None]


def show(points: Iterable[Point]) -> None:
    shown: set[Request] = set()
    for point in points:
        if point.found is None:
            print(f"ok       {point.what}")
            continue
        print(f"MISSING  {point.what}\n         found: {point.found}\n         why: {point.why}")
        for it in point.requests:
            print("         set it: as above" if it in shown else f"         set it: {it.command()}")
            shown.add(it)
        if point.advice:
            print(f"         do: {point.advice}")


def offer(points: Iterable[Point], yes: bool) -> bool:
    """Send what sets the points that are missing, each request once and only if wanted; whether one was sent."""
    wanted = dict.fromkeys(it for point in missing(points) for it in point.requests)
    sent = False
    for it in wanted:
        if not (yes or agree(it)):
            continue
        sent = True
        try:
            it.send()
            print(f"set: {it.method} {it.path}")
        except UserError as error:
            print(f"not set: {error}")
    return sent


def agree(it: Request) -> bool:
    """Whether somebody at a terminal wants it."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(f"{it.command()}\nDo this now? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False
