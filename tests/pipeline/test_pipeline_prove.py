"""What the page of unproven things says is what the local cloud does, tried as on an account of AWS's."""

import re
from pathlib import Path

from operations.prove import EXPERIMENTS

PAGE = Path(__file__).parents[2] / "docs/unproven.md"


def test_every_experiment_finds_here_what_the_project_takes_for_true(deployed):
    printed = deployed.project.run("operations.prove", "local", key="prover")
    assert printed.count("  as taken for true: ") == len(EXPERIMENTS)


def test_the_page_lists_the_experiments_that_are_run():
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(), re.MULTILINE) == list(EXPERIMENTS)


def test_prod_is_left_alone(project):
    printed = project.run("operations.prove", "prod", status=1)
    assert "not in prod, use ENV=staging" in printed
