"""Nothing runs before there is a plan to judge: what Terraform's code could start or fetch at `init` is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.console import UserError
from operations import beforehand, workplace

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = "the provider is AWS's, with region and default_tags alone"
SETTINGS = "only AWS's provider is required, and the backend is set in"
MODULE = "a module begins with its source, which is a folder below terraform/"
RESOURCE = "a resource is AWS's or terraform_data"
READS = "what is read is AWS's"
SHARED = '  shared_config_files = ["aws.ini"]\n'
AWS = 'provider "aws" {\n  region = var.region\n'
REQUIRED = (ROOT / "terraform/modules/storage/versions.tf").read_text()
HIDDEN = 'provider "external" {}\n'


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    """The project's code, which a test adds to."""
    workplace.copy(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "terraform"


def refused(tree: Path, name: str, text: str | bytes) -> str:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UserError, match="Terraform could run or fetch what no plan says") as said:
        beforehand.check(Path("terraform"))
    assert f"terraform/{name}" in str(said.value)
    return str(said.value)


def test_the_project_s_own_code_is_accepted_and_none_of_its_blocks_is_overlooked(monkeypatch):
    monkeypatch.chdir(ROOT)
    beforehand.check(Path("terraform"))
    providers = (ROOT / "terraform/providers.tf").read_bytes()
    assert [it["word"] for it in beforehand.BEGINNING.finditer(providers)] == [b"provider"]


