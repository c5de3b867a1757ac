"""The staged data set on disk, as `training.stage` writes it and training reads it.

    train/*.png test/*.png              RGB pictures, squares of one size: of an archive or drawings 32 pixels, under
                                        their original names; of photographs 224, named by class and content
    train.lst validation.lst test.lst   rows of index<TAB>label<TAB>file name, without a header
    live/*.png live.lst                 only of a version with labels (`training.dataset_versions`): a second test,
                                        of photos that chance has chosen among those that a model had accepted
    dataset.json                        where it came from and what is in it; `size` is the pictures' side
    sheet.png                           of photographs, what some of each class look like

The pictures of validation.lst live in train/ and are not listed in train.lst: SageMaker's built-in algorithm
can be given the folder train/ for both channels, each with its own list.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.console import UserError

LIVE = "live"  # a split that most data sets do not have, and that may be empty
# A split, and the folder of its pictures.
FOLDERS = {"train": "train", "validation": "train", "test": "test", LIVE: LIVE}
INFO_KEYS = ("dataset_id", "source", "sha256", "classes", "counts", "seed", "validation")
SIZE = 32  # unless dataset.json says another
RECIPES = ("small", "pretrained")  # of training.model
RECIPE_HELP = (
    "how a network is trained: small from nothing, pretrained from ImageNet (unless given: for photographs)"
)
RESTAGE = "stage the data set again with `make stage`"


@dataclass(frozen=True)
class Split:
    images: np.ndarray  # uint8, (rows, size, size, 3)
    labels: np.ndarray  # int64, (rows,): the position of the class in dataset.json's classes
    names: list[str]  # file names
    indices: list[int]  # rows in the source

    def listing(self) -> str:
        """The text of this split's .lst file."""
        rows = zip(self.indices, self.labels, self.names, strict=True)
        return "".join(f"{index}\t{label}\t{name}\n" for index, label, name in rows)


def read_info(folder: Path) -> dict:
    """What dataset.json says, under the keys INFO_KEYS and `size`."""
    path = folder / "dataset.json"
    if not path.is_file():
        raise UserError(f"{folder} is not a staged data set (no dataset.json): make one with `make stage`")
    try:
        info = json.loads(path.read_text())
        return {key: info[key] for key in INFO_KEYS} | {"size": int(info.get("size", SIZE))}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is broken ({error!r}): {RESTAGE}") from error


def choose_recipe(info: dict) -> str:
    """What a data set is trained by unless somebody says otherwise: what ImageNet teaches is of photographs."""
    return "small" if info["source"] == "sample" else "pretrained"


def load(folder: Path, split: str, size: int | None = None, forgiving: bool = False) -> Split:
    """The pictures and labels that <split>.lst names, in its order; brought to `size` if given, as a request is.

    Forgiving: without those whose picture is not there, since it was forgotten.
    """
    info = read_info(folder)
    path = folder / f"{split}.lst"
    staged, side = info["size"], size or info["size"]
    images, labels, names, indices = [], [], [], []
    try:
        for index, label, name in list_rows(path, len(info["classes"])):
            picture = folder / FOLDERS[split] / name
            if forgiving and not picture.exists():
                continue
            images.append(_pixels(picture, staged, side))
            labels.append(label)
            names.append(name)
            indices.append(index)
    except (OSError, SyntaxError, ValueError) as error:  # Pillow calls a damaged PNG a SyntaxError
        raise UserError(f"{path} or a picture it names is broken ({error}): {RESTAGE}") from error
    pixels = np.stack(images) if images else np.zeros((0, side, side, 3), dtype=np.uint8)
    return Split(pixels, np.array(labels, dtype=np.int64), names, indices)


def list_rows(path: Path, classes: int) -> Iterator[tuple[int, int, str]]:
    """Index, label and file name of each row of a .lst file; ValueError where one is none."""
    if path.stem == LIVE and not (path.exists() and path.stat().st_size):
        return
    for row in path.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
        index, label, name = row.split("\t")
        if int(label) not in range(classes):
            raise ValueError(f"label {label} is not one of the {classes} classes")
        yield int(index), int(label), name


def join(*splits: Split) -> Split:
    """All their pictures, one split's after the other's."""
    return Split(
        np.concatenate([split.images for split in splits]),
        np.concatenate([split.labels for split in splits]),
        [name for split in splits for name in split.names],
        [index for split in splits for index in split.indices],
    )


def choose(split: Split, rows: np.ndarray) -> Split:
    """These rows of it, in this order."""
    chosen = rows.tolist()
    names, indices = ([column[row] for row in chosen] for column in (split.names, split.indices))
    return Split(split.images[rows], split.labels[rows], names, indices)


def shrink(image: Image.Image, side: int) -> Image.Image:
    """As code/inference.py brings a request to its side."""
    return image.resize((side, side), Image.Resampling.BOX, reducing_gap=2.0)


def _pixels(path: Path, staged: int, size: int) -> np.ndarray:
    with Image.open(path, formats=["PNG"]) as image:
        if image.mode != "RGB" or image.size != (staged, staged):
            raise ValueError(f"{path.name} is not an RGB picture of {staged}x{staged} pixels")
        return np.asarray(image if size == staged else shrink(image, size))
