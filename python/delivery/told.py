"""What a value that is known only after apply could come to, by its code: of what AWS makes, an address that is none.

A name leads to what is behind it, a choice to both of its sides; whatever else is computed is Unreadable.
"""

from collections.abc import Iterator

from core.terraform_code import hcl, literals
from core.terraform_code.literals import Formula
from delivery import made_by_aws
from delivery.origins import NAME
from delivery.policies import Unreadable
from delivery.policy_code import Named

MADE = "192.0.2.1"  # for documentation (RFC 5737): with a mask behind it still as wide as the mask says
CONSTANTS = {"true": True, "false": False, "null": None}
LISTS = {"coalesce", "compact", "concat", "distinct", "flatten", "tolist", "toset", "tostring"}


def tell(value: object, named: Named, within: tuple[str, ...] = ()) -> Iterator[object]:
    """Each plain value that may be there."""
    if isinstance(value, list | dict):
        for it in value.values() if isinstance(value, dict) else value:
            yield from tell(it, named, within)
    elif isinstance(value, Formula):
        yield from compute(value.text.strip(), named, within)
    else:
        yield value


def compute(text: str, named: Named, within: tuple[str, ...]) -> Iterator[object]:
    found = literals.trim(list(hcl.tokens(text)))
    if text in CONSTANTS or text.isdecimal():
        yield CONSTANTS.get(text, text)
    elif len(found) == 1 and found[0].kind == "quoted":
        yield fill_in(found[0].text[1:-1], named, within)
    elif name := NAME.fullmatch(text):
        yield from look_up(name["kind"], name["steps"], named, within)
    elif (asks := hcl.expression(found, 0, ("?",))) < len(found):
        other = hcl.expression(found, asks + 1, (":",))
        for side in (found[asks + 1 : other], found[other + 1 :]):
            yield from tell(literals.value(side), named, within)
    elif (
        len(found) > 2
        and found[0].text in LISTS
        and found[1].text == "("
        and hcl.expression(found, 2, (")",)) == len(found) - 1
    ):
        for it in literals.split(found[2:-1]):
            yield from tell(literals.value(it), named, within)
    else:
        raise Unreadable(" ".join(text.split())[:80])


def fill_in(inside: str, named: Named, within: tuple[str, ...]) -> str:
    text, at = "", 0
    while code := literals.CODE.search(inside, at):
        end = hcl.end_of_code(inside, code.end())
        told = list(compute(inside[code.end() : end - 1].strip(), named, within))
        if len(told) != 1 or not isinstance(told[0], str):
            raise Unreadable(inside[:80])
        text += hcl.unescape(inside[at : code.start()]) + told[0]
        at = end
    return text + hcl.unescape(inside[at:])


def look_up(kind: str, steps: str, named: Named, within: tuple[str, ...]) -> Iterator[object]:
    parts = made_by_aws.steps(steps)
    name = f"{kind}{steps}"
    if made_by_aws.is_name(kind, steps):
        yield MADE
        return
    is_whole = len(parts) == (2 if kind == "module" else 1)
    if not is_whole or name in within or (kind, parts[-1]) not in named:
        raise Unreadable(name)
    for it in named[kind, parts[-1]]:
        yield from tell(literals.read(it), named, (*within, name))
