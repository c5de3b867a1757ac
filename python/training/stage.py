"""Make the data set that training reads, from CIFAR-100, an archive in its layout, drawings, or your own photographs.

    python -m training.stage --source cifar100 --out build/data/cifar100
    python -m training.stage --source photos.tar.gz --out DIR --classes bus,bicycle --validation 0.2
    python -m training.stage --source sample --out DIR --upload s3://bucket/data
    python -m training.stage --source photos/ --out DIR           a folder per class, see training.folder
    python -m training.stage --source labels.csv --out DIR        a manifest, here or at s3://, see training.manifest

`training.dataset` describes what is written. Labels come from the archive's labels, never from file names:
seven bike_s_* pictures of CIFAR-100 are motorcycles. The folder appears whole or not at all, and the same
input gives the same dataset_id.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from core import arguments
from core.artefacts import split_address
from core.console import UserError, out, run, track
from training import archive, download, gather, manifest, sample, sheet
from training.archive import Archive
from training.dataset import FOLDERS, SIZE, Split, load, read_info
from training.folder import find
from training.selection import check_classes, content_id, select
from training.upload import upload

CLASSES = "bicycle,motorcycle"
VALIDATION = 0.1  # of the training rows
SEED = 0
SHEET = "sheet.png"
VERSION = "origins.json"  # of training.dataset_versions
CONTENT = {"train", "test", "train.lst", "validation.lst", "test.lst", "dataset.json", SHEET}


def main() -> None:
    parser = arguments.Parser(
        prog="training.stage", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--source", required=True, help="cifar100, sample, an archive, a folder of photos or a manifest")
    add("--out", required=True, type=Path, help="the folder to write")
    add("--classes", help=f"two or more, in label order (default: {CLASSES}; of photos, all by name)")
    add("--validation", type=float, default=VALIDATION, help="share of training rows (default: %(default)s)")
    add("--upload", metavar="S3", help="send it below this address too, s3://bucket/data")
    options = parser.parse_args()
    if options.upload:
        split_address(options.upload)  # a mistake here should not wait for the staging
    classes = [name.strip() for name in options.classes.split(",")] if options.classes else None
    folder = options.out.resolve()
    check_replaceable(folder)
    splits, info, told = read(options.source, classes, options.validation)
    check_kind(options.source, folder)
    for line in told:
        out.print(line)
    if holds(folder, info):
        print(f"{options.out} holds data set {info['dataset_id']} already, nothing is changed")
    else:
        write(folder, splits, info)
        sizes = ", ".join(f"{len(split.names)} {name}" for name, split in splits.items())
        print(f"{options.out} holds data set {info['dataset_id']}: {sizes} pictures")
        if (folder / SHEET).exists():
            print(f"what they look like: {options.out / SHEET}")
    if options.upload:
        upload(folder, options.upload)


def read(
    source: str, classes: list[str] | None, validation: float
) -> tuple[dict[str, Split], dict[str, Any], list[str]]:
    """The splits, what dataset.json says of them, and what somebody should know of what was not taken."""
    if source not in ("sample", "cifar100") and Path(source).is_dir():
        splits, info, told = gather.gather(find(Path(source)), classes, validation)
        return splits, info | {"source": f"{Path(source).resolve().name}/"}, told
    if source.startswith("s3://") or (Path(source).suffix in manifest.SUFFIXES and Path(source).is_file()):
        with tempfile.TemporaryDirectory() as fetched:
            splits, info, told = gather.gather(manifest.find(source, Path(fetched)), classes, validation)
        # In full, so that no name in a bucket is taken for that of the drawings.
        return splits, info | {"source": source if source.startswith("s3://") else Path(source).name}, told
    classes = classes or CLASSES.split(",")
    splits, info = select(read_source(source, classes), classes, validation, SEED)
    return splits, info | {"source": Path(source).name}, []


def read_source(source: str, classes: list[str]) -> Archive:
    """The archive that --source names."""
    if source == "sample":
        check_classes(classes, list(sample.CLASSES))
        return sample.draw(
            seed=SEED, classes=sample.DRAWN if set(classes) <= set(sample.DRAWN) else list(sample.CLASSES)
        )
    if source == "cifar100":
        return archive.read(download.fetch())
    if not Path(source).is_file():
        raise UserError(
            f"--source {source} is neither cifar100 nor sample nor an archive, a folder or a manifest"
        )
    return archive.read(Path(source))


def holds(folder: Path, info: dict) -> bool:
    """Whether the folder has exactly this data set, undamaged."""
    try:
        splits = {name: load(folder, name) for name in FOLDERS}
        return read_info(folder) == info and content_id(splits, info["classes"]) == info["dataset_id"]
    except UserError:
        return False  # missing or damaged: it will be written anew


def check_replaceable(folder: Path) -> None:
    """Refuse to replace anything but a staged data set or an empty folder."""
    if not folder.exists():
        return
    content = {path.name for path in folder.iterdir()} if folder.is_dir() else {folder.name}
    if VERSION in content:
        raise UserError(
            f"--out {folder} is a version with labels, which is never changed: name another folder"
        )
    if content and not ("dataset.json" in content and content <= CONTENT):
        raise UserError(
            f"--out {folder} is there and is not a staged data set: remove it or name another folder"
        )


def check_kind(source: str, folder: Path) -> None:
    """Refuse photographs where the drawings are: by the name `sample` the Makefile takes a data set for them."""
    if source == "sample":
        return
    try:
        drawn = read_info(folder)["source"] == "sample"
    except UserError:  # missing or broken
        drawn = False
    if drawn or folder.name == "sample":
        raise UserError(
            f"--out {folder} is for the drawings of `sample`: name another folder, as in DATA=build/data/mine"
        )


def write(
    folder: Path, splits: dict[str, Split], info: dict, more: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write the data set beside the folder, then put it in its place, so that it is never half there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
            new = Path(temporary) / "new"
            _write_files(new, splits, info)
            for name, text in more.items():
                (new / name).write_text(text, encoding="utf-8")
            if folder.exists():
                folder.rename(Path(temporary) / "old")
            new.rename(folder)
    except BrokenPipeError:  # nobody reads how far it is
        raise
    except OSError as error:
        raise UserError(f"cannot write {folder}: {error.strerror}") from error


def _write_files(folder: Path, splits: dict[str, Split], info: dict) -> None:
    for name in sorted({FOLDERS[split] for split in splits}):
        (folder / name).mkdir(parents=True)
    pictures = [
        (folder / FOLDERS[split] / name, pixels)
        for split, rows in splits.items()
        for name, pixels in zip(rows.names, rows.images, strict=True)
    ]
    for path, pixels in track(pictures, "staging", len(pictures)):
        Image.fromarray(pixels).save(path)
    for split, rows in splits.items():
        (folder / f"{split}.lst").write_text(rows.listing(), encoding="utf-8")
    if info["size"] > SIZE:
        sheet.draw(splits, info["classes"]).save(folder / SHEET)
    (folder / "dataset.json").write_text(json.dumps(info, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    run(main)
