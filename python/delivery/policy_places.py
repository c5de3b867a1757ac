"""Where a plan has a policy that is known only after apply, and the code that makes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.contract.shapes import Json
from core.terraform_code.hcl_blocks import Part
from delivery import expressions, matters, modules, plan, policy_reader
from delivery.modules import Place
from delivery.policies import Unreadable
from operations import terraform


@dataclass(frozen=True)
class Unknown:
    address: str
    kind: str
    path: str  # the attribute, without the numbers of blocks
    place: Place
    block: Part
    parts: list[Part]  # that set it

    def read(self) -> list[Json]:
        """Its statements; Unreadable if the code does not tell."""
        if not self.parts or not all(it.value for it in self.parts):
            raise Unreadable(self.path)
        return [it for part in self.parts for it in policy_reader.read(part.value, self.place, self.block)]


def find(shown: Json, changes: list[Any]) -> Iterator[Unknown]:
    root = shown["configuration"]["root_module"]
    for change in changes:
        unknown = plan.leaves(change["change"].get("after_unknown") or {})
        paths = {
            ".".join(matters.names(path))
            for path, mark in unknown.items()
            if mark is True and matters.is_document(path)
        }
        if not paths:
            continue
        place = modules.locate(terraform.CONFIGURATION, root, change, shown.get("variables"))
        told = expressions.express(place, change)
        for path in sorted(paths):
            if path.partition(".")[0] in told:
                for _, block in place.find("resource", change["type"], change["name"]):
                    parts = list(within(block, path.split(".")))
                    yield Unknown(plan.address(change), change["type"], path, place, block, parts)


def within(block: Part, steps: list[str]) -> Iterator[Part]:
    """The attributes that these steps lead to, also in blocks that are repeated."""
    step, *rest = steps
    found = [*block.find(step), *(it for one in block.find("dynamic", step) for it in one.find("content"))]
    yield from found if not rest else (it for one in found for it in within(one, rest))
