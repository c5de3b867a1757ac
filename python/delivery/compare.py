"""What two reviews of the same environment do not have in common, for people to read."""

from collections.abc import Iterator, Mapping

from delivery import plan, summary
from delivery.digest import Review
from delivery.plan import ResourceChange

SECTIONS = {"outputs": "output ", "model": "", "zips": "zip ", "lock": "provider "}


def differences(reviewed: Review, now: Review) -> list[str]:
    """One line for each resource, output, model figure, zip or provider that differs; none if the digests agree."""
    return [*resources(reviewed["changes"], now["changes"]), *others(reviewed, now)]


def resources(reviewed: list[ResourceChange], now: list[ResourceChange]) -> Iterator[str]:
    before = {change["address"]: change for change in reviewed}
    after = {change["address"]: change for change in now}
    for address in sorted(before | after):
        if address not in after:
            yield f"reviewed, but not planned any more: {summary.kind(before[address])} `{address}`"
        elif address not in before:
            yield f"planned now, but not reviewed: {summary.kind(after[address])} {summary.line(after[address])[2:]}"
        elif before[address] != after[address]:
            parts = ", ".join(parting(before[address], after[address]))
            yield f"reviewed differently: {summary.kind(after[address])} `{address}`: {parts}"


def others(reviewed: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for section, label in SECTIONS.items():
        if reviewed[section] != now[section]:
            yield from (label + part for part in parting(reviewed[section], now[section]))


def parting(reviewed: object, now: object) -> list[str]:
    """The paths at which two values part, with both values where they are small."""
    before, after = plan.leaves(reviewed), plan.leaves(now)
    return [
        f"{path}{both(before.get(path), after.get(path))}"
        for path in sorted(before | after)
        if path not in before or path not in after or before[path] != after[path]
    ]


def both(reviewed: object, now: object) -> str:
    if not (summary.small(reviewed) and summary.small(now)):
        return ""
    return f" {summary.value(reviewed)} when reviewed, {summary.value(now)} now"
