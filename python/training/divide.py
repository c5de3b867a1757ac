"""Which photographs are tested on, which validated on, which trained on: each photo's own hash says so.

    divide(labels, digests, groups, ["", "", ...], 0.1)  ->  "train", "validation" or "test" for each

A photo's hash is a number from 0 to 1. Below TEST it is for the test, in the share above that for validation, else it
is trained on. So a photo that is added moves no other one into the test. Photos that are nearly the same stay together,
and the largest of their hashes decides: a copy that is added can take a photo out of the test, but never into it.
Where a class would have none to test or to validate on, it is the photo with the smallest hash.
"""

from collections.abc import Sequence

import numpy as np

TEST = 0.15


def divide(
    labels: Sequence[str],
    digests: Sequence[str],
    groups: Sequence[int],
    given: Sequence[str],
    validation: float,
) -> list[str]:
    """`given` has train or test where the photo's owner has said so, and then the test is as it is given."""
    owned = any(given)
    shares = {"test": 0.0 if owned else TEST, "validation": validation * (1 if owned else 1 - TEST)}
    height: dict[int, float] = {}
    for group, digest in zip(groups, digests, strict=True):
        height[group] = max(height.get(group, 0), place(digest))
    chosen = {group: "test" for group, split in zip(groups, given, strict=True) if split == "test"}
    low = 0.0
    for split, share in shares.items():
        if not share:
            continue
        low += share
        chosen |= {group: split for group in sorted(height) if group not in chosen and height[group] < low}
        for label in sorted(set(labels)):
            ours = {group for group, its in zip(groups, labels, strict=True) if its == label}
            free = sorted(ours - set(chosen), key=lambda group: (height[group], group))
            if free and split not in {chosen.get(group) for group in ours}:
                chosen[free[0]] = split
    return [chosen.get(group, "train") for group in groups]


def place(digest: str) -> float:
    return int(digest[:13], 16) / 16**13


def across(groups: Sequence[int], kinds: Sequence[str]) -> list[tuple[int, int]]:
    """Of each group whose photos are of several kinds, the first photo and the first of another kind."""
    first: dict[int, int] = {}
    found: dict[int, tuple[int, int]] = {}
    for number, group in enumerate(groups):
        start = first.setdefault(group, number)
        if kinds[start] != kinds[number]:
            found.setdefault(group, (start, number))
    return list(found.values())


def drop_from_train(groups: Sequence[int], given: Sequence[str]) -> np.ndarray:
    """Which photos are for training by their owner's word, and nearly the same as one that is for the test."""
    tested = {group for group, split in zip(groups, given, strict=True) if split == "test"}
    return np.array(
        [split == "train" and group in tested for group, split in zip(groups, given, strict=True)]
    )
