"""The statements of a policy that is known only after apply, read from the code that makes it.

Followed are objects and lists as they stand, `jsonencode`, `concat`, `flatten`, `merge`, `for`, a choice of two, and
names. Whatever else makes a policy, as another function or a key that is computed, could let anybody in: it is
unreadable.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

from core.contract.shapes import Json
from core.terraform_code import hcl, literals
from core.terraform_code.hcl import Token
from core.terraform_code.hcl_blocks import Part
from core.terraform_code.literals import Formula
from delivery import origins, policies, policy_data
from delivery.modules import Place
from delivery.policies import Unreadable

ROOTS = re.compile(r"local|var|data|module|each|self|path|terraform_data|aws_\w+")
STEP = re.compile(r'\.([\w-]+)|\["([\w-]*)"\]|\[[^\]]*\]')
# What a name of each kind begins with, up to the value of which parts may be named then.
TAKEN = {"local": 1, "var": 1, "each": 1}
TAKEN_OF_OTHERS = 2
Step = str | None  # none for any


@dataclass(frozen=True)
class Code:
    value: object  # as core.terraform_code.literals reads it
    place: Place
    around: Part | None
    loops: tuple[literals.Head, ...] = ()  # in which it stands

    def of(self, value: object) -> "Code":
        return replace(self, value=value)

    @property
    def bound(self) -> object:
        return literals.Bound(self.value, self.loops) if self.loops else self.value

    @property
    def tokens(self) -> list[Token]:
        return list(hcl.tokens(self.value.text)) if isinstance(self.value, Formula) else []

    def refuse(self) -> Unreadable:
        text = self.value.text if isinstance(self.value, Formula) else repr(self.value)
        return Unreadable(" ".join(text.split())[:80])


def read(text: str, place: Place, around: Part | None) -> Iterator[Json]:
    """The statements of the policy that this code makes; `around` is the block that it stands in."""
    yield from in_policy(Code(literals.read(text), place, around))


def in_policy(code: Code) -> Iterator[Json]:
    if isinstance(code.value, str):
        yield from policies.read(code.value)
        return
    called, given = call(code)
    if called == "jsonencode" and len(given) == 1:
        yield from in_object(given[0])
    elif called == "(":
        yield from in_policy(given[0])
    elif both := choice(code):
        yield from (it for one in both for it in in_policy(one))
    elif found := origins.NAME.fullmatch(text_of(code)):
        steps = [it[1] for it in STEP.finditer(found["steps"]) if it[1]]
        if found["kind"] == "data":
            yield from in_data(code, steps)
        else:
            yield from (it for one in look_up(code, found["kind"], found["steps"]) for it in in_policy(one))
    elif text_of(code) != "null":
        raise code.refuse()


def in_object(code: Code) -> Iterator[Json]:
    for policy in objects(code):
        for key, value in policy.items():
            if key.lower() == "statement":
                yield from ({name: it.bound for name, it in found.items()} for found in objects(value))


def in_data(code: Code, steps: list[str]) -> Iterator[Json]:
    """The statements of data that makes a policy."""
    found = [it for _, it in code.place.find("data", *steps[:2])]
    if not found or not policy_data.is_document(steps):
        raise code.refuse()
    for block in found:
        yield from policy_data.read(block)


def objects(code: Code) -> Iterator[dict[str, Code]]:
    """Each object that the code may come to, or that is in a list that it may come to."""
    if isinstance(code.value, dict):
        yield {check(key): code.of(value) for key, value in code.value.items()}
        return
    if isinstance(code.value, list):
        yield from (it for one in code.value for it in objects(code.of(one)))
        return
    called, given = call(code)
    if called in ("concat", "flatten", "("):
        yield from (it for one in given for it in objects(one))
    elif called == "merge":
        for parts in product(*(list(objects(it)) for it in given)):
            yield {key: value for it in parts for key, value in it.items()}
    elif both := choice(code):
        yield from (it for one in both for it in objects(one))
    elif loop := repeat(code):
        yield from loop.objects()
    elif found := origins.NAME.fullmatch(text_of(code)):
        yield from (it for one in look_up(code, found["kind"], found["steps"]) for it in objects(one))
    else:
        raise code.refuse()


def check(key: str) -> str:
    if literals.CODE.match(key):
        raise Unreadable(f"the key {key}")
    return key


@dataclass(frozen=True)
class Loop:
    source: Code
    body: Code
    passes: bool  # what it goes through is what it makes
    filters: bool
    is_object: bool

    def objects(self) -> Iterator[dict[str, Code]]:
        if self.passes and not self.is_object:
            yield from (it for one in part(self.source, [None]) for it in objects(one))
        elif self.passes:
            for found in objects(self.source):
                # Of what is filtered, any may be left out.
                for count in range(len(found) + 1) if self.filters else [len(found)]:
                    yield from map(dict, combinations(found.items(), count))
        elif self.is_object:
            raise self.body.refuse()
        else:
            yield from objects(self.body)


def repeat(code: Code) -> Loop | None:
    outer = literals.trim(code.tokens)
    if len(outer) < 3 or outer[0].text not in ("{", "[") or not literals.is_loop(outer):
        return None
    found, is_object = literals.trim(outer[1:-1]), outer[0].text == "{"
    head, starts = literals.read_head(found)
    names = list(head.names)
    stops = hcl.expression(found, starts + 1, ("if",))
    if any(map(ROOTS.fullmatch, names)):
        raise code.refuse()
    body = found[starts + 1 : stops]
    arrow = hcl.expression(body, 0, ("=",)) if is_object else 0
    key, body = body[:arrow], body[arrow + 2 :] if is_object else body
    made = [it.text for it in (*key, *body) if it.kind != "line"]
    source = code.of(literals.value(list(head.source)))
    value = replace(code, value=literals.value(body), loops=(*code.loops, head))
    return Loop(source, value, made == (names if is_object else names[-1:]), stops < len(found), is_object)


def call(code: Code) -> tuple[str, list[Code]]:
    """The function that is called, or the bracket that is opened, and with what."""
    found = literals.trim(code.tokens)
    at = 0 if found and found[0].text == "(" else 1
    if (
        len(found) < at + 2
        or found[at].text != "("
        or hcl.expression(found, at + 1, (")",)) != len(found) - 1
    ):
        return "", []
    return found[0].text, [code.of(literals.value(it)) for it in literals.split(found[at + 1 : -1])]


def choice(code: Code) -> list[Code]:
    """What stands on both sides of a condition."""
    found = literals.trim(code.tokens)
    asks = hcl.expression(found, 0, ("?",))
    other = hcl.expression(found, asks + 1, (":",))
    if other >= len(found):
        return []
    return [code.of(literals.value(it)) for it in (found[asks + 1 : other], found[other + 1 :])]


def look_up(code: Code, kind: str, steps: str) -> Iterator[Code]:
    """What a name leads to, in whichever module."""
    spots = list(STEP.finditer(steps))
    if kind not in TAKEN and len(spots) > 1 and not spots[1][1]:
        del spots[1]  # which of several modules or resources it is: they have the same code
    named: list[Step] = [it[1] or it[2] for it in spots]
    taken = TAKEN.get(kind, TAKEN_OF_OTHERS)
    begin, rest = [it or "" for it in named[:taken]], named[taken:]
    if kind == "var" and begin and begin[0] in code.place.given:
        given = literals.read(json.dumps(code.place.given[begin[0]].get("value")))
        yield from part(Code(given, code.place, None), rest)
        return
    found = list(origins.follow(code.place, kind, begin, code.around)) if len(begin) == taken else []
    if not found:
        raise code.refuse()
    for it in found:
        inner = Code(literals.read(it.value), it.place, it.around)
        yield from part(inner, [None, *rest] if kind == "each" else rest)


def part(code: Code, steps: list[Step]) -> Iterator[Code]:
    """What is in it, at the end of these steps."""
    if not steps:
        yield code
        return
    step, *rest = steps
    if isinstance(code.value, dict):
        found = {check(key): value for key, value in code.value.items()}
        if step is not None and step not in found:
            raise code.refuse()
        inside = [code.of(it) for name, it in found.items() if step in (None, name)]
    elif isinstance(code.value, list) and step is None:
        inside = [code.of(it) for it in code.value]
    elif (loop := repeat(code)) and not loop.passes and (loop.is_object or step is None):
        inside = [loop.body]
    elif name := origins.NAME.fullmatch(text_of(code)):
        inside, rest = list(look_up(code, name["kind"], name["steps"])), steps
    else:
        raise code.refuse()
    yield from (it for one in inside for it in part(one, rest))


def text_of(code: Code) -> str:
    return code.value.text.strip() if isinstance(code.value, Formula) else ""
