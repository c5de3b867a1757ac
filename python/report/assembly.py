"""The report put together: the page of every model that answered and of the workflow, and the figures behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.figures import metrics
from monitoring.capture import EXAMPLES, Unreadable
from report import captured, facts, judged, page, thumbnails, trends, trust, workflow, workflow_facts
from report.answered import Answers
from report.answers import show_classes, show_histogram, show_hours, show_tiles, show_timeline
from report.content import Content
from report.counts import explain_counts
from report.facts import Facts
from report.page import Badge, Missing, Part, Section, Tile
from report.releases import Release, find_releases
from report.words import moment, number
from report.workflow_facts import Unrouted, WorkflowFacts

ORDER = (
    *("models", "empty", "trends", "timeline", "machine", "outcomes", "classes", "histogram", "hours"),
    *("judged", "coverage", "reliability", "drift", "gallery", "unreadable"),
)
NOTHING = "Nothing was captured in this window"
WHY_NOTHING = (
    "There is no answer to show. Was the endpoint asked in this window, does its configuration capture inputs and "
    "outputs, and is this the place that it captures to? A longer window: make report SINCE=7d, or --since 7d."
)
UNFIT = "No record fits its model"


@dataclass(frozen=True)
class Report:
    """Every figure behind the page, in the order in which report.json has them."""

    verdict: str
    confidence_level: float  # of all bounds: what "surely" means
    environment: str | None
    capture: str
    live: str | None
    since: str | None
    until: str | None
    files: int
    records: int
    counted: int  # of these, by the monitor, hour by hour; the others were read
    counted_since: str | None
    counted_until: str | None
    unreadable: dict[str, int]
    unreadable_examples: list[Unreadable]
    models: list[Facts]
    releases: list[Release]
    workflow: WorkflowFacts | None


def assemble(content: Content, folder: Path) -> tuple[str, Report]:
    """The page, and every figure in it."""
    folder.mkdir(parents=True)
    answers = put_live_first(content)
    every = [facts.gather(each, content.step) for each in answers]
    rest = list(zip(answers, every, strict=True))
    if has_answered(content, every):
        first = fill_main(content, answers, every, folder)
        del rest[0]
    else:
        first = fill_empty(content, every, folder)
    others = [fill_other(each, own, folder / (each.model_id or "unnamed")) for each, own in rest]
    footer = (
        f"Made on {moment(content.now)}. Bounds hold in {1 - metrics.ALPHA:.1%} of cases; those of the "
        "estimated accuracy only while confidence is as right as in training. report.json has every figure, charts "
        "has every chart."
    )
    return page.render(first, others, footer), gather(content, every)


def put_live_first(content: Content) -> list[Answers]:
    """Then the others, as they answered last."""
    found = [each for each in content.answers if each.n]
    return sorted(found, key=lambda each: (each.model_id == content.live, each.last), reverse=True)


def has_answered(content: Content, every: Sequence[Facts]) -> bool:
    """Whether the first of them is the live model."""
    return bool(every) and content.live in (None, every[0].model)


def gather(content: Content, every: Sequence[Facts]) -> Report:
    capture, past = content.capture, content.past
    return Report(
        verdict=every[0].verdict.text if has_answered(content, every) else say_empty(content),
        confidence_level=1 - metrics.ALPHA,
        environment=content.environment,
        capture=capture.source,
        live=content.live or (every[0].model if every else None),
        since=content.since.isoformat() if content.since else None,
        until=content.until.isoformat() if content.until else None,
        files=capture.files,
        records=content.records,
        counted=past.records if past else 0,
        counted_since=past.since.isoformat() if past else None,
        counted_until=past.until.isoformat() if past else None,
        unreadable=dict(content.unreadable),
        unreadable_examples=content.examples[:EXAMPLES],
        models=list(every),
        releases=find_releases(every),
        workflow=content.workflow,
    )


def fill_main(content: Content, ordered: Sequence[Answers], every: Sequence[Facts], folder: Path) -> Part:
    """The live model, and all that is no model's own."""
    answers, own, others = ordered[0], every[0], [(each.first, each.last) for each in ordered[1:]]
    unrouted = workflow_facts.find_unrouted(content.machine, answers.first, others)
    sections = show_model(answers, own, unrouted, folder) | show_shared(content, every, folder)
    lead = f"{describe_scope(content)}. Live model: {captured.name(own)}.{captured.say_left_out(answers)}"
    lead += f" {metrics.SURELY.capitalize()}.{captured.say_counted(content.past, answers.threshold)}"
    if len(every) > 1:
        sections["models"] = captured.show_models(every)
        known = (
            "" if content.live else " It answered last, so it counts as the live one; --live names another."
        )
        lead += f"{known} {number(len(every) - 1, 'other model')} answered, too: see below."
    tiles = [*show_tiles(own), *workflow.show_tiles(content.machine)]
    counts = explain_counts(ordered, content.workflow, content.past.until if content.past else None)
    return Part(content.title, lead, captured.badge(own), tiles, order(sections), counts)