# What Terraform would do by each: run a program, install a provider, fetch a module, read what it likes.
CODE = {
    "a provider that runs a program for its credentials": (AWS + SHARED + "}\n", PROVIDER),
    "a provider that sends requests elsewhere": (
        AWS + '  endpoints {\n    s3 = "http://x"\n  }\n}\n',
        PROVIDER,
    ),
    "settings in default_tags' place": (AWS + '\n  default_tags {\n    profile = "x"\n  }\n}\n', PROVIDER),
    "a provider in one line": ('provider "aws" { profile = "x" }\n', PROVIDER),
    "a provider by a block that is made": (AWS + '  dynamic "assume_role" {\n  }\n}\n', PROVIDER),
    "another provider": (HIDDEN, PROVIDER),
    "a provider without quotes": ("provider external {\n}\n", PROVIDER),
    "a provider whose name is escaped": ('provider "\\u0061ws" {\n  profile = "x"\n}\n', PROVIDER),
    "a resource by another provider": (
        'resource "aws_s3_bucket" "b" {\n  provider = external\n}\n',
        PROVIDER,
    ),
    "a module by another provider": (
        'module "storage" {\n  source = "./modules/storage"\n\n  providers = { aws = external }\n}\n',
        PROVIDER,
    ),
    "a backend with settings": ('terraform {\n  backend "s3" {\n  ' + SHARED + "  }\n}\n", SETTINGS),
    "another backend": ('terraform {\n  backend "http" {}\n}\n', SETTINGS),
    "HashiCorp's cloud": ("terraform {\n  cloud {}\n}\n", SETTINGS),
    "another provider by AWS's name": (REQUIRED.replace("hashicorp/aws", "evil/aws"), SETTINGS),
    "a second provider": (
        REQUIRED.replace("    }\n  }", '    }\n    evil = { source = "a/b" }\n  }'),
        SETTINGS,
    ),
    "a module from a repository": ('module "m" {\n  source = "git::https://example.com/m.git"\n}\n', MODULE),
    "a module from a registry": ('module "m" {\n  source = "terraform-aws-modules/lambda/aws"\n}\n', MODULE),
    "a module from outside of the tree": ('module "m" {\n  source = "../docs"\n}\n', MODULE),
    "a module by a way round": ('module "m" {\n  source = "./modules/../../docs"\n}\n', MODULE),
    "a module among what Terraform copied": ('module "m" {\n  source = "./.terraform/m"\n}\n', MODULE),
    "a module whose source comes second": (
        'module "m" {\n  x = <<-EOT\n    source = "./modules/storage"\n  EOT\n  source = "git::https://example.com"\n}\n',
        MODULE,
    ),
    "a program as data": ('data "external" "x" {\n  program = ["true"]\n}\n', READS),
    "a program as data, without quotes": ("data external x {\n}\n", READS),
    "a program as data in a check": ('check "c" {\n  data "external" "x" {\n  }\n}\n', READS),
    "another state, by a backend of its own": ('data "terraform_remote_state" "x" {\n}\n', READS),
    "another provider's secret": ('ephemeral "vault_x" "x" {\n}\n', READS),
    "another provider's resource": ('resource "null_resource" "x" {}\n', RESOURCE),
    "a program by which something is provisioned": (
        'resource "terraform_data" "x" {\n  provisioner "evil" {}\n}\n',
        "a program beside Terraform could be started",
    ),
    "another provider's resource that is imported": (
        'import {\n  to = random_pet.x\n  id = "a"\n}\n',
        "what is imported is AWS's",
    ),
    "behind a comment": ("/* a */ /*\n*/ " + HIDDEN, PROVIDER),
    "behind what looks like a heredoc": ('locals {\n  a = "<<EOT"\n}\n' + HIDDEN, PROVIDER),
    "behind what looks like a string": ('# "\n' + HIDDEN, PROVIDER),
    "behind a mark of the file's kind": ("\ufeff" + HIDDEN, PROVIDER),
    "with a comment in its head": ('provider /* \n */ "external" {}\n', PROVIDER),
    "with other ends of lines": ("locals {\n}\r\n" + HIDDEN.replace("\n", "\r\n"), PROVIDER),
    "indented": (" \t" + HIDDEN, PROVIDER),
    "in a string, for all that can be told": ("locals {\n  a = <<EOT\n" + HIDDEN + "EOT\n}\n", PROVIDER),
    "a line's end that only some take for one": (
        'locals {\n  a = "\r"\n}\n',
        "has a sign that is the end of a line",
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_code_that_runs_or_fetches_something_before_there_is_a_plan_is_refused(tree, name):
    text, said = CODE[name]
    assert said in refused(tree, "more.tf", text)


FILES: dict[str, tuple[str, str | bytes, str]] = {
    "a file that overrides": ("override.tf", AWS + SHARED + "}\n", PROVIDER),
    "a module that is not called yet": ("modules/.hidden/main.tf", HIDDEN, PROVIDER),
    "the roles' own code": ("bootstrap/more.tf", HIDDEN, PROVIDER),
    "what is no text": ("more.tf", b"\xff\xfe\n" + HIDDEN.encode(), PROVIDER),
    "JSON": ("more.tf.json", '{"provider": {"external": {}}}', "is JSON, which no rule reads"),
    "a test in JSON": ("tests/more.tftest.json", "{}", "is JSON, which no rule reads"),
    "a test with another provider": ("tests/more.tftest.hcl", HIDDEN, PROVIDER),
    "a test that mocks another": (
        "tests/more.tftest.hcl",
        'mock_provider "evil" {}\n',
        "only AWS's provider is mocked",
    ),
    "a test with a module": (
        "tests/more.tftest.hcl",
        'run "x" {\n  module {\n    source = "evil/evil/aws"\n  }\n}\n',
        MODULE,
    ),
    "a lock of another": (
        ".terraform.lock.hcl",
        'provider "registry.terraform.io/evil/aws" {\n  version = "1.0.0"\n}\n',
        "line 1: only AWS's provider is locked",
    ),
    "a backend's file": (
        "envs/staging.s3.tfbackend",
        'key = "k"\n' + SHARED,
        "sets more than encrypt, key, region",
    ),
    "a backend's file with a block": (
        "envs/prod.s3.tfbackend",
        "assume_role = {}\n",
        "sets more than encrypt",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_by_which_something_would_run_or_be_fetched_is_refused(tree, name):
    path, text, said = FILES[name]
    assert said in refused(tree, path, text)


@pytest.mark.parametrize(
    "name", ["terraform-provisioner-evil", "modules/lambda/Terraform-Provider-x", "run.sh"]
)
def test_what_terraform_could_start_is_refused_whatever_it_is_called(tree, name):
    path = tree / name
    path.write_text("#!/bin/sh\n")
    if path.suffix:
        path.chmod(0o755)
    with pytest.raises(UserError, match=f"{name} could be a program that Terraform starts"):
        beforehand.check(Path("terraform"))


def test_a_file_of_many_blank_lines_is_read_at_once(tree):
    (tree / "more.tf").write_text("\n" * 200_000)  # a minute, if each line were looked at from each
    beforehand.check(Path("terraform"))


def test_links_are_refused_whatever_they_lead_to(tree):
    (tree / "modules/more").symlink_to(tree.parent)
    with pytest.raises(UserError, match="terraform/modules/more is a link, and may lead anywhere"):
        beforehand.check(Path("terraform"))


@pytest.mark.parametrize(
    "text",
    [
        'resource "aws_s3_bucket" "b" { # why\n  bucket = "b"\n}\n',
        'resource "aws_s3_bucket" "b" { // why\n}\n',
        'data "aws_iam_role" "x" { name = "y" }\n',
        'data "aws_iam_role" "x" { name = var.name } # whose\n',
        'import {\n  to = module.lambda["filter"].aws_lambda_function.this\n  id = "x"\n}\n',
        'check "c" {\n  data "aws_region" "x" {}\n}\n',
        "locals {\n  a = [\n    data.aws_region.x.id,\n    module.storage.bucket,\n    terraform.workspace,\n  ]\n}\n",
        "locals {\n  a = {\n    data     = 1\n    module   = 2\n    resource : 3\n  }\n}\n",
        'provider "aws" { # ours\nregion = "eu-west-1"\n  default_tags {\n tags={\n  Owner = "me" # why\n\n}\n  }\n}',
        "# provider of data, module\nlocals {} /* resource */\n",
        'provider "aws" {\n  region = "eu-west-1"\n}\n',
        AWS.replace("\n", "\r\n") + "}\r\n",
    ],
)
def test_what_only_looks_like_it_is_accepted(tree, text):
    (tree / "providers.tf").write_bytes(text.encode())
    beforehand.check(Path("terraform"))


@pytest.mark.parametrize(
    "path, text",
    [
        ("envs/staging.s3.tfbackend", '# of ours\nkey = "k"\n\nregion = "eu-west-1"'),
        (".terraform/modules/left/main.tf", HIDDEN),
        ("more.auto.tfvars", 'prefix = "x"\n'),
        ("modules/storage/README.md", HIDDEN),
    ],
)
def test_files_that_cannot_run_or_fetch_anything_are_accepted(tree, path, text):
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text)
    beforehand.check(Path("terraform"))


@pytest.mark.parametrize("command", ["init", "plan", "bootstrap", "provider"])
def test_a_program_that_terraform_would_run_for_its_credentials_is_not_run(tree, cloud_variables, command):
    """Where nobody looks, real Terraform runs this one at `init`."""
    left = tree.parent / "ran"
    (tree / "aws.ini").write_text(f"[profile x]\ncredential_process = touch {left}\n")
    settings = f'    profile = "x"\n    shared_config_files = ["{tree}/aws.ini"]\n'
    for folder in (tree, tree / "bootstrap"):
        code = (folder / "terraform.tf").read_text()
        (folder / "terraform.tf").write_text(code.replace('"s3" {}', '"s3" {\n' + settings + "  }"))
    commands = {"bootstrap": ["operations.bootstrap", "local"], "provider": ["operations.provider"]}
    done = subprocess.run(
        [sys.executable, "-m", *commands.get(command, ["operations.terraform", "local", command])],
        cwd=tree.parent,
        env=os.environ | cloud_variables | {"PYTHONPATH": str(ROOT / "python"), "HOME": str(tree.parent)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "error: Terraform could run or fetch what no plan says, and is not started: " in done.stderr
    assert not left.exists()
