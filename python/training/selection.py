"""Choose the rows of some classes out of an archive, and split them for training, validation and test."""

import difflib
import hashlib
import json
from typing import Any

import numpy as np

from core.console import UserError
from training.archive import Archive, Rows, check_names
from training.dataset import LIVE, Split, choose


def select(
    source: Archive, classes: list[str], validation: float, seed: int
) -> tuple[dict[str, Split], dict[str, Any]]:
    """The rows of the named classes as splits, and what dataset.json says of them."""
    check_classes(classes, source.classes)
    check_share(validation)
    train = _of_classes(source.train, [source.classes.index(name) for name in classes])
    held_out = _stratify(train.labels, validation, seed)
    splits = {
        "train": choose(train, np.flatnonzero(~held_out)),
        "validation": choose(train, np.flatnonzero(held_out)),
        "test": _of_classes(source.test, [source.classes.index(name) for name in classes]),
    }
    return splits, describe(splits, classes, source.sha256, validation, seed)


def describe(
    splits: dict[str, Split], classes: list[str], sha256: str, validation: float, seed: int = 0
) -> dict[str, Any]:
    """What dataset.json says of them; no split but what was met live may lack a class."""
    counts = {
        split: {name: int((rows.labels == label).sum()) for label, name in enumerate(classes)}
        for split, rows in splits.items()
    }
    for split, name in (
        (split, name) for split in counts if split != LIVE for name in classes if not counts[split][name]
    ):
        raise UserError(f"no picture of {name} is left for the {split} split: the source has too few")
    return {
        "dataset_id": content_id(splits, classes),
        "sha256": sha256,
        "classes": classes,
        "counts": counts,
        "seed": seed,
        "size": splits["train"].images.shape[1],
        "validation": validation,
    }


def check_share(validation: float) -> None:
    if not 0 < validation < 1:
        raise UserError(f"--validation {validation:g} is not a share between 0 and 1 such as 0.1")


def check_classes(classes: list[str], known: list[str]) -> None:
    """Refuse a class that the source has not, with the nearest that it has, and fewer than two classes."""
    for name in classes:
        if name not in known:
            nearest = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0)
            raise UserError(f"the source has no class {name!r}; the nearest are {', '.join(nearest)}")
    if len(classes) < 2 or len(set(classes)) < len(classes):
        raise UserError(f"--classes {','.join(classes)} does not name two or more different classes")


def content_id(splits: dict[str, Split], classes: list[str]) -> str:
    """An id that depends on classes, labels, names and pixels, not on when, where or how they were stored."""
    digest = hashlib.sha256(json.dumps(classes).encode())
    for name, split in splits.items():
        if name == LIVE and not split.names:  # it is as if there were none
            continue
        digest.update(f"{name}\n{split.listing()}".encode())
        digest.update(split.images.tobytes())
    return digest.hexdigest()[:16]


def _of_classes(rows: Rows, wanted: list[int]) -> Split:
    """The rows of the wanted classes, labelled by their position in `wanted`."""
    indices = np.flatnonzero(np.isin(rows.labels, wanted))
    names = [rows.names[index] for index in indices]
    check_names(names)
    labels = np.array([wanted.index(label) for label in rows.labels[indices]], dtype=np.int64)
    return Split(rows.images[indices], labels, names, indices.tolist())


def _stratify(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """A mask that holds out the same share of every class."""
    generator = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        chosen[generator.permutation(places)[: round(len(places) * share)]] = True
    return chosen
