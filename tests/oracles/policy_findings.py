"""parliament, which holds policies against AWS's service authorization reference: what it says of ours.

`make test` installs it from PyPI into a folder of its own, in the versions and with the checksums of
parliament/requirements.txt: it needs an older setuptools than others do. It takes 22 MB, and for all policies of an
environment one or two seconds. It knows the actions, types of resource and condition keys of its own day.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SCRIPT = Path(__file__).with_name("parliament") / "lint.py"
INSTALLED = Path(sys.prefix) / "parliament"


class Finding(NamedTuple):
    kind: str
    detail: Any


def find(policies: list[dict[str, Any]]) -> list[list[Finding]]:
    """What is wrong with each."""
    if not (INSTALLED / "parliament").is_dir():
        pytest.skip("parliament is not installed: `make test` does that, where PyPI can be reached")
    done = subprocess.run(
        [sys.executable, SCRIPT],
        input=json.dumps(policies),
        env=os.environ | {"PYTHONPATH": str(INSTALLED)},
        capture_output=True,
        text=True,
        check=True,
    )
    return [[Finding(*finding) for finding in findings] for findings in json.loads(done.stdout)]
