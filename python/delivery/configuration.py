"""The configuration that a plan is made of: each file's SHA-256, without what means nothing to Terraform.

A plan does not say everything that it does: not what it runs beside a resource, what it checks, what it would refuse to
destroy, nor what is in a value of which a part is unknown. The text says all of it.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from core.console import UserError
from core.contract.shapes import Json

CODE = (".tf", ".tf.json")
OTHERS = re.compile(r"\.(md|tftest\.hcl|tfmock\.hcl|tfplan|tfstate(\.\w+)*|log)$")  # not read by a plan
VARIABLES = re.compile(r"\.tfvars(\.json)?$")  # their values count, not their text
HEREDOC = re.compile(r"<<-?(\S+)$")
STRING = re.compile(r'"(\\.|[^"\\])*"')


def read(folder: Path, env: str, module: Json) -> dict[str, str]:
    """The files that count for this environment; `module` is the root of what Terraform calls its configuration."""
    called = set(find_folders(folder, module))
    for place in called:
        # A link could lead to what is not listed here.
        if not place.is_relative_to(folder) or place.resolve() != folder.resolve() / place.relative_to(
            folder
        ):
            raise UserError(
                f"the module in {place} lies outside of {folder}, and no review covers what changes there"
            )
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(normalise(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and counts(path.relative_to(folder), env, path.parent in called)
    }


def read_code(folder: Path, module: Json) -> dict[str, str]:
    """Terraform's own files, without comments."""
    return {
        path.as_posix(): "\n".join(lines(path.read_text()))
        for place in sorted(set(find_folders(folder, module)))
        for path in sorted(place.glob("*.tf"))
    }


def counts(path: Path, env: str, is_called: bool) -> bool:
    if any(part.startswith(".") for part in path.parts) or OTHERS.search(path.name):
        return False
    if path.parts[0] == "envs":
        return path.name.split(".")[0] == env and not VARIABLES.search(path.name)
    return is_called or not path.name.endswith(CODE)


def find_folders(folder: Path, module: Json) -> Iterator[Path]:
    """Where the module and those that it calls lie."""
    yield folder
    for name in module.get("module_calls", {}):
        yield from find_folders(*step_into(folder, module, name))


def step_into(folder: Path, module: Json, name: str) -> tuple[Path, Json]:
    """The folder of a module that this one calls, and what it is made of."""
    call = module["module_calls"][name]
    if not call["source"].startswith(("./", "../")):
        raise UserError(
            f"module {name} comes from {call['source']}, and no review covers what changes there: copy it into the tree"
        )
    return Path(os.path.normpath(folder / call["source"])), call["module"]


def normalise(path: Path) -> bytes:
    content = path.read_bytes().replace(b"\r\n", b"\n")
    return "\n".join(lines(content.decode())).encode() if path.suffix == ".tf" else content


def lines(text: str) -> list[str]:
    """Terraform's code without comments on lines of their own, blank lines, and space around lines.

    What is in a heredoc is a value, also where it looks like a comment; comments behind code stay, as strings do.
    """
    # Not splitlines: what it takes for a line's end besides may be in the middle of a value.
    whole = text.replace("\r\n", "\n").split("\n")
    return whole if any(map(is_doubtful, whole)) else list(without_comments(whole))


def is_doubtful(line: str) -> bool:
    """Whether a comment could hide where values begin and end: then everything counts."""
    bare = STRING.sub("", line.strip(" \t"))
    return "/*" in bare or bool(HEREDOC.search(bare) and re.search("#|//", bare))


def without_comments(text: list[str]) -> Iterator[str]:
    end = ""
    for line in text:
        bare = line.strip(" \t")
        if end:
            end = "" if bare == end else end
            yield line
        elif bare and not bare.startswith(("#", "//")):
            if begun := HEREDOC.search(bare):
                end = begun[1]
            yield bare
