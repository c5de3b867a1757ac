"""The answers of a while as arrays, one window for each model that answered.

    for model, window in collect(Capture("build/captures")).items(): ...

Records stream through: what stays is 64 bytes a record of two classes, and the gallery's few pictures.
"""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from core.contract.answer_kinds import LIVE
from core.figures import pictures
from core.figures.baseline import Baseline
from core.figures.tally import Tally, count
from monitoring.gallery import Exhibit, Gallery
from monitoring.record import Record
from monitoring.repeats import Seen

PENDING_BYTES = 16_000_000


@dataclass(frozen=True)
class Truth:
    """The answers whose right class is known, of whatever kind: the last one to each photo."""

    times: np.ndarray  # float64 (n,): seconds since 1970
    probabilities: np.ndarray  # float64 (n, classes)
    labels: np.ndarray  # int64 (n,): the right class


@dataclass(frozen=True)
class Window:
    """Rows in the order in which the records came, of the kinds that were asked for, without repeats."""

    times: np.ndarray  # float64 (n,): seconds since 1970
    probabilities: np.ndarray  # float64 (n, classes)
    pictures: np.ndarray  # float32 (n, len(STATISTICS)); NaN where there is no picture, or none was asked for
    truth: Truth
    undecodable: int  # pictures that could not be decoded
    mismatched: int  # records left out, because they have another number of classes
    left_out: Counter[str]  # of other kinds, by kind
    least_confident: list[Exhibit] = field(default_factory=list)
    unusual: list[Exhibit] = field(default_factory=list)
    repeats: int = 0  # left out too: their picture is nearly one that was counted within a day
    unlikeness: np.ndarray | None = None  # float64 (n,); NaN where the answer does not say it
    counted: Mapping[int, Sequence[int]] = field(
        default_factory=dict
    )  # hashes of the pictures, by hour since 1970

    def part(self, rows: np.ndarray) -> Self:
        """Some of the rows."""
        unlikeness = None if self.unlikeness is None else self.unlikeness[rows]
        return replace(
            self,
            times=self.times[rows],
            probabilities=self.probabilities[rows],
            pictures=self.pictures[rows],
            unlikeness=unlikeness,
        )


