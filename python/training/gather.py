"""Make the splits of a data set out of somebody's own photographs, and say what was not taken.

    splits, info, told = gather(photos, classes, validation=0.1)

Photos that cannot be read are left out, and so is a second copy with the same pixels. Photos that are nearly the same
(`core.figures.likeness`) stay in one split; those of train/ that are nearly one of test/ are left out.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from core.console import UserError, track, visible
from core.contract.answered_items import OTHER, UNUSABLE
from core.figures import likeness
from training import divide
from training.dataset import Split
from training.photo import SIDE, Photo, Seen, Unreadable, read
from training.selection import check_share, describe

LABEL = re.compile(r"[a-z][a-z0-9_-]*")  # as terraform/modules/workflow wants the keys of routes
FOR_PEOPLE = (OTHER, UNUSABLE)  # a plan refuses a model that knows one of them
FEW = 20
NAMED = 10  # of those left out; the rest is counted


def gather(
    photos: Sequence[Photo], classes: list[str] | None, validation: float
) -> tuple[dict[str, Split], dict[str, Any], list[str]]:
    """The classes are those named, or all that there are, in the order of their names."""
    there = sorted({photo.label for photo in photos} - {""})  # of those without a photo that can be read too
    classes = classes or there
    check_labels(classes, there)
    check_share(validation)
    photos = [photo for photo in dict.fromkeys(photos) if photo.label in classes or photo.problem]
    seen, unread = look(photos)
    told = list(unread.values())
    if len(told) > NAMED:
        told = [*told[:NAMED], f"and {len(told) - NAMED} more that cannot be read"]
    # In an order of their own, so that a data set is the same whatever has listed them.
    photos = sorted(seen, key=lambda photo: (photo.label, seen[photo].digest, photo.name))
    pictures = [seen[photo] for photo in photos]
    left = Counter(photo.label for photo in photos)
    for name in classes:
        if not left[name]:
            first = next(said for photo, said in unread.items() if photo.label == name)
            raise UserError(f"no photo of {name} can be read; {first}")
        if left[name] < FEW:
            told.append(
                f"warning: {left[name]} photos of {name} are few: take {FEW} or more, better a hundred"
            )

    labels = [photo.label for photo in photos]
    given = [photo.split for photo in photos]
    images = np.stack([picture.pixels for picture in pictures])
    digests = [picture.digest for picture in pictures]
    groups = likeness.groups(likeness.hashes(images)).tolist()
    kept, more = choose(photos, digests, groups)
    told += more
    split_of = divide.divide(labels, digests, groups, given, validation)
    splits = {}
    for split in ("train", "validation", "test"):
        rows = [number for number in kept if split_of[number] == split]
        splits[split] = Split(
            images[rows],
            np.array([classes.index(labels[row]) for row in rows], dtype=np.int64),
            [f"{labels[row]}_{digests[row][:16]}.png" for row in rows],
            rows,
        )
    content = "".join(sorted(f"{label} {digest}\n" for label, digest in zip(labels, digests, strict=True)))
    return splits, describe(splits, classes, hashlib.sha256(content.encode()).hexdigest(), validation), told


def check_labels(classes: Sequence[str], there: Sequence[str]) -> None:
    """Two or more, each of them there, and each a name that a route can have."""
    for name in classes:
        if name not in there:
            raise UserError(
                f"there are no photos of {name!r}: there are {visible(', '.join(there)) or 'none'}"
            )
        if name in FOR_PEOPLE:
            raise UserError(
                f"the class {name!r} cannot be a model's: it is what people say of a photo that shows no class: "
                f"rename it"
            )
        if not LABEL.fullmatch(name):
            raise UserError(
                f"the class {name!r} cannot be the label of a route: rename it with lower-case letters, digits, _ and "
                f"-, as in fire_engine"
            )
    if len(set(classes)) < 2 or len(set(classes)) < len(classes):
        raise UserError(
            f"{', '.join(classes)}: two or more different classes are needed, each with photos in a folder of its own"
        )


def look(photos: Sequence[Photo], side: int = SIDE) -> tuple[dict[Photo, Seen], dict[Photo, str]]:
    """Every picture that can be read, and what is to be said of the others."""
    seen, unread = {}, {}
    for photo, picture in track(_read_all(photos, side), "reading", len(photos)):
        if isinstance(picture, Unreadable):
            unread[photo] = f"left out: {visible(photo.name)} ({visible(str(picture))})"
        else:
            seen[photo] = picture
    return seen, unread


def _read_all(photos: Sequence[Photo], side: int) -> Iterator[tuple[Photo, Seen | Unreadable]]:
    """In their order. Pillow decodes beside Python, so that threads are enough."""

    def attempt(photo: Photo) -> Seen | Unreadable:
        try:
            return read(photo, side)
        except Unreadable as error:
            return error

    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        yield from zip(photos, pool.map(attempt, photos), strict=True)
    finally:
        pool.shutdown(cancel_futures=True)


def choose(
    photos: Sequence[Photo], digests: Sequence[str], groups: Sequence[int]
) -> tuple[list[int], list[str]]:
    """The numbers of the photos that are taken, and what is to be said of the others and of those alike."""
    given = [photo.split for photo in photos]
    labels = [photo.label for photo in photos]
    leaks = divide.drop_from_train(groups, given)
    kept: list[int] = []
    taken = set()
    for number, picture in enumerate(zip(labels, digests, strict=True)):
        if not leaks[number] and picture not in taken:
            taken.add(picture)
            kept.append(number)
    told = []
    if copies := len(photos) - len(kept) - int(leaks.sum()):
        told.append(f"left out: {copies} that are pixel for pixel another photo of their class")
    if leaks.any():
        told.append(f"left out: {leaks.sum()} of train/ that are nearly the same as a photo of test/")
    sizes = Counter(groups[number] for number in kept)
    if alike := [size for size in sizes.values() if size > 1]:
        told.append(
            f"{sum(alike)} photos are nearly the same as another: they stay on one side, {len(alike)} groups"
        )
    for one, other in divide.across(groups, labels)[:NAMED]:
        pair = [f"{visible(photos[it].name)} ({labels[it]})" for it in (one, other)]
        told.append(f"warning: {pair[0]} and {pair[1]} are nearly the same photo: which class is right?")
    return kept, told
