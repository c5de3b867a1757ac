"""The zips that Terraform deploys: built as a user builds them, then opened and imported as Lambda does."""

import importlib.metadata
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from tests.builders import captured

from operations import package as packaging
from operations import wheels, zips

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "python"
CONTRACT = [
    "core/__init__.py",
    *(f"core/contract/{name}.py" for name in ("__init__", "errors", "events", "shapes")),
]
IMAGES = ["core/contract/images.py", "core/network_faults.py", "lambdas/reading.py"]
CONTENTS = {
    "serialize": [
        *CONTRACT,
        *IMAGES,
        "core/contract/answer_kinds.py",
        "core/contract/register.py",
        "lambdas/__init__.py",
        "lambdas/log_line.py",
        "lambdas/logged.py",
        "lambdas/naming.py",
        "lambdas/serialize.py",
    ],
    "classify": [
        *CONTRACT,
        *IMAGES,
        "core/contract/answer_kinds.py",
        "core/contract/unlike.py",
        "lambdas/__init__.py",
        "lambdas/classify.py",
        "lambdas/log_line.py",
        "lambdas/logged.py",
    ],
    "filter": [
        *CONTRACT,
        "core/contract/decision.py",
        "core/contract/unlike.py",
        "lambdas/__init__.py",
        "lambdas/filter.py",
        "lambdas/log_line.py",
        "lambdas/logged.py",
    ],
    "sweep": [
        "core/__init__.py",
        "core/contract/__init__.py",
        "core/contract/register.py",
        "core/contract/shapes.py",
        "lambdas/__init__.py",
        "lambdas/archive_photos.py",
        "lambdas/drain.py",
        "lambdas/log_line.py",
        "lambdas/open_photos.py",
        "lambdas/stopped.py",
        "lambdas/sweep.py",
        "lambdas/waits.py",
    ],
}
NAMES = list(CONTENTS)
BUCKET = "scones-packed-monitor"
ARM64 = 183  # in an ELF file's header
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six.py")


def package(
    sources: Path, target: Path, umask: int = 0o022, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "operations.package", "--out", str(target)]
    variables = os.environ | (environment or {})
    return subprocess.run(command, cwd=sources, umask=umask, env=variables, capture_output=True, text=True)


