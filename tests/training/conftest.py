"""AWS as moto serves it, a project folder to run commands in, and archives."""

import io
import pickle
import subprocess
import sys

import boto3
import numpy as np
import pytest
import requests
from moto.server import ThreadedMotoServer
from PIL import Image
from tests.builders import pack

BUCKET = "scones-local-123456789012"


@pytest.fixture(scope="session")
def moto_url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(moto_url, monkeypatch):
    """The bucket of the environment `local`, in an AWS that is otherwise empty."""
    requests.post(f"{moto_url}/moto-api/reset", timeout=10)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    return BUCKET


@pytest.fixture
def project(tmp_path):
    """The root of a project with the environments local and prod."""
    (tmp_path / "terraform/envs").mkdir(parents=True)
    for env in ("local", "prod"):
        (tmp_path / f"terraform/envs/{env}.tfvars").touch()
    return tmp_path


@pytest.fixture
def command(project):
    """Run one of the training commands as a user does, at the project's root."""

    def run(module, *flags):
        return subprocess.run(
            [sys.executable, "-m", f"training.{module}", *map(str, flags)],
            cwd=project,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture(scope="session")
def cifar():
    """Make the bytes of an archive in CIFAR-100's layout, with 3 apples, 20 bicycles, 20 motorcycles and 3 trains in
    each part; `changes` replace what a part holds, as in cifar(train={b"filenames": []})."""

    def make(protocol=2, train=(), test=(), meta=()):
        labels = [0] * 3 + [1] * 20 + [2] * 20 + [3] * 3
        contents = {
            "meta": {b"fine_label_names": [b"apple", b"bicycle", b"motorcycle", b"train"], **dict(meta)}
        }
        for seed, (part, changes) in enumerate({"train": train, "test": test}.items()):
            contents[part] = {
                b"data": np.random.default_rng(seed).integers(0, 256, (len(labels), 3072), dtype=np.uint8),
                b"fine_labels": labels,
                b"filenames": [f"bike_s_{row:06}.png".encode() for row in range(len(labels))],
                **dict(changes),
            }
        return pack({f"cifar-100-python/{part}": pickle.dumps(c, protocol) for part, c in contents.items()})

    return make


@pytest.fixture(scope="session")
def photo():
    """A PNG as small as they come."""
    content = io.BytesIO()
    Image.new("RGB", (1, 1)).save(content, "PNG")
    return content.getvalue()
