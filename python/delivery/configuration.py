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
from delivery import reads

CODE = (".tf", ".tf.json")
JSON = ".tf.json"
OTHERS = re.compile(r"\.(md|tftest\.hcl|tfmock\.hcl|tfplan|tfstate(\.\w+)*|log)$")  # not read by a plan
VARIABLES = re.compile(r"\.tfvars(\.json)?$")  # their values count, not their text
COMMENTS = ("#", "//")


def read(folder: Path, env: str, module: Json) -> dict[str, str]:
    """The files that count for this environment; `module` is the root of what Terraform calls its configuration."""
    called = check_folders(folder, module)
    code = [path for place in called for path in place.glob("*.tf")]
    named = reads.find(folder, code)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(normalise(path)).hexdigest()
        for path in sorted({*folder.rglob("*"), *named})
        if path.is_file() and (path in named or counts(path.relative_to(folder), env, path.parent in called))
    }


def check_folders(folder: Path, module: Json) -> set[Path]:
    called = set(find_folders(folder, module))
    for place in called:
        if not reads.is_inside(folder, place):
            raise UserError(
                f"the module in {place} lies outside of {folder}, and no review covers what changes there"
            )
        for path in place.glob(f"*{JSON}"):
            raise UserError(f"{path} is JSON, which no rule reads: write it as .tf")
    return called


def read_code(folder: Path, module: Json) -> dict[str, str]:
    """Terraform's own files, and what they read, without comments."""
    code = {path for place in find_folders(folder, module) for path in place.glob("*.tf")}
    return {
        path.as_posix(): "\n".join(lines(path.read_text(errors="replace")))
        for path in sorted(code | reads.find(folder, code))
    }


def counts(path: Path, env: str, is_called: bool) -> bool:
    # What Terraform calls it reads, also in a folder that is not listed.
    hidden = path.parts[-1:] if is_called else path.parts
    if any(part.startswith(".") for part in hidden) or OTHERS.search(path.name):
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
    content = path.read_bytes()
    return "\n".join(lines(content.decode())).encode() if path.suffix == ".tf" else content


def lines(text: str) -> list[str]:
    """Terraform's code without comments on lines of their own, blank lines, and space around lines.

    Where what looks like a comment could be more than that, everything counts: in a heredoc it is a value, and behind
    the end of a comment of several lines it is code. Comments behind code stay, as strings do.
    """
    # Not splitlines: what it takes for a line's end besides may be in the middle of a value.
    whole = text.split("\n")
    bare = [line.removesuffix("\r").strip(" \t") for line in whole]
    if "<<" in text or any("*/" in line for line in bare if line.startswith(COMMENTS)):
        return whole
    return [line for line in bare if line and not line.startswith(COMMENTS)]
