"""How busy the machine is with what others do, while something is measured.

It is the processors' time, by /proc/stat, without that of this process and of all that it has started. Where there
is no /proc, it is the load when the measuring began, before there was anything of our own.
"""

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
IDLE = (3, 4)  # of /proc/stat's columns: idle, and idle while a disk is waited for
COUNTED = 8  # the columns behind are of guests, and counted in the first two already
# Of /proc/<process>/stat, behind the name: the parent, and the time of the process itself and of its ended children.
PARENT, TIMES = 1, slice(11, 15)


@dataclass(frozen=True)
class Reading:
    """Of the processors' time since the machine began, in ticks."""

    total: int
    used: int
    ours: int


class Watch:
    """It runs while its context lasts, as often as wanted, and sums up."""

    def __init__(self) -> None:
        self.load = load()
        self.total = self.others = 0

    def __enter__(self) -> None:
        self.began = read() if counts() else None

    def __exit__(self, *_: object) -> None:
        if self.began:
            ended = read()
            self.total += ended.total - self.began.total
            self.others += others(self.began, ended)

    def share(self) -> float:
        """The share of the machine, from 0 to 1, that others used."""
        return self.others / self.total if self.total else self.load


def counts() -> bool:
    return (PROC / "stat").exists()


@functools.cache
def load() -> float:
    return min(os.getloadavg()[0] / (os.cpu_count() or 1), 1.0)


def others(began: Reading, ended: Reading) -> int:
    """Ticks; the kernel's own books differ by a few, and nobody works less than nothing."""
    return max(ended.used - began.used - (ended.ours - began.ours), 0)


def read() -> Reading:
    columns = [int(it) for it in (PROC / "stat").read_text().splitlines()[0].split()[1 : COUNTED + 1]]
    return Reading(sum(columns), sum(columns) - sum(columns[place] for place in IDLE), ours())


def ours() -> int:
    """The time of this process, and of all below it."""
    children: dict[int, list[int]] = {}
    times: dict[int, int] = {}
    for process, columns in processes():
        children.setdefault(int(columns[PARENT]), []).append(process)
        times[process] = sum(map(int, columns[TIMES]))
    total, asked = 0, [os.getpid()]
    while asked:
        process = asked.pop()
        total += times.get(process, 0)
        asked += children.get(process, [])
    return total


def processes() -> Iterator[tuple[int, list[str]]]:
    for folder in PROC.glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        yield int(folder.name), stat.rpartition(")")[2].split()  # a name may have spaces and brackets