@pytest.fixture
def checkout(tmp_path):
    """The project's code in another folder, without the wheels."""
    copy = tmp_path / "somewhere" / "else"
    shutil.copytree(PYTHON, copy / "python", ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def loaded_by(module: str, path: Path) -> set[str]:
    """What a fresh interpreter has loaded after this one import, without the standard library."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    code = f"import sys; sys.path.insert(0, {str(path)!r}); {code}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) - sys.stdlib_module_names


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambdas")
    done = package(PYTHON, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_function_that_terraform_deploys_is_zipped_and_no_other():
    text = (ROOT / "terraform/functions.tf").read_text()
    (table,) = re.findall(r"^  functions = {\n(.*?)^  }", text, re.M | re.S)
    assert sorted(re.findall(r"^    (\w+) = {", table, re.M)) == sorted(packaging.FUNCTIONS)


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_holds_its_handler_and_what_that_needs_and_is_small(built, name):
    with zipfile.ZipFile(built / f"{name}.zip") as archive:
        assert archive.namelist() == sorted(CONTENTS[name])
        assert all(archive.read(file) == (PYTHON / file).read_bytes() for file in CONTENTS[name])
        # Lambda reads the files as another user than their owner.
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    assert (built / f"{name}.zip").stat().st_size < 25_000


def test_another_checkout_on_another_day_gives_the_same_bytes(built, checkout, tmp_path):
    shutil.copytree(wheels.FOLDER, checkout / "build" / "wheels")
    sources = checkout / "python"
    long_ago = time.time() - 10 * 365 * 24 * 3600
    for path in checkout.rglob("*.py"):
        os.utime(path, (long_ago, long_ago))
        path.chmod(0o700)

    done = package(sources, tmp_path / "zips", umask=0o077)
    assert done.returncode == 0, done.stderr
    for name in packaging.FUNCTIONS:
        assert (tmp_path / "zips" / f"{name}.zip").read_bytes() == (built / f"{name}.zip").read_bytes()

    assert (tmp_path / "zips" / "built-for.txt").read_text() == "arm64 python3.13\n"

    with (sources / "core/contract/errors.py").open("a") as file:  # the copy was what was packed
        file.write("# changed\n")
    package(sources, tmp_path / "zips")
    assert (tmp_path / "zips" / "filter.zip").read_bytes() != (built / "filter.zip").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_works_on_its_own_without_a_setting_or_a_region(built, name):
    path = str(built / f"{name}.zip")
    code = f"import sys; sys.path.insert(0, {path!r}); import lambdas.{name} as it; print(it.handler)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], env={}, cwd=built, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("<function handler")


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_start_loads_boto3_and_the_zip_and_nothing_else(built, name):
    assert loaded_by(f"lambdas.{name}", built / f"{name}.zip") <= loaded_by("boto3", built) | {
        "core",
        "lambdas",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_start_makes_no_client(built, name):
    """Which takes as long again as the import: that waits for the first use."""
    code = f"import sys; sys.path.insert(0, {str(built / f'{name}.zip')!r}); import lambdas.{name}"
    code += "; import boto3; assert boto3.DEFAULT_SESSION is None"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "taken").write_text("I am a file.")
    done = package(PYTHON, tmp_path / "taken")
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'taken'}: File exists: name another folder with --out\n"


def test_the_monitor_brings_its_packages_for_lambdas_processor(built):
    path = built / "monitor.zip"
    assert path.stat().st_size < 50_000_000  # what Lambda takes without a detour through S3
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert sum(entry.file_size for entry in archive.infolist()) < 250 * 1024 * 1024
        names = archive.namelist()
        libraries = [name for name in names if ".so" in Path(name).name]
        machines = {struct.unpack_from("<H", archive.read(name), 18)[0] for name in libraries}
    assert (len(libraries) > 20, machines) == (True, {ARM64})
    assert all("cpython-313" in name for name in libraries if "cpython" in name)
    assert {
        "lambdas/monitor.py",
        "core/contract/events.py",
        "monitoring/watch.py",
        "core/figures/scores.py",
    } < set(names)
    assert [name for name in names if name.startswith("pillow-") and "/licenses/" in name]
    assert not [name for name in names if "/tests/" in name or name.endswith((".pyi", ".h", "/"))]


def test_the_api_brings_its_calls_and_msgspec_for_lambdas_processor(built):
    path = built / "api.zip"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pages = sum(
            it.file_size for it in archive.infolist() if it.filename.startswith("lambdas/console/files/")
        )
        assert path.stat().st_size - pages < 400_000  # how large the pages may be is in their own test
        (library,) = [name for name in names if ".so" in Path(name).name]
        assert struct.unpack_from("<H", archive.read(library), 18) == (ARM64,)
    assert "cpython-313" in library
    brought = {name.split("/")[0] for name in names} - {"core", "lambdas"}
    assert {name.split("-")[0] for name in brought} == {"msgspec"}
    calls = {file.relative_to(PYTHON).as_posix() for file in (PYTHON / "lambdas/calls").glob("*.py")}
    # The description is made in the checkout: no call needs it.
    assert calls - set(names) == {"lambdas/calls/api_description.py"}
    files = {file.relative_to(PYTHON).as_posix() for file in (PYTHON / "lambdas/console/files").iterdir()}
    assert files == {name for name in names if name.startswith("lambdas/console/files/")}


def test_what_the_api_is_packed_with_is_all_that_it_needs_and_its_cold_start_makes_no_client(
    tmp_path, monkeypatch
):
    """Built for this machine's Python, it is there with nothing else but boto3, as Lambda has it."""
    here = [installed_wheel(name, tmp_path) for name in wheels.BROUGHT_BY["api"]]
    monkeypatch.setattr(wheels, "fetch", lambda _architecture, _names: here)
    (tmp_path / "api.zip").write_bytes(zips.pack(packaging.contents("api", "arm64")))
    shutil.unpack_archive(tmp_path / "api.zip", tmp_path / "task")
    link_boto3(tmp_path / "runtime")
    code = f"import sys; sys.path += [{str(tmp_path / 'task')!r}, {str(tmp_path / 'runtime')!r}]"
    code += "; import lambdas.api, boto3; assert boto3.DEFAULT_SESSION is None"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


def link_boto3(runtime: Path) -> None:
    """Into a folder of its own."""
    runtime.mkdir()
    for name in BOTO3:
        (runtime / name).symlink_to(str(importlib.metadata.distribution("boto3").locate_file(name)))


def photo(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(buffer, kind)
    return buffer.getvalue()


def installed_wheel(name: str, folder: Path) -> Path:
    """A wheel of what is installed: the same version, for this machine's Python."""
    distribution = importlib.metadata.distribution(name)
    files = [file for file in distribution.files or [] if not {"..", "__pycache__"} & set(file.parts)]
    wheel = folder / f"{name}.whl"
    wheel.write_bytes(zips.pack(zips.store(file.as_posix(), file.read_binary()) for file in files))
    return wheel


def test_what_the_monitor_is_packed_with_is_all_that_it_needs(tmp_path, monkeypatch, aws, cloud_variables):
    """Built for this machine's Python, it runs to its end with nothing else but boto3, as Lambda has it."""
    here = [installed_wheel(name, tmp_path) for name in wheels.BROUGHT_BY["monitor"]]
    monkeypatch.setattr(wheels, "fetch", lambda _architecture, _names: here)
    (tmp_path / "monitor.zip").write_bytes(zips.pack(packaging.contents("monitor", "arm64")))
    shutil.unpack_archive(tmp_path / "monitor.zip", tmp_path / "task")
    link_boto3(tmp_path / "runtime")

    s3 = aws("s3")
    s3.create_bucket(Bucket=BUCKET)
    photos = [photo("PNG"), photo("JPEG"), b"no photo"]
    s3.put_object(
        Bucket=BUCKET,
        Key="captures/0123456789abcdef/ep/AllTraffic/2024/10/15/13/05-12-000-1.jsonl",
        Body=b"".join(captured("2024-10-15T13:05:12Z", image=image) for image in photos),
    )
    settings = {
        "BUCKET": BUCKET,
        "ENDPOINT_NAME": "ep",
        "MODEL": "0123456789abcdef",
        "NAMESPACE": "Scones/packed",
    }
    code = (
        f"import sys; sys.path += [{str(tmp_path / 'task')!r}, {str(tmp_path / 'runtime')!r}]\n"
        "import types\nfrom lambdas import monitor\n"
        "context = types.SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000)\n"
        "monitor.handler({'scheduled': '2024-10-15T14:20:00Z'}, context)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env=cloud_variables | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    key = "results/monitor/ep/0123456789abcdef/2024/10/15/130000.json"
    result = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert (result["records"], result["undecodable_images"]) == (3, 1)


def test_packages_are_those_of_the_environment_and_of_terraforms_defaults():
    wanted = wheels.read(wheels.REQUIREMENTS.read_text())
    constraints = wheels.read((ROOT / "constraints.txt").read_text())
    assert sorted(name for name, _ in wanted) == sorted(wheels.PACKAGES)
    assert wanted.keys() <= constraints.keys()
    locked = wheels.versions((ROOT / "constraints.txt").read_text())
    assert wanted.keys() == {(name, locked[name]) for name in wheels.PACKAGES}
    assert all(len(hashes) == len(wheels.MACHINES) for hashes in wanted.values())
    variables = (ROOT / "terraform" / "variables.tf").read_text()
    default = dict(re.findall(r'(architecture|runtime)\s*= optional\(string, "(.*?)"\)', variables))
    assert default == {"architecture": packaging.ARCHITECTURE, "runtime": f"python{wheels.PYTHON}"}


@pytest.mark.parametrize("damaged", [False, True], ids=["no wheels", "a damaged wheel"])
def test_without_the_package_index_it_says_so_in_one_line(checkout, tmp_path, damaged):
    if damaged:
        shutil.copytree(wheels.FOLDER, checkout / "build" / "wheels")
        for wheel in (checkout / "build" / "wheels").glob("numpy-*.whl"):
            wheel.write_bytes(wheel.read_bytes()[:-1])
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = package(checkout / "python", tmp_path / "zips", environment=nowhere)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: msgspec, numpy, pillow for aarch64 cannot be fetched (pip says: Could not find"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "zips").exists()
