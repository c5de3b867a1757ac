"""The whole difference that a plan makes to a resource, line by line, with nothing left out."""

import difflib
import json
from collections.abc import Iterator

from delivery import expressions, plan
from delivery.plan import ResourceChange

UNKNOWN = object()
LATER = "(known after apply)"
CONCEALED = "(sensitive)"


def attributes(change: ResourceChange) -> dict[str, tuple[object, object, bool]]:
    """The attributes that change, by path: the old value, the new one, and whether they force a replacement.

    Nothing that becomes another kind of nothing is a change to a reader, nor are the new names of a new resource.
    """
    before, after = plan.leaves(change["before"]), plan.leaves(change["after"])
    after |= {path: UNKNOWN for path, mark in plan.leaves(change["after_unknown"]).items() if mark is True}
    forcing = [plan_path(path) for path in change["replace_paths"]]
    found = {
        name: (before.get(name), after.get(name), any(name.startswith(path) for path in forcing))
        for name in sorted(before | after)
        if fill(before.get(name)) != fill(after.get(name))
    }
    is_new = bool({"create", "read"} & set(change["actions"]))
    return {
        name: (old, new, forces)
        for name, (old, new, forces) in found.items()
        if forces or not (is_new and new is UNKNOWN and top(name) not in change["expressions"])
    }


def fill(value: object) -> object:
    """Nothing at all for what holds nothing. False and 0 say something."""
    return value if value or isinstance(value, bool | int | float) else None


def top(path: str) -> str:
    """The attribute that a path leads into."""
    return path.partition(".")[0].partition("[")[0]


def plan_path(steps: list[str | int]) -> str:
    """A path as Terraform gives it, as `leaves` writes it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def lines(change: ResourceChange, told: set[str]) -> Iterator[str]:
    """As `diff` writes it: what was behind a minus, what will be behind a plus.

    `told` is what values are made of that were told of before.
    """
    seen = set()
    found = change["expressions"]
    for name, (old, new, _) in attributes(change).items():
        yield from attribute(name, old, new)
        if new is UNKNOWN and (attr := top(name)) in found and attr not in seen:
            seen.add(attr)
            yield from (f"+   {line}" for line in expressions.shorten(found[attr], told).split("\n"))


def attribute(name: str, old: object, new: object) -> Iterator[str]:
    was, will = ([] if value is None else spread(value) for value in (old, new))
    if len(was) < 2 and len(will) < 2:
        yield from (f"- {name or 'value'} = {line}" for line in was)
        yield from (f"+ {name or 'value'} = {line}" for line in will)
        return
    yield f"  {name or 'value'}:"
    for line in difflib.ndiff(was, will):
        if not line.startswith("?"):
            yield f"{line[0]}   {line[2:]}"


def spread(value: object) -> list[str]:
    """A value on as many lines as make it readable: JSON in a text as what it says."""
    if value is UNKNOWN:
        return [LATER]
    if is_hidden(value):
        return [CONCEALED]
    if isinstance(value, str):
        if value.startswith(("{", "[")):
            try:
                return json.dumps(json.loads(value), indent=2, ensure_ascii=False).split("\n")
            except ValueError:
                pass
        if "\n" in value:
            return value.split("\n")
    return [flatten(value)]


def flatten(value: object) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False)


def is_hidden(value: object) -> bool:
    return isinstance(value, str) and value.startswith(plan.HIDDEN)
