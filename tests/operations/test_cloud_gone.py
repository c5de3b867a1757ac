"""Ctrl-C in `make cloud` while Terraform works in it: one line says so, at once, and nothing of it is left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from tests.builders import SLOW_TO_APPLY

from localcloud.server import READY
from operations import quiet, workplace

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "scones-gone-tfstate-123456789012"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A local cloud as `make cloud` runs it, and the variables by which commands find it."""
    command = [sys.executable, "-m", "localcloud", "--port", "0", "--log", str(tmp_path / "cloud.log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = READY.match(process.stdout.readline())
        assert ready is not None
        (tmp_path / "none.tfrc").touch()  # no provider, so no mirror of one
        yield process, workplace.variables(ready[1]) | {"TF_CLI_CONFIG_FILE": str(tmp_path / "none.tfrc")}
        process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "terraform/envs").mkdir(parents=True)
    (folder / "terraform/main.tf").write_text(SLOW_TO_APPLY % "touch ../started && sleep 60")
    (folder / "terraform/envs/local.tfvars").write_text('prefix = "scones-gone"\n')
    shutil.copy(ROOT / "terraform/envs/local.s3.tfbackend", folder / "terraform/envs")
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def test_an_apply_says_at_once_that_the_cloud_is_gone_and_leaves_no_file(cloud, project):
    process, variables = cloud
    port = variables["AWS_ENDPOINT_URL"].rpartition(":")[2]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    own |= {**variables, "PYTHONPATH": str(ROOT / "python"), "CLOUD_PORT": port}
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"], **keys)
    s3.create_bucket(Bucket=BUCKET)
    saved = project / "build/terraform/local.tfplan"
    for arguments in (("init",), ("plan", f"-out={saved}")):
        command = [sys.executable, "-m", "operations.terraform", "local", *arguments]
        subprocess.run(command, cwd=project, env=own, check=True, capture_output=True)
    before = set((project / "terraform").rglob("*"))

    make = ["make", "apply", f"BIN={Path(sys.executable).parent}", f"VENV={ROOT}/.venv"]
    make.append(f"--assume-old={ROOT}/.venv/.installed-demo")
    apply = subprocess.Popen(
        make, cwd=project, env=own, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 30
    while not (project / "started").exists():
        assert time.monotonic() < until, apply.communicate(timeout=5)
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = apply.communicate(timeout=30)

    lines = [line for line in err.splitlines() if not line.startswith("make: ***")]
    assert lines == [f"error: {quiet.GONE}"]
    assert apply.returncode != 0
    assert out == ""
    assert set((project / "terraform").rglob("*")) == before
