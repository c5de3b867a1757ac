"""The workflows of GitHub Actions, read as files: what `zizmor` and `actionlint` (in `make lint`) do not look at."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery import attested, branch_rules, gate_found, github_repository, reviewed

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^\.PHONY: ([a-z]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
ENVIRONMENTS = {path.stem for path in (ROOT / "terraform/envs").glob("*.tfvars")} - {"local"}


def named(path: Path) -> str:
    return path.stem


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(path.read_text())["jobs"]


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def commands(path: Path) -> list[str]:
    return [step["run"] for step in steps(path) if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_every_step_is_one_line_and_every_make_target_exists(path: Path) -> None:
    for command in commands(path):
        assert "\n" not in command.strip(), command
        if command.startswith("make "):
            assert command.split()[1] in TARGETS, command


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_actions_are_pinned_by_their_full_hash_with_the_version_beside_it(path: Path) -> None:
    for line in re.findall(r"uses: (.*)", path.read_text()):
        pinned = re.fullmatch(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
        assert pinned or line.startswith("./.github/workflows/"), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_nothing_is_granted_to_a_whole_workflow_and_no_job_runs_without_end(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    for name, job in jobs(path).items():
        assert job["permissions"], name
        assert "uses" in job or job["timeout-minutes"] <= 90, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_no_checkout_leaves_its_credentials_behind(path: Path) -> None:
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_one_action_has_one_version_everywhere() -> None:
    uses = re.findall(
        r"uses: ([\w-]+/[\w-]+)(?:/[\w-]+)?@(\S+)", "".join(path.read_text() for path in WORKFLOWS)
    )
    assert len(set(uses)) == len({name for name, _ in uses})


def worked_out(expression: str, values: dict[str, str]) -> Any:
    """What a template comes to: `&&` and `||` give one of their sides, as Python's words do."""
    inner = expression.removeprefix("${{ ").removesuffix(" }}")
    python = re.sub(r"[a-z]+\.\w+", lambda it: repr(values.get(it[0], "")), inner)
    return eval(python.replace("&&", "and").replace("||", "or"), {})


@pytest.mark.parametrize("env", ["staging", "prod"])
def test_no_environment_is_planned_with_the_other_s_role(env: str) -> None:
    other = "PROD" if env == "staging" else "STAGING"
    for path in WORKFLOWS:
        for step in steps(path):
            role = step.get("with", {}).get("role-to-assume", "")
            if "PLAN_ROLE" not in role:
                continue
            where = {"matrix.env": env, "inputs.env": env}
            assert worked_out(role, where | {f"vars.PLAN_ROLE_{other}": "the other"}) == "", path
            assert worked_out(role, where | {f"vars.PLAN_ROLE_{env.upper()}": "its own"}) == "its own", path


def test_every_environment_is_planned_deployed_and_watched_for_drift() -> None:
    ci, deploy, drift = (jobs(ROOT / f".github/workflows/{name}.yml") for name in ("ci", "deploy", "drift"))
    assert set(ci["plan"]["strategy"]["matrix"]["env"]) == ENVIRONMENTS
    given = drift["watched"]["steps"][-1]["env"]
    assert {github_repository.plan_role(env) for env in ENVIRONMENTS} == set(given)
    assert given == {name: f"${{{{ vars.{name} }}}}" for name in given}
    assert (
        drift["drift"]["strategy"]["matrix"]["env"] == "${{ fromJSON(needs.watched.outputs.environments) }}"
    )
    assert drift["drift"]["needs"] == "watched"
    found = "needs.watched.outputs.environments"
    assert drift["drift"]["if"] == f"${{{{ !cancelled() && {found} && {found} != '[]' }}}}"
    assert {job["with"]["env"] for job in deploy.values() if "with" in job} == ENVIRONMENTS
    assert deploy["build"]["needs"] == "decide"
    assert deploy["build"]["if"] == "${{ needs.decide.outputs.deploy == 'yes' }}"
    assert deploy["staging"]["needs"] == "build"
    assert deploy["overtake"]["needs"] == "staging"
    assert deploy["prod"]["needs"] == ["staging", "overtake"]


