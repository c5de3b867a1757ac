"""A new version of a data set: its parent and what people have said of photos, each photo on one side for good.

    version = make(parent, labelled, seen, left_out, photos)
    version.write(Path("build/data/local-0123456789abcdef"))

Beside what `training.dataset` describes, a version has

    origins.json    of each picture that a label brought: {file name: {"label", "source": the camera, "at", "stratum"}}
    gone.json       what stood in an earlier version and does not in this one, so that it comes back to its side

and in dataset.json `parents`, the nearest first; `labels`, the names of all that it rests on; `excluded`, those that
never count again; `sources`, how many pictures each gave; `left_out`, how many photos with labels are not in it, and
why; `content`, by which two versions are known to have the same pictures, and `same_as`, if the parent has them;
`traffic`, how many live photos a model accepted and how many waited for a person.

The parent's test stays as it is. The split `live` has two strata: of what a model accepted the blind sample, and of
what waited for a person a share. Any other photo goes to training or to validation, as its own hash says. A version is
a function of its parent and the labels: made again, it is the same.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from core.console import UserError
from core.contract import answer_kinds
from core.contract.labels import Label
from core.figures import likeness
from training import dataset, divide, stage
from training.dataset import FOLDERS, LIVE, RESTAGE, Split, choose, join, load
from training.photo import Seen
from training.selection import describe
from training.sides import Sides

ORIGINS, GONE = stage.VERSION, "gone.json"
LISTS = ("parents", "labels", "excluded")  # of names, in dataset.json
MARK = 16  # hexadecimal digits of a picture's digest, which its name has
ACCEPTED, WAITED = "accepted", "waited"  # strata of the split `live`
HELD = 0.15  # of what waited: it is tested on, and never trained on
MARKED = re.compile(rf"_([0-9a-f]{{{MARK}}})\.png")
# Why a photo that is labelled is not in a version.
UNREADABLE = "its copy cannot be read"
NO_SUCH_CLASS = "of a class that the parent does not have"
TWO_CLASSES = "the same picture has labels of two classes"
AGAIN = "the same picture is in it already"
AGAINST = "the same picture is in the parent as another class"
TWO_SIDES = "nearly the same as a picture of another side"


@dataclass(frozen=True)
class Labelled:
    """A photo of which it is settled what it shows."""

    label: Label  # whose copy of the photo is used
    cls: str
    names: Sequence[str]  # of all labels that this rests on
    stratum: str  # of the live photos that it stands for; nothing if chance has not chosen it

    @property
    def photo(self) -> str:
        return self.label.photo


@dataclass(frozen=True)
class Origin:
    label: str  # its name
    source: str
    at: str  # when the photo came
    stratum: str = ""  # of the split `live`

    @property
    def photo(self) -> str:
        return self.label.rpartition("-")[0]


@dataclass(frozen=True)
class Gone:
    photo: str
    side: str
    hash: str  # as core.figures.likeness has it, in hexadecimal digits


@dataclass(frozen=True)
class Parent:
    info: dict[str, Any]  # all that dataset.json says
    splits: dict[str, Split]
    origins: dict[str, Origin]
    gone: dict[str, Gone]  # by their marks

    @property
    def size(self) -> int:
        side: int = self.splits["train"].images.shape[1]
        return side


@dataclass(frozen=True)
class Picture:
    """What a label brings: a picture of a size that the data set has."""

    mark: str
    pixels: np.ndarray

    @cached_property
    def hash(self) -> np.uint64:
        """As core.figures.likeness has it."""
        found: np.uint64 = likeness.hashes(self.pixels[None])[0]
        return found


@dataclass(frozen=True)
class Version:
    splits: dict[str, Split]
    info: dict[str, Any]
    origins: dict[str, Origin]
    gone: dict[str, Gone]

    def write(self, folder: Path) -> None:
        stage.write(folder, self.splits, self.info, {ORIGINS: show(self.origins), GONE: show(self.gone)})


Told = TypeVar("Told", Origin, Gone)


def show(told: Mapping[str, Origin | Gone]) -> str:
    return json.dumps({name: asdict(it) for name, it in told.items()}, indent=1, sort_keys=True) + "\n"


def read(folder: Path) -> Parent:
    """Any staged data set; pictures that were forgotten since are left out."""
    info = read_info(folder)
    splits = {split: load(folder, split, forgiving=True) for split in FOLDERS}
    return Parent(info, splits, read_origins(folder), read_told(folder / GONE, Gone))


def read_info(folder: Path) -> dict[str, Any]:
    """All that dataset.json says, of any data set what only a version has to say."""
    known = dataset.read_info(folder)  # which says what is wrong with it
    more: dict[str, Any] = json.loads((folder / "dataset.json").read_text())
    for name in LISTS:
        told = more.setdefault(name, [])
        if not (isinstance(told, list) and all(isinstance(it, str) for it in told)):
            raise UserError(f"{folder / 'dataset.json'} is broken ({name} is no list of names): {RESTAGE}")
    return {"content": known["dataset_id"]} | more | known


def read_origins(folder: Path) -> dict[str, Origin]:
    """Of the pictures that labels brought, by their file names; of the others nothing is told."""
    return read_told(folder / ORIGINS, Origin)


def read_told(path: Path, kind: type[Told]) -> dict[str, Told]:
    """Of a later release more may be in it."""
    known = {it.name for it in fields(kind)}
    try:
        told = json.loads(path.read_text()) if path.exists() else {}
        return {
            name: kind(**{key: str(value) for key, value in it.items() if key in known})
            for name, it in told.items()
        }
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is broken and cannot be read ({error}): {RESTAGE}") from error


def find_stratum(said: Iterable[Label], blind: bool) -> str:
    """Which live photos one stands for, by all that was said of it: those that a model accepted, or that waited."""
    live = [it for it in said if it.kind == answer_kinds.LIVE]
    if blind and live:
        return ACCEPTED
    # Whoever saw the model's answer, or was asked for a known one, was not given it by chance.
    waited = any(not (it.routed_day or it.assisted or it.known) for it in live)
    return WAITED if waited else ""


def held(parent: Parent) -> dict[str, tuple[str, Picture]]:
    """What labels brought into the parent: each photo's side and picture, by its id."""
    found = {}
    for side, rows in parent.splits.items():
        for name, pixels in zip(rows.names, rows.images, strict=True):
            if origin := parent.origins.get(name):
                found[origin.photo] = side, Picture(MARKED.findall(name)[0], pixels)
    return found


