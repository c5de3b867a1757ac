"""Builds each Lambda function's zip. The same sources give the same bytes, on any machine and any day.

Run: python -m operations.package [--out build/lambdas]
"""

import argparse
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from console import UserError, out, run

PYTHON = Path(__file__).resolve().parents[1]
# The files of python/lambdas that each function needs, its handler first.
FUNCTIONS = {
    "serialize": ("serialize.py", "images.py", "common.py"),
    "classify": ("classify.py", "images.py", "common.py"),
    "filter": ("filter.py", "common.py"),
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can hold
UNIX = 3
FILE_MODE = 0o100644


def members(name: str) -> dict[str, Path]:
    """What a function's zip holds: the name in the zip, and the file."""
    return {file: PYTHON / "lambdas" / file for file in FUNCTIONS[name]}


def zip_bytes(files: Mapping[str, Path]) -> bytes:
    """A zip that depends on nothing but the files' names and contents."""
    buffer = io.BytesIO()
    # Stored, not compressed: what deflate makes of the same bytes differs between builds of zlib.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = UNIX
            entry.external_attr = FILE_MODE << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def build(folder: Path) -> dict[str, Path]:
    """Write every function's zip into the folder; the answer says where each is."""
    folder.mkdir(parents=True, exist_ok=True)
    zips = {}
    for name in FUNCTIONS:
        zips[name] = folder / f"{name}.zip"
        zips[name].write_bytes(zip_bytes(members(name)))
    return zips


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/lambdas"), help="folder for the zips")
    folder = parser.parse_args().out
    try:
        zips = build(folder)
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}: name another folder with --out") from error
    for path in zips.values():
        content = path.read_bytes()
        out.print(f"{path}  {len(content):,} bytes  sha256 {hashlib.sha256(content).hexdigest()[:16]}")


if __name__ == "__main__":
    run(main)
