"""What the page says of how the figures went over time, of every model that answered."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from core.figures import metrics
from report import draw_trends, theme
from report.facts import Facts
from report.page import Block, Missing, Picture, Section, Table
from report.releases import Release
from report.trend import DAY, HOUR
from report.words import moment, number, percent

TITLE = "How it went over time"
NAMES = {HOUR: "hour", DAY: "day"}
NEWEST, NAME = 10, 8  # steps in the table, and letters of a model's name


def show(
    every: Sequence[Facts],
    releases: Sequence[Release],
    live: str | None,
    least: Mapping[str, float],
    step: timedelta,
    folder: Path,
) -> Section:
    each = NAMES.get(step, "week")
    steps = {point.since for model in every for point in model.trend}
    if len(steps) < 2:
        why = f"All of it is of one {each}; a trend takes two. A longer window: make report SINCE=7d."
        return Section(TITLE, f"{number(len(steps), each)}.", [Missing(why)], wide=True)
    told = say_releases(releases)
    blocks: list[Block] = [show_figures(every, releases, live, least, each, told, folder)]
    if tolerances := find_tolerances(every):
        blocks.append(show_drifts(every, releases, live, tolerances, each, folder))
    two = len(blocks) > 1
    if not two:
        blocks.append(tabulate(every, each))
    return Section(
        TITLE,
        f"{number(len(steps), each)} with answers. {told}",
        blocks,
        wide=True,
        paired=two,
        beside=not two,
    )


def show_figures(
    every: Sequence[Facts],
    releases: Sequence[Release],
    live: str | None,
    least: Mapping[str, float],
    each: str,
    told: str,
    folder: Path,
) -> Picture:
    alt = f"Records, coverage and accuracy of every {each}, with bounds. {told}"
    chart = theme.save(
        partial(draw_trends.draw_figures, every, releases, live, least),
        folder,
        "trends",
        "Over time",
        alt,
    )
    caption = (
        f"A point for each {each}, with {1 - metrics.ALPHA:.1%} bounds: few records, long bars. Dashed: the least that "
        "the alarms accept. Circles are the live model's, squares those of other models, "
        "green diamonds the accuracy that labels tell."
    )
    return Picture(chart, caption)


def show_drifts(
    every: Sequence[Facts],
    releases: Sequence[Release],
    live: str | None,
    tolerances: Mapping[str, float],
    each: str,
    folder: Path,
) -> Picture:
    chart = theme.save(
        partial(draw_trends.draw_drifts, every, releases, live, tolerances),
        folder,
        "drift-trends",
        "Drift over time",
        f"Of each statistic the distance from the baseline, for every {each}, in multiples of what is tolerated.",
    )
    caption = (
        f"How far each {each}'s answers and pictures are from the model's own baseline. What lies wholly above the "
        "dashed line has surely moved. A step with too few records for bounds has no point."
    )
    return Picture(chart, caption)


def tabulate(every: Sequence[Facts], each: str) -> Table:
    """The newest steps of every model."""
    points = sorted(((point, model) for model in every for point in model.trend), key=lambda it: it[0].since)
    rows = [
        (
            moment(point.since),
            (model.model or "-")[:NAME],
            f"{point.records:,}",
            percent(point.coverage.value if point.coverage else None),
        )
        for point, model in points[-NEWEST:]
    ]
    return Table(
        f"The newest {number(len(rows), each)}.", (each, "model", "records", "coverage"), rows, (2, 3)
    )


def find_tolerances(every: Sequence[Facts]) -> dict[str, float]:
    """Of each statistic that some step has, in the order of the drift table."""
    drawn = {name for model in every for point in model.trend for name in point.drift}
    rows = [row for model in every for row in model.drift if row.measure != "psi"]
    return {row.statistic: row.tolerance for row in rows if row.statistic in drawn}


def say_releases(releases: Sequence[Release]) -> str:
    if not releases:
        return "No release in this window."
    said = [f"{it.model or 'a model without a name'} first answered on {moment(it.time)}" for it in releases]
    return f"Releases: {'; '.join(said)}."
