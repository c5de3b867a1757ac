"""The steps of a deployment are noted as they are taken, for its record."""

import signal
import subprocess
import sys
import time

import pytest

from operations import steps


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def take(*names):
    for name in names:
        with steps.take("staging", name):
            pass


def names():
    return [step.name for step in steps.read("staging")]


def test_a_step_has_its_name_how_long_it_took_and_what_it_saw():
    with steps.take("staging", "verify") as step:
        step.saw["answer"] = [0.98, 0.02]
    (noted,) = steps.read("staging")
    assert (noted.name, noted.error, noted.saw) == ("verify", None, {"answer": [0.98, 0.02]})
    assert noted.seconds is not None


def test_one_that_fails_says_why_and_fails_all_the_same():
    with pytest.raises(ValueError, match="another plan"), steps.take("staging", "approve"):
        raise ValueError("another plan")
    assert steps.read("staging")[0].error == "another plan"


def test_one_that_was_killed_has_not_ended(tmp_path):
    code = "import time; from operations import steps\nwith steps.take('staging', 'apply'): time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    deadline = time.monotonic() + 30
    while not steps.read("staging") and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (noted,) = steps.read("staging")
    assert (noted.name, noted.seconds) == ("apply", None)


def test_a_new_plan_begins_a_new_deployment():
    take("plan", "review", "apply", "plan")
    assert names() == ["plan"]
    take("review", "apply")
    assert names() == ["plan", "review", "apply"]


def test_environments_are_noted_apart_and_forgotten_apart():
    take("plan")
    with steps.take("prod", "plan"):
        pass
    steps.forget("staging")
    assert names() == []
    assert [step.name for step in steps.read("prod")] == ["plan"]
