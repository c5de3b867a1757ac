"""Which plans are one plan: real ones of Terraform's, of a small configuration that is changed in one place at a time.

What was tampered with is refused, and the refusal names it; what changes nothing for the plan is not refused.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.console import UserError
from delivery import approve, compare, configuration, digest, review, summary
from operations import package, terraform

# What is kept is there already; what holds the policy is new, so that the policy is known only after apply.
MAIN = """
variable "who" {
  type = string
}

variable "password" {
  type      = string
  sensitive = true
}

variable "model" {
  type    = object({ artefact = string, sha256 = string })
  default = null
}

# Kept as long as the environment.
resource "terraform_data" "kept" {
  input = "kept"

  lifecycle {
    prevent_destroy = true

    postcondition {
      condition     = self.output == "kept"
      error_message = "It is another one."
    }
  }
}

resource "terraform_data" "there" {
  input = "there"
}

resource "terraform_data" "arn" {
  input = "arn"
}

resource "terraform_data" "policy" {
  input = jsonencode({
    Principal = var.who
    Action    = local.action
    Resource  = terraform_data.arn.output
  })
}

resource "terraform_data" "user" {
  input = { password = var.password }
}

module "called" {
  source = "./modules/called"

  arn = terraform_data.arn.output
}

module "hidden" {
  source = "./modules/.hidden"

  arn = terraform_data.arn.output
}

locals {
  action = "s3:GetObject"
}
"""
SCRIPT = """
resource "terraform_data" "script" {
  input = <<-EOT
    # ${terraform_data.arn.id}
    # exit
    echo done
  EOT
}
"""
CALLED = """
variable "arn" {
  type = string
}

resource "terraform_data" "definition" {
  input = templatefile("${path.module}/definition.json.tftpl", { arn = var.arn })
}
"""
HIDDEN = """
variable "arn" {
  type = string
}

