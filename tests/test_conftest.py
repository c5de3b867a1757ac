"""The tests leave a user's files alone: a run that changes one of them below build/ fails, and says which."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
from pathlib import Path
BUILD = Path(__file__).parents[2] / "build"

def test_write():
    {}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the rules of this one, and a user's report."""
    (tmp_path / "tests/some").mkdir(parents=True)
    for name in ("conftest.py", "waiting.py"):
        shutil.copy(Path(__file__).with_name(name), tmp_path / "tests")
    for name in (
        "demo/report.html",
        "model.tar.gz",
        "lambdas/filter.zip",
        "wheels/numpy.whl",
        "localcloud.log",
    ):
        (tmp_path / "build" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / name).write_text("made by make")
    return tmp_path


def run(project: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    (project / "tests/some/test_some.py").write_text(TEST.format(test))
    quick = ("-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", str(project))
    command = [sys.executable, "-m", "pytest", *quick, *options, "tests"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


EVERYTHING = """
    (BUILD / "demo/report.html").write_text("made by make")  # the same again
    (BUILD / "model.tar.gz").unlink()
    for number in range(5):
        (BUILD / f"new-{number}.json").touch()
"""


def test_a_run_that_removes_makes_or_writes_a_file_again_fails_and_names_the_first(project: Path) -> None:
    done = run(project, EVERYTHING.strip())
    assert (done.returncode, "1 passed" in done.stdout) == (1, True), done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("error: ")]
    named = ["demo/report.html", "model.tar.gz", "new-0.json", "new-1.json", "new-2.json"]
    names = ", ".join(f"build/{name}" for name in named)
    assert line == f"error: while the tests ran, files changed: {names} and 2 more"


def test_a_run_by_several_workers_is_looked_at_as_a_whole(project: Path) -> None:
    done = run(project, '(BUILD / "demo/report.html").write_text("by a test")', "--numprocesses", "1")
    assert (done.returncode, "1 passed" in done.stdout) == (1, True), done.stdout
    assert done.stdout.count("error: while the tests ran, files changed: build/demo/report.html\n") == 1


def test_what_make_package_makes_may_be_made_again(project: Path) -> None:
    done = run(project, '[(BUILD / name).touch() for name in ("lambdas/filter.zip", "wheels/numpy.whl")]')
    assert (done.returncode, "error: " in done.stdout) == (0, False), done.stdout


def test_a_project_in_which_nothing_was_made_yet_is_no_trouble(project: Path) -> None:
    shutil.rmtree(project / "build")
    assert run(project, "pass").returncode == 0
