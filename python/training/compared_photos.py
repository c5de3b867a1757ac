"""The photos by which two models are compared: the base's test split, and live ones that nobody is trained on.

The split live has two strata, which origins.json tells apart: of photos that the live model accepted those that people
judged blind, and of those that waited for a person a share. dataset.json's `traffic` says how many there were of each.
Origins say which camera a photo comes from and when it came. In none of what comes of this is a photo.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from core.console import UserError
from training import dataset, dataset_versions
from training.dataset import FOLDERS, LIVE
from training.dataset_versions import ACCEPTED, WAITED, Origin

TEST = "test"  # the other split, whose name stands for its stratum too


@dataclass(frozen=True)
class Compared:
    """A photo, and which slices it belongs to."""

    path: Path
    label: str
    stratum: str  # TEST, ACCEPTED, WAITED or nothing
    source: str  # nothing of the base's
    hour: str  # of the day, in UTC


def find(data: Path) -> list[Compared]:
    """Those of both splits, in their order; a data set without labels has the first alone."""
    classes, origins = dataset.read_info(data)["classes"], dataset_versions.read_origins(data)
    try:
        return [
            tell(data / FOLDERS[split] / name, classes[label], origins.get(name) if split == LIVE else None)
            for split in (TEST, LIVE)
            for _, label, name in dataset.list_rows(data / f"{split}.lst", len(classes))
        ]
    except (OSError, ValueError) as error:
        raise UserError(f"what {data} lists cannot be read ({error!r}): {dataset.RESTAGE}") from error


def tell(path: Path, label: str, origin: Origin | None) -> Compared:
    if origin is None:
        return Compared(path, label, TEST, "", "")
    # The stratum is nothing of one that chance has not chosen: it stands for no other photo.
    return Compared(path, label, origin.stratum, origin.source or "no source", origin.at[11:13])


def read_traffic(data: Path) -> dict[str, float]:
    """Which share of the live photos each stratum stands for; nothing where that is not known."""
    try:
        counts = json.loads((data / "dataset.json").read_text()).get("traffic") or {}
        total = sum(counts.values())
        return {name: counts.get(name, 0) / total for name in (ACCEPTED, WAITED)} if total else {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{data}/dataset.json is broken ({error!r}): {dataset.RESTAGE}") from error
