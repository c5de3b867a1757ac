"""Packages as Lambda needs them: wheels for its processor, fetched once with pip and checked by their hashes.

Run: python -m operations.wheels      prints lambdas/requirements.txt anew, for the versions in constraints.txt
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from core import arguments
from core.console import UserError, run
from operations import zips

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "wheels"
REQUIREMENTS = ROOT / "python" / "lambdas" / "requirements.txt"
# Which function brings what, besides our own code and boto3, which Lambda has.
BROUGHT_BY = {"api": ("msgspec",), "monitor": ("numpy", "pillow")}
PACKAGES = tuple(sorted(name for names in BROUGHT_BY.values() for name in names))
PYTHON = "3.13"  # of Terraform's default runtime
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}  # what Lambda and what wheels call a processor
PLATFORM = "manylinux_2_28"  # Lambda's Python 3.12 and newer run on Amazon Linux 2023, which has glibc 2.34

# What a function never imports, about a tenth of the packages: tests, types, what C and Fortran are built with.
LEFT_OUT_FOLDERS = {"_examples", "_pyinstaller", "f2py", "include", "tests"}
LEFT_OUT_SUFFIXES = {".a", ".h", ".pxd", ".pyi", ".pyx"}
HEADER = """\
# What {zips} bring besides our own code, as built for Lambda's arm64 and x86_64.
# `make lock` refreshes it, with the versions of constraints.txt.
"""

Requirements = dict[tuple[str, str], set[str]]


def contents(function: str, architecture: str) -> Iterator[zips.Entry]:
    """What a function's zip holds of the wheels."""
    for wheel in fetch(architecture, BROUGHT_BY.get(function, ())):
        yield from (entry for entry in zips.entries(wheel) if is_needed(entry.name))


def is_needed(name: str) -> bool:
    path = PurePosixPath(name)
    unused = path.suffix in LEFT_OUT_SUFFIXES or not LEFT_OUT_FOLDERS.isdisjoint(path.parts)
    return not (unused or name.endswith("/"))


def fetch(architecture: str, names: Collection[str]) -> list[Path]:
    """The wheels of these that requirements.txt asks for: as they are here already, or fresh from the package index."""
    if None in (found := list(_here(architecture, names))):
        download(architecture, FOLDER, "--require-hashes", "-r", str(REQUIREMENTS))
        found = list(_here(architecture, names))
    return [path for path in found if path]


def _here(architecture: str, names: Collection[str]) -> Iterator[Path | None]:
    wanted = read(REQUIREMENTS.read_text())
    for (name, version), hashes in ((it, wanted[it]) for it in wanted if it[0] in names):
        wheels = FOLDER.glob(f"{name}-{version}-*_{MACHINES[architecture]}.whl")
        yield next((path for path in wheels if sha256(path) in hashes), None)


def read(text: str) -> Requirements:
    """Each package's name and version, and the hashes that its wheels may have."""
    lines = re.findall(r"^(\S+)==(\S+)(.*)", text.replace("\\\n", ""), re.MULTILINE)
    return {(name, version): set(re.findall(r"sha256:(\w+)", rest)) for name, version, rest in lines}


def versions(text: str) -> dict[str, str]:
    """Each package's, by its name."""
    return {name: version for name, version in read(text)}  # noqa: C416 - dict() would keep the pairs as keys


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(architecture: str, folder: Path, *what: str) -> None:
    machine = MACHINES[architecture]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    target = ["--implementation=cp", f"--python-version={PYTHON}", f"--platform={PLATFORM}_{machine}"]
    wheels_only = ["--only-binary=:all:", "--no-deps", f"--dest={folder}"]
    done = subprocess.run([*pip, *target, *wheels_only, *what], capture_output=True, text=True)
    if done.returncode:
        reason = re.search(r"^ERROR: (.*)", done.stderr, re.MULTILINE)
        why = reason[1] if reason else done.stderr.strip()
        raise UserError(
            f"{', '.join(PACKAGES)} for {machine} cannot be fetched (pip says: {why}): "
            "check the network, or the package index that pip is set to use"
        )


def lock(locked: dict[str, str]) -> str:
    """The text of requirements.txt for these versions."""
    lines = HEADER.format(zips=" and ".join(f"{name}.zip" for name in BROUGHT_BY))
    for name in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            for architecture in MACHINES:
                download(architecture, Path(folder), f"{name}=={locked[name]}")
            hashes = [f"--hash=sha256:{sha256(path)}" for path in sorted(Path(folder).iterdir())]
        lines += " \\\n    ".join([f"{name}=={locked[name]}", *hashes]) + "\n"
    return lines


def main() -> None:
    arguments.read_none("operations.wheels", __doc__)
    sys.stdout.write(lock(versions((ROOT / "constraints.txt").read_text())))


if __name__ == "__main__":
    run(main)
