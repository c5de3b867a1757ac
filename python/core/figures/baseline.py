"""What a model answered in training, and what its photos were like: the reference that live ones are compared with.

    make(probabilities, labels, photos, classes, threshold)  ->  the content of the artefact's baseline.json
    from_artefact(Path("model.tar.gz"))                      ->  Baseline, or None if the artefact has none

The answers are to photos that the network had not learned from; the photos may be more than these. `training.train`
makes it, so it travels with the model and is versioned with it. Bins are the deciles of the baseline, fixed for ever:
nothing here looks at live data.
"""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from core import archives
from core.figures import metrics, pictures, scores, usual
from core.figures.tally import CONFIDENCE, OUTSIDE, UNLIKENESS, Tally, count

NAME = "baseline.json"
VERSION = 2
READ = (1, 2)  # one of version 1 has no limits, and fewer statistics
DECILES = np.linspace(0.1, 0.9, 9)


class BrokenBaseline(ValueError):
    """The text says what is wrong with it, in one line."""


@dataclass(frozen=True)
class Baseline:
    classes: list[str]
    threshold: float
    accuracy: float  # on the pictures of the baseline
    edges: dict[str, list[float]]  # per statistic, between its bins
    tally: Tally  # on these bins
    limits: dict[str, list[float]] = field(
        default_factory=dict
    )  # of nearly all photos, see core.figures.usual

    @property
    def variance(self) -> float:
        """Of its accuracy, by the model's own doubt: an answer of confidence c is wrong or right with c * (1 - c).

        No class's share varies more: p * (1 - p) is largest for the predicted class.
        """
        return self.tally.confidence_variance_sum / self.tally.records**2

    def always(self, statistic: str) -> bool:
        """Whether all its pictures have one value: `deciles` gives that a bin of its own."""
        edges, counts = self.edges[statistic], self.tally.histograms[statistic]
        return len(edges) == 2 and edges[1] == np.nextafter(edges[0], np.inf) and counts[1] == sum(counts)


def make(
    probabilities: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[bytes],
    classes: Sequence[str],
    threshold: float,
    unlikeness: np.ndarray | None = None,
) -> dict:
    """A row per answer, with its label and unlikeness; photos are counted by themselves."""
    answered = np.round(probabilities, 6)  # as an endpoint answers
    measured = pictures.statistics(photos)
    values = {
        CONFIDENCE: metrics.confidence(answered),
        **dict(zip(pictures.STATISTICS, measured.T, strict=True)),
    }
    if unlikeness is not None:
        values[UNLIKENESS] = unlikeness
    edges = {name: deciles(column[np.isfinite(column)]) for name, column in values.items()}
    edges[CONFIDENCE] = of_unsure(values[CONFIDENCE], threshold)
    limits, outside = usual.find(measured)
    tally = count(answered, measured, edges, threshold, unlikeness=unlikeness)
    if limits:
        tally.histograms[OUTSIDE], tally.sums[OUTSIDE] = outside, [sum(outside), float(outside[1])]
    return {
        "version": VERSION,
        "classes": list(classes),
        "threshold": threshold,
        "accuracy": float(scores.correct(answered, labels).mean()),
        "edges": edges,
        "limits": limits,
        "tally": asdict(tally),
    }


def deciles(values: np.ndarray) -> list[float]:
    """Edges of ten bins with as many values each. A value that fills a bin alone, like a common width, has its own."""
    cuts = np.quantile(values.astype(float), DECILES)
    single = cuts[1:][np.diff(cuts) == 0]
    return np.unique([*cuts, *np.nextafter(single, np.inf)]).tolist()


def of_unsure(confidence: np.ndarray, threshold: float) -> list[float]:
    """Edges of bins with as many of the answers each that the threshold stops, and one bin for what it lets through.

    Nothing is decided above it, and there most answers are within a few hundredths: by deciles of all, 150 unchanged
    photographs were 0.14 to 0.27 away from the answers of single networks to others, with three networks together.
    """
    below = confidence[confidence < threshold]
    return [*(edge for edge in (deciles(below) if len(below) else []) if edge < threshold), threshold]


def load(text: bytes) -> Baseline:
    try:
        content = json.loads(text)
        fields = {key: content[key] for key in ("classes", "threshold", "accuracy", "edges")}
        version, tally = content["version"], Tally(**content["tally"])
        limits = content.get("limits", {})
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenBaseline(f"{NAME} is broken: {error!r}") from error
    if version not in READ:
        raise BrokenBaseline(
            f"{NAME} has version {version}, this code reads {' and '.join(map(str, READ))}: train the model again"
        )
    return Baseline(**fields, tally=tally, limits=limits)


def from_artefact(source: Path | bytes) -> Baseline | None:
    """The baseline in a model.tar.gz; None if it has none, as the built-in algorithm's models."""
    try:
        packed = source if isinstance(source, bytes) else source.read_bytes()
        # All names are read first, so that an artefact that breaks off further on is refused too.
        found = archives.read_member(packed, NAME) if NAME in archives.list_names(packed) else None
    except (OSError, tarfile.TarError) as error:
        raise BrokenBaseline(f"the model artefact cannot be read: {error}") from error
    return None if found is None else load(found)
