"""Builds each Lambda function's zip. The same sources give the same bytes, on any machine and any day.

Run: python -m operations.package [--out build/lambdas] [--architecture arm64]

The architecture is that of Terraform's `lambda`; only functions that bring compiled packages depend on it.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from core import arguments, closure
from core.console import UserError, out, run
from operations import wheels, zips

# Each is lambdas/<name>.py, and brings what that imports.
FUNCTIONS = tuple(
    file.stem
    for file in sorted((closure.PYTHON / "lambdas").glob("*.py"))
    if "\ndef handler(" in file.read_text()
)
ARCHITECTURE = "arm64"
FILES = "files"  # what a package brings that is not Python
BUILT_FOR = "built-for.txt"  # Terraform refuses zips for another processor or Python than it configures


def contents(name: str, architecture: str) -> Iterator[zips.Entry]:
    """What a function's zip holds."""
    code = closure.find(f"lambdas.{name}")
    for file in [*code, *find_files(code)]:
        # Stored, not compressed: what deflate makes of the same bytes differs between builds of zlib.
        yield zips.store(file.as_posix(), (closure.PYTHON / file).read_bytes())
    yield from wheels.contents(name, architecture)


def find_files(code: Iterable[Path]) -> Iterator[Path]:
    """What lies in the folders of files beside this code."""
    for package in sorted({file.parent for file in code}):
        for path in sorted((closure.PYTHON / package / FILES).glob("*")):
            yield path.relative_to(closure.PYTHON)


def build(folder: Path, architecture: str) -> dict[str, Path]:
    """Write every function's zip into the folder; the answer says where each is."""
    packed = {name: zips.pack(contents(name, architecture)) for name in FUNCTIONS}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in packed.items():
        (folder / f"{name}.zip").write_bytes(content)
    (folder / BUILT_FOR).write_text(f"{architecture} python{wheels.PYTHON}\n")
    return {name: folder / f"{name}.zip" for name in packed}


def main() -> None:
    parser = arguments.Parser("operations.package", __doc__)
    parser.add_argument("--out", type=Path, default=Path("build/lambdas"), help="folder for the zips")
    parser.add_argument("--architecture", choices=wheels.MACHINES, default=ARCHITECTURE)
    options = parser.parse_args()
    try:
        zips_made = build(options.out, options.architecture)
    except OSError as error:
        raise UserError(f"{options.out}: {error.strerror}: name another folder with --out") from error
    for path in zips_made.values():
        content = path.read_bytes()
        out.print(f"{path}  {len(content):,} bytes  sha256 {hashlib.sha256(content).hexdigest()[:16]}")


if __name__ == "__main__":
    run(main)
