"""What a value that is known only after apply is made of: the text of its expression in Terraform's code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from core.contract.shapes import Json
from delivery import configuration

INDEX = re.compile(r'\[("(\\.|[^"\\])*"|\d+)\]')
LOCAL = re.compile(r"\blocal\.([\w-]+)")
STRING = re.compile(r'"(\\.|[^"\\])*"')
INDENT = "  "


def find(folder: Path, root: Json, resource: Json) -> dict[str, str]:
    """The expression of each attribute that the code sets and of which a part is unknown, by the attribute's name."""
    unknown = resource["change"]["after_unknown"]
    if not any_true(unknown):
        return {}
    place, expressed = locate(folder, root, resource)
    found = {
        name: "\n".join(indent(read(place, resource["type"], resource["name"], name)))
        for name in sorted(expressed)
        if any_true(unknown.get(name))
    }
    # Of what is written in another way than usual, what it refers to.
    return {name: text or json.dumps(expressed[name], sort_keys=True) for name, text in found.items()}


def locate(folder: Path, module: Json, resource: Json) -> tuple[Path, Json]:
    """The folder whose code makes a resource, and the expressions that it is made of."""
    for name in re.findall(r"module\.([\w-]+)", INDEX.sub("", resource.get("module_address", ""))):
        folder, module = configuration.step_into(folder, module, name)
    wanted = (resource["mode"], resource["type"], resource["name"])
    expressed = (
        it.get("expressions", {})
        for it in module.get("resources", [])
        if (it["mode"], it["type"], it["name"]) == wanted
    )
    return folder, next(expressed, {})


def any_true(mark: object) -> bool:
    if isinstance(mark, dict | list):
        return any(map(any_true, mark.values() if isinstance(mark, dict) else mark))
    return mark is True


def read(folder: Path, kind: str, name: str, attribute: str) -> list[str]:
    """The lines of one attribute or block of a resource, and of the locals that it names, each of them once."""
    found = list(find_lines(folder, f'resource "{kind}" "{name}" {{', attribute))
    named: list[str] = []
    for line in found:  # which grows meanwhile
        for local in LOCAL.findall(line):
            if local not in named:
                named.append(local)
                found += find_lines(folder, "locals {", local)
    return found


def find_lines(folder: Path, head: str, attribute: str) -> Iterator[str]:
    begin = re.compile(rf"{re.escape(attribute)}\s*[={{]")
    for path in sorted(folder.glob("*.tf")):
        depth, inside = 0, False
        for line in configuration.lines(path.read_text()):
            if line == head and not depth:
                depth = 1
            elif depth:
                inside = inside or (depth == 1 and bool(begin.match(line)))
                if inside:
                    yield line
                depth += count_open(line)
                inside = inside and depth > 1


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
