"""How the report says numbers and times."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.figures.metrics import Estimate


def number(n: int, thing: str, things: str = "") -> str:
    """1 record, 1,200 records."""
    return f"{n:,} {thing if n == 1 else things or thing + 's'}"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def between(estimate: Estimate) -> str:
    """In a table, below "surely between"."""
    return f"{percent(estimate.low)} and {percent(estimate.high)}"


def bounds(estimate: Estimate) -> str:
    return f"surely between {between(estimate)}"


def qualify(estimate: Estimate, moved: Sequence[str]) -> str:
    """The bounds of an estimated accuracy, and what they rest on."""
    doubt = "; something has moved, so do not rely on it" if moved else ""
    return f"if its confidence is as right as in training, between {between(estimate)}{doubt}"


def moment(time: datetime | str) -> str:
    """19 Nov 2025, 06:12 UTC."""
    time = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{time.astimezone(UTC):%-d %b %Y, %H:%M} UTC"
