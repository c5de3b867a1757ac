"""The charts of what a state machine did: how its executions ended, and how long each step took."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor

import numpy as np
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from core.canvas import canvas
from report import theme
from report.executions import Execution
from report.graph.text import cut
from report.workflow_facts import measure_percentiles

BROWN = "#a6761d"  # seen on both pages, as theme's colours are
COLOURS = {  # from the bottom of a bar to its top
    "accepted": theme.ACCEPTED,
    "review": theme.REVIEW,
    "decided": theme.BLUE,
    "duplicate": theme.YELLOW,
    "failed": theme.FAILED,
    "timed out": theme.PURPLE,
    "aborted": BROWN,
    "running": theme.SKY,
    "unread": theme.OTHER,
}
UNREAD = "failed or review (too many to read)"
MINUTES = {
    "minute": 1,
    "5 minutes": 5,
    "10 minutes": 10,
    "15 minutes": 15,
    "30 minutes": 30,
    "hour": 60,
    "2 hours": 120,
    "3 hours": 180,
    "6 hours": 360,
    "12 hours": 720,
    "day": 1440,
    "7 days": 10080,
}
MOST_BARS = 48
DAY = timedelta(days=1)
MARKERS = (  # of the percentiles, in their order
    ("half took at most", "o", theme.BLUE),
    ("9 of 10", "^", theme.PURPLE),
    ("99 of 100", "s", theme.VERMILION),
)
QUICKEST = 0.1  # milliseconds: what took less is drawn there
SPREAD = 20  # from this ratio of the slowest to the quickest on, the axis is logarithmic
ROOM = 150.0  # for a step's name, in points


def draw_outcomes(executions: Sequence[Execution], since: datetime, until: datetime) -> Figure:
    words = choose_bar_width(since, until)
    step = timedelta(minutes=MINUTES[words])
    counts = count_by_bar(executions, step)
    figure, axes = canvas("Executions by outcome", "", f"executions started per {words}", (theme.WIDTH, 4.2))
    starts = sorted({start for start, _ in counts})
    days = date2num(starts)
    heights = np.zeros(len(starts))
    for outcome, colour in COLOURS.items():
        tall = np.array([counts[start, outcome] for start in starts])
        if tall.any():
            label = f"{UNREAD if outcome == 'unread' else outcome}: {tall.sum():,}"
            axes.bar(days, tall, 0.9 * step / DAY, heights, align="edge", color=colour, label=label)
            heights += tall
    axes.set_xlim(min(date2num(since), days[0]), max(date2num(until), days[-1] + step / DAY))
    axes.set_ylim(0, 1.08 * heights.max())
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=False, axis="x")
    theme.time_axis(axes)
    figure.legend(loc="outside lower left", ncols=theme.columns(3))
    return figure


def choose_bar_width(since: datetime, until: datetime) -> str:
    """The narrowest width that makes the window no more than some bars, in words."""
    minutes = (until - since).total_seconds() / 60
    return next((words for words, width in MINUTES.items() if minutes / width <= MOST_BARS), "7 days")


def count_by_bar(executions: Sequence[Execution], width: timedelta) -> Counter[tuple[datetime, str]]:
    """How many of each outcome started in each bar; bars begin at round times of UTC."""
    seconds = width.total_seconds()
    return Counter(
        (datetime.fromtimestamp(floor(one.start.timestamp() / seconds) * seconds, UTC), one.outcome)
        for one in executions
    )


def draw_times(seconds: Mapping[str, Sequence[float]]) -> Figure:
    """From the first step at the top to the last."""
    figure, axes = canvas(
        "Time in each step",
        "milliseconds in the step",
        "",
        (theme.WIDTH, 1.9 + 0.55 * len(seconds)),
    )
    rows = range(len(seconds), 0, -1)
    points = np.array([measure_percentiles(values) for values in seconds.values()])
    if points.max() > SPREAD * max(points.min(), QUICKEST):
        points = points.clip(min=QUICKEST)  # nothing else has a place on a logarithmic axis
        axes.set_xscale("log")
        axes.set_xlabel("milliseconds in the step, in tenfold steps")
    else:
        axes.set_xlim(0, 1.08 * max(points.max(), QUICKEST))
    for (name, marker, colour), column in zip(MARKERS, points.T, strict=True):
        axes.plot(column, rows, marker, color=colour, markersize=8, label=name)
    names = [
        f"{cut(name, ROOM, 11)}\n{len(values):,} {'time' if len(values) == 1 else 'times'}"
        for name, values in seconds.items()
    ]
    axes.set_yticks(rows, names)
    axes.set_ylim(0.4, len(seconds) + 0.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.xaxis.set_minor_formatter("")
    figure.legend(loc="outside lower left", ncols=theme.columns(3))
    return figure
