"""Photographs in folders: a folder per class, or train/ and test/ with a folder per class in each.

    find(Path("photos"))  ->  a Photo for each file, in the order of their names

Folders inside a class's folder belong to it; what is hidden does not. Every other file is taken for a photograph: one
that is none is named later, when it cannot be read, and so is a class's folder without any.
"""

from pathlib import Path

from core.console import UserError, visible
from training.photo import Photo

SPLITS = ("train", "test")
LAYOUTS = "a folder per class (bicycle/, car/), or train/ and test/ with a folder per class in each"


def find(folder: Path) -> list[Photo]:
    given = [name for name in SPLITS if folders(folder / name)]
    if given and len(given) < len(SPLITS):
        missing = next(name for name in SPLITS if name not in given)
        raise UserError(
            f"{visible(str(folder))} has {given[0]}/ with classes and no {missing}/: it needs {LAYOUTS}"
        )
    others = [part.name for part in folders(folder) if part.name not in SPLITS and files(part)]
    if given and others:
        raise UserError(
            f"{visible(str(folder))} has {visible(', '.join(others))} beside train/ and test/: "
            f"move the photos into those two, or the folders elsewhere"
        )
    parts = [(folder / name, name) for name in given] or [(folder, "")]
    photos = []
    for part, split in parts:
        for kind in folders(part):
            name = kind.relative_to(folder).as_posix()
            photos += [
                Photo(path, kind.name, path.relative_to(folder).as_posix(), split) for path in files(kind)
            ] or [Photo(kind, kind.name, f"{name}/", split, problem="no photos in it")]
    if all(photo.problem for photo in photos):
        raise UserError(
            f"{visible(str(folder))} has no photos in it that a class could be told of: it needs {LAYOUTS}"
        )
    return photos


def folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def files(folder: Path) -> list[Path]:
    """All of them, those in folders inside it too."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
