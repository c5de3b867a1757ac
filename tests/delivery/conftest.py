"""A clone of the project in which `make` runs, a local cloud for it, models that need no training, and a GitHub."""

import base64
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from PIL import Image
from tests.oracles import github_schemas
from tests.waiting import PACE

from delivery import digest
from localcloud import server
from operations import workplace
from training import artefact

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
OF_NO_ENVIRONMENT = ("occasion", "overtake", "watched")
REPOSITORY = "scones-unlimited/driver-routing"
CONSTANT = """
import json
import os

def model_fn(folder):
    return {answer}

def input_fn(body, kind):
    return body

def predict_fn(photo, answer):
    return answer

def output_fn(prediction, accept):
    return json.dumps(prediction)
"""


class Checkout:
    """A clone of what `make` works on. Nothing is installed for it: the environment of the test run serves."""

    def __init__(self, root: Path, variables: dict[str, str]) -> None:
        self.root = root
        self.variables = variables

    def clone(self, root: Path) -> "Checkout":
        subprocess.run(["git", "clone", "-q", self.root, root], check=True)
        return Checkout(root, self.variables)

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def make(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Run make targets, which have to end with this status; answer what they printed."""
        ready = f"--assume-old={VENV}/.installed-demo"
        done = subprocess.run(
            ["make", f"VENV={VENV}", ready, *arguments],
            cwd=self.root,
            env=os.environ | self.variables | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == status, f"make {arguments} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def terraform(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "operations.terraform", *arguments]
        subprocess.run(
            command, cwd=self.root, env=os.environ | self.variables, capture_output=True, check=True
        )

    def review(self, env: str) -> dict[str, Any]:
        return json.loads((self.root / f"build/plans/{env}/review.json").read_text())

    def set(self, env: str, name: str, value: str) -> None:
        """Add a setting to the environment's own file."""
        with (self.root / f"terraform/envs/{env}.tfvars").open("a") as file:
            file.write(f"{name} = {value}\n")


@pytest.fixture(scope="session")
def own_variables() -> Iterator[dict[str, str]]:
    """The variables by which a command finds a local cloud that no other folder of tests uses."""
    with server.running(pace=PACE) as url:
        cloud_port = url.rpartition(":")[2]
        yield workplace.variables(url) | {"CLOUD_PORT": cloud_port, "GITHUB_REPOSITORY": REPOSITORY}


@pytest.fixture(scope="session")
def own_aws(own_variables: dict[str, str]) -> Callable[[str], Any]:
    """Make a client of that local cloud."""
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
    return lambda service: boto3.client(service, endpoint_url=own_variables["AWS_ENDPOINT_URL"], **keys)


@pytest.fixture(scope="session")
def first_checkout(
    own_variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Checkout]:
    """Make a repository of one commit out of the project as it is now."""

    def make(name: str) -> Checkout:
        root = tmp_path_factory.mktemp(name)
        workplace.copy(root)
        for file in ("Makefile", ".gitignore"):
            shutil.copy(ROOT / file, root)
        checkout = Checkout(root, own_variables)
        checkout.git("init", "-q", "-b", "main")
        checkout.commit("First")
        return checkout

    return make


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory, photo: bytes) -> Callable[..., Path]:
    """Pack an artefact whose code always answers the same, or is `code`; its figures are made up for it."""

    def make(answer: tuple[float, float], code: str = CONSTANT, **metrics: Any) -> Path:
        folder = tmp_path_factory.mktemp("artefact")
        golden = {"image": base64.b64encode(photo).decode(), "probabilities": list(answer)}
        contents = {
            "code/inference.py": code.replace("{answer}", str(list(answer))),
            "golden.json": json.dumps(golden),
            "guideline.json": '{"classes": {}}',
            "labels.json": '["bicycle", "motorcycle"]',
            "metrics.json": json.dumps({"test_accuracy": 0.9, "dataset_id": "drawings"} | metrics),
        }
        (folder / "code").mkdir()
        for name in artefact.MEMBERS:
            if name != "code":
                (folder / name).write_text(contents.get(name, "{}"))
        artefact.pack(folder, folder / "model.tar.gz")
        return folder / "model.tar.gz"

    return make


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A picture as small as they come."""
    content = io.BytesIO()
    Image.new("RGB", (1, 1)).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one of the delivery commands, on staging if it is of an environment, in a project that has no more."""
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/staging.tfvars").touch()

    def run(name: str, *options: Any, **variables: str) -> subprocess.CompletedProcess[str]:
        env = () if name in OF_NO_ENVIRONMENT else ("staging",)
        line = [sys.executable, "-m", f"delivery.{name}", *env, *map(str, options)]
        return subprocess.run(line, cwd=tmp_path, env=os.environ | variables, capture_output=True, text=True)

    return run


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., None]:
    """Run git in the test's folder, as somebody."""

    def run(*arguments: str) -> None:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    return run