def missing(parent: Parent, labelled: Sequence[Labelled]) -> list[Labelled]:
    """Those whose pictures the parent does not have."""
    there = held(parent)
    return [it for it in labelled if it.photo not in there]


def make(
    parent: Parent,
    labelled: Sequence[Labelled],
    seen: Mapping[str, Seen],
    left_out: Mapping[str, int],
    photos: Collection[str],
    excluded: Collection[str] = (),
    traffic: Mapping[str, int] = MappingProxyType({}),
    tested: float = HELD,
) -> Version:
    """`seen` has what `missing` asked for, as far as it can be read, by the photos' ids. `left_out` counts what was
    not settled, and `photos` are all that have a label, whatever is thought of it: of others nothing is remembered.
    `tested` is the share of what waited that is for the test, of photos that have no side yet.
    """
    classes, share = parent.info["classes"], parent.info["validation"]
    out = Counter(left_out)
    there = held(parent)
    sides = Sides()
    splits = keep_base(parent, sides, out)
    copies = {
        mark: classes[label]
        for rows in splits.values()
        for name, label in zip(rows.names, rows.labels, strict=True)
        for mark in MARKED.findall(name)
    }
    stood = remember(parent, there, photos)
    for mark, before in stood.items():
        sides.put(before.side, mark, np.uint64(int(before.hash, 16)))

    pictures = {photo: picture for photo, (_, picture) in there.items()} | {
        photo: Picture(it.digest[:MARK], it.pixels) for photo, it in seen.items()
    }
    taken: dict[str, list[Labelled]] = defaultdict(list)
    origins: dict[str, Origin] = {}
    for it in settle(labelled, pictures, classes, out):
        picture = pictures[it.photo]
        if picture.mark in copies:
            out[AGAIN if copies[picture.mark] == it.cls else AGAINST] += 1
            continue
        side = sides.choose(wish(it, picture.mark, share, tested), picture.mark, picture.hash)
        if side is None:
            out[TWO_SIDES] += 1
            continue
        copies[picture.mark] = it.cls
        sides.put(side, picture.mark, picture.hash)
        taken[side].append(it)
        came = it.label.came_at or it.label.at
        stratum = it.stratum if side == LIVE else ""
        origins[name_picture(it, picture)] = Origin(it.label.name, it.label.source, came, stratum)

    first = 1 + max(index for rows in splits.values() for index in rows.indices)
    base = sum(len(rows.names) for rows in splits.values())
    for side in FOLDERS:
        added = build(taken[side], pictures, classes, first, parent.size)
        splits[side] = join(splits[side], added) if side in splits else added
        first += len(added.names)
    info = describe(splits, classes, parent.info["sha256"], share, parent.info["seed"])
    every = [it for rows in taken.values() for it in rows]
    cameras = Counter(f"labels/{it.label.source}" for it in every)
    content, labels = info["dataset_id"], sorted(name for it in every for name in it.names)
    info |= {
        "dataset_id": identify(content, labels, sorted(excluded)),
        "content": content,
        "source": parent.info["source"],
        "labels": labels,
        "excluded": sorted(excluded),
        "sources": {parent.info["source"]: base, **cameras},
        "left_out": {why: count for why, count in out.items() if count},
        "traffic": dict(traffic),
    }
    nearest = parent.info["dataset_id"]
    info["parents"] = [it for it in (nearest, *parent.info.get("parents", ())) if it != info["dataset_id"]]
    if info["dataset_id"] != nearest and content == parent.info.get("content", nearest):
        info["same_as"] = nearest
    gone = {mark: it for mark, it in stood.items() if mark not in copies}
    return Version(splits, info, origins, gone)


