"""What Terraform's code, or JSON, says as it stands: objects, lists and texts; anything else is a formula."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from core.terraform_code import hcl
from core.terraform_code.hcl import Token

CODE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


@dataclass(frozen=True)
class Formula:
    """An expression that has to be computed, or a text with one in it."""

    text: str


@dataclass(frozen=True)
class Head:
    """Of a `for`: the names of what it goes through, and what that is."""

    names: tuple[str, ...]
    source: tuple[Token, ...]


@dataclass(frozen=True)
class Bound:
    """A value in which the names of these loops may stand, the outermost first."""

    value: object
    loops: tuple[Head, ...]


def read(text: str) -> object:
    return value(list(hcl.tokens(text)))


def value(found: list[Token]) -> object:
    found = trim(found)
    if not found:
        return Formula("")
    first = found[0]
    if len(found) == 1 and first.kind in ("quoted", "heredoc"):
        if CODE.search(first.text):
            return Formula(first.text)
        return first.inside.replace("$${", "${").replace("%%{", "%{")
    closes = len(found) > 1 and hcl.expression(found, 1, ("]", "}")) == len(found) - 1
    closes = closes and not is_loop(found)
    if first.text == "{" and closes:
        return dict(entries(found, 0))
    if first.text == "[" and closes:
        return [value(part) for part in split(found[1:-1])]
    return Formula(hcl.plain(found))


def is_loop(found: list[Token]) -> bool:
    return [it.text for it in trim(found[1:-1])[:1]] == ["for"]


def opens_loop(found: list[Token], place: int) -> bool:
    return next((it.text for it in islice(found, place + 1, None) if it.kind != "line"), "") == "for"


def trim(found: list[Token]) -> list[Token]:
    """Without the ends of lines around it."""
    kept = [at for at, it in enumerate(found) if it.kind != "line"]
    return found[kept[0] : kept[-1] + 1] if kept else []


def split(found: list[Token], ends: tuple[str, ...] = (",",)) -> Iterator[list[Token]]:
    at = 0
    while at < len(found):
        end = hcl.expression(found, at, ends)
        if any(it.kind != "line" for it in found[at:end]):
            yield found[at:end]
        at = end + 1


def entries(found: list[Token], at: int) -> Iterator[tuple[str, object]]:
    """The entries of the object that is opened here; of a key that is computed, the code."""
    at += 1
    while at < len(found) and found[at].text != "}":
        if found[at].text in ("\n", ","):
            at += 1
            continue
        begin = at
        at = hcl.expression(found, at, ("=", ":", ",", "\n"))
        key = [it for it in found[begin:at] if it.text not in ("(", ")")]
        # In brackets a name is what it stands for.
        is_named = len(key) < at - begin and bool(key) and key[0].kind == "word"
        if at >= len(found) or found[at].text not in ("=", ":"):
            at += at == begin
            continue
        start = at = at + 1
        while at < len(found) and found[at].kind == "line":
            at += 1
        at = hcl.expression(found, at, (",", "\n"))
        is_plain = len(key) == 1 and not is_named and not CODE.search(key[0].text)
        yield key[0].inside if is_plain else f"${{{hcl.plain(key)}}}", value(found[start:at])


def read_head(found: list[Token]) -> tuple[Head, int]:
    """What stands behind a bracket, from its `for` on, and the place of the colon."""
    within = next((at for at, it in enumerate(found) if it.text == "in"), len(found))
    colon = hcl.expression(found, within + 1, (":",))
    names = tuple(it.text for it in found[:within] if it.kind == "word" and it.text != "for")
    return Head(names, tuple(found[within + 1 : colon])), colon


def objects(text: str, loops: tuple[Head, ...] = ()) -> Iterator[tuple[dict[str, object], tuple[Head, ...]]]:
    """Every object that is written somewhere in it, also in a text, with the loops that it stands in."""
    found = list(hcl.tokens(text))
    within: list[tuple[int, Head]] = []  # and where each ends
    for place, token in enumerate(found):
        within = [it for it in within if it[0] > place]
        around = (*loops, *(head for _, head in within))
        if token.text in ("[", "{") and opens_loop(found, place):
            end = hcl.expression(found, place + 1, ("]", "}"))
            within.append((end, read_head(found[place + 1 : end])[0]))
        if token.text == "{":
            yield dict(entries(found, place)), around
        elif token.kind in ("quoted", "heredoc") and "{" in token.text:
            yield from objects(token.inside, around)
