"""A deployment that is cancelled half-way: Terraform saves what it has made, and takes off its lock."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.builders import SLOW_TO_APPLY

from operations import interrupts

ROOT = Path(__file__).resolve().parents[2]
SHELL = ROOT / "python/operations/interrupts.py"
BUCKET = "scones-interrupts-tfstate-123456789012"
# Each takes about a second to plan, one after the other: Terraform ends between two of them. What a variable is nobody
# knows while the code is validated, which no signal ends; bcrypt, a new value each time, is not computed by a plan.
LONG_SUM = """length([
    for a in range(length(var.prefix) * 15) : length([for b in range(250) : sha512("${a} ${b}")])
  ])"""
SLOW_TO_PLAN = """
terraform {
  backend "s3" {}
}

variable "prefix" { type = string }
""" + "".join(
    f"""
resource "terraform_data" "n{number}" {{
  depends_on = [{f"terraform_data.n{number - 1}" if number else ""}]
  input      = {LONG_SUM}
}}
"""
    for number in range(31)
)
GRACE = 10  # seconds that GitHub's runner gives a step


@pytest.fixture(scope="module")
def bucket(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


@pytest.fixture
def project(tmp_path, bucket, cloud_variables, monkeypatch):  # noqa: ARG001 the bucket has to be there
    """A project with a resource that is made at once and one that takes a minute, planned for staging."""
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "python"))
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "none.tfrc").touch()  # no provider, so no mirror of one
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "none.tfrc"))
    (tmp_path / "terraform/envs/staging.tfvars").write_text('prefix = "scones-interrupts"\n')
    backend = (ROOT / "terraform/envs/staging.s3.tfbackend").read_text()
    key = f"{tmp_path.name}.tfstate"
    (tmp_path / "terraform/envs/staging.s3.tfbackend").write_text(backend.replace("scones.tfstate", key))
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations.terraform", "staging", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


def plan(project: Path, command: str) -> None:
    (project / "terraform/main.tf").write_text(SLOW_TO_APPLY % command)
    assert run(project, "init").returncode == 0
    saved = project / "build/terraform/staging.tfplan"
    done = run(project, "plan", "-input=false", f"-out={saved}")
    assert done.returncode == 0, done.stderr


def begin(project: Path, line: str, *shell: str | Path) -> subprocess.Popen[str]:
    """What the runner does with a step: one line for a shell."""
    (project / "step.sh").write_text(
        f"{line} ENV=staging BIN={Path(sys.executable).parent} VENV={ROOT}/.venv "
        f"--assume-old={ROOT}/.venv/.installed-demo\n"
    )
    return subprocess.Popen(
        [*shell, "bash", "-e", project / "step.sh"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def start(project: Path, *shell: str | Path) -> subprocess.Popen[str]:
    """An apply, which is under way once this answers."""
    step = begin(project, "make apply", *shell)
    until = time.monotonic() + 60
    while not (project / "started").exists():
        assert time.monotonic() < until, step.communicate(timeout=5)
        time.sleep(0.05)
    return step


def resources(bucket, project: Path) -> list[str]:
    state = bucket.get_object(Bucket=BUCKET, Key=f"{project.name}.tfstate")["Body"].read()
    return sorted(it["name"] for it in json.loads(state)["resources"])


def locks(bucket, project: Path) -> list[str]:
    found = bucket.list_objects_v2(Bucket=BUCKET, Prefix=f"{project.name}.tfstate.tflock")
    return [it["Key"] for it in found.get("Contents", [])]


CANCELLED = {
    "as GitHub's runner does": (os.kill, (signal.SIGINT, signal.SIGTERM)),
    "to its whole group": (os.killpg, (signal.SIGINT, signal.SIGTERM)),
    "by a machine that goes down": (os.kill, (signal.SIGTERM,)),
}


@pytest.mark.parametrize("name", CANCELLED)
def test_an_apply_that_is_cancelled_saves_its_state_and_takes_off_its_lock(project, bucket, name):
    tell, signals = CANCELLED[name]
    plan(project, f"touch {project}/started && sleep 60")
    step = start(project, sys.executable, SHELL)
    assert locks(bucket, project)
    for number in signals:
        tell(step.pid, number)
    said, _ = step.communicate(timeout=GRACE)
    assert step.returncode != 0
    assert "Interrupt received" in said
    assert "made" in resources(bucket, project)
    assert locks(bucket, project) == []
    assert not (project / "terraform/errored.tfstate").exists()


def test_a_plan_that_is_cancelled_takes_off_its_lock(project, bucket):
    (project / "terraform/main.tf").write_text(SLOW_TO_PLAN)
    step = begin(project, "make plan PREBUILT=1", sys.executable, SHELL)
    until = time.monotonic() + 60
    while not locks(bucket, project):
        assert time.monotonic() < until, step.communicate(timeout=5)
        time.sleep(0.05)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(step.pid, number)
    said, _ = step.communicate(timeout=GRACE)
    assert step.returncode != 0
    assert "Interrupt received" in said
    assert locks(bucket, project) == []


def test_while_somebody_works_on_an_environment_another_hears_who_and_since_when(project, monkeypatch):
    plan(project, f"touch {project}/started && sleep 60")
    step = start(project, sys.executable, SHELL)
    for command in (["plan"], ["apply", "-auto-approve"], ["destroy", "-auto-approve"]):
        done = run(project, *command)
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        assert line.startswith("error: another terraform apply of staging is running, by ")
        assert re.search(r" since \d{4}-\d\d-\d\d \d\d:\d\d UTC: wait until it has ended", line)
        assert "make unlock ENV=staging LOCK=" in line
    assert run(project, "plan", "-lock=false").returncode == 0
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-lock=false")  # as in the workflows
    assert run(project, "plan").returncode == 0
    os.kill(step.pid, signal.SIGINT)
    step.communicate(timeout=GRACE)


def test_a_lock_that_was_left_is_shown_and_taken_off(project, bucket):
    plan(project, f"touch {project}/started && sleep 60")
    step = start(project)
    os.killpg(step.pid, signal.SIGKILL)
    left = subprocess.run(
        ["pgrep", "-f", f"^terraform.*{project}"], capture_output=True, text=True
    ).stdout.split()
    for pid in left:
        os.killpg(os.getpgid(int(pid)), signal.SIGKILL)
    step.wait()
    unlock = [sys.executable, "-m", "operations.unlock", "staging"]

    def ask(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*unlock, *options], cwd=project, capture_output=True, text=True)

    shown = ask().stdout
    assert "staging is locked by " in shown
    assert "for OperationTypeApply" in shown
    number = shown.rpartition("LOCK=")[2].strip()
    assert "error: staging has another lock by now" in ask("--lock", "another").stderr
    assert "staging is not locked any more" in ask("--lock", number).stdout
    assert locks(bucket, project) == []
    assert "staging is not locked" in ask().stdout


def test_a_state_that_cannot_be_saved_is_named_and_git_leaves_it_alone(project, bucket):
    plan(project, f"touch {project}/started && sleep 2")
    step = start(project)
    for it in bucket.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        bucket.delete_object(Bucket=BUCKET, Key=it["Key"])
    bucket.delete_bucket(Bucket=BUCKET)
    try:
        said, _ = step.communicate(timeout=120)
    finally:
        bucket.create_bucket(Bucket=BUCKET)
    assert step.returncode != 0
    named = (
        "error: Terraform could not save the state of staging, which is in terraform/errored.staging.tfstate"
    )
    assert named in said
    state = json.loads((project / "terraform/errored.staging.tfstate").read_text())
    assert "made" in {it["name"] for it in state["resources"]}
    assert not (project / "terraform/errored.tfstate").exists()
    for name in ("errored.tfstate", "errored.staging.tfstate"):
        ignored = subprocess.run(["git", "check-ignore", "-q", f"terraform/{name}"], cwd=ROOT)
        assert ignored.returncode == 0
    assert named in run(project, "apply", "-auto-approve").stderr, "it would make everything again"


def test_what_another_run_left_is_not_taken_for_this_environment_s(project):
    left = project / "terraform/errored.tfstate"
    left.write_text("staging's or prod's")
    os.utime(left, (1, 1))
    (project / "terraform/main.tf").write_text('resource "terraform_data" "broken" {\n')
    done = run(project, "plan")
    assert done.returncode != 0
    assert "could not save" not in done.stderr
    assert left.exists()


COMMANDS = """
variable "prefix" {}