def test_nothing_is_applied_that_was_not_approved_and_nothing_is_live_unverified() -> None:
    ran = [
        c.split()[1] for c in commands(ROOT / ".github/workflows/environment.yml") if c.startswith("make ")
    ]
    proofs = ["attested", "reviewed", "plan", "approve"]
    assert ran == ["tools", "provider", *proofs, "apply", "verify", "record", "notify", "aftermath"]
    for path in WORKFLOWS:
        assert path.stem == "environment" or "make apply" not in commands(path)


def test_a_deployment_s_credentials_outlast_it_and_whoever_is_told_can_be_told_of_any_refusal() -> None:
    (deploy,) = jobs(ROOT / ".github/workflows/environment.yml").values()
    uses = [step.get("uses", "").partition("@")[0] or step["run"] for step in deploy["steps"]]
    credentials = uses.index("aws-actions/configure-aws-credentials")
    assert credentials < uses.index("make reviewed")
    assert deploy["steps"][credentials]["with"]["role-duration-seconds"] > 60 * deploy["timeout-minutes"]


def test_however_a_deployment_ends_it_is_recorded_as_it_ended_once_there_are_credentials() -> None:
    (deploy,) = jobs(ROOT / ".github/workflows/environment.yml").values()
    (record,) = [step for step in deploy["steps"] if step.get("run") == "make record"]
    assert record["if"] == "${{ always() && steps.credentials.outcome == 'success' }}"
    assert record["env"] == {"GITHUB_TOKEN": "${{ github.token }}", "OUTCOME": "${{ job.status }}"}
    (credentials,) = [step for step in deploy["steps"] if step.get("id") == "credentials"]
    assert credentials["uses"].startswith("aws-actions/configure-aws-credentials@")


def test_what_somebody_types_into_a_form_is_in_no_command_line() -> None:
    for path in WORKFLOWS:
        assert not any("${{" in command for command in commands(path))
    typed = {"RUN": "1; echo typed", "PATH": os.environ["PATH"]}
    asked = subprocess.run(
        ["make", "-n", "reviewed"], cwd=ROOT, env=typed, capture_output=True, text=True, check=True
    )
    assert "delivery.reviewed" in asked.stdout
    assert "typed" not in asked.stdout


def test_deployments_take_turns_in_each_environment_and_no_run_waits_for_another_as_a_whole() -> None:
    (deploy,) = jobs(ROOT / ".github/workflows/environment.yml").values()
    assert deploy["concurrency"] == {"group": "deploy-${{ inputs.env }}", "queue": "max"}
    whole = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())["concurrency"]
    assert whole == {"group": "deploy-${{ github.run_id }}", "cancel-in-progress": False}


def test_a_deployment_that_is_cancelled_is_told_so_that_terraform_ends_well() -> None:
    (deploy,) = jobs(ROOT / ".github/workflows/environment.yml").values()
    for command in ("make plan PREBUILT=1", "make apply"):  # both take the lock
        (step,) = [step for step in deploy["steps"] if step.get("run") == command]
        *python, program, bash, option, script = step["shell"].split()
        assert (python, bash, option, script) == (["python3", "-P"], "bash", "-e", "{0}")
        assert (ROOT / program).is_file()


def test_the_plan_is_attested_before_anybody_can_fetch_it() -> None:
    assert (
        jobs(ROOT / ".github/workflows/ci.yml")["plan"]["uses"] == f"./{attested.FOLDER}/{reviewed.PLANNER}"
    )
    plan = jobs(ROOT / attested.FOLDER / reviewed.PLANNER)["plan"]
    uses = [step.get("uses", "").partition("@")[0] or step["run"] for step in plan["steps"]]
    attest, upload = (
        uses.index(f"actions/{name}") for name in ("attest-build-provenance", "upload-artifact")
    )
    assert uses.index("make plan PREBUILT=1") < attest < upload
    assert plan["steps"][attest]["with"]["subject-path"] == "build/plans/${{ inputs.env }}/review.json"
    assert plan["permissions"]["attestations"] == "write"


