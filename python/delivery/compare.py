"""What two reviews of the same environment do not have in common, for people to read."""

from collections.abc import Iterator, Mapping

from delivery import plan, summary
from delivery.digest import Review
from delivery.plan import ResourceChange

SECTIONS = {
    "variables": "variable ",
    "outputs": "output ",
    "model": "",
    "zips": "file ",
    "lock": "provider ",
    "allowed": "label ",
}
WAIT = (
    "if an earlier deployment was waiting or under way when this one was reviewed, the plan held what that one has "
    "done since: wait until it has ended"
)


def differences(reviewed: Review, now: Review) -> list[str]:
    """One line for each resource, file, variable, output, model figure, zip or provider that differs; none if the
    digests agree."""
    return [
        *resources(reviewed["changes"], now["changes"]),
        *code(reviewed["configuration"], now["configuration"]),
        *others(reviewed, now),
    ]


def explain(reviewed: Review, now: Review) -> str:
    """Why the plan is another one, in a sentence."""
    planned, before = ({change["address"] for change in it["changes"]} for it in (now, reviewed))
    if planned < before and reviewed["configuration"] == now["configuration"]:
        return (
            f"the plan is not the one that was reviewed, but a part of it: the rest is done already; {WAIT}"
        )
    return f"the plan is not the one that was reviewed, the differences are listed above; {WAIT}"


def code(reviewed: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """The files of the configuration that are not as they were."""
    for path in sorted(reviewed | now):
        if path not in now:
            yield f"reviewed, but not in the code any more: `terraform/{path}`"
        elif path not in reviewed:
            yield f"in the code now, but not reviewed: `terraform/{path}`"
        elif reviewed[path] != now[path]:
            yield f"reviewed differently: the code of `terraform/{path}`"


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
    if not (summary.is_short(reviewed, now)):
        return ""
    return f" {summary.value(reviewed)} when reviewed, {summary.value(now)} now"
