"""A policy that is known only after apply is read from its code, as a real plan of Terraform's has it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cost.bill import Bill
from delivery import configuration, plan_rules
from delivery.plan_rules import Planned
from operations import terraform

ROOT = Path(__file__).resolve().parents[2]
CODE = Path(__file__).with_name("unknown_policies")
NAMED = re.compile(r'^resource "aws_sqs_queue_policy" "(\w+)"', re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All these policies in one configuration, and Terraform's plan of it as JSON."""
    folder = tmp_path_factory.mktemp("policies")
    shutil.copytree(CODE, folder / "terraform")
    shutil.copy(ROOT / "terraform/.terraform.lock.hcl", folder / "terraform")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        variables = terraform.plugin_variables(os.environ)

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["terraform", "-chdir=terraform", *arguments],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("init", "-input=false", "-backend=false", "-no-color")
    run("plan", "-input=false", "-no-color", "-out=it.tfplan")
    (folder / "plan.json").write_text(run("show", "-json", "it.tfplan"))
    return folder


@pytest.fixture
def refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the rules say of a resource."""
    monkeypatch.chdir(project)
    shown = json.loads((project / "plan.json").read_text())
    shown["variables"]["prefix"] = {"value": "scones"}

    def find(address: str) -> list[str]:
        (change,) = [it for it in shown["resource_changes"] if it["address"] == address]
        planned = Planned(
            shown | {"resource_changes": [change]},
            configuration.read_code(Path("terraform"), shown["configuration"]["root_module"]),
            Bill({}, {}),
        )
        return [it for it in plan_rules.check(planned, set())[0] if it.startswith(address)]

    return find


def names(file: str) -> list[str]:
    return NAMED.findall((CODE / file).read_text())


@pytest.mark.parametrize("name", names("unread.tf"))
def test_a_policy_that_nobody_can_tell_is_refused(refused, name):
    address = f"aws_sqs_queue_policy.{name}"
    (sentence,) = refused(address)
    assert sentence.startswith(f"{address} has a policy that is known only after apply, and nobody can tell")


@pytest.mark.parametrize("name", names("open.tf"))
def test_a_policy_that_lets_anybody_in_is_refused_however_it_is_put_together(refused, name):
    address = f"aws_sqs_queue_policy.{name}"
    (sentence,) = refused(address)
    assert sentence.startswith(f"{address} allows anybody something by its policy")


@pytest.mark.parametrize("name", names("good.tf"))
def test_a_policy_that_can_be_read_passes(refused, name):
    assert refused(f"aws_sqs_queue_policy.{name}") == []


def test_an_endpoint_s_policy_is_no_opening(refused):
    assert refused("aws_vpc_endpoint.narrowed") == []


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("aws_iam_role.inline", "has a inline_policy.policy that is known only after apply"),
        ("aws_iam_role.trusting", "allows anybody something by its assume_role_policy"),
        ("aws_cloudwatch_log_resource_policy.this", "has a policy_document that is known only after apply"),
    ],
)
def test_so_is_one_by_another_name_and_in_a_block(refused, address, said):
    (sentence,) = refused(address)
    assert sentence.startswith(f"{address} {said}")


LATER = re.findall(r'^resource "(\w+)" "(\w+)"', (CODE / "opened_later.tf").read_text(), re.MULTILINE)


@pytest.mark.parametrize("address", [f"{kind}.{name}" for kind, name in LATER if name.startswith("open_")])
def test_what_opens_something_only_after_apply_is_refused(refused, address):
    (sentence,) = refused(address)
    assert sentence.startswith(f"{address} could be open to the public by ")
    assert "which is known only after apply" in sentence


@pytest.mark.parametrize("address", [f"{kind}.{name}" for kind, name in LATER if name.startswith("kept_")])
def test_what_aws_makes_opens_nothing(refused, address):
    assert refused(address) == []
