"""The Makefile, the only interface: every target is explained, and a mistake gets one line."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from operations import terraform

ROOT = Path(__file__).parents[2]


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    """As by hand, also where another make runs the tests, which exports its own names."""
    own = {name: value for name, value in os.environ.items() if name not in ("DATA", "DATASET", "RECIPE")}
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, env=own | variables)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "ENV=nowhere"), "there is no environment 'nowhere': choose from local, prod, staging"),
        (("classify", "IMAGE=nowhere.png"), "'nowhere.png' is not a file"),
        (("verify", "CLOUD_PORT=1"), "start the local cloud with `make cloud`"),
        (("apply", "ENV=staging"), "there is no plan for staging: make one with make plan ENV=staging"),
        (("doctor", "ENV=nowhere"), "there is no environment 'nowhere': choose from local, prod, staging"),
        (("destroy", "ENV=prod"), "say so with make destroy ENV=prod CONFIRM=prod"),
    ],
)
def test_a_mistake_is_answered_in_one_line(arguments, said):
    result = make(*arguments)
    assert result.returncode != 0
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith("error: ")
    assert said in line


@pytest.fixture
def unpacked(tmp_path) -> Path:
    """The project as somebody has it who has just cloned it."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_python_that_is_too_old_is_refused_before_anything_is_installed(unpacked, target):
    old = program(unpacked / "old/python3", "exit 1")
    result = make("-C", unpacked, target, f"PYTHON={old}")
    assert f"error: {old} is too old, Python 3.11 or newer is needed" in result.stderr
    assert result.returncode != 0
    assert not (unpacked / ".venv").exists()


def test_a_python_that_is_not_there_is_named(unpacked):
    result = make("-C", unpacked, "cost", "PYTHON=/nope")
    assert "error: /nope is not found: set PYTHON=/path/to/python3" in result.stderr
    assert result.returncode != 0


@pytest.mark.parametrize(
    ("script", "refused"),
    [
        ("exit 127", True),
        *(
            (f"""echo '{{"terraform_version": "{version}"}}'""", True)
            for version in ("0.15.5", "1.1.9", "1.10.5")
        ),
        *(
            (f"""echo '{{"terraform_version": "{version}"}}'""", False)
            for version in ("1.11.0", "1.20.1", "2.0.0")
        ),
    ],
)
def test_a_terraform_that_is_missing_or_too_old_is_refused_before_anything_is_installed(
    unpacked, script, refused
):
    found = program(unpacked / "bin/terraform", script).parent
    old = program(unpacked / "old/python3", "exit 1")  # which ends it in any case
    result = make("-C", str(unpacked), "demo", f"PYTHON={old}", PATH=f"{found}:{os.environ['PATH']}")
    assert ("error: there is no terraform 1.11 or newer on the PATH" in result.stderr) is refused
    assert result.returncode != 0
    assert not (unpacked / ".venv").exists()


@pytest.mark.parametrize("group", ["demo", "test", "lint", "sagemaker"])
def test_where_pytorch_comes_from_is_settled_before_anything_asks_for_it(unpacked, group):
    printed = make("-n", "-C", unpacked, f".venv/.installed-{group}").stdout
    look, install = printed.index("python/operations/pytorch.py"), printed.index("pip install")
    assert look < install


def test_what_is_promised_of_versions_is_the_same_wherever_it_stands():
    makefile, readme = (ROOT / "Makefile").read_text(), (ROOT / "README.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    python = project["requires-python"].removeprefix(">=")
    assert f"`python3` ({python} or newer)" in readme
    assert f"sys.version_info < ({python.replace('.', ', ')})" in makefile
    assert f"Python {python} or newer" in makefile
    oldest = ".".join(map(str, terraform.OLDEST))
    assert f"({oldest} or newer)" in readme
    assert f"terraform {oldest} or newer" in makefile
    for path in (ROOT / "terraform").rglob("*.tf"):
        assert set(re.findall(r"required_version\s*=\s*(.*)", path.read_text())) <= {f'">= {oldest}"'}, path


@pytest.mark.parametrize(
    ("given", "installs"),
    [
        ((), False),
        (("DATASET=cifar100",), True),
        (("DATASET=my photos.tar.gz",), True),
        (("DATA=build/data/cifar100",), True),
        (("DATASET=cifar100", "RECIPE=small"), False),
        (("RECIPE=pretrained",), True),
    ],
)
def test_the_weights_are_installed_for_the_recipe_that_needs_them(unpacked, given, installs):
    done = make("-C", unpacked, "-n", "train", *given)
    assert done.returncode == 0, done.stderr
    assert (".installed-pretrained" in done.stdout) is installs
    assert ('--recipe="$RECIPE"' in done.stdout) is any("RECIPE" in it for it in given)


def test_a_version_of_the_drawings_is_learned_from_nothing_too(unpacked):
    version = unpacked / "build/data/my local"
    version.mkdir(parents=True)
    for source, installs in (("photos/", True), ("sample", False)):
        info = json.dumps({"classes": ["bicycle"], "source": source}, indent=2)
        (version / "dataset.json").write_text(info)
        done = make("-C", unpacked, "-n", "train", "DATA=build/data/my local")
        assert (".installed-pretrained" in done.stdout) is installs


def test_a_version_is_of_the_data_set_that_is_given_and_else_of_the_live_models(unpacked):
    assert '--otherwise="$DATA"' in make("-C", unpacked, "-n", "dataset").stdout
    assert '--otherwise="$DATA"' in make("-C", unpacked, "-n", "dataset", "DATASET=photos/").stdout
    given = make("-C", unpacked, "-n", "dataset", "DATA=build/data/mine", "EXCLUDE=a,b", "SINCE=30d").stdout
    assert '--data="$DATA"' in given and '--exclude="$EXCLUDE"' in given and '--since="$SINCE"' in given
    assert "--otherwise" not in given and "report.dataset_difference local" in given


@pytest.mark.parametrize(
    ("variables", "flags"), [({}, []), ({"KEEP": "1"}, ["--keep"]), ({"LOOP": "1"}, ["--loop"])]
)
def test_the_demo_is_left_running_and_closes_the_loop_for_who_asks_for_it(unpacked, variables, flags):
    found = program(unpacked / "bin/terraform", """echo '{"terraform_version": "1.11.0"}'""").parent
    done = make("-n", "-C", unpacked, "demo", PATH=f"{found}:{os.environ['PATH']}", **variables)
    assert "operations.demo " in done.stdout
    assert [flag for flag in ("--keep", "--loop") if flag in done.stdout] == flags


def test_every_target_is_explained():
    printed = make("help").stdout
    targets = {
        line.split(":")[1].strip()
        for line in (ROOT / "Makefile").read_text().splitlines()
        if ".PHONY" in line
    }
    explained = {line.split()[0] for line in printed.splitlines() if re.match(r"  \S", line)}
    assert targets == explained


def test_the_help_fits_80_columns_and_is_whole():
    printed = make("help").stdout
    assert max(map(len, printed.splitlines())) <= 80
    texts = re.findall(r"^[a-z]+:.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    words = " ".join(printed.split())
    assert not [text for text in texts if text not in words]