@dataclass
class GitHub:
    """A server that answers as GitHub's API does: what it is told, and what it was asked."""

    url: str = ""
    answers: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def answer(self, method: str, path: str, body: Any, status: int = 200) -> None:
        """From now on this is the answer; bytes are sent as they are, a text is where to go instead.

        It has to be one that GitHub gives, where its schemas are installed.
        """
        if github_schemas.is_installed() and path[0] != "/" and status < 400:
            faults = github_schemas.answer_faults(method, path, status, body)
            assert not faults, f"GitHub does not answer {method} {path} so: {faults}"
        self.answers[method, path] = (status, body)

    def sent(self, method: str) -> list[tuple[str, Any]]:
        return [(path, body) for how, path, body in self.asked if how == method]


class Handler(BaseHTTPRequestHandler):
    github: GitHub

    def answer(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.removeprefix(f"/repos/{REPOSITORY}/")
        self.github.asked.append((self.command, path, json.loads(content) if content else None))
        self.github.tokens.append(self.headers.get("Authorization"))
        missing = (404, {"message": "Not Found", "status": "404"})
        status, body = self.github.answers.get((self.command, path), missing)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body)
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 the names that http.server asks for

    def log_message(self, *_: Any) -> None:
        """A test's output is for the test."""


@pytest.fixture
def make_github() -> Iterator[Callable[[], GitHub]]:
    servers = []

    def make() -> GitHub:
        github = GitHub()
        handler = type("Handler", (Handler,), {"github": github})
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        github.url = f"http://127.0.0.1:{servers[-1].server_port}"
        return github

    yield make
    for it in servers:
        it.shutdown()
        it.server_close()


@pytest.fixture
def github(make_github: Callable[[], GitHub], monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """GitHub, as a job of this repository finds it."""
    made = make_github()
    for name in ("GITHUB_EVENT_PATH", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "GITHUB_API_URL": made.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_TOKEN": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def attest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Let GitHub's tool find a file attested by certificates with these fields; answer where it notes its arguments.

    A stand-in: what is attested can be verified only where GitHub has signed it.
    """

    def sign(*certificates: dict[str, Any], status: int = 0) -> Path:
        found = [{"verificationResult": {"signature": {"certificate": it}}} for it in certificates]
        folder, noted = tmp_path / "bin", tmp_path / "asked-of-gh"
        folder.mkdir(exist_ok=True)
        (folder / "answer.json").write_text(json.dumps(found))
        (folder / "gh").write_text(
            f'#!/bin/sh\necho "$GH_TOKEN" "$@" >> {noted}\n'
            f'[ {status} = 0 ] || {{ echo "no attestations found" >&2; exit {status}; }}\n'
            f"cat {folder}/answer.json\n"
        )
        (folder / "gh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return noted

    return sign


@pytest.fixture
def make_review() -> Callable[..., dict[str, Any]]:
    """Make a review of staging, whose digest is right, with these parts."""

    def make(**parts: Any) -> dict[str, Any]:
        review = {
            "version": 2,
            "environment": "staging",
            "created": "2026-03-02T12:00:00+00:00",
            "commit": "c0ffee",
            "salt": "salt",
            "configuration": {"main.tf": "11" * 32},
            "variables": {"threshold": 0.93},
            "changes": [],
            "outputs": {},
            "model": None,
            "zips": {"filter": "11" * 32},
            "lock": {"aws": {"version": "5.100.0", "hashes": ["h1:a"]}},
            "allowed": [],
            "refused": [],
            "cost": {"before": {"endpoint": 0.0}, "after": {"endpoint": 0.0}},
        } | parts
        return review | {"digest": digest.digest(review)}

    return make


@pytest.fixture
def make_change() -> Callable[..., dict[str, Any]]:
    """Make one resource's change as `delivery.plan` gives it."""

    def make(
        address: str, *actions: str, before: Any = None, after: Any = None, **parts: Any
    ) -> dict[str, Any]:
        return {
            "address": address,
            "type": address.split(".")[-2],
            "provider": "registry.terraform.io/hashicorp/aws",
            "importing": None,
            "moved_from": None,
            "expressions": {},
            "actions": list(actions),
            "before": before,
            "after": after,
            "after_unknown": {},
            "replace_paths": [],
        } | parts

    return make