def identify(content: str, labels: Sequence[str], excluded: Sequence[str]) -> str:
    """What a version rests on is part of it: else one could not say so whose pictures another has already."""
    if not (labels or excluded):
        return content
    return hashlib.sha256(json.dumps([content, labels, excluded]).encode()).hexdigest()[:16]


def keep_base(parent: Parent, sides: Sides, out: Counter[str]) -> dict[str, Split]:
    """What labels did not bring, the test first: of what is nearly the same it keeps all, and the others give way."""
    splits = {}
    for side in ("test", "validation", "train"):
        rows = parent.splits[side]
        kept = []
        found = likeness.hashes(rows.images)
        for row, name in enumerate(rows.names):
            if name in parent.origins:
                continue
            if side != "test" and sides.near(found[row]) - {side}:
                out[TWO_SIDES] += 1
                continue
            sides.put(side, mark_base(name), found[row])
            kept.append(row)
        splits[side] = choose(rows, np.array(kept, dtype=np.int64))
    return {side: splits[side] for side in FOLDERS if side in splits}


def mark_base(name: str) -> str:
    """What was copied as it was has a name of its own, and no digest in it."""
    return next(iter(MARKED.findall(name)), name)


def remember(
    parent: Parent, there: Mapping[str, tuple[str, Picture]], photos: Collection[str]
) -> dict[str, Gone]:
    """By their marks, all pictures of labels that stand in the parent or stood before it."""
    now = {
        picture.mark: Gone(photo, side, f"{picture.hash:016x}") for photo, (side, picture) in there.items()
    }
    return {mark: it for mark, it in (parent.gone | now).items() if it.photo in photos}


def settle(
    labelled: Sequence[Labelled], pictures: Mapping[str, Picture], classes: Sequence[str], out: Counter[str]
) -> list[Labelled]:
    """The oldest first, without those that no picture, no class or no agreement is there for."""
    readable = [it for it in labelled if it.photo in pictures]
    out[UNREADABLE] += len(labelled) - len(readable)
    known = [it for it in readable if it.cls in classes]
    out[NO_SUCH_CLASS] += len(readable) - len(known)
    said = defaultdict(set)
    for it in known:
        said[pictures[it.photo].mark].add(it.cls)
    agreed = [it for it in known if len(said[pictures[it.photo].mark]) == 1]
    out[TWO_CLASSES] += len(known) - len(agreed)
    return sorted(agreed, key=lambda it: (it.label.at, it.label.name))


def wish(it: Labelled, mark: str, validation: float, tested: float) -> str:
    """What a photo's own hash says, unless chance has chosen it among those that drivers sent."""
    height = divide.place(mark)
    if it.stratum == ACCEPTED or (it.stratum == WAITED and height >= 1 - tested):
        return LIVE
    return "validation" if height < validation else "train"


def name_picture(it: Labelled, picture: Picture) -> str:
    """As training.gather names somebody's own photographs: so that a copy of one is found by its name."""
    return f"{it.cls}_{picture.mark}.png"


def build(
    rows: Sequence[Labelled], pictures: Mapping[str, Picture], classes: Sequence[str], first: int, side: int
) -> Split:
    pixels = [pictures[it.photo].pixels for it in rows]
    return Split(
        np.stack(pixels) if pixels else np.zeros((0, side, side, 3), dtype=np.uint8),
        np.array([classes.index(it.cls) for it in rows], dtype=np.int64),
        [name_picture(it, pictures[it.photo]) for it in rows],
        list(range(first, first + len(rows))),
    )