class Columns:
    """A window that is still growing: the records of one model and one number of classes."""

    def __init__(
        self,
        classes: int,
        gallery: Gallery,
        labels: Mapping[str, int],
        images: bool,
        kinds: Collection[str],
        seen: Seen,
    ) -> None:
        self.classes, self.gallery, self.labels, self.images = classes, gallery, labels, images
        self.kinds, self.seen = kinds, seen
        self.times, self.probabilities, self.pictures = array("d"), array("d"), array("f")
        self.unlikeness = array("d")
        self.known: dict[
            str, tuple[float, Sequence[float]]
        ] = {}  # time and answer, by photo with a right class
        self.left_out: Counter[str] = Counter()
        self.undecodable = self.repeats = 0
        self.pending: list[tuple[Record, bytes | None]] = []
        self.pending_bytes = 0

    @property
    def records(self) -> int:
        """Of whatever kind."""
        return len(self.times) + len(self.pending) + self.repeats + self.left_out.total()

    def add(self, record: Record) -> None:
        if self.labels and (name := name_of(record, self.labels)):
            self.known[name] = record.time.timestamp(), record.probabilities
        if record.kind not in self.kinds:
            self.left_out[record.kind] += 1
            return
        if not self.images:
            self.keep(record)
            return
        image = record.image()
        self.pending.append((record, image))
        self.pending_bytes += len(image or b"")
        if len(self.pending) == pictures.BATCH or self.pending_bytes > PENDING_BYTES:
            self.measure()

    def keep(self, record: Record) -> None:
        self.times.append(record.time.timestamp())
        self.probabilities.extend(record.probabilities)
        self.unlikeness.append(math.nan if record.unlikeness is None else record.unlikeness)

    def measure(self) -> None:
        """Turn the pending pictures into their statistics, many at once, and leave out those that repeat."""
        rows, hashes = pictures.look([image for _, image in self.pending])
        for (record, image), row, found in zip(self.pending, rows, hashes.tolist(), strict=True):
            if self.seen.is_repeat(found, int(record.time.timestamp() // 3600)):
                self.repeats += 1
                continue
            self.keep(record)
            self.pictures.frombytes(row.tobytes())
            if image is not None and np.isnan(row[0]):
                self.undecodable += 1
            elif image is not None and self.gallery.size:
                self.gallery.offer(record, image, row)
        self.pending, self.pending_bytes = [], 0

    def window(self, mismatched: int) -> Window:
        self.measure()
        n, width = len(self.times), len(pictures.STATISTICS)
        if self.images:
            measured = np.frombuffer(self.pictures, np.float32).reshape(n, width)
        else:
            measured = np.broadcast_to(np.float32(np.nan), (n, width))
        return Window(
            np.frombuffer(self.times),
            np.frombuffer(self.probabilities).reshape(n, self.classes),
            measured,
            self.truth(),
            self.undecodable,
            mismatched,
            self.left_out,
            self.gallery.least_confident.exhibits(),
            self.gallery.unusual.exhibits(),
            self.repeats,
            np.frombuffer(self.unlikeness),
            dict(self.seen.counted),
        )

    def truth(self) -> Truth:
        times = np.array([time for time, _ in self.known.values()], float)
        answers = np.array([answer for _, answer in self.known.values()], float)
        labels = np.array([self.labels[name] for name in self.known], np.int64)
        return Truth(times, answers.reshape(len(self.known), self.classes), labels)


def empty(classes: int) -> Window:
    """Without a record."""
    return Columns(classes, Gallery(0, None, 0.0), {}, False, (), Seen()).window(0)


def collect(
    records: Iterable[Record],
    images: bool = True,
    exhibits: int = 0,
    baseline_of: Callable[[str], Baseline | None] = lambda _: None,
    labels_of: Callable[[str], Mapping[str, int]] = lambda _: {},
    threshold: float = 0.0,
    kinds: Collection[str] = (LIVE,),
    counted_of: Callable[[str], Mapping[int, Sequence[int]]] = lambda _: {},
) -> dict[str, Window]:
    """Sort records by the model that answered them.

    images       measure the pictures, not only the answers
    exhibits     how many pictures each part of the gallery keeps
    baseline_of  the baseline of a model, asked once for each; it says how many classes there are, else most records do
    labels_of    by event id, inference id, S3 key or photo's id: the position of the right class among a model's own
    threshold    the confidence from which the gallery takes an answer for accepted
    kinds        what the answers were asked for; of others only those count whose right class is known
    counted_of   the pictures of a model that were counted in hours before: what repeats them is left out
    """
    baselines: dict[str, Baseline | None] = {}
    labels: dict[str, Mapping[str, int]] = {}
    found: dict[str, dict[int, Columns]] = {}
    for record in records:
        if record.model not in found:
            found[record.model] = {}
            baselines[record.model], labels[record.model] = baseline_of(record.model), labels_of(record.model)
        sizes, classes = found[record.model], len(record.probabilities)
        if classes not in sizes:
            gallery = Gallery(exhibits, baselines[record.model], threshold)
            seen = Seen(counted_of(record.model))
            sizes[classes] = Columns(classes, gallery, labels[record.model], images, kinds, seen)
        sizes[classes].add(record)
    return {model: chosen(sizes, baselines[model]) for model, sizes in found.items()}


def chosen(sizes: dict[int, Columns], baseline: Baseline | None) -> Window:
    """The records with as many classes as the baseline has; without one, as most records have."""
    most = max(sizes.values(), key=lambda columns: columns.records)
    classes = len(baseline.classes) if baseline else most.classes
    others = sum(columns.records for size, columns in sizes.items() if size != classes)
    kept = sizes.get(classes) or Columns(
        classes, Gallery(0, baseline, 0.0), {}, most.images, most.kinds, Seen()
    )
    return kept.window(others)


def name_of(record: Record, labels: Mapping[str, int]) -> str | None:
    """By which of its names the right class is known."""
    names = (record.event_id, record.inference_id or "", record.key or "", record.photo_id or "")
    return next((name for name in names if name in labels), None)


def tally(window: Window, baseline: Baseline | None, threshold: float) -> Tally:
    edges, limits = (baseline.edges, baseline.limits) if baseline else ({}, {})
    counted = count(window.probabilities, window.pictures, edges, threshold, limits, window.unlikeness)
    return replace(counted, repeats=window.repeats)