def test_what_attests_a_plan_runs_nothing_but_what_is_locked_and_nothing_else_attests_one() -> None:
    """A model's code, and packages without a hash, run in jobs whose certificates name another workflow."""
    ran = commands(ROOT / attested.FOLDER / reviewed.PLANNER)
    assert ran == ["make tools", "make provider", "make package", "make plan PREBUILT=1", "make comment"]
    for path in WORKFLOWS:
        attests = any(step.get("uses", "").startswith("actions/attest-") for step in steps(path))
        assert attests is (path.name in (reviewed.PLANNER, "deploy.yml")), path.name


def test_a_job_that_installs_what_has_no_hash_leaves_nothing_in_the_cache_of_others() -> None:
    """What it leaves there every later job would find, deployments included."""
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            ran = {step.get("run") for step in job.get("steps", [])}
            caches = [
                it["uses"].split("@")[0] for it in job.get("steps", []) if "/cache" in it.get("uses", "")
            ]
            only_locked = "make tools" in ran and not ran & {"make test", "make lint", "make gate"}
            assert set(caches) <= ({"actions/cache"} if only_locked else {"actions/cache/restore"}), name


def test_what_may_become_a_role_takes_nothing_from_a_cache() -> None:
    """actions/cache unpacks by `tar -P`: over the job's own tools, if the archive says so, before any checksum counts.

    Any job of the same branch could have saved it, also one that ought to restore only. `gate` runs what a branch
    brings all the same, with no more than the plan role.
    """
    for path in WORKFLOWS:
        for name, job in jobs(path).items():
            uses = [step.get("uses", "") for step in job.get("steps", [])]
            if "id-token" in job.get("permissions", {}) and name != "gate":
                assert not any("cache" in it for it in uses), name
                assert not any("cache" in step.get("with", {}) for step in job.get("steps", [])), name


def test_a_merge_queue_gets_its_checks_and_nobody_reads_a_plan_of_it() -> None:
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert set(ci[True]) == {"pull_request", "merge_group", "workflow_dispatch"}
    assert "if" not in ci["jobs"]["check"]
    for name in ("gate", "plan"):
        assert "merge_group" not in ci["jobs"][name]["if"]


def test_a_label_on_a_merged_pull_request_takes_no_run_s_place_and_plans_nothing() -> None:
    """GitHub runs it for main. A check that is left out would count as passed, so that none is."""
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert ci["run-name"].startswith("${{ github.ref_name }}: ")
    for name in ("gate", "plan"):
        assert "github.event.pull_request.state == 'open'" in ci["jobs"][name]["if"]
    for name in branch_rules.CHECKS:
        (job,) = [it for it in ci["jobs"].values() if it["name"] == name]
        assert "if" not in job


def group(template: str, **values: str) -> str:
    """What a workflow's concurrency is called for an event: `||` takes the first that is there."""
    return re.sub(
        r"\$\{\{ (.+?) \}\}",
        lambda it: next(filter(None, (values.get(name, "") for name in it[1].split(" || "))), ""),
        template,
    )


def test_nothing_of_after_the_merge_ends_a_run_that_plans_what_was_merged() -> None:
    """`deploy` may wait for that one, and its plan is lost with it."""
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert ci["concurrency"]["cancel-in-progress"] is True

    def of_pull(number: str, state: str, ref: str) -> str:
        event = {
            "github.event_name": "pull_request",
            "github.event.number": number,
            "github.event.pull_request.state": state,
            "github.ref": ref,
        }
        return group(ci["concurrency"]["group"], **event)

    def of_main(event: str) -> str:
        named = {"github.event_name": event, "github.ref": "refs/heads/main"}
        return group(ci["concurrency"]["group"], **named)

    pushed = labelled = of_pull("7", "open", "refs/pull/7/merge")
    merged = of_pull("7", "closed", "refs/heads/main")
    assert pushed == labelled, (
        "a label asks for another plan, and the older must not be what people read last"
    )
    assert len({pushed, merged, of_pull("8", "open", "refs/pull/8/merge"), of_main("workflow_dispatch")}) == 4


