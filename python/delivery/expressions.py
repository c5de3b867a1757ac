"""What a value that is known only after apply is made of: the text of its expression in Terraform's code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from core.contract.shapes import Json
from delivery import configuration, modules, origins
from delivery.modules import Place

STRING = re.compile(r'"(\\.|[^"\\])*"')
INDENT = "  "
# Before each thing that an attribute is made of, with the file in which it stands.
GAP = "\n\n"
ORIGIN = re.compile(r"\n\n(?=# terraform/)")


def find(folder: Path, root: Json, resource: Json) -> dict[str, str]:
    """The expression of each attribute that the code sets and of which a part is unknown, by the attribute's name."""
    unknown = resource["change"]["after_unknown"]
    if not any_true(unknown):
        return {}
    place = modules.locate(folder, root, resource)
    expressed = express(place, resource)
    found = {
        name: GAP.join(read(place, resource, name))
        for name in sorted(expressed)
        if any_true(unknown.get(name))
    }
    # Of what is written in another way than usual, what it refers to.
    return {name: text or json.dumps(expressed[name], sort_keys=True) for name, text in found.items()}


def express(place: Place, resource: Json) -> Json:
    """What Terraform says of the expressions that a resource is made of: nothing of blocks that are repeated."""
    repeated: Json = {
        it.head[1]: {}
        for _, block in place.find(*head(resource))
        for it in block.find("dynamic")
        if it.head[1:]
    }
    wanted = (resource["mode"], resource["type"], resource["name"])
    expressed = (
        it.get("expressions", {})
        for it in place.module.get("resources", [])
        if (it["mode"], it["type"], it["name"]) == wanted
    )
    return repeated | next(expressed, {})


def head(resource: Json) -> tuple[str, str, str]:
    """How its block begins."""
    return ("data" if resource["mode"] == "data" else "resource", resource["type"], resource["name"])


def any_true(mark: object) -> bool:
    if isinstance(mark, dict | list):
        return any(map(any_true, mark.values() if isinstance(mark, dict) else mark))
    return mark is True


def read(place: Place, resource: Json, attribute: str) -> Iterator[str]:
    """One attribute or block of a resource, then each thing that it is made of, with the file in which that stands."""
    for _, block in place.find(*head(resource)):
        parts = [*block.find(attribute), *block.find("dynamic", attribute)]
        if parts:
            yield "\n".join(line for part in parts for line in tidy(part.text))
        for origin in origins.trace(place, [part.text for part in parts], block):
            lines = tidy(origin.text) if origin.value else origin.text.split("\n")
            yield "\n".join([f"# {origin.path.as_posix()}", *lines])


def shorten(text: str, told: set[str]) -> str:
    """An expression without what was told before, but for its name; what is told now is added."""
    first, *made_of = ORIGIN.split(text)
    shown = [first]
    for it in made_of:
        head, named, *_ = it.split("\n")
        shown.append(f"{head}, as above: {named.partition('=')[0].strip()}" if it in told else it)
        told.add(it)
    return GAP.join(shown)


def tidy(text: str) -> list[str]:
    return list(indent(configuration.lines(text)))


def count_open(line: str) -> int:
    """How many brackets a line opens that it does not close."""
    bare = STRING.sub("", line)
    return sum(bare.count(mark) for mark in "([{") - sum(bare.count(mark) for mark in ")]}")


def indent(lines: list[str]) -> Iterator[str]:
    """As `terraform fmt` would, however the code is written."""
    depth = 0
    for line in lines:
        closing = line[:1] in ")]}"
        yield INDENT * max(depth - closing, 0) + line
        # However many brackets a line opens, what follows is one step further in.
        depth += max(-1, min(1, count_open(line)))
