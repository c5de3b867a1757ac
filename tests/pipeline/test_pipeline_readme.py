"""The README's commands, as they stand there, in the deployed environment."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "README.md").read_text()
SECTIONS = ("Work with an environment", "Call it", "Watch it")
COMMAND = re.compile(r"^    (make .*?)(?: +#.*)?$", re.MULTILINE)
# Each is what this folder's other tests do by the same modules: in stages, with fewer photos, for less than a minute.
DONE_ELSEWHERE = (
    "make stage train",
    "make bootstrap",
    "make plan apply",
    "make promote plan apply",
    "make verify",
    "make evaluate",
    "make loadgen RATE=5 DURATION=60s",
    "make transform PREFIX=archive/2025/",
    "make prove ENV=staging",
    "make photo ID=incoming/...",
    "make decide ID=... LABEL=bicycle",
    "make forget ID=incoming/...",
    "make withdraw ID=... REASON=...",
    "make monitor",
    "make report SINCE=30d",
    "make destroy",
    'make report ARGS="--truth build/evaluation/local.truth.jsonl"',
)
RING = {0: "none of ", 2: " alarms of local "}  # make's status, where an alarm may ring or not


def commands() -> list[str]:
    blocks = [PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0] for section in SECTIONS]
    return [command for block in blocks for command in COMMAND.findall(block)]


HERE = [command for command in commands() if command not in DONE_ELSEWHERE]


@pytest.fixture(scope="module")
def run(deployed, artefact):
    """Run a line of the page at the project's root, where photos have been staged and a model was trained."""
    project = deployed.project
    shutil.copy(ROOT / "Makefile", project.root)
    (project.root / "build/model").mkdir(exist_ok=True)
    shutil.copy(artefact(), project.root / "build/model")
    python = [f"BIN={Path(sys.executable).parent}", f"VENV={ROOT}/.venv"]
    port = project.variables["AWS_ENDPOINT_URL"].rpartition(":")[2]
    own = {"PYTHONPATH": str(ROOT / "python"), "CLOUD_PORT": port}

    def make(line: str) -> subprocess.CompletedProcess[str]:
        name, *words = shlex.split(line)
        command = [name, *python, f"--assume-old={ROOT}/.venv/.installed-demo", *words]
        return subprocess.run(command, cwd=project.root, env=os.environ | own, capture_output=True, text=True)

    staged = make("make stage")
    assert staged.returncode == 0, staged.stderr
    return make


def test_the_page_has_the_commands_that_are_tried_elsewhere():
    assert set(DONE_ELSEWHERE) <= set(commands())
    assert len(HERE) >= 9


@pytest.mark.parametrize("line", HERE)
def test_a_command_of_the_readme_runs_as_it_stands(run, line):
    done = run(line)
    printed = done.stdout + done.stderr
    if line == "make alarms":
        assert RING[done.returncode] in printed
    else:
        assert done.returncode == 0, printed
    assert "Traceback" not in printed
