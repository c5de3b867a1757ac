"""Refuse settings that no variable knows; operations.terraform asks before Terraform reads them.

Terraform warns of a variable that does not exist, and says nothing of a key that an object does not have: `treshold =
0.5` would change nothing, and so would `fleet = { min_instance = 2 }`. Whatever else may be wrong with a setting,
Terraform refuses by itself.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.console import UserError
from core.terraform_code import hcl, hcl_blocks, literals
from core.terraform_code.hcl import Token
from training.promote import MODEL_KEYS, MORE_KEYS


@dataclass(frozen=True)
class Each:
    """What each element of a list, a map or a set may hold."""

    shape: "Shape"


# The names that an object has, each with what it may hold; none where any name will do.
Shape = dict[str, "Shape"] | Each | None


@dataclass(frozen=True)
class Unknown:
    key: Token
    name: str  # in full, as in fleet.min_instance
    known: list[str]


def check(root: Path, files: Iterable[Path]) -> None:
    """Refuse files of settings that set what the code in this folder does not declare."""
    declared = read_variables(root)
    if found := [said for path in files for said in look(path, declared)]:
        raise UserError("; ".join(found))


def read_variables(root: Path) -> dict[str, Shape]:
    parts = (part for path in sorted(root.glob("*.tf")) for part in hcl_blocks.read(path.read_text()))
    found: dict[str, Shape] = {
        part.head[1]: next((shape(list(hcl.tokens(it.value))) for it in part.find("type")), None)
        for part in parts
        if part.head[0] == "variable"
    }
    if isinstance(model := found.get("model"), dict):
        # `make promote` writes down more, for people
        found["model"] = dict.fromkeys((*MODEL_KEYS, *MORE_KEYS)) | model
    return found


def shape(found: list[Token]) -> Shape:
    """What a type has names for: `object({ name = type })`, in whatever it is wrapped."""
    found = literals.trim(found)
    word, inside = found[0].text, found[2:-1]
    if word == "optional":
        return shape(next(literals.split(inside)))
    if word == "object":
        return {key.inside: shape(value) for key, value in entries(inside)}
    return Each(shape(inside)) if word in ("list", "map", "set") else None


def entries(found: list[Token]) -> Iterator[tuple[Token, list[Token]]]:
    """The keys and values of an object in its brackets."""
    return pairs(literals.trim(found)[1:-1])


def pairs(found: list[Token]) -> Iterator[tuple[Token, list[Token]]]:
    """The keys and values that are between an object's brackets, or in a file; not what is computed."""
    for part in literals.split(found, (",", "\n")):
        at = hcl.expression(part, 0, ("=", ":"))
        if at < len(part) and part[0].kind in ("word", "quoted"):
            yield part[0], part[at + 1 :]


def look(path: Path, declared: dict[str, Shape]) -> Iterator[str]:
    """A sentence for each setting that nothing declares."""
    text = path.read_text()
    found = list(hcl.tokens(text))
    for it in unknown(entries(found) if path.suffix == ".json" else pairs(found), declared):
        line = text.count("\n", 0, it.key.begin) + 1
        yield f"{path}, line {line}: there is no setting {it.name} ({suggest(it)})"


def unknown(
    written: Iterable[tuple[Token, list[Token]]], known: dict[str, Shape], owner: str = ""
) -> Iterator[Unknown]:
    for key, value in written:
        name = owner + key.inside
        if key.inside in known:
            yield from within(value, known[key.inside], name)
        else:
            yield Unknown(key, name, list(known))


def within(value: list[Token], known: Shape, name: str) -> Iterator[Unknown]:
    """What is unknown in the value of a setting."""
    value = literals.trim(value)
    sign = value[0].text if value else ""
    if known is None or sign not in ("{", "[") or literals.is_loop(value):
        return
    if isinstance(known, dict):
        yield from unknown(entries(value), known, f"{name}.")
    elif sign == "{":
        for key, element in entries(value):
            yield from within(element, known.shape, f"{name}.{key.inside}")
    else:
        for element in literals.split(value[1:-1]):
            yield from within(element, known.shape, name)


def suggest(it: Unknown) -> str:
    near = difflib.get_close_matches(it.key.inside, it.known, 1)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(sorted(it.known))}"
