"""What came out of a load of photos, counted as it comes: per kind, a good photo or a kind of poison."""

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from core.contract.outcomes import ACCEPTED, FAILED, OUTCOMES, REVIEW
from core.table import Table
from operations.client import LOST, Outcome, Photo

# What people upload that is no photo: poison for a workflow, each to fail by its own name and to harm nothing else.
GARBAGE = (
    Photo("shopping-list.png", b"scones, butter, jam\n"),
    Photo("empty.png", b""),
    Photo("huge.png", b"\x89PNG\r\n\x1a\n" + bytes(7_000_000)),
    Photo("broken.png", b"\x89PNG\r\n\x1a\n" + bytes(2_000)),
)
POISON = {photo.name: photo.name.partition(".")[0] for photo in GARBAGE}
ENDS = (*OUTCOMES, LOST)
PERCENTILES = (50, 90, 99)
LATE_SECONDS = 1.0  # a photo sent that long after its moment means that the sender could not keep up
BEHIND_SECONDS = 10  # with more photos under way than arrive in that time, the environment could not keep up


@dataclass
class LoadTally:
    """It grows with the kinds of outcome, not with the photos: latencies are counted to a hundredth of a second."""

    sent: Counter[str] = field(default_factory=Counter)
    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    errors: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: dict[str, Counter[float]] = field(default_factory=lambda: defaultdict(Counter))
    latest: float = 0.0  # how long after its moment a photo was sent, at worst
    most_under_way: int = 0
    under_way: int = 0  # when the last one was sent
    started: float = field(default_factory=time.monotonic)
    last_sent: float = 0.0
    last_ended: float = 0.0

    def send(self, photo: Photo, late: float, under_way: int) -> None:
        self.sent[kind(photo)] += 1
        self.latest = max(self.latest, late)
        self.most_under_way = max(self.most_under_way, under_way)
        self.under_way = under_way
        self.last_sent = time.monotonic() - self.started

    def end(self, outcome: Outcome) -> None:
        name = kind(outcome.photo)
        self.ends[name][outcome.kind] += 1
        self.seconds[name][round(outcome.seconds, 2)] += 1
        if outcome.kind == FAILED:
            self.errors[name][outcome.error] += 1
        self.last_ended = time.monotonic() - self.started

    @property
    def nothing_good(self) -> bool:
        """Whether there were good photos, and none of them was accepted or sent to a person."""
        return bool(self.sent["good"]) and not any(self.ends["good"][end] for end in (ACCEPTED, REVIEW))

    def count(self, end: str) -> int:
        return sum(ends[end] for ends in self.ends.values())


def kind(photo: Photo) -> str:
    return POISON.get(photo.name, "good")


def percentile(counts: Counter[float], percent: float) -> float:
    """The least value that this many percent of the counted ones do not exceed."""
    wanted = counts.total() * percent / 100
    for value in sorted(counts):
        wanted -= counts[value]
        if wanted <= 0:
            return value
    return 0.0


def table(tally: LoadTally, asked: float) -> Table:
    head = ("kind", "sent", *ENDS, "error", *(f"p{percent} (s)" for percent in PERCENTILES))
    rows = []
    for name in ("good", *POISON.values()):
        ends, counts = tally.ends[name], tally.seconds[name]
        errors = ", ".join(sorted(tally.errors[name]))
        latencies = [f"{percentile(counts, percent):.2f}" if counts else "-" for percent in PERCENTILES]
        row = (tally.sent[name], *(ends[end] for end in ENDS), errors or "-")
        rows.append((name, *map(str, row), *latencies))
    numbers = [number for number, name in enumerate(head) if name not in ("kind", "error")]
    return Table(head, rows, numbers, f"{tally.sent.total()} photos", rates(tally, asked))


def rates(tally: LoadTally, asked: float) -> str:
    sent, ended = tally.sent.total(), sum(ends.total() for ends in tally.ends.values())
    return (
        f"asked for {asked:g} a second, sent {sent / max(tally.last_sent, 1e-9):.2f}, "
        f"ended {ended / max(tally.last_ended, 1e-9):.2f}; at most {tally.most_under_way} under way"
    )


def remarks(tally: LoadTally, asked: float) -> list[str]:
    """Why good photos failed, if some did; and who could not keep up: this machine, which sends, or the environment."""
    said = [f"{count} good photos failed as {error}." for error, count in tally.errors["good"].items()]
    if tally.latest > LATE_SECONDS:
        said.append(
            f"This machine could not keep up: a photo was sent {tally.latest:.1f} s after its moment. Ask for less."
        )
    if tally.under_way > asked * BEHIND_SECONDS:
        said.append(
            f"The environment could not keep up: {tally.under_way} photos were under way when the last one was sent."
        )
    return said
