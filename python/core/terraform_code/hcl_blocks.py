"""The blocks and attributes that a file of Terraform's code is made of."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.terraform_code import hcl
from core.terraform_code.hcl import Token

KEPT = 256  # files


@dataclass(frozen=True)
class Part:
    """An attribute, or a block with the parts in it."""

    head: tuple[str, ...]  # the name, and a block's labels
    text: str  # as it is written
    value: str  # of an attribute
    parts: list["Part"] = field(default_factory=list)

    def find(self, *head: str) -> Iterator["Part"]:
        return (it for it in self.parts if it.head[: len(head)] == head)


@functools.lru_cache(KEPT)
def read(text: str) -> list[Part]:
    """A file's parts, which are not changed: each resource of a plan asks for its module's again."""
    return read_parts(text, list(hcl.tokens(text)), 0)[0]


def read_parts(text: str, found: list[Token], at: int) -> tuple[list[Part], int]:
    """The parts from here to the end of the block, and the place behind it."""
    parts: list[Part] = []
    while at < len(found) and found[at].text != "}":
        begin = at
        while at < len(found) and found[at].kind in ("word", "quoted"):
            at += 1
        head = tuple(it.inside for it in found[begin:at])
        sign = found[at].text if at < len(found) else ""
        if sign == "{" and head:
            inner, at = read_parts(text, found, at + 1)
            parts.append(Part(head, text[found[begin].begin : found[at - 1].end], "", inner))
        elif sign == "=" and head:
            start = at + 1
            at = max(start + 1, hcl.expression(found, start, ("\n",)))
            end = found[min(at, len(found)) - 1].end
            parts.append(Part(head, text[found[begin].begin : end], text[found[start - 1].end : end].strip()))
        else:
            at += 1
    return parts, min(at + 1, len(found))
