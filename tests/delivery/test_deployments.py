"""The record of deployments: added to and never changed, shown to people, and what a rollback goes by."""

import io
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from rich.console import Console
from tests.delivery.records import PLAN, make, model_of

from core.console import UserError
from delivery import deployment, deployments, rollback


@pytest.fixture
def bucket(own_aws, own_variables, monkeypatch):
    for name, value in own_variables.items():
        monkeypatch.setenv(name, value)
    name = f"records-{uuid.uuid4()}"
    own_aws("s3").create_bucket(Bucket=name)
    return name


def test_records_come_back_the_newest_first(bucket):
    written = [make(number, "first") for number in (2, 1, 3)]
    for record in written:
        deployment.write(bucket, record)
    assert list(deployment.read(bucket)) == [written[2], written[0], written[1]]


def test_a_record_is_never_written_over(bucket):
    deployment.write(bucket, make(1, "first"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        deployment.write(bucket, make(1, "second"))
    assert [it.model_id for it in deployment.read(bucket)] == ["first"]


def test_what_is_no_record_is_named(bucket, own_aws):
    own_aws("s3").put_object(Bucket=bucket, Key="deployments/note.json", Body=b"{}")
    with pytest.raises(
        UserError, match=rf"s3://{bucket}/deployments/note\.json is no record of a deployment"
    ):
        list(deployment.read(bucket))


def test_the_last_other_model_that_verify_found_good_comes_back():
    good = [make(4, "third"), make(2, "second"), make(1, "first")]
    now = model_of("third")
    assert rollback.choose(good, now, "") is good[1]
    assert rollback.choose(good, model_of("bad"), "") is good[0]
    assert rollback.choose(good[:1], now, "") is None
    assert rollback.choose([], None, "") is None


def test_another_model_is_named_by_how_its_id_begins():
    good = [make(4, "ab12"), make(2, "ac34"), make(1, "ab12")]
    assert rollback.choose(good, good[0].model, "ac") is good[1]
    for to in ("a", "ff"):
        with pytest.raises(UserError, match=f"TO={to} is no model that verify found good.*ac34, ab12$"):
            rollback.choose(good, None, to)


def test_only_what_verify_found_good_counts():
    nothing_live = [PLAN | {"name": "verify", "saw": {"error": "EndpointNotFound"}}]
    assert make(1, "first").verified() == "first"
    assert make(1, "first", "failed").verified() is None
    assert make(1, "first", steps=nothing_live).verified() is None
    assert make(1, "first", steps=[PLAN]).verified() is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (make(1, "second"), "first -> second"),
        (make(1, "first"), "octocat, #7 by ada"),
        (make(1, "first"), "grace (the environment staging)"),
        (make(1, "first"), "1 min 10 s"),
        (make(1, "first", "rolled back"), "rolled back at verify"),
        (make(1, "first", agreed=None), "not known"),
        (make(1, "first", agreed=[]), "nobody was asked"),
        (make(1, "first", clean=False), "c0ffeec0ffee, changed"),
        (make(1, "first", digest=None), "-"),
        (make(1, "first", asked={"actor": "ada", "caller": "arn"}), "ada"),
        (make(1, "first", before=None), "none -> first"),
    ],
)
def test_a_row_says_who_what_and_how(record, said):
    assert said in deployments.describe(record)


def test_the_page_shows_each_deployment_and_each_of_its_steps_and_nothing_of_it_runs():
    found = [make(2, "<script>", "failed"), make(1, "first", unknown=["GitHub does not answer"])]
    html = deployments.draw_page("staging", found)
    assert "<script>" not in html
    for text in ("Deployments of staging", found[0].id, found[1].id, "failed at verify", "another model?"):
        assert text in html
    assert "answer: [0.98, 0.02]" in html
    assert "not known: GitHub does not answer" in html
    assert "1 of 2" in html


def test_on_a_narrow_terminal_nothing_of_an_id_is_cut():
    """It is what TO= takes."""
    name = "0123456789abcdef0123456789abcdef"
    file = io.StringIO()
    Console(width=80, file=file).print(deployments.show_table([make(1, name, before="fedcba9876543210")]))
    printed = file.getvalue()
    assert max(map(len, printed.splitlines())) <= 80
    assert f"model    fedcba9876543210 -> {name}" in printed
    assert "asked    octocat, #7 by ada" in printed


