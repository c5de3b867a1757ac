"""Show what a data set has that another has not, as a page: `python -m report.dataset_difference ENV`.

--to is the later one (build/data/ENV), --from the earlier one (its parent): each a folder, or the id of one that is
below build/data or in the environment's bucket. The page needs nothing beside it, and has the photographs on it.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from PIL import Image

from core import arguments, environment, sending
from core.console import UserError, out, run, visible
from core.contract.shapes import Json
from report import page
from report.page import Badge, Block, Gallery, Missing, Part, Photo, Section, Table, Tile
from report.words import moment, number
from training import dataset_changes, dataset_versions, fetched
from training.dataset import FOLDERS, shrink
from training.dataset_changes import Changes, Picture
from training.dataset_versions import Parent

DATA = Path("build/data")
ID = re.compile(r"[0-9a-f]{16}")
SIDE = 96  # pixels of a picture on the page, at most
SHOWN = 60  # of each side and class, spread over all of it

Pair = tuple[Picture, Picture]
Item = TypeVar("Item")


def draw(before: Parent, after: Parent) -> str:
    changes = dataset_changes.compare(before, after)
    info, earlier = after.info, before.info
    had = f"{count(before):,} in {earlier['dataset_id']}"
    tiles = [
        Tile("Pictures", f"{count(after):,}", had),
        Tile("Added", f"{len(changes.added):,}", name_sides(changes.added)),
        Tile("Removed", f"{len(changes.removed):,}", name_sides(changes.removed)),
        Tile("Moved", f"{len(changes.moved):,}", "to another side"),
        Tile("Relabelled", f"{len(changes.relabelled):,}", "of another class now"),
    ]
    sections = [
        Section("Counts", number(count(after), "picture"), [table_sides(before, after)]),
        Section("Sources", "Where its pictures are from.", [table_sources(before, after)]),
        Section("Left out", "Photos with labels that are not in it.", [table_left_out(info)]),
        Section("Parents", "The nearest first.", [table_parents(info)]),
        show("Added", changes.added),
        show("Removed", changes.removed),
        show_pairs("Moved", changes.moved, lambda was, it: f"{it.side}, was {was.side}"),
        show_pairs("Relabelled", changes.relabelled, lambda was, it: f"{it.cls}, was {was.cls}"),
    ]
    lead = f"What it has that {earlier['dataset_id']} has not, and the other way round."
    part = Part(f"Data set {info['dataset_id']}", lead, judge(before, after, changes), tiles, sections)
    return page.render(part, [], "Written by make difference. It has photographs on it: mind who gets it.")


def judge(before: Parent, after: Parent, changes: Changes) -> Badge:
    if before.size != after.size:
        return Badge(
            f"Their pictures have {before.size} and {after.size} pixels: none is the same as another",
            "unknown",
        )
    if changes.moved:
        return Badge("Pictures stand on another side: the two are no versions of one data set", "moved")
    if before.info["dataset_id"] == after.info["dataset_id"]:
        return Badge("The two are one and the same", "steady")
    return Badge("No picture stands on another side", "steady")


def count(version: Parent) -> int:
    return sum(len(rows.names) for rows in version.splits.values())


def name_sides(pictures: Sequence[Picture]) -> str:
    counts = Counter(it.side for it in pictures)
    return ", ".join(f"{counts[side]:,} {side}" for side in FOLDERS if counts[side]) or "none"


def table_sides(before: Parent, after: Parent) -> Table:
    """Of each class how many there are on each side, and how many there were."""
    classes = list(dict.fromkeys((*after.info["classes"], *before.info["classes"])))
    rows = []
    for side in FOLDERS:
        now, then = (count_classes(version, side) for version in (after, before))
        rows.append([side, *(f"{now[cls]:,} ({now[cls] - then[cls]:+,})" for cls in classes)])
    return Table(
        "Pictures on each side, and how many more", ("side", *classes), rows, range(1, len(classes) + 1)
    )


def count_classes(version: Parent, side: str) -> Counter[str]:
    return Counter(version.info["classes"][label] for label in version.splits[side].labels)


def table_sources(before: Parent, after: Parent) -> Table:
    now, then = (count_sources(version) for version in (after, before))
    most = sorted({*now, *then}, key=lambda it: (-now[it], -then[it], it))
    rows = [[source, f"{now[source]:,}", f"{then[source]:,}"] for source in most]
    return Table(
        "labels/... is what labels brought, by the camera", ("source", "pictures", "before"), rows, (1, 2)
    )


def count_sources(version: Parent) -> Counter[str]:
    return Counter(version.info.get("sources", {version.info["source"]: count(version)}))


def table_left_out(info: Json) -> Block:
    counts = sorted(info.get("left_out", {}).items(), key=lambda it: (-it[1], it[0]))
    if not counts:
        return Missing("None.")
    return Table("By the reason", ("why", "photos"), [[why, f"{n:,}"] for why, n in counts], (1,))


def table_parents(info: Json) -> Block:
    parents = info.get("parents", ())
    if not parents:
        return Missing("None: it is no version of another one.")
    return Table("Data sets that it was made of", ("data set",), [[it] for it in parents])


def show(title: str, pictures: Sequence[Picture]) -> Section:
    """A gallery for each side and class."""
    if not pictures:
        return Section(title, "No picture.", [])
    classes = sorted({it.cls for it in pictures})
    blocks: list[Block] = []
    for side in FOLDERS:
        for cls in classes:
            if those := [it for it in pictures if (it.side, it.cls) == (side, cls)]:
                photos = [Photo(thumbnail(it), f"Photo of a {cls}", cls, lines(it)) for it in spread(those)]
                blocks.append(Gallery(f"{side}: {cls}", caption(those), photos))
    return Section(title, number(len(pictures), "picture"), blocks, wide=True)


def show_pairs(title: str, pairs: Sequence[Pair], word: Callable[[Picture, Picture], str]) -> Section:
    if not pairs:
        return Section(title, "No picture.", [])
    photos = [
        Photo(thumbnail(it), f"Photo of a {it.cls}", word(was, it), [f"{it.side}: {it.cls}", *lines(it)])
        for was, it in spread(pairs)
    ]
    return Section(title, number(len(pairs), "picture"), [Gallery("All", caption(pairs), photos)], wide=True)


def caption(those: Sequence[object]) -> str:
    all_of_them = number(len(those), "picture")
    return f"{all_of_them}." if len(those) <= SHOWN else f"{SHOWN} of {all_of_them}, evenly out of all."


def spread(those: Sequence[Item]) -> list[Item]:
    steps = np.linspace(0, len(those) - 1, min(SHOWN, len(those))).round().astype(int)
    return [those[step] for step in steps]


def lines(it: Picture) -> list[str]:
    return [it.origin.source or "no camera named", moment(it.origin.at)] if it.origin else [it.name]


def thumbnail(it: Picture) -> bytes:
    image = Image.fromarray(it.pixels)
    target = io.BytesIO()
    (shrink(image, SIDE) if image.width > SIDE else image).save(target, "PNG")
    return target.getvalue()


def find(env: str, named: str, option: str) -> Path:
    """A folder, or what has that id: here, else in the environment's bucket, from where it is brought."""
    if (Path(named) / "dataset.json").is_file():
        return Path(named)
    if not ID.fullmatch(named):
        raise UserError(
            f"{option}={visible(named)} is neither a data set's folder nor an id, as 0123456789abcdef is one"
        )
    for folder in sorted(DATA.glob("*/")):
        try:
            if dataset_versions.read_info(folder)["dataset_id"] == named:
                return folder
        except UserError:  # it is none, or a broken one
            continue
    folder = DATA / f"{env}-{named}"
    fetched.fetch(sending.connect(), environment.outputs(env)["bucket"], named, folder)
    return folder


