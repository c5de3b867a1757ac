"""The zips that Terraform deploys: built as a user builds them, then opened and imported as Lambda does."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[2] / "python"
CONTENTS = {
    "serialize": ["common.py", "images.py", "serialize.py"],
    "classify": ["classify.py", "common.py", "images.py"],
    "filter": ["common.py", "filter.py"],
}
NAMES = list(CONTENTS)


def package(sources: Path, target: Path, umask: int = 0o022) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations.package", "--out", target]
    return subprocess.run(command, cwd=sources, umask=umask, capture_output=True, text=True)


def cpu_seconds_to_import(module: str, path: Path) -> float:
    """In a fresh interpreter, with nothing compiled beforehand."""
    code = f"import sys, time; sys.path.insert(0, {str(path)!r}); import {module}; print(time.process_time())"
    return float(subprocess.check_output([sys.executable, "-I", "-B", "-c", code]))


@pytest.fixture(scope="module")
def zips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambdas")
    done = package(PYTHON, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_holds_its_handler_and_what_that_needs_and_is_small(zips, name):
    with zipfile.ZipFile(zips / f"{name}.zip") as archive:
        assert archive.namelist() == CONTENTS[name]
        assert all(archive.read(file) == (PYTHON / "lambdas" / file).read_bytes() for file in CONTENTS[name])
        # Lambda reads the files as another user than their owner.
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    assert (zips / f"{name}.zip").stat().st_size < 20_000


def test_another_checkout_on_another_day_gives_the_same_bytes(zips, tmp_path):
    checkout = tmp_path / "somewhere" / "else"
    shutil.copytree(PYTHON / "lambdas", checkout / "lambdas")
    shutil.copytree(PYTHON / "operations", checkout / "operations")
    shutil.copy(PYTHON / "console.py", checkout)
    long_ago = time.time() - 10 * 365 * 24 * 3600
    for path in checkout.rglob("*.py"):
        os.utime(path, (long_ago, long_ago))
        path.chmod(0o700)

    done = package(checkout, tmp_path / "zips", umask=0o077)
    assert done.returncode == 0, done.stderr
    for name in NAMES:
        assert (tmp_path / "zips" / f"{name}.zip").read_bytes() == (zips / f"{name}.zip").read_bytes()

    with (checkout / "lambdas" / "common.py").open("a") as file:  # the copy was what was packed
        file.write("# changed\n")
    package(checkout, tmp_path / "zips")
    assert (tmp_path / "zips" / "filter.zip").read_bytes() != (zips / "filter.zip").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_works_on_its_own_without_a_setting_or_a_region(zips, name):
    code = (
        f"import sys; sys.path.insert(0, {str(zips / f'{name}.zip')!r}); import {name}; print({name}.handler)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], env={}, cwd=zips, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("<function handler")


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_import_takes_at_most_a_fifth_more_than_that_of_boto3(zips, name):
    rounds = [
        (cpu_seconds_to_import("boto3", zips), cpu_seconds_to_import(name, zips / f"{name}.zip"))
        for _ in range(5)
    ]
    boto3, handler = (min(times) for times in zip(*rounds, strict=True))
    assert handler <= 1.2 * boto3


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "taken").write_text("I am a file.")
    done = package(PYTHON, tmp_path / "taken")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'taken'}: File exists: name another folder with --out\n"
