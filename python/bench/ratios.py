"""What has become of each figure since an earlier measuring, and what is to be borne in mind."""

from collections.abc import Sequence

from bench.figures import Measured, show

Row = tuple[str, str, str, str, str]  # name, before, now, now over before, and the remarks


def compare(before: Sequence[Measured], now: Sequence[Measured]) -> list[Row]:
    """A row for each figure that is measured now."""
    known = {figure.name: figure for figure in before}
    return [row(known.get(figure.name), figure) for figure in now]


def row(before: Measured | None, now: Measured) -> Row:
    if before is None:
        return now.name, "", show(now.value), "", "not measured before"
    ratio = f"{now.value / before.value:.2f}" if before.value else ""
    return now.name, show(before.value), show(now.value), ratio, ", ".join(remarks(before, now))


def remarks(before: Measured, now: Measured) -> list[str]:
    found = []
    if busy := [when for when, it in (("before", before), ("now", now)) if it.disturbed]:
        found.append(f"busy machine {' and '.join(busy)}")
    if once := [when for when, it in (("before", before), ("now", now)) if it.rounds == 1]:
        found.append(f"measured once {' and '.join(once)}")
    if before.value != now.value and before.least <= now.most and now.least <= before.most:
        found.append("spreads overlap")
    return found
