"""The model that was live before, out of git's history, as a change of the working tree."""

import json
import subprocess
import sys

import pytest

MODEL: dict[str, object] = {
    "image": "image:1",
    "environment": {},
    "labels": ["bicycle", "motorcycle"],
    "dataset_id": "photos-1",
    "run": "job",
    "override_reason": None,
}


class Repository:
    def __init__(self, root):
        self.root = root
        self.file = root / "project/terraform/envs/staging.model.tfvars.json"
        self.file.parent.mkdir(parents=True)
        (self.file.parent / "staging.tfvars").touch()
        self.git("init", "-q", "-b", "main")
        self.commit("First")

    def git(self, *arguments):
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        subprocess.run(["git", *who, *arguments], cwd=self.root, check=True, capture_output=True)

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def promote(self, name, accuracy=0.9):
        model = MODEL | {
            "sha256": name,
            "artefact": f"s3://scones-staging-1/models/{name}/model.tar.gz",
            "metrics": {"test_accuracy": accuracy},
        }
        self.file.write_text(json.dumps({"model": model}, indent=2, sort_keys=True) + "\n")
        self.commit(f"Promote {name}")

    def rollback(self, env="staging"):
        command = [sys.executable, "-m", "delivery.rollback", env]
        return subprocess.run(command, cwd=self.root / "project", capture_output=True, text=True)

    def live(self):
        return json.loads(self.file.read_text())["model"]["sha256"]


@pytest.fixture
def repository(tmp_path):
    """The project, in a folder of a repository, with nothing promoted."""
    return Repository(tmp_path)


def test_a_version_that_was_committed_broken_is_passed_over(repository):
    repository.promote("a")
    repository.file.write_text("<<<<<<< HEAD")
    repository.commit("Merge, not quite")
    repository.promote("b")
    done = repository.rollback()
    assert (done.returncode, repository.live()) == (0, "a"), done.stderr


def test_the_previous_model_is_proposed_and_both_are_shown(repository):
    repository.promote("first", 0.9)
    before = repository.file.read_bytes()
    repository.promote("second", 0.95)
    done = repository.rollback()
    assert done.returncode == 0, done.stderr
    assert repository.file.read_bytes() == before
    assert "0.9500" in done.stdout
    assert "0.9000" in done.stdout
    assert "merge it by a pull request, which brings it back" in done.stdout
    assert "make plan apply verify ENV=staging, and then merge it" in done.stdout


def test_what_was_never_live_is_passed_over(repository):
    """A branch that promoted two models and was merged: only the last of them has been on main."""
    repository.promote("first")
    repository.git("checkout", "-q", "-b", "better")
    repository.promote("tried")
    repository.promote("second")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge", "better")
    assert repository.rollback().returncode == 0
    assert repository.live() == "first"


def test_a_rollback_that_was_committed_can_be_taken_back(repository):
    for name in ("first", "second", "first"):
        repository.promote(name)
    assert repository.rollback().returncode == 0
    assert repository.live() == "second"


def test_the_history_goes_on_where_the_file_had_another_name(repository):
    repository.promote("first")
    repository.git("mv", "project/terraform", "project/infrastructure")
    repository.commit("Rename")
    repository.git("mv", "project/infrastructure", "project/terraform")
    repository.commit("Rename back")
    repository.promote("second")
    assert repository.rollback().returncode == 0
    assert repository.live() == "first"


@pytest.mark.parametrize("models", [[], ["first"]])
def test_without_a_previous_model_there_is_one_line(repository, models):
    for name in models:
        repository.promote(name)
    done = repository.rollback()
    assert done.returncode == 1
    assert done.stderr == (
        "error: git knows no earlier version of terraform/envs/staging.model.tfvars.json: promote a model with "
        "make promote ENV=staging\n"
    )


def test_changes_that_are_not_committed_are_not_lost(repository):
    repository.promote("first")
    repository.promote("second")
    repository.file.write_text(repository.file.read_text().replace("second", "third"))
    done = repository.rollback()
    assert done.returncode == 1
    assert "has changes that are not committed" in done.stderr
    assert repository.live() == "third"


def test_a_file_that_was_never_committed_is_not_written_over(repository):
    repository.promote("first")
    repository.git("rm", "-q", "--cached", str(repository.file))
    repository.git("commit", "-q", "-m", "Forget it")
    done = repository.rollback()
    assert done.returncode == 1
    assert done.stderr == (
        "error: terraform/envs/staging.model.tfvars.json is not under version control yet: commit it first, for a "
        "rollback would write over it\n"
    )
    assert repository.live() == "first"


def test_of_a_file_that_git_ignores_it_says_how_a_model_comes_back(repository):
    """As the local environment's: there is no history to go by."""
    (repository.root / ".gitignore").write_text("*.model.tfvars.json\n")
    repository.promote("first")
    done = repository.rollback()
    assert done.returncode == 1
    assert done.stderr == (
        "error: terraform/envs/staging.model.tfvars.json is not under version control, and no other model is on the "
        "record: promote the one that should come back, as in make promote ENV=staging "
        "RUN=s3://scones-staging-1/models/<its id>/model.tar.gz\n"
    )


def test_an_unknown_environment_is_answered_with_those_there_are(repository):
    done = repository.rollback("production")
    assert done.returncode == 1
    assert "choose from staging" in done.stderr


def test_outside_of_a_clone_there_is_one_line(repository):
    (repository.root / ".git").rename(repository.root / "not-git")
    done = repository.rollback()
    assert done.returncode == 1
    assert "run this in a clone of the repository" in done.stderr
    assert done.stderr.count("\n") == 1
