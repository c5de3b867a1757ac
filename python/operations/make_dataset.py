"""Make a new version of a data set, of a parent and the labels that stand: `python -m operations.make_dataset ENV`.

The parent is --data, or the live model's data set from the environment's bucket, or --otherwise. The version lies in
build/data/ENV-ID and in the bucket below data/ID/, where it is never changed; build/data/ENV leads to the newest. With
--since only labels that are as new join it, beside those that the parent has; with --exclude those of these people do
not count, as if they had said nothing.
"""

import hashlib
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment, label_store, sending
from core.console import UserError, out, run
from core.contract import register
from core.contract.labels import by_photo
from core.contract.shapes import Json
from core.label_store import Labels
from core.table import Table
from monitoring.capture import SourceError, parse_moment
from operations import labelled_people, live_traffic, stood_before
from operations.labelled_people import Judged
from training import dataset_versions, fetched, gather, listed, promote, stored_sets
from training.dataset import FOLDERS
from training.dataset_versions import Labelled, Parent, Version
from training.photo import Photo, Seen
from training.upload import upload

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

DATA = Path("build/data")


@dataclass(frozen=True)
class Made:
    folder: Path
    info: Json  # what its dataset.json says
    before: Json  # what the parent's says
    left_out: Mapping[str, int]  # photos with labels, by the reason


def make(
    env: str,
    given: Path | None = None,
    otherwise: Path | None = None,
    exclude: Sequence[str] = (),
    since: datetime | None = None,
    tested: float = dataset_versions.HELD,
) -> Made:
    """`given` is the parent; without one it is the live model's, else `otherwise`."""
    settings = environment.outputs(env)
    check_link(DATA / env)
    bucket = settings["bucket"]
    client = sending.connect()
    live = promote.read_live(environment.model_file(env))
    folder = given or fetch_live(client, env, bucket, live) or otherwise
    if folder is None:
        raise UserError(f"{env} has no model yet whose data set could be the parent: name one with DATA=")
    parent = dataset_versions.read(folder)
    if not fetched.is_there(
        client, bucket, parent.info["dataset_id"]
    ):  # a version leads to what it was made of
        upload(folder, f"s3://{bucket}/{fetched.PREFIX}")
    labels = label_store.read(client, bucket)
    # Whatever the parent is: whose labels the live model was made without, theirs do not come back.
    of_live = stored_sets.read(client, bucket, live["dataset_id"]) if live else None
    never = {*parent.info["excluded"], *(of_live.excluded if of_live else ())}
    stood = stood_before.find(client, bucket, parent.info)
    judged = judge(settings["api"], labels, exclude, never, stood)
    traffic = live_traffic.count(
        client, bucket, settings["register_table"], labels.all, datetime.now(UTC).date()
    )
    version = build(parent, bucket, labels, judged, since, traffic, tested)
    made = put(client, env, bucket, version)
    link(DATA / env, made)
    return Made(made, dataset_versions.read_info(made), parent.info, version.info["left_out"])


def fetch_live(client: "S3Client", env: str, bucket: str, live: Json | None) -> Path | None:
    """The live model's data set, brought here, if the bucket has it."""
    if not (live and fetched.is_there(client, bucket, live["dataset_id"])):
        return None
    folder = name_folder(env, live["dataset_id"])
    fetched.fetch(client, bucket, live["dataset_id"], folder)
    return folder


def name_folder(env: str, dataset_id: str) -> Path:
    return DATA / f"{env}-{dataset_id}"


def judge(
    api: Json, labels: Labels, exclude: Sequence[str], never: Collection[str], stood: Collection[str]
) -> Judged:
    who = labelled_people.read_who(api["reviews_table"], labels.all, api["person_days"])
    if unknown := sorted(set(exclude) - set(who.values())):
        raise UserError(
            f"EXCLUDE names {', '.join(unknown)}, and no label of the last {api['person_days']} days is known to be "
            f"theirs: make labels says who is there"
        )
    return labelled_people.judge(labels, who, exclude, never=never, stood=stood)


def build(
    parent: Parent,
    bucket: str,
    labels: Labels,
    judged: Judged,
    since: datetime | None,
    traffic: Mapping[str, int],
    tested: float,
) -> Version:
    oldest = register.write_time(since) if since else ""
    known = {it.photo for it in parent.origins.values()}
    said = by_photo(labels.all)
    standing = [
        Labelled(it.label, it.cls, it.names, dataset_versions.find_stratum(said[photo], it.blind))
        for photo, it in judged.standing.items()
        if photo in known or it.label.at >= oldest
    ]
    seen = read_copies(bucket, dataset_versions.missing(parent, standing), parent.size)
    excluded = {it.name for it in labels.all}.intersection(judged.excluded)
    return dataset_versions.make(
        parent, standing, seen, judged.left_out, said.keys(), excluded, traffic, tested
    )


