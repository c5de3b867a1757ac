"""A folder in which make works on the project, and a local cloud in which nobody has made anything."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localcloud import server
from operations import workplace

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
READY = [f"--assume-old={VENV}/.installed-{name}" for name in ("demo", "deploy", "pretrained", "sagemaker")]

# Environments that somebody has made.
SETTINGS = {
    "unknown": 'environment = "unknown"\nprefix = "scones"\ntreshold = 0.5\n',
    "nested": 'environment = "nested"\nprefix = "scones"\nfleet = { min_instance = 2 }\n',
}

Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def new_cloud() -> Iterator[str]:
    with server.running() as url:
        yield url.rpartition(":")[2]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    workplace.copy(folder)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "photo.webp").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    (folder / "text.png").write_bytes(b"text")
    for name in ("empty folder", "no photos", "photos"):
        (folder / name).mkdir()
    (folder / "no photos/list.txt").write_text("scones, butter, jam")
    shutil.copy(folder / "photo.png", folder / "photos")
    for name in ("one class/car", "classes/car", "classes/Fire Truck"):
        (folder / name).mkdir(parents=True)
        shutil.copy(folder / "photo.png", folder / name)
    (folder / "list.csv").write_text("file,kind\nphoto.png,car\n")
    for name, text in SETTINGS.items():
        (folder / f"terraform/envs/{name}.tfvars").write_text(text)
    return folder


@pytest.fixture(scope="session")
def make(project: Path, new_cloud: str) -> Make:
    """Run make in that folder, with that cloud as the local one; AWS itself is out of reach."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        names = (
            "AWS_",
            "GITHUB_",
            "TF_",
            "MAKEFLAGS",
            "ONLY",
        )  # the last two of the make that runs the tests
        own = {name: value for name, value in os.environ.items() if not name.startswith(names)}
        nowhere = {
            "AWS_CONFIG_FILE": "/nowhere",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
            "CLOUD_PORT": new_cloud,
            "PYTHONPATH": str(ROOT / "python"),
        }
        return subprocess.run(
            ["make", f"VENV={VENV}", *READY, *arguments],
            cwd=project,
            env=own | nowhere | variables,
            capture_output=True,
            text=True,
        )

    return run
