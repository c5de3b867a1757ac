"""The tables of `make bench ONLY=truth`: whether the bounds of the true accuracy hold, and how many photos to judge."""

from collections.abc import Mapping

from rich.console import Group

from bench import blind_weeks
from bench.blind_weeks import ACCURACIES, EXPECTED, JUDGED, TESTED, TRAFFIC, WEEKS, name
from bench.figures import Measured
from bench.tables import Section, markdown_table
from core.figures.metrics import ALPHA
from core.table import Table

RINGING = ("unfallen", "erring", "twice")
Known = Mapping[str, Measured]  # by name

HOLD = (
    f"weeks of {WEEKS:,} whose truth is above the bounds and below them, by how many photos of the week were judged; "
    f"at most {WEEKS * ALPHA:.0f} are meant to be"
)
NEEDED = (
    "photos a day that people judge; uneven: on two days of seven a fifth as many photos come. Of weeks with as many "
    "photos as the second such column has, so many ring without a fall: lucky: where "
    f"{TESTED} accepted test photos said what to expect; err: where {blind_weeks.ERRING:.0%} of people's answers are "
    "wrong; err twice: where another person is asked about what the first one says is wrong"
)


def of_truth(section: Section) -> Group:
    known = {it.name: it for it in section.figures}
    return Group(section.heading(), needed(known), bounds(known))


def markdown(known: Known) -> str:
    return "\n".join([*markdown_table(needed(known)), "", *markdown_table(bounds(known))])


def needed(known: Known) -> Table:
    rows = []
    for expected in EXPECTED:
        cells = [
            f"{known[name(often, traffic, expected)].value:.0f}"
            for often in blind_weeks.SEEN
            for traffic in TRAFFIC
        ]
        rows.append(
            (f"{expected:.1%}", *cells, *(f"{known[name(it, expected)].value:.1%}" for it in RINGING))
        )
    head = (
        "right of the accepted",
        "1 week of 2",
        "uneven",
        "9 weeks of 10",
        "uneven",
        "lucky",
        "err",
        "err, asked twice",
    )
    title = "Photos to judge a day, for a week to show a fall of 5 points"
    return Table(head, rows, range(1, len(head)), title, NEEDED)


def bounds(known: Known) -> Table:
    rows = []
    for accuracy in ACCURACIES:
        missed = [
            [known[name(side, accuracy, judged)].value for side in ("above", "below")] for judged in JUDGED
        ]
        rows.append((f"{accuracy:.1%}", *(f"{above:.0f} + {below:.0f}" for above, below in missed)))
    head = ("true accuracy", *(f"{judged} photos" for judged in JUDGED))
    return Table(head, rows, range(1, len(head)), "How often the bounds leave out the truth", HOLD)