def fill_other(answers: Answers, own: Facts, folder: Path) -> Part:
    return Part(
        f"Another model: {captured.name(own)}",
        f"{number(own.records, 'record')} of it alone.",
        captured.badge(own),
        show_tiles(own),
        order(show_model(answers, own, None, folder)),
    )


def fill_empty(content: Content, every: Sequence[Facts], folder: Path) -> Part:
    """The live model has no answer to show; others may."""
    records, files = content.records, f"in {number(content.capture.files, 'file')}"
    why = explain_silence(content, every)
    nothing = Section("No answers", f"{number(records, 'record')} {files}.", [Missing(why)], wide=True)
    tiles = [Tile("Records", f"{records:,}", files), *workflow.show_tiles(content.machine)]
    sections = {"empty": nothing, **show_shared(content, every, folder)}
    if every:
        sections["models"] = captured.show_models(every)
    verdict = Badge(say_empty(content), "unknown")
    return Part(content.title, f"{describe_scope(content)}.", verdict, tiles, order(sections))


def say_empty(content: Content) -> str:
    """Why there is no answer, in a few words."""
    if any(each.n for each in content.answers):
        return f"The live model, {content.live}, has not answered in this window"
    if any(each.left_out for each in content.answers):
        return "Nothing live was captured in this window"
    return UNFIT if content.records else NOTHING


def explain_silence(content: Content, every: Sequence[Facts]) -> str:
    longer = "A longer window may have some: make report SINCE=7d, or --since 7d."
    if every:
        return f"All records are of other models, which follow. {longer}"
    if left_out := "".join(map(captured.say_left_out, content.answers)):
        return f"{left_out} {longer}"
    if not content.capture.records:
        return WHY_NOTHING
    sizes = sorted({each.window.probabilities.shape[1] for each in content.answers})
    return (
        f"{number(content.capture.records, 'record was', 'records were')} read, none has the model's "
        f"{' or '.join(map(str, sizes))} classes: is --model the right one?"
    )


def show_shared(content: Content, every: Sequence[Facts], folder: Path) -> dict[str, Section]:
    """By name: what belongs to no model, or to all."""
    over_time = {}
    if every:
        live, least = content.live or every[0].model, content.answers[0].least
        over_time["trends"] = trends.show(every, find_releases(every), live, least, content.step, folder)
    return {
        **over_time,
        **workflow.show(content.machine, content.workflow, *content.window, folder),
        "unreadable": captured.show_unreadable(content),
    }


def show_model(answers: Answers, own: Facts, unrouted: Unrouted | None, folder: Path) -> dict[str, Section]:
    """Of one model, by name. `unrouted` are the executions that ended without a driver; None if unknown."""
    one_by_one = {}
    if answers.read:
        one_by_one = {
            "timeline": show_timeline(answers, unrouted, folder),
            "histogram": show_histogram(answers, own, folder),
            "coverage": trust.show_coverage(answers, own, folder),
            "reliability": trust.show_reliability(answers, own, folder),
            "gallery": thumbnails.show_gallery(answers, own),
        }
    by_people = {"judged": judged.show(own.judged)} if own.judged else {}
    return {
        **one_by_one,
        **by_people,
        "classes": show_classes(answers, own, folder),
        "hours": show_hours(answers, own, folder),
        "drift": trust.show_drifts(answers, own, folder),
    }


def order(sections: Mapping[str, Section]) -> list[Section]:
    return [sections[each] for each in ORDER if each in sections]


def describe_scope(content: Content) -> str:
    since, until = content.since, content.until
    if not since and not until:
        return f"All of {content.capture.source}"
    start = f" from {moment(since)}" if since else ""
    return f"{content.capture.source}{start} to {moment(until or content.now)}"
