"""The report put together: the page of every model that answered and of the workflow, and the figures behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from core.figures import metrics
from monitoring.capture import Capture
from report import answers as answered
from report import captured, facts, page, thumbnails, trust, workflow, workflow_facts
from report.executions import Machine
from report.facts import Answers
from report.page import Badge, Missing, Part, Section, Tile
from report.words import moment, number

ORDER = (
    *("models", "empty", "timeline", "machine", "outcomes", "classes", "histogram", "hours"),
    *("coverage", "reliability", "drift", "latency", "gallery", "unreadable"),
)
NOTHING = "Nothing was captured in this window"
WHY_NOTHING = (
    "There is no answer to show. Was the endpoint asked in this window, does its configuration capture inputs and "
    "outputs, and is this the place that it captures to? A longer window: --since 7d."
)
UNFIT = "No record fits its model"


@dataclass(frozen=True)
class Content:
    title: str
    capture: Capture
    since: datetime | None
    until: datetime | None
    now: datetime
    answers: Sequence[Answers]
    machine: Machine | None = None

    @property
    def window(self) -> tuple[datetime, datetime]:
        """What the report is about: as it was asked for, or from the first record until now."""
        first = min((each.first for each in self.answers if each.n), default=self.now)
        return self.since or first, self.until or self.now


def assemble(content: Content, folder: Path) -> tuple[str, dict[str, Any]]:
    """The page, and every figure in it."""
    folder.mkdir(parents=True)
    answers = sorted((each for each in content.answers if each.n), key=lambda each: -each.n)
    known = [facts.of(each) for each in answers]
    first = main_part(content, answers, known, folder) if answers else empty_part(content, folder)
    others = [
        other_part(each, figures, folder / (each.model_id or "unnamed"))
        for each, figures in zip(answers[1:], known[1:], strict=True)
    ]
    footer = (
        f"Made on {moment(content.now)}. Bounds hold in {1 - metrics.ALPHA:.1%} of cases; those of the "
        "estimated accuracy only while confidence is as right as in training. report.json has every figure, charts "
        "has every chart."
    )
    return page.render(first, others, footer), figures_of(content, known)


def main_part(
    content: Content, answers: Sequence[Answers], known: Sequence[dict[str, Any]], folder: Path
) -> Part:
    """The model with most records, and all that is no model's own."""
    found = sections(answers[0], known[0], workflow_facts.find_unrouted(content.machine), folder) | shared(
        content, folder
    )
    lead = f"{scope(content)}. Model: {captured.name(known[0])}."
    if len(known) > 1:
        found["models"] = captured.models(known)
        lead += f" It has the most records of {len(known)} models; the others follow."
    tiles = [*answered.tiles(known[0]), *workflow.show_tiles(content.machine)]
    return Part(content.title, lead, captured.badge(known[0]), tiles, ordered(found))


def other_part(answers: Answers, figures: dict[str, Any], folder: Path) -> Part:
    return Part(
        f"Another model: {captured.name(figures)}",
        f"{number(figures['records'], 'record')} of it alone.",
        captured.badge(figures),
        answered.tiles(figures),
        ordered(sections(answers, figures, None, folder)),
    )


def empty_part(content: Content, folder: Path) -> Part:
    records, files = content.capture.records, f"in {number(content.capture.files, 'file')}"
    why = why_unfit(content) if records else WHY_NOTHING
    nothing = Section("No answers", f"{number(records, 'record')} {files}.", [Missing(why)], wide=True)
    tiles = [Tile("Records", f"{records:,}", files), *workflow.show_tiles(content.machine)]
    found = {"empty": nothing, **shared(content, folder)}
    return Part(content.title, f"{scope(content)}.", Badge(empty(content), "unknown"), tiles, ordered(found))


def empty(content: Content) -> str:
    """Why there is no answer, in a few words."""
    return UNFIT if content.capture.records else NOTHING


def why_unfit(content: Content) -> str:
    sizes = sorted({each.window.probabilities.shape[1] for each in content.answers})
    return (
        f"{number(content.capture.records, 'record was', 'records were')} read, none has the model's "
        f"{' or '.join(map(str, sizes))} classes: is --model the right one?"
    )


def shared(content: Content, folder: Path) -> dict[str, Section]:
    return {
        **workflow.show(content.machine, *content.window, folder),
        "unreadable": captured.unreadable(content.capture, content.answers),
    }


def sections(
    answers: Answers, figures: dict[str, Any], unrouted: Mapping[str, np.ndarray] | None, folder: Path
) -> dict[str, Section]:
    """Of one model, by name. `unrouted` has when executions ended without a driver, by outcome; None if unknown."""
    return {
        "timeline": answered.timeline(answers, unrouted, folder),
        "classes": answered.predicted(answers, figures, folder),
        "histogram": answered.histogram(answers, folder),
        "hours": answered.hours(answers, figures, folder),
        "coverage": trust.coverage(answers, figures, folder),
        "reliability": trust.reliability(answers, figures, folder),
        "drift": trust.drifts(answers, figures, folder),
        "gallery": thumbnails.gallery(answers, figures),
    }


def figures_of(content: Content, known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "verdict": known[0]["verdict"]["text"] if known else empty(content),
        "capture": content.capture.source,
        "since": content.since and content.since.isoformat(),
        "until": content.until and content.until.isoformat(),
        "files": content.capture.files,
        "records": content.capture.records,
        "unreadable": dict(content.capture.unreadable),
        "unreadable_examples": [asdict(example) for example in content.capture.examples],
        "models": known,
        "workflow": workflow_facts.gather(content.machine) if content.machine else None,
    }


def ordered(found: dict[str, Section]) -> list[Section]:
    return [found[each] for each in ORDER if each in found]


def scope(content: Content) -> str:
    since, until = content.since, content.until
    if not since and not until:
        return f"All of {content.capture.source}"
    start = f" from {moment(since)}" if since else ""
    return f"{content.capture.source}{start} to {moment(until or content.now)}"
