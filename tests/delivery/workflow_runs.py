"""What GitHub runs for an environment: ci's plan of a pull request, and the deployment of what was merged.

The steps are those of the workflows' files. Here is what their actions do, GitHub's own part.
"""

import itertools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests import builders
from tests.delivery.conftest import REPOSITORY, ROOT, Checkout
from tests.delivery.github_merges import Merges
from tests.delivery.github_shapes import OURS, WHERE, certificate
from tests.delivery.runner import Context, Job, Runner
from tests.oracles import github_schemas

from operations import terraform

ACCOUNT = "123456789012"
MAIN = "refs/heads/main"
KINDS = {"pull_request": "pull-request-opened", "push": "push"}  # of payloads, as GitHub's schemas name them
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")  # which a job has once it has taken its role


class WorkflowRuns:
    """Those of one environment; the last one is `last`."""

    last: Runner

    def __init__(self, merges: Merges, sts: Any, root: Path) -> None:
        self.merges, self.sts, self.root = merges, sts, root
        self.checkout, self.env, self.numbers = merges.checkout, merges.env, itertools.count()

    def plan(self, pull: dict[str, Any]) -> Job:
        """What ci does for a pull request: its plan is there for everybody to read."""
        number = pull["number"]
        payload = {
            "repository": OURS,
            "pull_request": {"number": number, "head": {"repo": OURS}, "labels": []},
        }
        ref, commit = f"refs/pull/{number}/merge", pull["merge_commit_sha"]
        self.last = self.start("pull_request", payload, ref, 10 * number, commit)
        return self.last.run("ci.yml", "plan", self.env)

    def deploy(self, pull: dict[str, Any]) -> Job:
        """What its merge starts: all jobs; the environment's."""
        commit = pull["merge_commit_sha"]
        before = self.checkout.git("rev-parse", f"{commit}^1")
        payload = {"before": before, "after": commit, "created": False, "forced": False, "repository": OURS}
        self.last = self.start("push", payload, MAIN, 10 * pull["number"] + 1, commit)
        self.last.run_all("deploy.yml", self.env)
        return self.last.jobs[self.env]

    def again(self) -> Job:
        """Somebody has the environment's job tried again."""
        attempt = int(self.last.variables["GITHUB_RUN_ATTEMPT"]) + 1
        self.last.variables["GITHUB_RUN_ATTEMPT"] = str(attempt)
        return self.last.run("deploy.yml", self.env, self.env)

    def look_for_drift(self) -> Job:
        """What happens once a day."""
        self.last = self.start("schedule", {}, MAIN, 999, self.checkout.git("rev-parse", "HEAD"))
        return self.last.run("drift.yml", "drift", self.env)

    def start(self, event: str, payload: dict[str, Any], ref: str, run: int, commit: str) -> Runner:
        if event in KINDS and github_schemas.is_installed():
            self.merges.faults += github_schemas.event_faults(KINDS[event], payload)
        written = self.root / f"{self.env}-{run}.json"
        written.write_text(json.dumps(payload))
        variables = {
            "ARGS": "--capture-seconds 60",  # verify asks ten times as often: prod captures every fifth request only
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_API_URL": self.merges.github.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(written),
            "GITHUB_REF": ref,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": str(run),
            "GITHUB_SERVER_URL": WHERE.removesuffix(f"/{REPOSITORY}"),
            "GITHUB_SHA": commit,
            "PATH": f"{self.merges.folder}:{os.environ['PATH']}",
        }
        names = Context(
            github=Context(event_name=event, ref=ref, run=run, sha=commit, token="secret"),
            needs=Context(),
            vars=Context(
                APPLY_ROLE=self.role("apply"),
                PLAN_ROLE_PROD=self.role("plan"),
                PLAN_ROLE_STAGING=self.role("plan"),
            ),
        )
        return Runner(lambda: self.clone(commit), variables, names, self.actions())

    def role(self, name: str) -> str:
        settings = (self.checkout.root / f"terraform/envs/{self.env}.tfvars").read_text()
        return f"arn:aws:iam::{ACCOUNT}:role/{terraform.setting_in(settings, 'prefix')}-{name}"

    def clone(self, commit: str) -> Checkout:
        """What a job begins with: the commit and nothing else. Our Python is where the test run has it."""
        made = self.checkout.clone(self.root / f"{self.env}-{next(self.numbers)}")
        made.git("switch", "-q", "--detach", commit)
        (made.root / "python").symlink_to(ROOT / "python")
        (made.root / ".git/info/exclude").write_text("/python\n")
        variables = {name: value for name, value in made.variables.items() if name not in KEYS}
        return Checkout(made.root, variables)

    def actions(self) -> dict[str, Callable[[Job, Mapping[str, str]], None]]:
        def nothing(job: Job, given: Mapping[str, str]) -> None:
            """The machine has it."""

        return {
            "actions/attest-build-provenance": self.attest,
            "actions/cache": nothing,
            "actions/checkout": nothing,
            "actions/download-artifact": self.download,
            "actions/setup-python": nothing,
            "actions/upload-artifact": self.upload,
            "aws-actions/configure-aws-credentials": self.take_role,
            "hashicorp/setup-terraform": nothing,
        }

    def take_role(self, job: Job, given: Mapping[str, str]) -> None:
        """By GitHub's token, which says for what the job runs."""
        on = job.names.github
        if "environment" in job.described:
            what = f"environment:{job.value(job.described['environment'])}"
        else:
            what = "pull_request" if on.event_name == "pull_request" else f"ref:{on.ref}"
        job.exported |= builders.take_role(
            self.sts,
            job.value(given["role-to-assume"]),
            sub=f"repo:{REPOSITORY}:{what}",
            ref=on.ref,
            job_workflow_ref=f"{REPOSITORY}/.github/workflows/{job.workflow}@{on.ref}",
        )

    def attest(self, job: Job, given: Mapping[str, str]) -> None:
        on = job.names.github
        for path in job.checkout.root.glob(job.value(given["subject-path"])):
            made_by = certificate(job.workflow, job.caller, on.ref, on.event_name, on.run, on.sha)
            self.merges.attest(path.read_bytes(), made_by)

    def upload(self, job: Job, given: Mapping[str, str]) -> None:
        folder = job.checkout.root / job.value(given["path"])
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.merges.keep(job.names.github.run, job.value(given["name"]), files)

    def download(self, job: Job, given: Mapping[str, str]) -> None:
        """Of what the same run has uploaded; nothing for a pattern, by which the gate's findings are looked for."""
        found = self.merges.kept(job.names.github.run, given.get("name", ""))
        folder = job.checkout.root / job.value(given["path"])
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (found["files"] if found else {}).items():
            (folder / name).write_bytes(content)
