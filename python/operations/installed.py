"""What `make demo` installs, how large it is, and who asks for it: `python -m operations.installed [--page PAGE]`.

Megabytes are those of the wheels' files as unpacked, without what Python compiles of them. The CUDA packages that a
plain build of PyTorch asks for on Linux are left out: docs/install.md says when they come.
"""

import re
import tomllib
from collections import defaultdict
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from core import arguments
from core.console import UserError, out, run
from core.table import Table

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "this project"
CUDA = re.compile(r"cuda-|nvidia-|triton$")
PLACE = re.compile(r"(<!-- operations.installed -->\n).*?(<!-- end -->\n)", re.DOTALL)
COLUMNS = ("package", "MB", "asked for by")


def demo() -> dict[str, set[str]]:
    """The packages of the demo, each with who asks for it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = needed(*project["dependencies"])
    return {name: askers for name, askers in found.items() if not CUDA.match(name)}


def needed(*requirements: str) -> dict[str, set[str]]:
    """What these require, and what that requires, as far as it is installed: each with who asks for it."""
    found: dict[str, set[str]] = defaultdict(set)
    seen: set[tuple[str, str]] = set()
    asked = [(Requirement(text), PROJECT) for text in requirements]
    while asked:
        requirement, asker = asked.pop()
        name = canonicalize_name(requirement.name)
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found[name].add(asker)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                wanted = [it for it in map(Requirement, requires) if applies(it, extra)]
                asked += [(it, name) for it in wanted]
    return dict(found)


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def megabytes(name: str) -> float:
    """By the list of files that pip keeps: it has the size of each but of those that Python has compiled."""
    return sum(file.size or 0 for file in metadata.files(name) or []) / 1e6


def rows(packages: dict[str, set[str]]) -> list[tuple[str, str, str]]:
    """The largest first, and all together last."""
    sizes = {name: megabytes(name) for name in packages}
    largest = sorted(packages, key=lambda name: (-round(sizes[name], 1), name))
    listed = [(name, f"{sizes[name]:.1f}", ", ".join(sorted(packages[name]))) for name in largest]
    return [*listed, (f"all {len(packages)}", f"{sum(sizes.values()):.1f}", "")]


def fill(text: str, listed: list[tuple[str, str, str]]) -> str:
    """The page's text with the table in its place."""
    lines = ["| " + " | ".join(row) + " |" for row in [COLUMNS, ("---", "---:", "---"), *listed]]
    drawn = "\n".join(lines) + "\n"
    filled, places = PLACE.subn(lambda place: place[1] + drawn + place[2], text)
    if not places:
        raise UserError(
            "the page has no <!-- operations.installed --> and <!-- end --> to put the table between"
        )
    return filled


def table(listed: list[tuple[str, str, str]]) -> Table:
    return Table(COLUMNS, listed, numbers=(1,))


def main() -> None:
    parser = arguments.Parser("operations.installed", __doc__)
    parser.add_argument("--page", type=Path, help="a page to put the table into, as docs/install.md")
    options = parser.parse_args()
    listed = rows(demo())
    if options.page:
        options.page.write_text(fill(options.page.read_text(), listed))
    out.print(table(listed))


if __name__ == "__main__":
    run(main)
