"""A report on what an endpoint answered and what the workflow did with it: one page, its charts, and its figures.

    python -m report --env prod --out DIR [--since 24h] [--live MODEL]
    python -m report --capture DIR|s3://... --out DIR [--model model.tar.gz] [--truth FILE]
                                [--state-machine ARN] [--since 90m|24h|7d|TIME] [--until TIME] [--threshold 0.93]

DIR gets report-prod.html, without --env report.html, which needs nothing beside it; charts/*.png for light pages, dark
ones and phones; and report.json with every figure behind the page. --env takes everything from Terraform's outputs.
"""

import argparse
import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from core import arguments, environment
from core.console import UserError, out, run
from core.contract.answer_kinds import KINDS, LIVE
from core.contract.decision import THRESHOLD
from core.figures.baseline import BrokenBaseline
from core.figures.drift import TOLERATED
from core.figures.true_accuracy import Truth
from monitoring import past
from monitoring.capture import Capture, SourceError, parse_moment
from monitoring.past import Past
from monitoring.results import RESULTS, Result
from monitoring.window import Window, collect, empty
from report import assembly, executions, models
from report.answered import Answers
from report.content import Content
from report.judgement import LEAST
from report.words import number

TITLE = "How the classifier is doing"
SINCE = "24h"  # of an environment, whose captures may go back for months
EXHIBITS = 12  # pictures in each part of the gallery
READ = 50_000  # records one by one; of what is older, the monitor's results are enough


@dataclass(frozen=True)
class Sources:
    capture: str
    find: models.Finder
    labels: list[str]  # what the live model's classes are called
    state_machine: str | None
    threshold: float
    tolerated: Mapping[str, float]
    least: Mapping[str, float]
    since: str | None
    live: str | None  # the model's id
    monitored: tuple[str, str] | None = None  # where the monitor's results are: the bucket and the prefix


def parse_arguments() -> argparse.Namespace:
    parser = arguments.Parser("report", __doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--capture", metavar="SOURCE", help="what was captured: a folder, or s3://bucket/prefix"
    )
    source.add_argument(
        "--env", help=f"everything of this environment, of the last {SINCE} unless --since says more"
    )
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="where the report goes")
    add(
        "--model",
        metavar="FILE",
        help="the model.tar.gz that answered, here or in S3: its classes and baseline",
    )
    add("--truth", metavar="FILE", help='JSON lines with the right answers: {"id": ..., "label": "bicycle"}')
    add("--state-machine", metavar="ARN", help="the state machine whose executions belong to it")
    add("--since", metavar="TIME", help="leave out what is older: 90m, 24h, 7d, or a time in ISO 8601")
    add("--until", metavar="TIME", help="leave out that time and what is newer")
    add(
        "--threshold",
        type=float,
        help=f"confidence from which a photo is routed (the environment's, or {THRESHOLD})",
    )
    add(
        "--live",
        metavar="MODEL",
        help="the live model's id (the environment's, or of the one that answered last)",
    )
    add(
        "--kinds",
        default=LIVE,
        help=f"what answers were asked for, to look at: {', '.join(KINDS)}, several with commas ({LIVE})",
    )
    add("--title", help=f"of the page ({TITLE} in prod)")
    args = parser.parse_args()
    if args.env and (args.model or args.state_machine):
        parser.error("--env knows the model and the state machine: leave --model and --state-machine out")
    if args.truth and not args.env and not args.model:
        raise UserError(
            "--truth needs the names of the classes: give the model too, with --model model.tar.gz"
        )
    args.kinds = args.kinds.split(",")
    if strange := sorted({*args.kinds} - {*KINDS}):
        parser.error(f"--kinds knows no {', '.join(strange)}, but {', '.join(KINDS)}")
    if args.threshold is not None and not 0 < args.threshold <= 1:
        parser.error("--threshold is a confidence, above 0 and at most 1")
    return args


def main() -> None:
    args = parse_arguments()
    now = datetime.now(UTC)
    sources = take_environment(args) if args.env else take_arguments(args)
    truth = models.read_truth(args.truth) if args.truth else models.Truth()
    find = cache(sources.find)
    try:
        since, until = (parse_moment(text, now) if text else None for text in (sources.since, args.until))
        if since and since >= (until or now):
            raise UserError(f"nothing is between --since {sources.since} and --until {args.until or 'now'}")
        counted = read_past(sources, args, since, until or now)
        week_before = read_week_before(sources, args, since, until or now)
        judged = read_judged(sources, until or now)
        capture = Capture(sources.capture, counted.until if counted else since, until)
        windows = collect(
            capture,
            exhibits=EXHIBITS,
            baseline_of=lambda model_id: find(model_id).baseline,
            labels_of=lambda model_id: truth.positions(find(model_id).labels),
            threshold=sources.threshold,
            kinds=args.kinds,
            counted_of=counted.counted if counted else lambda _: {},
        )
    except (SourceError, BrokenBaseline) as error:
        raise UserError(str(error)) from error
    truth.check({*sources.labels, *(label for name in windows for label in find(name).labels)})
    answers = list(put_together(sources, find, windows, counted, week_before, judged, len(truth.names)))
    title = args.title or (f"{TITLE} in {args.env}" if args.env else TITLE)
    live = args.live or sources.live
    content = Content(title, capture, since, until, now, answers, live, past=counted, environment=args.env)
    if sources.state_machine:
        content = replace(content, machine=executions.read(sources.state_machine, *content.window))
    verdict = publish(content, args.out)
    left = sum(each.left_out.total() for each in answers)
    others = f", {left:,} of other kinds are left out" if left else ""
    if again := sum(each.repeats for each in answers):
        others += f", {number(again, 'repeat')} of a photo left out"
    counted_in = number(sum(each.n for each in answers), "record")
    out.print(f"{verdict}. {counted_in}{others}; see {args.out / name_page(args.env)}")