class Project:
    """A clone in which the second model has been promoted, and an environment with a bucket."""

    def __init__(self, root: Path, variables: dict[str, str]) -> None:
        self.root, self.variables = root, variables
        self.prefix = f"r{uuid.uuid4().hex[:8]}"
        self.bucket = f"{self.prefix}-123456789012"
        self.file = root / "terraform/envs/staging.model.tfvars.json"

    def run(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", f"delivery.{command}", "staging", *options]
        variables = os.environ | self.variables
        return subprocess.run(line, cwd=self.root, env=variables, capture_output=True, text=True)

    def promoted(self) -> str:
        return json.loads(self.file.read_text())["model"]["sha256"]


@pytest.fixture
def project(tmp_path, git, own_aws, own_variables):
    made = Project(tmp_path, own_variables)
    made.file.parent.mkdir(parents=True)
    (made.file.parent / "staging.tfvars").write_text(f'prefix = "{made.prefix}"\n')
    git("init", "-q", "-b", "main")
    for name in ("older", "second"):
        made.file.write_text(json.dumps({"model": model_of(name)}))
        git("add", "-A")
        git("commit", "-q", "-m", name)
    own_aws("s3").create_bucket(Bucket=made.bucket)
    return made


@pytest.fixture
def recorded(project, bucket):  # noqa: ARG001 the variables
    for number, name, outcome in [(1, "first", "success"), (2, "broken", "failed"), (3, "second", "success")]:
        deployment.write(project.bucket, make(number, name, outcome))
    return project


def test_a_rollback_goes_by_the_record_and_not_by_history(recorded):
    done = recorded.run("rollback")
    assert done.returncode == 0, done.stderr
    assert recorded.promoted() == "first"
    assert "as in the deployment 20260302T120001Z-30-1, which verify found good" in done.stdout


def test_a_rollback_to_a_model_that_failed_is_refused(recorded):
    done = recorded.run("rollback", "--to", "broken")
    assert (done.returncode, recorded.promoted()) == (1, "second")
    assert (
        "TO=broken is no model that verify found good, or not one alone: the record has second, first"
        in done.stderr
    )


def test_a_rollback_to_what_is_there_changes_nothing(recorded):
    before = recorded.file.read_bytes()
    done = recorded.run("rollback", "--to", "second")
    assert (done.returncode, recorded.file.read_bytes()) == (0, before)
    assert "nothing changed" in done.stdout


def test_a_file_that_git_ignores_comes_back_by_the_record_and_no_pull_request(recorded, git):
    (recorded.root / ".gitignore").write_text("*.model.tfvars.json\n")
    git("rm", "-q", "--cached", str(recorded.file))
    git("add", ".gitignore")
    git("commit", "-q", "-m", "Ignore it")
    done = recorded.run("rollback")
    assert done.returncode == 0, done.stderr
    assert recorded.promoted() == "first"
    assert "nothing is to be merged: make plan apply verify ENV=staging brings it back" in done.stdout
    assert "pull request" not in done.stdout


def test_without_a_record_history_decides(project):
    done = project.run("rollback")
    assert done.returncode == 0, done.stderr
    assert project.promoted() == "older"
    assert "as in commit" in done.stdout


def test_the_last_deployments_are_shown_and_written_to_a_page(recorded):
    done = recorded.run("deployments", "--last", "2")
    assert done.returncode == 0, done.stderr
    page = (recorded.root / "build/deployments/staging.html").read_text()
    for text in ("20260302T120003Z", "20260302T120002Z"):
        assert text in page
    assert "20260302T120001Z" not in page
    assert "see build/deployments/staging.html" in done.stdout


def test_where_nothing_is_on_the_record_that_is_one_line(project):
    done = project.run("deployments")
    assert done.returncode == 1
    assert done.stderr == (
        "error: no deployment of staging is on the record yet: make apply verify ENV=staging is one\n"
    )
