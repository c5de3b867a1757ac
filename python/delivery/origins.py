"""What a piece of Terraform's code is made of: the locals, variables, data, outputs and files that it names.

And what those name in turn, each of them once. A variable is what the module's caller gives it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.terraform_code import hcl
from core.terraform_code.hcl_blocks import Part
from delivery import reads
from delivery.modules import Place

NAME = re.compile(
    r"(?<![\w.-])(?P<kind>local|var|data|module|each|terraform_data|aws_\w+)(?P<steps>(\.[\w-]+|\[[^\]]*\])+)"
)
# No more than a name: shown is what it leads to.
PLAIN = re.compile(r'[a-z]\w*(\.[\w-]+|\[("[\w-]*"|\*|\d+|each\.key)\])+')
# What one resource has of another that says who may do what; anything else of it is its name.
FOLLOWED = ("assume_role_policy", "input", "inline_policy", "json", "policy")


@dataclass(frozen=True)
class Origin:
    path: Path
    text: str
    value: str  # in which more is named
    place: Place
    around: Part | None = None  # the block that repeats it


def trace(place: Place, texts: list[str], around: Part | None) -> Iterator[Origin]:
    left = [(place, text, around) for text in texts]
    seen: set[tuple[Path, str, str]] = set()
    while left:
        where, text, block = left.pop(0)
        for origin in name(where, text, block):
            key = (origin.path, origin.text, origin.place.name)
            if key not in seen:
                seen.add(key)
                left.append((origin.place, origin.value, origin.around))
                if not PLAIN.fullmatch(origin.value):
                    yield origin


def name(place: Place, text: str, around: Part | None) -> Iterator[Origin]:
    """What is named in it."""
    code = hcl.plain(list(hcl.tokens(text)))
    for found in NAME.finditer(code):
        yield from follow(place, found["kind"], re.findall(r"[\w-]+", found["steps"]), around)
    for call in reads.READING.finditer(code):
        named = reads.NAMED.match(code, call.end())
        if named:
            base = place.folder if named["base"] == "module" else root(place).folder
            path = Path(os.path.normpath(base / named["path"]))
            if path.is_file():
                content = path.read_text(errors="replace").replace("\r\n", "\n")
                yield Origin(path, content.rstrip("\n"), "", place)


def follow(place: Place, kind: str, steps: list[str], around: Part | None) -> Iterator[Origin]:
    first, last = steps[0], steps[-1]
    if kind == "local":
        for path, block in place.find("locals"):
            yield from (Origin(path, it.text, it.value, place) for it in block.find(first))
    elif kind == "var" and place.caller:
        for path, block in place.caller.find("module", place.name):
            yield from (Origin(path, it.text, it.value, place.caller, block) for it in block.find(first))
    elif kind == "each" and first == "value" and around:
        path = next(path for path, parts in place.files.items() if around in parts)
        yield from (Origin(path, it.text, it.value, place) for it in around.find("for_each"))
    elif kind == "module" and first in place.module.get("module_calls", {}):
        inner = place.step_into(first)
        for path, block in inner.find("output", last):
            yield from (Origin(path, it.text, it.value, inner) for it in block.find("value"))
    elif kind == "data" and len(steps) > 1:
        for path, block in place.find("data", *steps[:2]):
            if block.parts:
                yield Origin(path, block.text, block.text, place, block)
    else:
        wanted = "input" if kind == "terraform_data" else last
        for path, block in place.find("resource", kind, first):
            if wanted in FOLLOWED:
                yield from (Origin(path, it.text, it.value, place, block) for it in block.find(wanted))


def root(place: Place) -> Place:
    return root(place.caller) if place.caller else place
