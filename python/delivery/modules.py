"""The modules of a configuration: the code of each, and the call that it is made by."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from core.contract.shapes import Json
from core.terraform_code import hcl_blocks
from core.terraform_code.hcl_blocks import Part
from delivery import configuration

INDEX = re.compile(r'\[("(\\.|[^"\\])*"|\d+)\]')


@dataclass(frozen=True)
class Place:
    folder: Path
    module: Json
    caller: "Place | None" = None
    name: str = ""  # by which the caller calls it
    given: Json = field(default_factory=dict)  # of the root, the plan's variables

    @cached_property
    def files(self) -> dict[Path, list[Part]]:
        return {path: hcl_blocks.read(path.read_text()) for path in sorted(self.folder.glob("*.tf"))}

    def find(self, *head: str) -> Iterator[tuple[Path, Part]]:
        """The blocks with this name and these labels, wherever they stand."""
        for path, parts in self.files.items():
            yield from ((path, it) for it in parts if it.head == head)

    def step_into(self, name: str) -> "Place":
        return Place(*configuration.step_into(self.folder, self.module, name), self, name)


def walk(module: Json, place: str = "") -> Iterator[tuple[str, Json]]:
    """Where each module of the code is, and the module."""
    yield place, module
    for name, call in module.get("module_calls", {}).items():
        yield from walk(call["module"], f"{place}module.{name}.")


def path(resource: Json) -> str:
    """The module of a resource as the code names it, whichever of several it is: with a dot at the end, or nothing."""
    found = INDEX.sub("", resource.get("module_address") or "")
    return f"{found}." if found else ""


def locate(folder: Path, root: Json, resource: Json, given: Json | None = None) -> Place:
    """The module whose code makes a resource."""
    place = Place(folder, root, given=given or {})
    for name in re.findall(r"module\.([\w-]+)", INDEX.sub("", resource.get("module_address", ""))):
        place = place.step_into(name)
    return place
