"""The Makefile, the only interface: every target is explained, and a mistake gets one line."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, capture_output=True, text=True, env=os.environ | variables
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "ENV=nowhere"), "there is no environment 'nowhere': choose from local, prod, staging"),
        (("classify", "IMAGE=nowhere.png"), "'nowhere.png' is not a file"),
        (("verify", "CLOUD_PORT=1"), "start the local cloud with `make cloud`"),
        (("apply", "ENV=staging"), "there is no plan for staging: make one with make plan ENV=staging"),
        (("destroy", "ENV=prod"), "say so with make destroy ENV=prod CONFIRM=prod"),
    ],
)
def test_a_mistake_is_answered_in_one_line(arguments, said):
    result = make(*arguments)
    assert result.returncode != 0
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith("error: ")
    assert said in line


def test_every_target_is_explained():
    printed = make("help").stdout
    targets = {
        line.split(":")[1].strip()
        for line in (ROOT / "Makefile").read_text().splitlines()
        if ".PHONY" in line
    }
    explained = {line.split()[0] for line in printed.splitlines() if line.startswith("  ")}
    assert targets == explained
