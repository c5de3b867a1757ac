"""Which photographs each network is trained on, and which it is asked about because it was not.

With `--folds` K of two or more, all photographs but the test's are split into K parts with as many of each class.
Network k learns from all parts but part k, so that each photograph is answered by one network that has not seen it: the
out-of-fold answers (Stone 1974, "Cross-Validatory Choice"). With one fold, each network learns from the training split
and is asked about the validation split.
"""

from dataclasses import dataclass

import numpy as np

from core.console import UserError
from training import dataset


@dataclass(frozen=True, eq=False)
class Part:
    name: str  # of the network, among the others of its training
    seed: int
    seen: dataset.Split
    unseen: dataset.Split


def split(
    train: dataset.Split, validation: dataset.Split, folds: int, members: int, seed: int
) -> tuple[list[Part], dataset.Split]:
    """The parts, and the photographs that are answered by who has not seen them, in the order of the parts' answers."""
    if folds == 1:
        names = [f"member-{number}-of-{members}" for number in range(1, members + 1)]
        return [Part(name, seed + number, train, validation) for number, name in enumerate(names)], validation
    photos = dataset.join(train, validation)
    fewest = np.bincount(photos.labels).min()
    if fewest < folds:
        raise UserError(f"--folds {folds} are too many: of one class there are {fewest} photos")
    fold = deal(photos.labels, folds, seed)
    parts = [
        Part(
            f"fold-{k + 1}-of-{folds}",
            seed + k,
            dataset.choose(photos, np.flatnonzero(fold != k)),
            dataset.choose(photos, np.flatnonzero(fold == k)),
        )
        for k in range(folds)
    ]
    return parts, dataset.choose(photos, np.argsort(fold, kind="stable"))


def deal(labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each photograph: a class's are shuffled and dealt out in turn, and the next class goes on there."""
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)])
    fold = np.empty(len(labels), int)
    fold[order] = np.arange(len(labels)) % folds
    return fold
