"""asl-validator, which other projects hold their state machines against: what it says of ours.

`make test` installs it from npm, in the versions and with the checksums of asl-validator/package-lock.json. It belongs
to the tests and not to `make lint`, because only here are the templates rendered: by Terraform, with a module's values.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("asl-validator") / "validate.cjs"
NODE = Path(sys.prefix) / "bin/node"
INSTALLED = Path(sys.prefix) / "asl-validator"


def find_errors(definitions: list[str]) -> list[list[str]]:
    """What is wrong with each."""
    if not (INSTALLED / "node_modules/asl-validator").is_dir():
        pytest.skip("asl-validator is not installed: `make test` does that, where npm can be reached")
    command = [NODE, SCRIPT, INSTALLED]
    done = subprocess.run(command, input=json.dumps(definitions), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
