"""The files that Terraform's code reads by its functions, which count whatever their names are.

Each has to be named as it stands, below `terraform/`: what a path is put together from says nothing of what lies there.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.console import UserError

# What Terraform takes for space between a function's name and its arguments.
SPACE = r"(?:\s|/\*.*?\*/|(?:#|//)[^\n]*\n)*"
READING = re.compile(rf"\b(file\w*|templatefile){SPACE}\(", re.DOTALL)
NAMED = re.compile(r'\s*"(?:\$\{path\.(?P<base>module|root)\}/)?(?P<path>[\w./-]+)"\s*[,)]')
# What `make package` makes: the zips count by themselves (delivery.plan.files), and a condition gives no value.
BUILT = re.compile(
    r"^\s*(source_code_hash\s*=\s*filebase64sha256\(var\.zip\)|condition\s*=\s*fileexists\(var\.zip\)"
    r'|condition\s*=\s*try\(trimspace\(file\("\$\{var\.lambda\.zips\}/built-for\.txt"\)\) == "[^"\n]*", true\))$',
    re.MULTILINE,
)


def find(folder: Path, code: Iterable[Path]) -> set[Path]:
    """What these files read, and what the templates among that read in turn; `folder` is where Terraform works."""
    found: set[Path] = set()
    left = list(code)
    while left:
        path = left.pop()
        new = {it for it in read(folder, path) if it not in found and it.is_file()}
        found |= new
        left += new
    return found


def read(folder: Path, path: Path) -> Iterator[Path]:
    text = BUILT.sub("", path.read_text(errors="replace"))
    for call in READING.finditer(text):
        named = NAMED.match(text, call.end())
        base = path.parent if named and named["base"] == "module" else folder
        place = Path(os.path.normpath(base / named["path"])) if named else None
        if place is None or not is_inside(folder, place):
            line = text.count("\n", 0, call.start()) + 1
            raise UserError(
                f"{path}, line {line}: what {call[1]}(...) reads may lie outside of {folder}, and no review covers "
                f'what changes there: name one file of the tree, as in {call[1]}("${{path.module}}/...")'
            )
        yield place


def is_inside(folder: Path, place: Path) -> bool:
    """Whether it lies in the folder, and no link leads out of what is listed there."""
    return place.is_relative_to(folder) and place.resolve() == folder.resolve() / place.relative_to(folder)