def take_arguments(args: argparse.Namespace) -> Sources:
    find = models.find_given(args.model)
    threshold = THRESHOLD if args.threshold is None else args.threshold
    return Sources(
        capture=args.capture,
        find=find,
        labels=find("").labels,
        state_machine=args.state_machine,
        threshold=threshold,
        tolerated=TOLERATED,
        least=LEAST,
        since=args.since,
        live=None,
    )


def take_environment(args: argparse.Namespace) -> Sources:
    outputs = environment.outputs(args.env)
    live = outputs.get("model")  # Terraform leaves out what is null
    return Sources(
        capture=f"s3://{outputs['bucket']}/captures",
        find=models.find_stored(outputs["bucket"], {live["id"]: live["labels"]} if live else {}),
        labels=live["labels"] if live else [],
        state_machine=outputs["state_machine_arn"],
        threshold=outputs["threshold"] if args.threshold is None else args.threshold,
        tolerated=TOLERATED | outputs["tolerated_drift"],  # nor of each that there is now
        least=outputs.get("least", LEAST),  # one that was applied before there was this output has none
        since=args.since or SINCE,
        live=live["id"] if live else None,
        monitored=(outputs["bucket"], f"{RESULTS}/{outputs['endpoint_name']}"),
    )


def read_past(
    sources: Sources, args: argparse.Namespace, since: datetime | None, until: datetime
) -> Past | None:
    """The monitor counts live answers at the environment's threshold: any other question needs every record."""
    if not (sources.monitored and since) or args.threshold is not None or args.kinds != [LIVE]:
        return None
    return past.read(*sources.monitored, since, until, READ)


def read_week_before(
    sources: Sources, args: argparse.Namespace, since: datetime | None, until: datetime
) -> list[Result]:
    """None for more than a week, which has seen each hour of it itself."""
    if not (sources.monitored and since) or until - since > past.WEEK or args.kinds != [LIVE]:
        return []
    return past.read_week_before(*sources.monitored, since, until)


def read_judged(sources: Sources, until: datetime) -> dict[str, Truth]:
    """By model: how right it was on what it accepted, as people said who did not know its answers."""
    return past.read_truths(*sources.monitored, until) if sources.monitored else {}


def put_together(
    sources: Sources,
    find: models.Finder,
    windows: Mapping[str, Window],
    counted: Past | None,
    week_before: Sequence[Result],
    judged: Mapping[str, Truth],
    asked: int,
) -> Iterator[Answers]:
    """What every model answered, in what was read and in the hours before."""
    results = defaultdict(list)
    for each in counted.results if counted else ():
        if each.records or each.unreadable:
            results[each.model].append(each)
    for name in {**windows, **results}:
        model, own = find(name), results[name]
        classes = max((len(each.tally.classes) for each in own), default=0) or len(model.labels)
        window = windows.get(name) or empty(classes)
        settings = sources.threshold, sources.tolerated, sources.least
        yield Answers(name, window, model, *settings, own, week_before, judged.get(name), asked)


def publish(content: Content, folder: Path) -> str:
    """Write the report, which appears when it is whole; the verdict in one sentence."""
    charts, earlier = folder / "charts", read_earlier(folder)
    if charts.exists() and earlier is None:
        raise UserError(f"{charts} is not an earlier report's, and is kept: choose another --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".report-", dir=folder) as name:
            draft = Path(name)
            html, report = assembly.assemble(content, draft / "charts")
            page = draft / name_page(content.environment)
            page.write_text(html, "utf-8", "backslashreplace")  # names of files are any bytes
            (draft / "report.json").write_text(json.dumps(asdict(report), indent=2, allow_nan=False) + "\n")
            shutil.rmtree(charts, ignore_errors=True)
            if earlier is not None:
                for stale in folder.glob("report*.html"):
                    if stale.name == name_page(earlier.get("environment")):
                        stale.unlink()
            for part in ("report.json", "charts", page.name):
                (draft / part).replace(folder / part)
    except OSError as error:
        raise UserError(f"the report cannot be written to {folder}: {error}") from error
    return report.verdict


def name_page(environment: str | None) -> str:
    """It is sent around, so its name says what it is about."""
    return f"report-{environment}.html" if environment else "report.html"


def read_earlier(folder: Path) -> dict[str, Any] | None:
    """The figures of the report that the folder holds, if it does."""
    try:
        figures = json.loads((folder / "report.json").read_bytes())
    except (OSError, ValueError):
        return None
    known = isinstance(figures, dict) and {"verdict", "capture", "models", "workflow"} <= figures.keys()
    return figures if known else None


if __name__ == "__main__":
    run(main)
