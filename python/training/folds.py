"""Which photographs each network is trained on, and which it is asked about because it was not.

With `--folds` K of two or more, all photographs but the test's are split into K parts with as many of each class; what
is nearly the same is in one part, since a network knows a photograph whose copy it has learned from.
Network k learns from all parts but part k, so that each photograph is answered by one network that has not seen it: the
out-of-fold answers (Stone 1974, "Cross-Validatory Choice"). With one fold, each network learns from the training split
and is asked about the validation split.
"""

from dataclasses import dataclass

import numpy as np

from core.console import UserError
from core.figures import likeness
from training import dataset


@dataclass(frozen=True, eq=False)
class Part:
    name: str  # of the network, among the others of its training
    seed: int
    seen: dataset.Split
    unseen: dataset.Split

    @property
    def label(self) -> str:
        """As people read it: member 1/3, fold 2/5."""
        return self.name.replace("-of-", "/").replace("-", " ")


def split(
    train: dataset.Split, validation: dataset.Split, folds: int, members: int, seed: int
) -> tuple[list[Part], dataset.Split]:
    """The parts, and the photographs that are answered by who has not seen them, in the order of the parts' answers."""
    if folds == 1:
        names = [f"member-{number}-of-{members}" for number in range(1, members + 1)]
        return [Part(name, seed + number, train, validation) for number, name in enumerate(names)], validation
    photos = dataset.join(train, validation)
    alike = likeness.groups(likeness.hashes(photos.images))
    fewest = np.bincount(photos.labels[np.unique(alike)]).min()
    if fewest < folds:
        raise UserError(f"--folds {folds} are too many: of one class there are {fewest} different photos")
    fold = deal(photos.labels, alike, folds, seed)
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


def deal(labels: np.ndarray, alike: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each photograph: a class's are shuffled and dealt out in turn, and the next class goes on there.

    Those that are `alike`, by the number of the first of them, are dealt out as one.
    """
    rng = np.random.default_rng(seed)
    firsts = np.unique(alike)
    classes = labels[firsts]
    order = np.concatenate(
        [rng.permutation(np.flatnonzero(classes == label)) for label in np.unique(classes)]
    )
    fold = np.empty(len(firsts), int)
    fold[order] = np.arange(len(firsts)) % folds
    return fold[np.searchsorted(firsts, alike)]
