"""Whether what the register, the executions and the bus say of the same photos is one story: `make bench ONLY=soak`."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.contract import register
from core.contract.outcomes import DUPLICATE
from core.contract.shapes import Json

OF_THE_REGISTER, OF_THE_BUS = "DynamoDB.", "EventBridge."  # how the errors of these begin


@dataclass(frozen=True)
class Kind:
    """Photos of one sort: so many of them, how each has to end, and what is in it instead of a picture."""

    name: str
    often: int
    state: str
    error: str | None = None
    content: bytes = b""


GONE = Kind("gone", 1, register.FAILED, "ImageNotFound", b"gone")
KINDS = (
    Kind("sure", 17, register.ROUTED),
    Kind("unsure", 4, register.WAITING),
    Kind("poison", 1, register.FAILED, "NotAnImage", b"scones, butter, jam\n"),
    Kind("refused", 1, register.FAILED, "ImageRefused", b"\x89PNG\r\n\x1a\n" + bytes(2_000)),
    GONE,
)


@dataclass(frozen=True)
class Ended:
    """An execution: its photo's key, and in one word what it came to."""

    key: str
    outcome: str


Kinds = Mapping[str, tuple[Kind, int]]  # by key: the kind, and which picture


def find_unsettled(kinds: Kinds, items: Sequence[Json]) -> list[str]:
    """The photos that are not there, or failed by something that was not their fault: somebody sends them again."""
    known = {item["s3_key"]: item for item in items}
    return [
        key
        for key, (kind, _) in kinds.items()
        if key not in known or (known[key]["state"] == register.FAILED and known[key]["error"] != kind.error)
    ]


def find_disagreements(
    kinds: Kinds, items: Sequence[Json], ended: Mapping[str, Ended], told: Sequence[str]
) -> list[str]:
    """A line for each."""
    return [
        *check_register(kinds, items),
        *check_executions(kinds, items, ended),
        *check_bus(items, Counter(told)),
    ]


def check_register(kinds: Kinds, items: Sequence[Json]) -> Iterator[str]:
    """Each photo is there once, and ended as its kind does."""
    times = Counter(item["s3_key"] for item in items)
    yield from (f"{key} has {times[key]} items" for key in kinds.keys() | times.keys() if times[key] != 1)
    labels = defaultdict(set)
    for item in items:
        kind, picture = kinds[item["s3_key"]]
        error = item["error"] if item["state"] == register.FAILED else None
        if (item["state"], error) != (kind.state, kind.error):
            yield f"{item['s3_key']} is {item['state']} by {error}"
        elif error is None:
            labels[picture].add(item.get("label"))
    yield from (f"picture {it} has the labels {found}" for it, found in labels.items() if len(found) > 1)


def check_executions(kinds: Kinds, items: Sequence[Json], ended: Mapping[str, Ended]) -> Iterator[str]:
    """The one that the register names came to what is written there, and no other one came to anything."""
    named = {item["execution"]: item for item in items}
    if len(named) != len(items):
        yield f"{len(items)} photos have {len(named)} executions"
    yield from (f"{it} is not known" for it in named.keys() - ended.keys())
    for execution, it in ended.items():
        item = named.get(execution)
        if item is None:
            fair = it.outcome in (DUPLICATE, kinds[it.key][0].error) or it.outcome.startswith(OF_THE_REGISTER)
        elif "told_at" in item:
            fair = it.outcome.startswith(OF_THE_BUS)
        else:
            fair = it.outcome == item.get("label", item.get("reason", item.get("error")))
        if not fair or (item and item["s3_key"] != it.key):
            yield f"{execution} of {it.key} came to {it.outcome}, the photo's item has {item and item['state']}"


def check_bus(items: Sequence[Json], told: Counter[str]) -> Iterator[str]:
    """Each route was told, only routes were, and more than once only what the sweep told."""
    routed = {item["s3_key"]: item for item in items if item["state"] == register.ROUTED}
    for key in routed.keys() | told.keys():
        item = routed.get(key)
        if item is None or not told[key] or (told[key] > 1 and "told_at" not in item):
            yield f"{key} was told {told[key]} times, and is {'routed' if item else 'not routed'}"
