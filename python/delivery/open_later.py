"""What could open a resource by a value that is known only after apply, and how the code sets it."""

from collections.abc import Iterator
from typing import Any

from core.contract.shapes import Json
from core.terraform_code import literals
from core.terraform_code.hcl_blocks import Part
from delivery import matters, modules, openness, plan, told
from delivery.policies import Unreadable
from delivery.policy_code import Named
from operations import terraform


def find(root: Json, changes: list[Any], named: Named) -> Iterator[tuple[Any, str, str]]:
    """The resource, the attribute, and what the code says of it: a value that opens it, or one that cannot be told."""
    for change in changes:
        marks = plan.leaves(change["change"].get("after_unknown") or {})
        unknown = {".".join(matters.names(path)) for path, mark in marks.items() if mark is True}
        if not unknown:
            continue
        kind = change["type"]
        place = modules.locate(terraform.CONFIGURATION, root, change)
        for _, block in place.find("resource", kind, change["name"]):
            for path, value in walk(block, ""):
                if openness.could_open(kind, path) and any(is_part(path, it) for it in unknown):
                    yield from ((change, path, it) for it in judge(kind, path, value, named, change))


def is_part(path: str, unknown: str) -> bool:
    """Whether one of both is in the other."""
    return f"{path}.".startswith(f"{unknown}.") or f"{unknown}.".startswith(f"{path}.")


def walk(block: Part, path: str) -> Iterator[tuple[str, object]]:
    """Each attribute in a block, in the blocks in it, and in those that are repeated."""
    for part in block.parts:
        if part.head[0] == "dynamic":
            for content in part.find("content"):
                yield from walk(content, f"{path}{part.head[-1]}.")
        elif part.value:
            yield from spread(f"{path}{part.head[0]}", literals.read(part.value))
        else:
            yield from walk(part, f"{path}{part.head[0]}.")


def spread(path: str, value: object) -> Iterator[tuple[str, object]]:
    """The same of blocks that are written as a list of objects."""
    if isinstance(value, dict):
        for key, it in value.items():
            yield from spread(f"{path}.{key}", it)
    elif isinstance(value, list):
        for it in value:
            yield from spread(path, it)
    else:
        yield path, value


def judge(kind: str, path: str, value: object, named: Named, change: Any) -> Iterator[str]:
    try:
        for it in told.tell(value, named):
            if openness.is_open(kind, path, it) or openness.is_anybody(path, it, change["change"]["after"]):
                yield str(it)
    except Unreadable as code:
        yield str(code)
