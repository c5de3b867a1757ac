"""Where credentials are at hand, few packages are installed: each by its hash, from PyPI, and before there are any."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from core import closure
from core.console import UserError
from delivery import planners
from operations import pins, terraform, wheels
from operations import provider as providers

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
CREDENTIALS = "aws-actions/configure-aws-credentials"
# What a make target calls, in the jobs that have credentials; gate and retrain run models, with PyTorch.
MODULE = re.compile(r"\$\((?:TOOL|BIN)\)(?:/python -m)? ((?:delivery|operations)\.\w+)")


def makefile_rule(target: str) -> str:
    found = re.search(rf"^{target}: .*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return found[1] if found else ""


def jobs_with_credentials() -> list[tuple[str, list[dict]]]:
    return [
        (f"{path.stem}/{name}", job["steps"])
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if any(step.get("uses", "").startswith(CREDENTIALS) for step in job.get("steps", []))
    ]


def targets(steps: list[dict]) -> list[str]:
    return [step["run"].split()[1] for step in steps if step.get("run", "").startswith("make ")]


def third_party(module: str) -> set[str]:
    """What is imported anywhere in the module and in what it imports, but for the checker of types."""
    found: set[str] = set()
    for file in closure.find(module):
        tree = ast.parse((closure.PYTHON / file).read_text())
        checked = [
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            for name in ast.walk(node)
        ]
        for node in ast.walk(tree):
            if node in checked:
                continue
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    ours = {path.name.removesuffix(".py") for path in closure.PYTHON.iterdir()}
    return found - ours - set(sys.stdlib_module_names)


def test_what_delivers_imports_nothing_but_what_is_locked():
    locked = {name for name, _ in wheels.read(pins.REQUIREMENTS.read_text())}
    ran = {target for _, steps in jobs_with_credentials() for target in targets(steps)}
    ran -= {"gate", "retrain", "tools"}
    modules = {module for target in ran for module in MODULE.findall(makefile_rule(target))}
    assert {"delivery.review", "delivery.approve", "operations.verify", "operations.notify"} <= modules
    for module in modules:
        assert third_party(module) <= locked, module


def test_each_locked_package_has_the_version_of_every_other_install_and_one_hash():
    wanted = wheels.read(pins.REQUIREMENTS.read_text())
    constraints = wheels.read((ROOT / "constraints.txt").read_text())
    assert {"boto3", "rich", "setuptools"} <= {name for name, _ in wanted}
    assert all(len(hashes) == 1 for hashes in wanted.values())
    assert {it for it in wanted if it[0] != "setuptools"} <= {
        (name.lower(), version) for name, version in constraints
    }


def test_what_is_built_for_one_machine_is_not_locked_by_one_hash():
    with pytest.raises(UserError, match=r"numpy-2\.4\.0-cp313.*is built for one machine"):
        pins.pin(Path("numpy-2.4.0-cp313-cp313-manylinux_2_28_x86_64.whl"))


def test_no_variable_and_no_setting_sends_pip_elsewhere():
    rule = makefile_rule(re.escape("$(VENV)/.installed-deploy"))
    installs = [line for line in rule.replace("\\\n", "").splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--isolated" in line for line in installs)
    assert all("PIP_CONFIG_FILE=/dev/null " in line for line in installs)
    assert "index" not in installs[0]
    assert "--require-hashes" in installs[0]
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(installs[1].split())
    for path in WORKFLOWS:
        assert "vars.PIP" not in path.read_text()


def test_pip_that_is_run_so_reads_no_variable_and_no_settings(tmp_path):
    """Then it asks the one index that it knows by itself."""
    settings = tmp_path / "pip/pip.conf"
    settings.parent.mkdir()
    settings.write_text("[global]\nindex-url = https://elsewhere.example/simple\n")
    told = {"PIP_FIND_LINKS": "https://elsewhere.example", "XDG_CONFIG_HOME": str(tmp_path)}

    def read(*options: str, **more: str) -> str:
        command = [sys.executable, "-m", "pip", "config", "list", *options]
        variables = os.environ | told | more
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout

    assert read().count("elsewhere.example") == 2
    assert read("--isolated", PIP_CONFIG_FILE=os.devnull) == ""


def test_everything_that_makes_a_plan_is_known_to_do_so():
    (steps,) = (steps for name, steps in jobs_with_credentials() if name == "plan/plan")
    rules = "".join(makefile_rule(target) for target in targets(steps))
    assert "$(TERRAFORM)" in rules
    assert {*MODULE.findall(rules), "operations.terraform"} == set(planners.MODULES)


@pytest.fixture
def ready(tmp_path) -> Path:
    """The project as a runner has it after `make tools`."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "python/delivery").mkdir(parents=True)
    shutil.copy(pins.REQUIREMENTS, tmp_path / "python/delivery")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    return tmp_path


def dry_run(project: Path, *arguments: str) -> str:
    done = subprocess.run(["make", "-n", *arguments], cwd=project, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", [name for name, _ in jobs_with_credentials()])
def test_nothing_is_installed_once_there_are_credentials(ready, name):
    steps = dict(jobs_with_credentials())[name]
    uses = [step.get("uses", "").partition("@")[0] for step in steps]
    before, after = steps[: uses.index(CREDENTIALS)], steps[uses.index(CREDENTIALS) :]
    for step in before:
        if step.get("run", "").startswith("make tools"):
            assert "pip install" in dry_run(ready, *step["run"].split()[1:])
            given = step["run"].partition("SET=")[2] or "deploy"
            (ready / ".venv" / f".installed-{given}").touch()
    for step in after:
        if step.get("run", "").startswith("make "):
            said = dry_run(ready, *step["run"].split()[1:])
            assert "pip" not in said, step["run"]
            assert "operations.package" not in said, "its wheels are fetched before, too"


def test_a_developer_who_has_everything_installs_nothing_more(ready):
    (ready / ".venv/.installed-demo").touch()
    assert "pip" not in dry_run(ready, "plan", "approve", "verify", "notify", "comment")


def test_the_provider_is_fetched_once_and_found_by_every_init(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(terraform, "BUILD", tmp_path / "build")
    home = tmp_path / "home"
    providers.fetch(home / providers.PLUGINS)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(terraform, "ADD_ON_SOFTWARE", tmp_path / "nothing")
    assert terraform.find_mirror({"HOME": str(home)}) == home / providers.PLUGINS


def test_a_provider_that_somebody_changed_is_fetched_again(tmp_path, monkeypatch, capsys):
    """As one that a test has put into the cache: every deployment would be refused until somebody clears it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(terraform, "BUILD", tmp_path / "build")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = tmp_path / providers.PLUGINS / terraform.PROVIDER / terraform.locked_version() / machine()
    found.mkdir(parents=True)
    program = found / f"terraform-provider-aws_v{terraform.locked_version()}_x5"
    program.write_text("echo poison")
    monkeypatch.setattr(sys, "argv", ["operations.provider"])
    providers.main()
    assert "is not the one of terraform/.terraform.lock.hcl" in capsys.readouterr().out
    assert not program.is_file() or program.stat().st_size > 1_000_000
    providers.main()
    assert "is not the one" not in capsys.readouterr().out


def machine() -> str:
    said = subprocess.run(
        ["terraform", "version", "-json"], capture_output=True, text=True, check=True
    ).stdout
    return json.loads(said)["platform"]