def test_of_what_ran_a_model_s_code_one_file_is_taken_and_it_is_not_put_beside_the_plan() -> None:
    (plan,) = jobs(ROOT / attested.FOLDER / reviewed.PLANNER).values()
    (download,) = [it for it in plan["steps"] if it.get("uses", "").startswith("actions/download-artifact@")]
    (upload,) = [it for it in plan["steps"] if it.get("uses", "").startswith("actions/upload-artifact@")]
    folder = download["with"]["path"].replace("${{ inputs.env }}", "prod")
    assert gate_found.path("prod") == Path(folder, "gate.json")
    assert upload["with"]["path"] == "build/plans/${{ inputs.env }}"
    assert not Path(folder).is_relative_to("build/plans")
    (given,) = [
        it["with"]["path"]
        for it in jobs(ROOT / ".github/workflows/ci.yml")["gate"]["steps"]
        if it.get("uses", "").startswith("actions/upload-artifact@")
    ]
    assert Path(given.replace("${{ matrix.env }}", "prod")) == gate_found.path("prod")


def test_what_takes_another_deployment_s_place_is_looked_at_first() -> None:
    *_, occasion, overtake = jobs(ROOT / ".github/workflows/deploy.yml")["decide"]["steps"]
    assert (occasion["run"], overtake["run"]) == ("make occasion", "make overtake")
    assert occasion["env"]["RUN"] == "${{ inputs.run }}"


def test_what_a_job_uploads_it_can_upload_again() -> None:
    for path in WORKFLOWS:
        for step in steps(path):
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                assert step["with"]["overwrite"] is True


# The first version of each action that runs on Node 24: GitHub's runners drop Node 20.
NODE_24 = {
    "actions/attest-build-provenance": 3,
    "actions/cache": 5,
    "actions/checkout": 5,
    "actions/create-github-app-token": 3,
    "actions/download-artifact": 7,
    "actions/setup-python": 6,
    "actions/upload-artifact": 6,
    "aws-actions/configure-aws-credentials": 6,
    "hashicorp/setup-terraform": 4,
}


def test_no_action_runs_on_node_20() -> None:
    text = "".join(path.read_text() for path in WORKFLOWS)
    used = {name: int(major) for name, major in re.findall(r"uses: ([\w-]+/[\w-]+)\S*@\S+ # v(\d+)\.", text)}
    assert used.keys() == NODE_24.keys()
    assert [name for name, major in used.items() if major < NODE_24[name]] == []


def test_a_fork_never_gets_credentials() -> None:
    for path in WORKFLOWS:
        triggers = yaml.safe_load(path.read_text())[True]  # YAML 1.1 reads `on` as true
        assert "pull_request_target" not in triggers
    for name in ("gate", "plan"):
        condition = jobs(ROOT / ".github/workflows/ci.yml")[name]["if"]
        assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    check = jobs(ROOT / ".github/workflows/ci.yml")["check"]
    assert check["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", ["environment.yml", "plan.yml"])
def test_no_make_follows_an_install_that_failed(name):
    """It would install what has no hash, in a job that may take a role."""
    (job,) = yaml.safe_load((ROOT / ".github/workflows" / name).read_text())["jobs"].values()
    always = [it for it in job["steps"] if "make " in it.get("run", "") and "if" in it]
    assert always
    for step in always:
        assert re.search(r"steps\.(tools|credentials)\.outcome == 'success'", step["if"]), step["run"]