def read_copies(bucket: str, labelled: Sequence[Labelled], side: int) -> dict[str, Seen]:
    """By the photos' ids; those without a copy, or with a broken one, are said and left out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos = [
            Photo(folder / str(number), it.cls, it.label.name, problem="" if it.label.picture else "no copy")
            for number, it in enumerate(labelled)
        ]
        wanted = [
            (photo, f"s3://{bucket}/{it.label.picture}")
            for photo, it in zip(photos, labelled, strict=True)
            if it.label.picture
        ]
        failed = dict(listed.download(wanted))
        for photo, it in zip(photos, labelled, strict=True):
            if (
                photo.path.is_file()
                and hashlib.sha256(photo.path.read_bytes()).hexdigest() != it.label.sha256
            ):
                failed[photo] = "its copy is not what was looked at"
        seen, unread = gather.look([it for it in photos if it not in failed], side)
    said = [*unread.values(), *(f"left out: {photo.name} ({why})" for photo, why in failed.items())]
    for line in said[: gather.NAMED]:
        out.print(line)
    ids = {it.label.name: it.photo for it in labelled}
    return {ids[photo.name]: picture for photo, picture in seen.items()}


def put(client: "S3Client", env: str, bucket: str, version: Version) -> Path:
    """Here and in the bucket. What is there already was made of the same pictures, and stays as it is."""
    dataset_id = version.info["dataset_id"]
    folder = name_folder(env, dataset_id)
    if fetched.is_there(client, bucket, dataset_id):
        fetched.fetch(client, bucket, dataset_id, folder)
    else:
        version.write(folder)
        upload(folder, f"s3://{bucket}/{fetched.PREFIX}")
    return folder


def check_link(path: Path) -> None:
    if path.exists() and not path.is_symlink():
        raise UserError(f"{path} is no link to a version, which it is to be: move that folder elsewhere")


def link(path: Path, folder: Path) -> None:
    """Whoever reads it meanwhile has the old version or the new one."""
    beside = path.with_name(f".{path.name}.partial")
    beside.unlink(missing_ok=True)
    beside.symlink_to(folder.name)
    beside.replace(path)


def read_since(text: str) -> datetime | None:
    try:
        return parse_moment(text, datetime.now(UTC)) if text else None
    except SourceError as error:
        raise UserError(str(error)) from error


def table(made: Json, before: Json) -> Table:
    """How many pictures of each class are on each side, and how many the parent has there."""
    classes = made["classes"]
    rows = []
    for split in FOLDERS:
        counts, earlier = (it["counts"].get(split, {}) for it in (made, before))
        figures = [counts.get(name, 0) for name in classes]
        rows.append((split, *(f"{n:,}" for n in (*figures, sum(figures), sum(earlier.values())))))
    return Table(
        ("side", *classes, "pictures", "in the parent"),
        rows,
        numbers=range(1, len(classes) + 3),
        title=f"data set {made['dataset_id']}, of {before['dataset_id']} and {len(made.get('labels', ())):,} labels",
    )


def say_left_out(left_out: Mapping[str, int]) -> str:
    counts = sorted(left_out.items(), key=lambda it: (-it[1], it[0]))
    told = "; ".join(f"{count:,} {why}" for why, count in counts)
    return f"Photos with labels that are left out: {told}" if told else "No photo with a label is left out."


def main() -> None:
    parser = arguments.Parser("operations.make_dataset", __doc__)
    add = parser.add_argument
    add("env", help="the environment: local, staging or prod")
    add("--data", type=Path, help="the parent's folder (the live model's data set, from the bucket)")
    add("--otherwise", type=Path, help="the parent's folder where there is no live model's data set")
    add("--exclude", default="", metavar="SUB,SUB", help="people whose labels do not count")
    add("--since", default="", help="labels that join it are as new: 90m, 24h, 7d, or a time in ISO 8601")
    add(
        "--tested",
        type=float,
        default=dataset_versions.HELD,
        metavar="SHARE",
        help="of the photos that waited for a person, into the test `live` (%(default)s); more where they are few",
    )
    options = parser.parse_args()
    if not 0 <= options.tested < 1:
        raise UserError(f"--tested {options.tested:g} is not a share from 0 to below 1, such as 0.3")
    since = read_since(options.since)
    exclude = [name.strip() for name in options.exclude.split(",") if name.strip()]
    try:
        made = make(options.env, options.data, options.otherwise, exclude, since, options.tested)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the labels of {options.env} cannot be read: {error}") from error
    out.print(table(made.info, made.before))
    out.print(say_left_out(made.left_out))
    if made.info["content"] == made.before["content"]:
        out.print("It is what the parent is: no label adds or changes anything.")
    out.print(
        f"It is in {made.folder}, and {DATA / options.env} leads there: make train DATA={DATA / options.env}"
    )


if __name__ == "__main__":
    run(main)