def main() -> None:
    parser = arguments.Parser("report.dataset_difference", __doc__)
    add = parser.add_argument
    add("env", help="the environment: local, staging or prod")
    add("--to", default="", help="the later one: a folder or an id (build/data/ENV)")
    add(
        "--from",
        dest="earlier",
        default="",
        help="the earlier one: a folder or an id (the later one's parent)",
    )
    add("--out", type=Path, default=Path("build/difference"), help="where the page goes (%(default)s)")
    options = parser.parse_args()
    newest = DATA / options.env
    if not options.to and not newest.exists():
        raise UserError(
            f"there is no {newest}: make a version with make dataset ENV={options.env}, or name one with TO="
        )
    try:
        later = dataset_versions.read(find(options.env, options.to or str(newest), "TO"))
        parents = later.info.get("parents", ())
        if not (options.earlier or parents):
            out.print(
                f"{later.info['dataset_id']} has no parent that it could be compared with: name one with FROM="
            )
            return
        earlier = dataset_versions.read(find(options.env, options.earlier or parents[0], "FROM"))
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the data sets of {options.env} cannot be read: {error}") from error
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "difference.html"
    path.write_text(draw(earlier, later), encoding="utf-8")
    out.print(f"{later.info['dataset_id']} beside {earlier.info['dataset_id']}: {path}")


if __name__ == "__main__":
    run(main)
