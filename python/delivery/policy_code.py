"""Whom a policy lets in of which a part is known only after apply: of the code that makes it.

Locals, variables and outputs are looked up by their names in all modules. What cannot be told from the code could be
anybody.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from core.contract.shapes import Json
from core.terraform_code import hcl, hcl_blocks, literals
from core.terraform_code.literals import Formula, Head
from delivery import made_by_aws, policies
from delivery.origins import NAME

ANYBODY, SOMEBODY = "*", "x"
# Functions that make no text of which nothing is seen in what they are given.
PLAIN = {
    "coalesce",
    "compact",
    "concat",
    "distinct",
    "flatten",
    "format",
    "formatlist",
    "join",
    "lookup",
    "merge",
    "one",
    "sort",
    "tolist",
    "toset",
    "tostring",
    "try",
}
LOOP = "for"  # the kind of what a loop names
ITEM = re.compile(r"([\w-]+)((?:\.[\w-]+|\[[^\]]*\])*)")
DECLARED = re.compile(r"\bfor ([\w-]+(?:\s*,\s*[\w-]+)?) in\b")
NO_VALUES = {"else", "endfor", "endif", "false", "for", "if", "in", "null", "true"}
STATEMENT = ("condition", "effect", "notprincipal", "principal")
SAYS_WHAT = {"action", "effect", "notaction"}
Named = Mapping[tuple[str, str], list[str]]  # the expressions behind a local, a variable or an output


def find_open(code: Mapping[str, str], named: Named) -> Iterator[str]:
    """The files with a statement that lets anybody do something."""
    for path, text in code.items():
        # What a template names is known where it is filled in; what comes of it is judged there, or refused.
        is_template = not path.endswith(".tf")
        judged = text if is_template else leave_out(text, policies.NARROWING)
        if any(is_open(it, bind(loops, named), is_template) for it, loops in literals.objects(judged)):
            yield path


def leave_out(text: str, kinds: tuple[str, ...]) -> str:
    """The code without the resources of these kinds."""
    for block in hcl_blocks.read(text):
        if block.head[:1] == ("resource",) and block.head[1:2] and block.head[1] in kinds:
            text = text.replace(block.text, "")
    return text


def is_open(found: Json, named: Named, is_template: bool = False) -> bool:
    """Whether an object in the code is a statement that lets anybody do something."""
    said = {key.lower(): value for key, value in found.items()}
    if any(literals.CODE.match(key) for key in said) and SAYS_WHAT & said.keys():
        # The key that is computed could be this one.
        said["principal"] = ANYBODY
    if not {"principal", "notprincipal"} & said.keys():
        return False
    settled = {key: settle(said[key], named, ()) for key in STATEMENT if key in said}
    if is_template and isinstance(principal := settled.get("principal"), dict):
        settled["principal"] = {kind: it for kind, it in principal.items() if kind.lower() != "federated"}
    return policies.is_open(settled)


def name(code: Mapping[str, str], variables: Json) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}

    def add(kind: str, name: str, value: str) -> None:
        found.setdefault((kind, name), []).append(value)

    for variable, given in variables.items():
        add("var", variable, json.dumps(given.get("value")))
    for path, text in code.items():
        for block in hcl_blocks.read(text) if path.endswith(".tf") else []:
            kind, label = block.head[0], block.head[-1]
            for it in block.parts:
                if kind in ("locals", "module"):
                    add("local" if kind == "locals" else "var", it.head[0], it.value)
                elif (kind, *it.head) in (("variable", "default"), ("output", "value")):
                    add("var" if kind == "variable" else "module", label, it.value)
    return found


def settle(value: object, named: Named, within: tuple[str, ...]) -> object:
    """The value with what is computed in it as far as it matters here: anybody, somebody, or what it says."""
    if isinstance(value, literals.Bound):
        return settle(value.value, bind(value.loops, named, within), within)
    if isinstance(value, dict):
        return {settle_key(key, named, within): settle(it, named, within) for key, it in value.items()}
    if isinstance(value, list):
        return [settle(it, named, within) for it in value]
    return compute(value.text, named, within) if isinstance(value, Formula) else value


def settle_key(key: str, named: Named, within: tuple[str, ...]) -> str:
    computed = compute(key[2:-1], named, within) if literals.CODE.match(key) else key
    return computed if isinstance(computed, str) and computed != ANYBODY else key


def compute(text: str, named: Named, within: tuple[str, ...]) -> object:
    found = list(hcl.tokens(text))
    if len(found) == 1 and found[0].kind in ("quoted", "heredoc"):
        return fill_in(found[0], named, within)
    if (only := NAME.fullmatch(text)) or not found:
        return look_up(only["kind"], only["steps"], named, within) if only else ANYBODY
    if (item := ITEM.fullmatch(text)) and (LOOP, item[1]) in named:
        return look_up_item(item[1], item[2], named, within)
    if (
        found[0].text == "["
        and literals.is_loop(found)
        and hcl.expression(found, 1, ("]",)) == len(found) - 1
    ):
        head, colon = literals.read_head(found[1:-1])
        body = found[colon + 2 : hcl.expression(found, colon + 2, ("if", "]"))]
        return [settle(literals.value(body), bind((head,), named, within), within)]
    if [it.text for it in found[:2]] == ["merge", "("] and hcl.expression(found, 2, (")",)) == len(found) - 1:
        given = [settle(literals.value(it), named, within) for it in literals.split(found[2:-1])]
        merged: Json = {}
        for it in given:
            merged |= it if isinstance(it, dict) else {}
        return merged if all(isinstance(it, dict) for it in given) else ANYBODY
    # Of anything else: whether something that stands for anybody is in it.
    calls = {name.text for name, sign in pairwise(found) if name.kind == "word" and sign.text == "("}
    if not calls - {"in", "if"} <= PLAIN:
        return ANYBODY
    if any((LOOP, it) not in named for it in bare(text)):
        return ANYBODY
    parts = [literals.value([it]) for it in found if it.kind in ("quoted", "heredoc")]
    names = [Formula(it) for it in (*(it[0] for it in NAME.finditer(text)), *bare(text))]
    settled = [settle(it, named, within) for it in (*parts, *names)]
    return SOMEBODY if settled and not any(map(is_wild, settled)) else ANYBODY


def bare(text: str) -> set[str]:
    """The words that stand for a value of which this code does not tell where it comes from."""
    found = [None, *hcl.tokens(NAME.sub(" ", text)), None]
    words = {
        it.text
        for before, it, after in zip(found, found[1:], found[2:], strict=False)
        if it
        and it.kind == "word"
        and not it.text.isdecimal()
        and not (before and before.text == ".")
        and not (after and after.text in ("(", "="))
    }
    declared = {it for names in DECLARED.findall(text) for it in re.findall(r"[\w-]+", names)}
    return words - declared - NO_VALUES


def bind(loops: Iterable[Head], named: Named, within: tuple[str, ...] = ()) -> Named:
    """What the names of these loops stand for, beside the others: the code of each item."""
    for head in loops:
        keys, values = go_through(list(head.source), named, within)
        of = (values,) if len(head.names) == 1 else (keys, values)
        named = {**named, **{(LOOP, name): it for name, it in zip(head.names, of, strict=False)}}
    return named


def go_through(source: list[hcl.Token], named: Named, within: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The keys and the values of a list or an object."""
    text = hcl.plain(literals.trim(source))
    if (name := NAME.fullmatch(text)) and name["kind"] not in ("local", "var", "module", "each"):
        return [json.dumps(ANYBODY)], [text]
    given = settle(literals.value(source), named, within)
    if isinstance(given, dict):
        return list(map(json.dumps, given)), list(map(json.dumps, given.values()))
    if isinstance(given, list):
        return ["0"], list(map(json.dumps, given))
    return [json.dumps(ANYBODY)], [json.dumps(given)]