resource "terraform_data" "told" {
  input = <<-EOT
    one
    ::add-mask::staging
    ##[add-mask]prod
  EOT
}
"""


WARNING = """
check "it" {
  assert {
    condition     = terraform_data.told.input == "other"
    error_message = "It is another one.\\n::error::x"
  }
}
"""


@pytest.mark.parametrize("more", ["", WARNING])
def test_nothing_that_a_plan_says_is_a_command_for_github_s_runner(project, monkeypatch, more):
    (project / "terraform/main.tf").write_text(COMMANDS + more)
    assert run(project, "init").returncode == 0
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    done = run(project, "plan", "-input=false", "-no-color")
    assert done.returncode == 0
    assert done.stderr == ""
    first, *lines, last = done.stdout.rstrip("\n").split("\n")
    assert "::add-mask::staging" in "\n".join(lines)
    token = first.removeprefix("::stop-commands::")
    assert last == f"::{token}::"
    assert not any(token in line for line in lines)


def test_what_another_program_reads_of_terraform_has_nothing_beside_it(project, monkeypatch):
    (project / "terraform/main.tf").write_text('variable "prefix" {}\noutput "it" {\n  value = "x"\n}\n')
    assert run(project, "init").returncode == 0
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert json.loads(run(project, "output", "-json").stdout) == {}


def test_at_whatever_moment_a_signal_comes_it_is_passed_on_once_at_most(monkeypatch):
    """Terraform takes a second one for an order to leave at once."""
    sent: list[int] = []
    pass_on = os.killpg

    def note(pid: int, number: int) -> None:
        sent.append(number)
        pass_on(pid, number)

    monkeypatch.setattr(os, "killpg", note)
    default = signal.getsignal(signal.SIGTERM)
    reached = {line for _, _, line in interrupts.call.__code__.co_lines() if line}
    told = 0

    for chosen in sorted(reached):

        def trace(frame, event, _, chosen=chosen):
            if frame.f_code is not interrupts.call.__code__:
                return None
            if event == "line" and frame.f_lineno == chosen and signal.getsignal(signal.SIGTERM) != default:
                signal.raise_signal(signal.SIGTERM)
            return trace

        sent.clear()
        sys.settrace(trace)
        try:
            interrupts.call(["sleep", "0.1"])
        finally:
            sys.settrace(None)
        assert len(sent) <= 1, f"line {chosen}"
        told += len(sent)
    assert told > 1


@pytest.mark.parametrize("status", [0, 3])
def test_what_is_run_ends_with_its_own_status(status):
    assert subprocess.run([sys.executable, SHELL, "bash", "-c", f"exit {status}"]).returncode == status
