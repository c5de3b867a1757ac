"""One digest for one plan, on every machine and at every time; another one for another plan."""

import json
import re
import shutil

import pytest

from delivery import digest
from operations import terraform

ROLE = "module.training.aws_iam_role.this"
VARIABLES = terraform.CONFIGURATION / "variables.tf"
LOCK = terraform.CONFIGURATION / ".terraform.lock.hcl"


def test_each_part_counts(make_review):
    first = make_review()["digest"]
    others = {
        "environment": "prod",
        "configuration": {"main.tf": "12" * 32},
        "variables": {"threshold": 0.95},
        "changes": [{"address": "a"}],
        "outputs": {"bucket": {"actions": ["create"]}},
        "model": {"model": {"sha256": "11"}},
        "zips": {"filter": "12" * 32},
        "lock": {"aws": {"version": "5.100.0", "hashes": ["h1:b"]}},
        "allowed": ["may-replace"],
    }
    assert others.keys() == set(digest.COVERED)
    assert len({first, *(make_review(**{part: value})["digest"] for part, value in others.items())}) == 10


def test_when_it_was_made_and_of_which_commit_does_not_count(make_review):
    assert make_review()["digest"] == make_review(created="2030-01-01T00:00:00+00:00", commit=None)["digest"]


def test_the_lock_files_version_and_hashes_count_and_its_comments_do_not(make_change):
    text, changes = LOCK.read_text(), [make_change(ROLE, "create")]
    locked = digest.lock(text, changes)
    assert locked["registry.terraform.io/hashicorp/aws"]["version"] == "5.100.0"
    assert len(locked["registry.terraform.io/hashicorp/aws"]["hashes"]) > 10
    assert digest.lock("# Another comment.\n" + text, changes) == locked
    assert digest.lock(text.replace("5.100.0", "5.99.0"), changes) != locked
    assert digest.lock(text.replace('"h1:e', '"h1:f'), changes) != locked


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


def test_what_terraform_knows_of_a_model_is_what_may_count():
    declared = re.search(
        r'^variable "model" {.*?object\(\{(.*?)^  \}\)\n', VARIABLES.read_text(), re.MULTILINE | re.DOTALL
    )
    assert declared
    known = set(re.findall(r"^    (\w+) +=", declared[1], re.MULTILINE))
    assert sorted(known - {"metrics"}) == list(digest.KNOWN_TO_TERRAFORM)
    reads = [path.name for path in VARIABLES.parent.rglob("*.tf") if "model.metrics" in path.read_text()]
    assert reads == ["blind_sample.tf"], "a check, whose warnings change nothing"


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


def test_a_plan_that_breaks_a_rule_is_shown_refused_and_taken_away(elsewhere):
    path = elsewhere.root / "terraform/modules/storage/main.tf"
    text = path.read_text()
    assert "block_public_policy     = true" in text
    path.write_text(text.replace("block_public_policy     = true", "block_public_policy     = false"))
    printed = elsewhere.make("plan", status=2)
    block = "module.storage.aws_s3_bucket_public_access_block.this"
    broken = f"{block} lets its bucket be public: set block_public_policy = true"
    assert f"**Refused:** `{broken}`" in printed
    assert f"error: the plan is refused, and was taken away: {broken}\n" in printed
    assert "there is no plan for local" in elsewhere.make("apply", status=2)


def test_what_somebody_changed_by_hand_is_drift_and_is_refused_with_the_difference(elsewhere, own_aws):
    own_aws("iam").update_role(RoleName="scones-local-training", MaxSessionDuration=7200)
    printed = elsewhere.make("package", "drift", status=2)
    assert f"- `{ROLE}`: max_session_duration `7200` -> `3600`" in printed
    assert "drift] Error 2" in printed
    printed = elsewhere.make("approve", status=2)
    assert f"planned now, but not reviewed: change `{ROLE}`: max_session_duration `7200` -> `3600`" in printed
