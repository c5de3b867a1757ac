"""Whom a policy lets in of which a part is known only after apply: of the code that makes it.

Locals, variables and outputs are looked up by their names in all modules. What cannot be told from the code could be
anybody.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from core.contract.shapes import Json
from core.terraform_code import hcl, hcl_blocks, literals
from core.terraform_code.literals import Formula
from delivery import policies
from delivery.origins import NAME

ANYBODY, SOMEBODY = "*", "x"
# What a resource or data has of the texts that somebody wrote, and not of what AWS made of them.
WRITTEN = {
    "content",
    "description",
    "input",
    "insecure_value",
    "json",
    "output",
    "result",
    "secret_string",
    "tags",
    "tags_all",
    "value",
    "values",
}
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
STATEMENT = ("condition", "effect", "notprincipal", "principal")
SAYS_WHAT = {"action", "effect", "notaction"}
Named = Mapping[tuple[str, str], list[str]]  # the expressions behind a local, a variable or an output


def find_open(code: Mapping[str, str], named: Named) -> Iterator[str]:
    """The files with a statement that lets anybody do something."""
    for path, text in code.items():
        if any(is_open(it, named) for it in literals.objects(text)):
            yield path


def is_open(found: Json, named: Named) -> bool:
    """Whether an object in the code is a statement that lets anybody do something."""
    said = {key.lower(): value for key, value in found.items()}
    if any(literals.CODE.match(key) for key in said) and SAYS_WHAT & said.keys():
        # The key that is computed could be this one.
        said["principal"] = ANYBODY
    if not {"principal", "notprincipal"} & said.keys():
        return False
    return policies.is_open({key: settle(said[key], named, ()) for key in STATEMENT if key in said})


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
    if isinstance(value, dict):
        return {key: settle(it, named, within) for key, it in value.items()}
    if isinstance(value, list):
        return [settle(it, named, within) for it in value]
    return compute(value.text, named, within) if isinstance(value, Formula) else value


def compute(text: str, named: Named, within: tuple[str, ...]) -> object:
    found = list(hcl.tokens(text))
    if len(found) == 1 and found[0].kind in ("quoted", "heredoc"):
        return fill_in(found[0].text, named, within)
    if (only := NAME.fullmatch(text)) or not found:
        return look_up(only["kind"], only["steps"], named, within) if only else ANYBODY
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
    parts = [literals.value([it]) for it in found if it.kind in ("quoted", "heredoc")]
    names = [Formula(it[0]) for it in NAME.finditer(text)]
    settled = [settle(it, named, within) for it in (*parts, *names)]
    return SOMEBODY if settled and not any("*" in str(it) or "?" in str(it) for it in settled) else ANYBODY


def fill_in(quoted: str, named: Named, within: tuple[str, ...]) -> str:
    """A text, with what is computed in it."""
    text, at = "", 1
    while code := literals.CODE.search(quoted, at):
        end = hcl.end_of_code(quoted, code.end())
        settled = compute(quoted[code.end() : end - 1].strip(), named, within)
        text += quoted[at : code.start()] + (settled if isinstance(settled, str) else ANYBODY)
        at = end
    return text + quoted[at:-1]


def look_up(kind: str, steps: str, named: Named, within: tuple[str, ...]) -> object:
    parts = re.findall(r"[\w-]+", re.sub(r"\[[^\]]*\]", "", steps) if kind == "module" else steps)
    at = 1 if kind == "module" else 0
    if kind not in ("local", "var", "module"):
        return ANYBODY if kind in ("each", "terraform_data") or WRITTEN & set(parts) else SOMEBODY
    key = (kind, parts[at] if at < len(parts) else "")
    if f"{kind}.{key[1]}" in within or key not in named:
        return ANYBODY
    settled = [settle(literals.read(it), named, (*within, f"{kind}.{key[1]}")) for it in named[key]]
    is_whole = steps.endswith(f".{key[1]}")
    if is_whole and (len(settled) == 1 or all(it == settled[0] for it in settled)):
        return settled[0]
    # One of several, or a part of it.
    return ANYBODY if any("*" in str(it) or "?" in str(it) for it in settled) else SOMEBODY
