"""One digest for one plan, on every machine and at every time; another one for another plan."""

import json
import shutil

import pytest

from delivery import digest
from operations import terraform

ROLE = "module.training.aws_iam_role.this"
LOCK = terraform.CONFIGURATION / ".terraform.lock.hcl"


def test_each_part_counts(make_review):
    first = make_review()["digest"]
    others = {
        "environment": "prod",
        "changes": [{"address": "a"}],
        "outputs": {"bucket": {"actions": ["create"]}},
        "model": {"model": {"sha256": "11"}},
        "zips": {"filter": "12" * 32},
        "lock": {"aws": {"version": "5.100.0", "hashes": ["h1:b"]}},
    }
    assert others.keys() == set(digest.COVERED)
    assert len({first, *(make_review(**{part: value})["digest"] for part, value in others.items())}) == 7


def test_when_it_was_made_and_of_which_commit_does_not_count(make_review):
    assert make_review()["digest"] == make_review(created="2030-01-01T00:00:00+00:00", commit=None)["digest"]


def test_a_byte_of_a_zip_counts(tmp_path):
    for name in digest.package.FUNCTIONS:
        (tmp_path / f"{name}.zip").write_bytes(b"one")
    before = digest.zips(tmp_path)
    (tmp_path / "filter.zip").write_bytes(b"two")
    after = digest.zips(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {"filter"}


def test_the_lock_files_version_and_hashes_count_and_its_comments_do_not():
    text = LOCK.read_text()
    locked = digest.lock(text)
    assert locked["registry.terraform.io/hashicorp/aws"]["version"] == "5.100.0"
    assert len(locked["registry.terraform.io/hashicorp/aws"]["hashes"]) > 10
    assert digest.lock("# Another comment.\n" + text) == locked
    assert digest.lock(text.replace("5.100.0", "5.99.0")) != locked
    assert digest.lock(text.replace('"h1:e', '"h1:f')) != locked


@pytest.fixture(scope="module")
def here(first_checkout):
    """A clone in which a part of the environment is deployed, and the rest is planned."""
    checkout = first_checkout("here")
    checkout.make("bootstrap", "package")
    checkout.terraform("local", "init")
    checkout.terraform("local", "apply", "-auto-approve", "-var-file=envs/local.tfvars", f"-target={ROLE}")
    checkout.make("plan")
    return checkout


@pytest.fixture
def elsewhere(here, tmp_path):
    """Another clone, later, on what could be another machine; it has been given the plan that was reviewed here."""
    clone = here.clone(tmp_path / "clone")
    shutil.copytree(here.root / "build/plans", clone.root / "build/reviewed")
    return clone


def test_two_checkouts_at_two_times_have_one_digest(here, elsewhere):
    elsewhere.make("plan")
    first, second = here.review("local"), elsewhere.review("local")
    assert first["digest"] == second["digest"]
    assert first["created"] < second["created"]
    assert len(first["changes"]) > 50
    assert str(here.root) not in json.dumps(first)
    assert "is the reviewed one" in elsewhere.make("approve")


def test_a_changed_variable_is_refused_and_named(elsewhere):
    elsewhere.set("local", "threshold", "0.95")
    elsewhere.make("plan")
    printed = elsewhere.make("approve", status=2)
    assert "error: the plan is not the one that was reviewed" in printed
    assert 'after.environment[0].variables.THRESHOLD `"0.93"` when reviewed, `"0.95"` now' in printed
    assert "output threshold.after `0.93` when reviewed, `0.95` now" in printed


def test_what_somebody_changed_by_hand_is_drift_and_is_refused_with_the_difference(elsewhere, own_aws):
    own_aws("iam").update_role(RoleName="scones-local-training", MaxSessionDuration=7200)
    printed = elsewhere.make("package", "drift", status=2)
    assert f"- `{ROLE}`: max_session_duration `7200` -> `3600`" in printed
    assert "drift] Error 2" in printed
    printed = elsewhere.make("approve", status=2)
    assert f"planned now, but not reviewed: change `{ROLE}`: max_session_duration `7200` -> `3600`" in printed