def look_up_item(name: str, rest: str, named: Named, within: tuple[str, ...]) -> object:
    settled = [
        compute(it + rest, named, within) if NAME.fullmatch(it) else settle(literals.read(it), named, within)
        for it in named[LOOP, name]
    ]
    is_whole = not rest or all(map(NAME.fullmatch, named[LOOP, name]))
    if is_whole and settled and all(it == settled[0] for it in settled):
        return settled[0]
    return ANYBODY if any(map(is_wild, settled)) else SOMEBODY


def is_wild(settled: object) -> bool:
    return "*" in str(settled) or "?" in str(settled)


def fill_in(token: hcl.Token, named: Named, within: tuple[str, ...]) -> str:
    """A text, with what is computed in it."""
    is_quoted = token.kind == "quoted"
    inside = token.text[1:-1] if is_quoted else token.inside
    text, at = "", 0

    def read(literal: str) -> str:
        return hcl.unescape(literal) if is_quoted else literal

    while code := literals.CODE.search(inside, at):
        end = hcl.end_of_code(inside, code.end())
        settled = compute(inside[code.end() : end - 1].strip(), named, within)
        text += read(inside[at : code.start()]) + (settled if isinstance(settled, str) else ANYBODY)
        at = end
    return text + read(inside[at:])


def look_up(kind: str, steps: str, named: Named, within: tuple[str, ...]) -> object:
    if kind not in ("local", "var", "module"):
        return SOMEBODY if made_by_aws.is_name(kind, steps) else ANYBODY
    parts = made_by_aws.steps(steps) if kind == "module" else re.findall(r"[\w-]+", steps)
    at = 1 if kind == "module" else 0
    key = (kind, parts[at] if at < len(parts) else "")
    if f"{kind}.{key[1]}" in within or key not in named:
        return ANYBODY
    settled = [settle(literals.read(it), named, (*within, f"{kind}.{key[1]}")) for it in named[key]]
    is_whole = steps.endswith(f".{key[1]}")
    if is_whole and (len(settled) == 1 or all(it == settled[0] for it in settled)):
        return settled[0]
    # One of several, or a part of it.
    return ANYBODY if any(map(is_wild, settled)) else SOMEBODY
