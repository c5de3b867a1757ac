"""The photos by which two models are compared: the base's test split, and those that people judged blind.

Of these the data set's origins.json says which camera they come from and when. In none of what comes of it is a photo.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from core.console import UserError
from training import dataset

TEST, LIVE = "test", "live"
ORIGINS = "origins.json"
BASE = "the base's test split"  # as a source of photos


@dataclass(frozen=True)
class Compared:
    """A photo, and which slices it belongs to."""

    path: Path
    label: str
    source: str
    hour: str  # of the day, in UTC; nothing of the base's


def find(data: Path) -> list[Compared]:
    """Those of both splits, in their order; a data set without labels has the first alone."""
    info = dataset.read_info(data)
    path = data / ORIGINS
    try:
        origins = json.loads(path.read_text()) if path.exists() else {}
        return [
            tell(data / split / name, info["classes"][label], origins.get(name) if split == LIVE else None)
            for split in (TEST, LIVE)
            for name, label in rows(data / f"{split}.lst", split == LIVE)
        ]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"what {data} lists cannot be read ({error!r}): {dataset.RESTAGE}") from error


def rows(path: Path, may_lack: bool) -> list[tuple[str, int]]:
    if may_lack and not path.exists():
        return []
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [(name, int(label)) for _, label, name in lines]


def tell(path: Path, label: str, origin: dict[str, str] | None) -> Compared:
    if origin is None:
        return Compared(path, label, BASE, "")
    return Compared(path, label, origin["source"] or "no source", origin["at"][11:13])
