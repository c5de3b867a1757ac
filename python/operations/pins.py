"""What a deployment installs where credentials are at hand: few packages, each locked by the hash of its wheel.

Run: python -m operations.pins      prints delivery/requirements.txt anew, for the versions in constraints.txt

They come from PyPI and from nowhere else, whatever pip is set to: no variable of a repository may name another place.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core import arguments
from core.console import UserError, run
from operations import wheels

WANTED = ("boto3", "rich", "setuptools")  # the last one builds the project itself
CONSTRAINTS = wheels.ROOT / "constraints.txt"
REQUIREMENTS = wheels.ROOT / "python" / "delivery" / "requirements.txt"
ANYWHERE = "-none-any.whl"  # one wheel for every Python and machine, so that one hash is enough
HEADER = """\
# What a deployment needs, and what that needs. `make tools` installs it, `make lock` refreshes it.
"""


def download(folder: Path, *wanted: str) -> list[Path]:
    """The wheels of these packages and of all that they need."""
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "download", "--quiet"]
    options = ["--only-binary=:all:", f"--constraint={CONSTRAINTS}", f"--dest={folder}"]
    own = os.environ | {"PIP_CONFIG_FILE": os.devnull}  # with --isolated, pip knows no index but its own
    done = subprocess.run([*pip, *options, *wanted], env=own, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"the packages of a deployment cannot be fetched: {done.stderr.strip()}")
    return sorted(folder.iterdir(), key=lambda path: path.name.lower())


def pin(wheel: Path) -> str:
    """The line by which pip takes this wheel and no other."""
    if not wheel.name.endswith(ANYWHERE):
        raise UserError(f"{wheel.name} is built for one machine: a deployment needs only what runs on any")
    name, version = wheel.name.split("-")[:2]
    return f"{name.lower().replace('_', '-')}=={version} --hash=sha256:{wheels.sha256(wheel)}\n"


def main() -> None:
    arguments.read_none("operations.pins", __doc__)
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(HEADER + "".join(map(pin, download(Path(folder), *WANTED))))


if __name__ == "__main__":
    run(main)
