"""Have what people said written as labels, and count it: `python -m operations.labels_now ENV [--since 30d]`.

With --dataset it names the labels of a data set instead, and which of them are withdrawn by now.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3

from core import arguments, environment, label_store
from core.console import UserError, out, run, visible
from core.contract.shapes import Json
from core.label_store import Labels
from core.table import Table
from monitoring.capture import SourceError, parse_moment
from operations import label_figures, labelled_people, monitor_now
from operations.labelled_people import Judged
from training import stored_sets

SINCE = "30d"


def main() -> int:
    parser = arguments.Parser("operations.labels_now", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument(
        "--since",
        default=SINCE,
        metavar="TIME",
        help="count from that day on: 24h, 7d, or a time (%(default)s)",
    )
    parser.add_argument("--dataset", default="", metavar="ID", help="name the labels of this data set")
    options = parser.parse_args()
    now = datetime.now(UTC)
    try:
        since = parse_moment(options.since, now)
    except SourceError as error:
        raise UserError(str(error)) from error
    if since > now:
        raise UserError(f"{options.since} is not over yet: labels are counted since a time that was")
    outputs = environment.outputs(options.env)
    s3, bucket = boto3.client("s3"), outputs["bucket"]
    if options.dataset:
        out.print(of_dataset(s3, bucket, options.dataset))
        return 0
    failed = write(outputs["function_names"]["label"])
    labels = label_store.read(s3, bucket, since.date(), now.date())
    if not labels.all:
        out.print(
            f"{options.env} has no labels since {since:%Y-%m-%d}: people make them, by the console or the API"
        )
        return failed
    api = outputs["api"]
    who = labelled_people.read_who(api["reviews_table"], labels.all, api["person_days"])
    stood = {name for told in stored_sets.read_all(s3, bucket) for name in told.labels}
    judged = labelled_people.judge(labels, who, stood=stood)
    for shown in describe(labels, who, judged, api["person_statistics"]):
        out.print(shown)
        out.print()
    return failed


def write(function: str) -> int:
    """Have labels written; the status with which the command ends. What is written can be counted in any case."""
    try:
        out.print(tell(monitor_now.invoke(function)))
    except UserError as error:
        out.print(f"Not all labels were written: {error}")
        return 1
    return 0


def tell(done: Json) -> str:
    """What the function came to."""
    said = [f"{done['written']:,} labels were written"]
    said += [f"{done['gone']:,} photos were gone, so that there is no copy"] if done["gone"] else []
    said += [f"{done['left']:,} photos are left for the next run: its time was up"] if done["left"] else []
    said += [f"of {done['known']:,} more photos the answer is known"] if done["known"] else []
    return "; ".join(said)


def describe(labels: Labels, who: dict[str, str], judged: Judged, by_person: bool) -> Iterator[Table | str]:
    yield label_figures.by_day(labels)
    yield label_figures.left_out(judged)
    yield str(label_figures.agree(labels, who))
    standing, blind, unsure = labels.standing, "Where the model was sure", "Where it was not"
    tables = (
        label_figures.mistakes(standing, judged, label_figures.is_blind, f"{blind}: the blind sample"),
        label_figures.mistakes(standing, judged, label_figures.is_unsure, unsure),
        label_figures.others(labels),
    )
    yield from (it for it in tables if it)
    shown = judged.people if by_person else judged.unreliable
    if shown:
        yield label_figures.people(shown)


def of_dataset(s3: Any, bucket: str, dataset: str) -> Table:
    """The other way round is `make withdraw`, which names the sets that have a label."""
    told = stored_sets.read(s3, bucket, dataset)
    if told is None:
        raise UserError(f"there is no data set {dataset!r} in s3://{bucket}/data: name one of its folders")
    return draw_set(dataset, told.labels, label_store.read(s3, bucket))


def draw_set(dataset: str, names: list[str], labels: Labels) -> Table:
    found = {it.name: it for it in labels.all}
    rows = [
        (name, say_time(found[name].at), visible(found[name].label), labels.withdrawn.get(name, ""))
        if name in found
        else (name, "", "", "gone")
        for name in names
    ]
    lost = sum(bool(it[-1]) for it in rows)
    note = (
        f"{lost:,} of them are withdrawn or gone: make dataset makes a version without them" if lost else ""
    )
    head = ("label", "said (UTC)", "what", "withdrawn")
    return Table(head, rows, title=f"{len(names):,} labels of {dataset}", note=note)


def say_time(text: str) -> str:
    return text[:16].replace("T", " ")


if __name__ == "__main__":
    run(main)