resource "terraform_data" "hidden" {
  input = jsonencode({ Action = "sqs:SendMessage", Resource = var.arn })
}
"""
# What Terraform runs in it looks like a comment, to whoever believes that "A" or the comment ends where it seems to.
NESTED = """
resource "terraform_data" "nested" {
  input = <<A
${<<B
A
echo ${terraform_data.arn.id}
B
}
A
}
"""
HALF = """
resource "terraform_data" "half" {
  input = "${terraform_data.arn.id /* "
// */ }"
}
"""
READS = """
resource "terraform_data" "reads" {
  input = templatefile("%s", { arn = terraform_data.arn.output })
}
"""
OBJECT = """
resource "terraform_data" "object" {
  input = { source = "../pages/index.html" }
}
"""
ZIP = """
resource "terraform_data" "function" {
  input = { filename = "../build/lambdas/filter.zip" }
}
"""
MODEL_USED = """
resource "terraform_data" "model" {
  input = var.model.artefact
}
"""
LOCK = """
provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = "~> 5.100"
  hashes = [
    "h1:a",
  ]
}
"""
BUILT_IN = "terraform.io/builtin/terraform"
FIGURES = {"metrics": {"test_accuracy": 0.9}, "run": "job", "override_reason": None}
MODEL = {"artefact": "s3://bucket/models/11/model.tar.gz", "sha256": "11", **FIGURES}
MODEL_FILE = "terraform/envs/staging.model.tfvars.json"
LOCK_FILE = "terraform/.terraform.lock.hcl"


class Project:
    """A small project whose plans are reviewed as ours are."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(text.encode())

    def change(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_bytes().decode()
        assert old in text
        self.write(path, text.replace(old, new))

    def add(self, text: str) -> None:
        self.write("terraform/main.tf", (self.root / "terraform/main.tf").read_text() + text)

    def terraform(self, *arguments: str) -> None:
        done = subprocess.run(
            terraform.command("staging", [*arguments]),
            cwd=self.root,
            env=terraform.variables("staging"),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def review(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        monkeypatch.chdir(self.root)
        self.terraform(
            "plan", "-input=false", "-no-color", f"-out={self.root}/build/terraform/staging.tfplan"
        )
        return review.make("staging")


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Project:
    """The project with what is there already, initialised."""
    project = Project(tmp_path_factory.mktemp("first"))
    project.write("terraform/main.tf", MAIN)
    project.write("terraform/script.tf", SCRIPT)
    project.write("terraform/modules/.hidden/main.tf", HIDDEN)
    project.write("terraform/modules/called/main.tf", CALLED)
    project.write("terraform/policy.md", "s3:GetObject ${arn}\n")
    project.write("terraform/envs/common.json", "s3:GetObject ${arn}\n")
    project.write("pages/index.html", "ours")
    project.write("terraform/modules/called/definition.json.tftpl", '{"call": "${arn}"}\n')
    project.write("terraform/modules/uncalled/main.tf", "")
    project.write("terraform/scripts/run.sh", "true\n")
    project.write("terraform/envs/staging.tfvars", 'who = "arn:aws:iam::1:root"\npassword = "hunter2"\n')
    project.write("terraform/envs/prod.tfvars", "")
    project.write(MODEL_FILE, json.dumps({"model": MODEL}))
    for name in package.FUNCTIONS:
        project.write(f"build/lambdas/{name}.zip", "zip")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.root)
        # A file of its own, so that no mirror is looked for: Terraform brings the provider of these resources.
        project.write("cli.tfrc", "")
        patch.setenv("TF_CLI_CONFIG_FILE", str(project.root / "cli.tfrc"))
        project.terraform("init", "-backend=false")
        project.write(LOCK_FILE, "")
        project.terraform(
            "plan", "-target=terraform_data.kept", "-target=terraform_data.there", "-out=there.tfplan"
        )
        project.terraform("apply", "there.tfplan")
    return project


@pytest.fixture
def quiet(first, monkeypatch) -> pytest.MonkeyPatch:
    """Nothing of this machine's jobs is to be seen."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(first.root / "cli.tfrc"))
    for name in [it for it in os.environ if it.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def copy(first, tmp_path, quiet) -> Callable[[str], Project]:  # noqa: ARG001 it is how commands are run
    """Make a checkout of its own."""

    def make(name: str) -> Project:
        shutil.copytree(first.root, tmp_path / name)
        return Project(tmp_path / name)

    return make


@pytest.fixture(scope="module")
def reviews() -> dict[str, Any]:
    """The reviewed plans that have been made, by the code that was added for them: they are the same for all."""
    return {}


@pytest.fixture
def review_both(copy, quiet, reviews):
    """The reviewed plan, and that of another checkout, which is changed and has the first as the reviewed one."""

    def both(change: Callable[[Project], None], code: str = ""):
        there = copy("there")
        there.add(code)
        if code not in reviews:
            reviews[code] = there.review(quiet)
            shutil.rmtree(there.root)
            there = copy("there")
            there.add(code)
        change(there)
        there.write("build/reviewed/staging/review.json", json.dumps(reviews[code]))
        return reviews[code], there.review(quiet)

    return both


def refuse(reviewed, now) -> str | None:
    return approve.refusal(reviewed, now, datetime.now(UTC))


def edit(path: str, old: str, new: str) -> Callable[[Project], None]:
    return lambda project: project.change(path, old, new)


def add(text: str) -> Callable[[Project], None]:
    return lambda project: project.add(text)


def both_of(*changes: Callable[[Project], None]) -> Callable[[Project], None]:
    def change(project: Project) -> None:
        for it in changes:
            it(project)

    return change


TAMPERED: dict[str, tuple[Callable[[Project], None], str]] = {
    "all actions beside an unknown ARN": (
        edit("terraform/main.tf", '"s3:GetObject"', '"s3:*"'),
        "the code of `terraform/main.tf`",
    ),
    "all principals beside an unknown ARN": (
        edit("terraform/main.tf", "Principal = var.who", 'Principal = "*"'),
        "create `terraform_data.policy`: expressions.input",
    ),
    "a variable beside an unknown ARN": (
        edit("terraform/envs/staging.tfvars", "arn:aws:iam::1:root", "*"),
        'variable who `"arn:aws:iam::1:root"` when reviewed, `"*"` now',
    ),
    "a provisioner": (
        edit(
            "terraform/main.tf",
            'input = "arn"',
            'input = "arn"\n\n  provisioner "local-exec" {\n    command = "true"\n  }',
        ),
        "the code of `terraform/main.tf`",
    ),
    "a script that a provisioner could run": (
        edit("terraform/scripts/run.sh", "true", "false"),
        "the code of `terraform/scripts/run.sh`",
    ),
    "a dropped prevent_destroy": (
        edit("terraform/main.tf", "    prevent_destroy = true\n", ""),
        "the code of `terraform/main.tf`",
    ),
    "a postcondition that always holds": (
        edit("terraform/main.tf", 'self.output == "kept"', 'self.output != ""'),
        "the code of `terraform/main.tf`",
    ),
    "a commented-out prevent_destroy": (
        edit("terraform/main.tf", "    prevent_destroy = true", "    # prevent_destroy = true"),
        "the code of `terraform/main.tf`",
    ),
    "an import": (
        add('resource "terraform_data" "taken" {}\nimport {\n  to = terraform_data.taken\n  id = "x"\n}\n'),
        "planned now, but not reviewed: import `terraform_data.taken`: taken over by Terraform as `x`",
    ),
    "a move": (
        both_of(
            edit("terraform/main.tf", '"terraform_data" "there"', '"terraform_data" "here"'),
            add("moved {\n  from = terraform_data.there\n  to = terraform_data.here\n}\n"),
        ),
        "planned now, but not reviewed: move `terraform_data.here`: called `terraform_data.there` until now",
    ),
    "something that is forgotten": (
        both_of(
            edit("terraform/main.tf", 'resource "terraform_data" "there" {\n  input = "there"\n}\n', ""),
            add("removed {\n  from = terraform_data.there\n  lifecycle {\n    destroy = false\n  }\n}\n"),
        ),
        "planned now, but not reviewed: forget `terraform_data.there`",
    ),
    "data that is read when it is applied": (
        add(
            'data "terraform_remote_state" "other" {\n  backend = "local"\n'
            "  config  = { path = terraform_data.arn.id }\n}\n"
        ),
        'planned now, but not reviewed: read `data.terraform_remote_state.other`: backend `"local"`',
    ),
    "a template of an unknown value": (
        edit("terraform/modules/called/definition.json.tftpl", "call", "delete"),
        "the code of `terraform/modules/called/definition.json.tftpl`",
    ),
    "what looks like a comment and is a value": (
        edit("terraform/script.tf", "    # exit\n", "    # rm\n"),
        "the code of `terraform/script.tf`",
    ),
    "a module in a folder that is not listed": (
        edit("terraform/modules/.hidden/main.tf", "sqs:SendMessage", "sqs:*"),
        "the code of `terraform/modules/.hidden/main.tf`",
    ),
    "a secret": (
        edit("terraform/envs/staging.tfvars", "hunter2", "hunter3"),
        "variable password (sensitive) when reviewed, (sensitive) now",
    ),
    "a known value": (
        edit("terraform/main.tf", 'input = "arn"', 'input = "nra"'),
        'create `terraform_data.arn`: after.input `"arn"` when reviewed, `"nra"` now',
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_plan_that_was_tampered_with_is_refused_and_the_refusal_names_it(review_both, name):
    change, said = TAMPERED[name]
    reviewed, now = review_both(change)
    why = refuse(reviewed, now)
    assert why is not None
    assert "the plan is not the one that was reviewed" in why
    assert [it for it in compare.differences(reviewed, now) if said in it]


USED: dict[str, tuple[str, Callable[[Project], None], str]] = {
    "a zip": (
        ZIP,
        lambda project: project.write("build/lambdas/filter.zip", "another"),
        "file ../build/lambdas/filter.zip",
    ),
    "a model": (
        MODEL_USED,
        edit(MODEL_FILE, '"11"', '"12"'),
        'model.sha256 `"11"` when reviewed, `"12"` now',
    ),
    "a figure of a model": (
        MODEL_USED,
        edit(MODEL_FILE, "0.9", "0.8"),
        "model.metrics.test_accuracy `0.9` when",
    ),
    "a page that is a template": (
        READS % "${path.module}/policy.md",
        edit("terraform/policy.md", "s3:GetObject", "s3:*"),
        "reviewed differently: the code of `terraform/policy.md`",
    ),
    "what is of no environment": (
        READS % "envs/common.json",
        edit("terraform/envs/common.json", "s3:GetObject", "s3:*"),
        "reviewed differently: the code of `terraform/envs/common.json`",
    ),
    "a file that a resource is made of": (
        OBJECT,
        edit("pages/index.html", "ours", "theirs"),
        "file ../pages/index.html",
    ),
    "what looks like a comment in a value within a value": (
        NESTED,
        edit("terraform/main.tf", "echo ${", "//bin/echo EVIL\necho ${"),
        "reviewed differently: the code of `terraform/main.tf`",
    ),
    "other line ends in a value": (
        NESTED,
        edit("terraform/main.tf", "\n", "\r\n"),
        "reviewed differently: the code of `terraform/main.tf`",
    ),
    "what looks like a comment behind the end of one": (
        HALF,
        edit("terraform/main.tf", '// */ }"', '// */ }EVIL"'),
        "reviewed differently: the code of `terraform/main.tf`",
    ),
}


@pytest.mark.parametrize("name", USED)
def test_what_the_plan_uses_counts(review_both, name):
    code, change, said = USED[name]
    reviewed, now = review_both(change, code)
    assert refuse(reviewed, now) is not None
    assert [it for it in compare.differences(reviewed, now) if it.startswith(said)]


EQUAL: dict[str, Callable[[Project], None]] = {
    "another time": lambda _: None,
    "other line ends": edit("terraform/main.tf", "\n", "\r\n"),
    "another comment, and its space": edit(
        "terraform/main.tf", "# Kept as long as the environment.", "\n   #  Kept for long.  \n\n"
    ),
    "space at the ends of lines": edit("terraform/main.tf", 'input = "arn"\n', 'input = "arn"  \n'),
    "a zip that the plan does not use": lambda project: project.write("build/lambdas/filter.zip", "another"),
    "figures of a model that the plan does not use": edit(MODEL_FILE, "0.9", "0.8"),
    "a module that nothing calls": lambda project: project.write(
        "terraform/modules/uncalled/main.tf", "# new\n"
    ),
    "another environment's variables": lambda project: project.write(
        "terraform/envs/prod.tfvars", "who = 1\n"
    ),
    "a page": lambda project: project.write("terraform/modules/called/README.md", "new"),
    "a test": lambda project: project.write("terraform/tests/new.tftest.hcl", ""),
    "what Terraform leaves behind": lambda project: project.write("terraform/errored.tfstate", "{}"),
}


@pytest.mark.parametrize("name", EQUAL)
def test_an_equal_plan_is_not_refused(review_both, name):
    reviewed, now = review_both(EQUAL[name])
    assert compare.differences(reviewed, now) == []
    assert refuse(reviewed, now) is None


def test_a_model_that_the_plan_does_not_use_may_be_another_one(copy, quiet):
    """Nothing of this plan is unknown, so that nothing of the model can be in it."""
    reviews = []
    for name, artefact in {"here": "11", "there": "12"}.items():
        project = copy(name)
        project.write("terraform/main.tf", 'variable "model" {}\nresource "terraform_data" "new" {}\n')
        project.write("terraform/script.tf", "")
        project.write("terraform/envs/staging.tfvars", "")
        project.write("terraform/terraform.tfstate", "")
        project.change(MODEL_FILE, "11", artefact)
        reviews.append(project.review(quiet))
    assert refuse(*reviews) is None


def test_a_provider_that_the_plan_does_not_use_may_be_another_one(copy, quiet):
    changes = copy("here").review(quiet)["changes"]
    assert digest.lock(LOCK, changes) == {}
    assert digest.lock(LOCK.replace("registry.terraform.io/hashicorp/aws", BUILT_IN), changes) != {}


def test_another_checkout_has_the_same_digest(copy, quiet, review_both):
    reviewed, _ = review_both(lambda _: None)
    other = copy("elsewhere")
    other.write("build/reviewed/staging/review.json", json.dumps(reviewed))
    now = other.review(quiet)
    assert now["digest"] == reviewed["digest"]
    assert str(other.root) not in json.dumps(now)


def test_a_secret_is_in_no_review_and_its_hash_is_not_the_same_in_two(copy, quiet):
    reviews = [copy(name).review(quiet) for name in ("here", "there")]
    for it in reviews:
        assert "hunter2" not in json.dumps(it) + review.text(it)
    one, other = (it["variables"]["password"] for it in reviews)
    assert one != other


def test_what_an_unknown_value_is_made_of_is_shown_with_the_locals_in_it(copy, quiet):
    made = copy("here").review(quiet)
    (policy,) = [it for it in made["changes"] if it["address"] == "terraform_data.policy"]
    shown = "\n".join(summary.whole(policy))
    assert "+   input = jsonencode({\n+     Principal = var.who\n+     Action    = local.action\n" in shown
    assert '+   action = "s3:GetObject"' in shown


def test_what_an_earlier_deployment_has_done_meanwhile_is_said_with_the_wait(review_both, quiet):
    """Its plan for prod is made while an earlier deployment still waits for somebody to agree."""

    def deploy(project: Project) -> None:
        quiet.chdir(project.root)
        project.terraform("plan", "-target=terraform_data.user", "-out=user.tfplan")
        project.terraform("apply", "user.tfplan")

    why = refuse(*review_both(deploy))
    assert why is not None
    assert "but a part of it: the rest is done already" in why
    assert "wait until it has ended; then make it again in a pull request, or run ci on main" in why


def test_a_module_from_outside_of_the_tree_is_refused(copy, quiet):
    project = copy("here")
    project.write("away/main.tf", "")
    project.add('module "away" {\n  source = "../away"\n}\n')
    quiet.chdir(project.root)
    project.terraform("init", "-backend=false")
    with pytest.raises(UserError, match="the module in away lies outside of terraform"):
        project.review(quiet)


@pytest.mark.parametrize(
    "read",
    [
        'file("../policies/p.json")',
        'templatefile("${path.module}/../policies/p.json", { arn = terraform_data.arn.id })',
        'file("${path.module}/modules/../../policies/p.json")',
        'file("/etc/hostname")',
        "file(var.who)",
        'file /* ( */ ("../policies/p.json")',
        'fileset("../policies", "*")',
        'filesha256("../policies/p.json") == "" ? "s3:*" : terraform_data.arn.id',
        'core::file("../policies/p.json")',
        '-file("../policies/one")',
        'templatefile("reads.tftpl", { arn = terraform_data.arn.id })',
        'file("link/p.json")',
    ],
)
def test_a_file_from_outside_of_the_tree_is_refused(copy, quiet, read):
    project = copy("here")
    project.write("policies/p.json", "{}")
    project.write("policies/one", "1")
    project.write("terraform/reads.tftpl", '${arn} ${file("../policies/p.json")}')
    (project.root / "terraform/link").symlink_to("../policies")
    project.change("terraform/envs/staging.tfvars", "arn:aws:iam::1:root", "../policies/p.json")
    project.add(f'resource "terraform_data" "reads" {{\n  input = {read}\n}}\n')
    with pytest.raises(UserError, match="no review covers what changes there"):
        project.review(quiet)


def test_code_in_json_is_refused(copy, quiet):
    project = copy("here")
    project.write("terraform/more.tf.json", '{"locals": {"a": "${file(\\"../policies/p.json\\")}"}}')
    project.write("policies/p.json", "{}")
    with pytest.raises(UserError, match="JSON, which no rule reads: write it as"):
        project.review(quiet)


def test_a_module_from_a_registry_is_refused():
    root = {"module_calls": {"away": {"source": "terraform-aws-modules/lambda/aws", "module": {}}}}
    with pytest.raises(UserError, match="module away comes from terraform-aws-modules/lambda/aws"):
        configuration.read(Path("terraform"), "staging", root)
