"""Runs the jobs of .github/workflows as GitHub's runners do: in a clone, each step with its `if`, `env` and `shell`.

A step that is added to a workflow runs here as well. What an action does is told by whoever makes the runner; one that
nobody has told of ends in an error.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tests.delivery.conftest import ROOT, VENV, Checkout

# The environment of the test run is the one that `make tools` would make, and what it fetches is here already.
READY = f"--assume-old={VENV}/.installed-demo --assume-old={VENV}/.installed-deploy"
HERE = ("make provider",)
STATUS = re.compile(r"\b(always|success|failure|cancelled)\(\)")

Step = dict[str, Any]
Action = Callable[["Job", Mapping[str, str]], None]


class Context(dict):
    """What an expression may name; GitHub takes what is not there for nothing."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name, Context())

    def __str__(self) -> str:
        return json.dumps(self) if self else ""


@dataclass
class Job:
    """One that runs, or has run: what each step came to, by its id, and what it said, by its `run` or `uses`."""

    workflow: str  # its file
    caller: str  # that of the workflow that was started
    described: Step
    checkout: Checkout
    variables: dict[str, str]
    names: Context  # of expressions
    actions: Mapping[str, Action]
    exported: dict[str, str] = field(default_factory=dict)  # by an action, for the steps that follow
    said: dict[str, str] = field(default_factory=dict)
    status: str = "success"

    def run(self) -> "Job":
        for step in self.described["steps"]:
            outcome = self.take(step) if self.is_wanted(step) else "skipped"
            if outcome == "failure":
                self.status = outcome
            if "id" in step:
                outputs = Context(read_lines(self.path("output")))
                self.names["steps"][step["id"]] = Context(
                    outcome=outcome, conclusion=outcome, outputs=outputs
                )
        return self

    def is_wanted(self, step: Step) -> bool:
        condition = step.get("if", "${{ success() }}")
        return bool(self.value(condition)) and (bool(STATUS.search(condition)) or self.status == "success")

    def take(self, step: Step) -> str:
        if "uses" in step:
            self.actions[step["uses"].partition("@")[0]](self, step.get("with", {}))
            return "success"
        if step["run"] in HERE:
            return "success"
        script = self.path("script")
        script.write_text(f'make() {{ command make VENV={VENV} {READY} "$@"; }}\n{step["run"]}\n')
        self.path("output").unlink(missing_ok=True)
        done = subprocess.run(
            shlex.split(step.get("shell", "bash -e {0}").format(script)),
            cwd=self.checkout.root,
            env=os.environ | self.variables | self.exported | self.values(self.described) | self.values(step),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said[step["run"]] = done.stdout
        return "failure" if done.returncode else "success"

    def path(self, name: str) -> Path:
        return self.checkout.root / ".git" / name  # where nothing is committed

    def values(self, described: Step) -> dict[str, str]:
        """The variables that a job or a step has of its own."""
        return {name: str(self.value(it)) for name, it in described.get("env", {}).items()}

    def value(self, text: str) -> Any:
        """What a text with expressions comes to."""
        return value(
            text,
            self.names
            | {
                "job": Context(status=self.status),
                "toJSON": json.dumps,
                "always": lambda: True,
                "cancelled": lambda: False,
                "failure": lambda: self.status == "failure",
                "success": lambda: self.status == "success",
            },
        )

    def outputs(self) -> Context:
        return Context({name: self.value(it) for name, it in self.described.get("outputs", {}).items()})


def value(text: str, names: Mapping[str, Any]) -> Any:
    """What a text with expressions comes to: one that is an expression as a whole need not be a text."""
    if whole := re.fullmatch(r"\$\{\{((?:(?!\}\}).)*)\}\}", text):
        return evaluate(whole[1], names)
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluate(found[1], names)), text)


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The few operators that the workflows use, which Python writes in words."""
    words = re.sub(r"!(?!=)", " not ", expression).replace("&&", " and ").replace("||", " or ")
    return eval(words.strip(), {"__builtins__": {}}, dict(names))


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """What a step wrote into GITHUB_OUTPUT."""
    for line in path.read_text().splitlines() if path.is_file() else ():
        name, _, value = line.partition("=")
        yield name, value


@dataclass
class Runner:
    """What the jobs of one run of a workflow have in common."""

    clone: Callable[[], Checkout]  # of the commit that the run is for
    variables: dict[str, str]
    names: Context
    actions: Mapping[str, Action]
    jobs: dict[str, Job] = field(default_factory=dict)

    def run(self, caller: str, name: str, env: str) -> Job:
        """Run one job, or the one that it calls of another workflow."""
        workflow, described = caller, read(caller)[name]
        names = Context({"inputs": Context(), **self.names, "matrix": Context(env=env), "steps": Context()})
        if "uses" in described:
            workflow = Path(described["uses"]).name
            given = described["with"].items()
            names["inputs"] = Context({key: str(value(it, names)) for key, it in given})
            (described,) = read(workflow).values()
        checkout = self.clone()
        variables = (
            checkout.variables
            | self.variables
            | {
                "GITHUB_OUTPUT": str(checkout.root / ".git/output"),
                "GITHUB_STEP_SUMMARY": str(checkout.root / ".git/summary"),
            }
        )
        job = Job(workflow, caller, described, checkout, variables, names, self.actions)
        self.jobs[name] = job.run()
        return job

    def run_all(self, caller: str, env: str) -> Job:
        """Run a workflow's jobs in their order, those of one environment; the last that ran."""
        for name, described in read(caller).items():
            if described.get("with", {}).get("env", env) != env or not value(
                described.get("if", "${{ True }}"), self.names
            ):
                continue
            job = self.run(caller, name, env)
            self.names["needs"][name] = Context(outputs=job.outputs())
            if job.status != "success":
                break
        return job


def read(workflow: str) -> dict[str, Step]:
    """The jobs of a workflow's file."""
    return yaml.safe_load((ROOT / ".github/workflows" / workflow).read_text())["jobs"]
