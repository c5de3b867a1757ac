"""The loop closes: a camera changes, a person decides what the model is not sure of, and the next model copes with it.

As `make demo LOOP=1` does it, in a local cloud and a deployment of its own, for what is promoted and moved to another
day here is nobody else's. The models are those of the demo, since one of a few epochs would not know the old camera.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.contract.shapes import Json
from core.figures import paired
from localcloud import server
from operations import demo_loop, workplace
from operations.loop_figures import Phase
from training import sample, selection, stage
from training.compared_models import BETTER

QUICK = ("--recipe", "small", "--members", "1", "--folds", "1")


@dataclass(frozen=True)
class Closed:
    """What the loop printed, and what it measured."""

    printed: str
    phases: dict[tuple[str, str], Phase]
    root: Path

    @property
    def before(self) -> Phase:
        return self.phases["before", demo_loop.OLD]

    @property
    def during(self) -> Phase:
        return self.phases["during", demo_loop.NEW]

    @property
    def after(self) -> Phase:
        return self.phases["after", demo_loop.OTHERS]

    @property
    def old_after(self) -> Phase:
        return self.phases["after", demo_loop.OLD]

    def read(self, path: str) -> Json:
        content: Json = json.loads((self.root / path).read_text())
        return content


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    folder = tmp_path_factory.mktemp("loop")
    project, data, aside = folder / "project", folder / "data", folder / "aside"
    workplace.copy(project)
    demo_loop.prepare(project)
    splits, info = selection.select(sample.draw(), ["bicycle", "motorcycle"], stage.VALIDATION, stage.SEED)
    stage.write(data, splits, info | {"source": "sample"})
    demo_loop.set_aside(data, aside)
    with server.running(pace=demo_loop.PACE) as url:
        variables = os.environ | workplace.variables(url) | {"VERBOSE": "1"}

        def run(module: str, *arguments: Any) -> str:
            done = subprocess.run(
                [sys.executable, "-m", module, *map(str, arguments)],
                cwd=project,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            assert done.returncode == 0, f"{module} ended with status {done.returncode}:\n{done.stdout}"
            return done.stdout

        run("operations.package")
        run("training.train", "--data", data, "--out", folder / "model", *QUICK)
        workplace.bootstrap(run)
        workplace.apply(run)
        run("training.promote", "--env", "local", "--run", folder / "model/model.tar.gz")
        workplace.apply(run)
        before, out = folder / "before.json", folder / "loop.json"
        run("operations.evaluation", "local", "--data", data, "--out", before)
        files = ("--data", data, "--aside", aside, "--before", before, "--out", out)
        printed = run("operations.demo_loop", "local", *files)
        phases = [Phase(**it) for it in json.loads(out.read_text())]
        yield Closed(printed, {(it.when, it.what): it for it in phases}, project)


def test_coverage_and_true_accuracy_fall_when_the_camera_changes(closed):
    assert closed.during.coverage.high < closed.before.coverage.low
    assert closed.during.accuracy.high < closed.before.accuracy.low


def test_the_alarms_name_what_moved_and_then_that_the_model_is_wrong_more_often(closed):
    looked, _, measured = closed.printed.partition("Make the decisions labels")
    assert "brightness moved" in looked
    assert "scones-local-image-drift rings since" in looked
    assert "docs/runbook.md#image-drift" in looked
    assert "scones-local-low-accuracy rings since" in measured


def test_a_person_decides_some_150_photos_of_drivers_and_judges_the_blind_sample(closed):
    during = closed.during
    waited = during.photos - during.accepted
    assert 120 <= waited <= 180
    said = (
        f"{waited} photos are decided whose drivers waited, and {during.accepted} of the blind sample judged"
    )
    assert said in " ".join(closed.printed.split())


def test_what_people_decided_is_in_the_next_data_set_and_the_old_test_is_as_it_was(closed):
    made = closed.read("build/data/local/dataset.json")
    base = json.loads((closed.root.parent / "data/dataset.json").read_text())
    assert made["parents"] == [base["dataset_id"]]
    assert made["counts"]["test"] == base["counts"]["test"]
    added = {
        side: sum(counts.values()) - sum(base["counts"].get(side, {}).values())
        for side, counts in made["counts"].items()
    }
    during = closed.during
    assert added["train"] + added["validation"] + added["live"] == during.photos
    tested = added["live"] - during.accepted
    waited = during.photos - during.accepted
    assert 0.15 * waited <= tested <= 0.45 * waited


def test_the_candidate_is_surely_better_on_the_same_photos_and_goes_live(closed):
    found = closed.read("build/retrain/local/comparison.json")
    assert found["verdict"] == BETTER
    assert found["on_live"]["change"]["low"] > 0
    live = closed.read("terraform/envs/local.model.tfvars.json")["model"]
    assert live["dataset_id"] == closed.read("build/data/local/dataset.json")["dataset_id"]


def test_coverage_and_true_accuracy_come_back_on_photos_that_no_model_has_seen(closed):
    during, after = closed.during, closed.after
    covered = after.accepted, after.photos, during.accepted, during.photos
    right = after.right, after.accepted, during.right, during.accepted
    for counts in (covered, right):
        assert paired.difference_of_shares(*counts, paired.BEYOND).low > 0
    assert after.accuracy.value > 0.93


def test_nothing_is_lost_on_the_old_test_set(closed):
    before, after = closed.before, closed.old_after
    assert after.accuracy.value >= before.accuracy.value - 0.02
    assert after.coverage.value >= before.coverage.value - 0.05
