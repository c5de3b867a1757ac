"""What is deployed is never older than what main asks for, and nothing waits behind an approval that nobody needs."""

from typing import Any

import pytest

from delivery import newer, parts

COMMIT, NEWER = "a" * 40, "b" * 40
WAITING = "actions/workflows/deploy.yml/runs?status=waiting&per_page=100"


def compared(status: str, *files: str, **more: str) -> Any:
    return {"status": status, "files": [{"filename": name} | more for name in files]}


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("terraform/main.tf", True),
        ("terraform/.terraform.lock.hcl", True),
        ("terraform/modules/workflow/definition.asl.json", True),
        ("terraform/envs/staging.tfvars", True),
        ("terraform/envs/staging.model.tfvars.json", True),
        ("terraform/envs/prod.model.tfvars.json", False),
        ("terraform/modules/workflow/README.md", False),
        ("terraform/modules/workflow/tests/workflow.tftest.hcl", False),
        ("terraform/tests/environment.tftest.hcl", False),
        ("terraform/bootstrap/main.tf", False),
        ("python/lambdas/filter.py", True),
        ("python/core/contract/model_id.py", True),
        ("python/lambdas/requirements.txt", True),
        ("python/lambdas/console/console_pages.py", True),
        ("python/lambdas/console/files/texts.json", True),
        ("python/operations/zips.py", True),
        ("python/operations/verify.py", False),
        ("python/delivery/newer.py", False),
        ("docs/deploy.md", False),
        (".github/workflows/deploy.yml", False),
    ],
)
def test_what_an_environment_is_made_of(path, counts):
    assert parts.is_part(path, "staging") is counts


def test_a_file_that_went_away_counts_by_the_name_it_had():
    found = compared("ahead", "docs/main.tf", previous_filename="terraform/main.tf")
    assert parts.touched(found, "staging") == ["terraform/main.tf"]


def test_a_list_that_github_cut_short_counts_as_a_change():
    assert parts.touched(compared("ahead", *[f"docs/{n}.md" for n in range(300)]), "staging")
    assert not parts.touched(compared("ahead", *[f"docs/{n}.md" for n in range(299)]), "staging")


@pytest.mark.parametrize(
    ("since", "said"),
    [
        (compared("identical"), None),
        (compared("ahead", "docs/deploy.md", "terraform/envs/prod.tfvars"), None),
        (
            compared("ahead", "terraform/main.tf"),
            "which changes terraform/main.tf: this deployment of staging",
        ),
        (compared("ahead", "terraform/a.tf", "terraform/b.tf", "README.md"), "terraform/a.tf and 1 more"),
        (compared("behind"), "is not on main"),
        (compared("diverged", "docs/deploy.md"), "is not on main"),
    ],
)
def test_an_old_commit_is_refused_once_a_newer_one_changes_what_it_deploys(since, said):
    why = newer.refusal("staging", COMMIT, since)
    assert said in (why or "") if said else why is None


@pytest.fixture
def deployment(github, monkeypatch):
    """The variables of a deployment, for the newest commit of main."""
    for name, value in {"GITHUB_SHA": NEWER, "GITHUB_RUN_ID": "60"}.items():
        monkeypatch.setenv(name, value)
    return github


def test_the_command_asks_github_and_refuses_in_one_line(deployment, command, monkeypatch):
    monkeypatch.setenv("GITHUB_SHA", COMMIT)
    deployment.answer("GET", f"compare/{COMMIT}...main", compared("ahead", "terraform/main.tf"))
    done = command("newer")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(
        "error: main has a newer commit than aaaaaaaaaaaa, which changes terraform/main.tf"
    )


def run(number: int, sha: str = COMMIT, branch: str = "main") -> dict:
    return {"id": number, "head_sha": sha, "head_branch": branch, "html_url": f"https://github.com/{number}"}


CHANGED = compared("ahead", "terraform/main.tf")
OVERTAKEN: dict[str, tuple[dict, Any, list[str], bool]] = {
    "an older commit, where this one changes what is deployed": (run(50), CHANGED, ["prod"], True),
    "the same commit, deployed by hand": (run(50, NEWER), compared("identical"), ["prod"], True),
    "one that waits for the environment that this one changes": (
        run(50),
        compared("ahead", "terraform/envs/staging.tfvars"),
        ["staging"],
        True,
    ),
    "one that waits for another environment than this one changes": (
        run(50),
        compared("ahead", "terraform/envs/staging.tfvars"),
        ["prod"],
        False,
    ),
    "one that somebody has agreed to since it was listed": (run(50), CHANGED, [], False),
    "an older commit, where this one changes nothing": (
        run(50),
        compared("ahead", "README.md"),
        ["prod"],
        False,
    ),
    "a newer run": (run(70), CHANGED, ["prod"], False),
    "another branch": (run(50, branch="better"), CHANGED, ["prod"], False),
    "a commit that is not before this one": (run(50), compared("behind"), ["prod"], False),
}


@pytest.fixture
def wait(deployment):
    """Let this run wait for the approval of these environments."""

    def know(waiting: dict, since: Any, environments: list[str]) -> None:
        found = [{"environment": {"name": env}} for env in environments]
        deployment.answer("GET", WAITING, {"total_count": 1, "workflow_runs": [waiting]})
        deployment.answer("GET", f"compare/{waiting['head_sha']}...{NEWER}", since)
        deployment.answer("GET", f"actions/runs/{waiting['id']}/pending_deployments", found)

    return know


@pytest.mark.parametrize("name", OVERTAKEN)
def test_a_run_that_waits_for_its_approval_is_overtaken_by_what_would_refuse_it(
    deployment, wait, command, name
):
    waiting, since, environments, cancelled = OVERTAKEN[name]
    wait(waiting, since, environments)
    deployment.answer("POST", f"actions/runs/{waiting['id']}/cancel", {}, status=202)
    done = command("overtake")
    assert done.returncode == 0, done.stderr
    asked = [path for path, _ in deployment.sent("POST")]
    assert asked == ([f"actions/runs/{waiting['id']}/cancel"] if cancelled else [])


def test_a_run_that_ended_before_it_could_be_cancelled_holds_nothing_up(deployment, wait, command):
    wait(run(50), CHANGED, ["prod"])
    said = {"message": "Cannot cancel a workflow run that is completed."}
    deployment.answer("POST", "actions/runs/50/cancel", said, status=409)
    done = command("overtake")
    assert (done.returncode, done.stderr) == (0, "")
    assert "run 50 waits no longer" in done.stdout


def test_a_run_that_may_not_be_cancelled_is_an_error(deployment, wait, command):
    wait(run(50), CHANGED, ["prod"])
    said = {"message": "Resource not accessible by integration"}
    deployment.answer("POST", "actions/runs/50/cancel", said, status=403)
    assert "Resource not accessible by integration" in command("overtake").stderr
