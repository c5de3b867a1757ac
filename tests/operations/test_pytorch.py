"""Where PyTorch comes from: made indexes on loopback, and pip itself in an environment of its own."""

import base64
import hashlib
import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations import pytorch

VERSION = pytorch.pinned()
PYTHON = f"cp{sys.version_info.major}{sys.version_info.minor}"
TAG = f"{PYTHON}-{PYTHON}-linux_{os.uname().machine}"
BUILD = f"{VERSION}+cpu"
NOWHERE = "http://127.0.0.1:1/nowhere"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the plain build is for the CPU")


def wheel(folder: Path, version: str, package: str = "torch", tag: str = TAG) -> Path:
    """A wheel with nothing but its name, that asks for another package as PyTorch does."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-{version}-{tag}.whl"
    about = f"{package}-{version}.dist-info"
    files = {
        f"{package}/__init__.py": f"__version__ = '{version}'\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\nRequires-Dist: filelock\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (files | {f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}).items():
            archive.writestr(name, text)
    return path


class Index:
    """A package index on loopback that writes down what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, list[str]()
        index = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments) -> None:
                super().__init__(*arguments, directory=str(folder))

            def log_request(self, *_) -> None:
                index.asked.append(f"{self.command} {self.path}")

            def log_message(self, *_) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def offer(self, path: Path, sha256: str | None = None) -> None:
        """Link the wheel in its package's page as PyTorch's index does, from beside that page."""
        page = self.folder / path.name.partition("-")[0] / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        digest = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
        link = f'<a href="../{path.name.replace("+", "%2B")}#sha256={digest}">{path.name}</a><br/>\n'
        page.write_text((page.read_text() if page.exists() else "<!DOCTYPE html>\n") + link)
        if path.parent != self.folder:
            shutil.copy(path, self.folder)


@pytest.fixture
def make_index(tmp_path: Path) -> Iterator[Callable[[str], Index]]:
    made = []

    def make(name: str) -> Index:
        (tmp_path / name).mkdir()
        made.append(Index(tmp_path / name))
        return made[-1]

    yield make
    for index in made:
        index.server.shutdown()
        index.server.server_close()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment as `make` makes it, before anything is installed."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def told(environment: Path, make_index: Callable[[str], Index]) -> Iterator[dict[str, str]]:
    """What pip is told: an index of everything, which is on loopback and has nothing yet."""
    everything = make_index("everything")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTORCH_"))}
    yield kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": everything.url, "PYTORCH_INDEX": NOWHERE}
    for path in environment.glob("lib/python*/site-packages/torch*"):
        shutil.rmtree(path)


def run(environment: Path, told: dict[str, str], *arguments: str) -> str:
    """Run it as the Makefile does; answer its one line."""
    command: list[str | Path] = [environment / "bin/python", "-I", pytorch.__file__, *arguments]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout


def version_in(environment: Path) -> str | None:
    code = "from importlib.metadata import version; print(version('torch'))"
    done = subprocess.run([environment / "bin/python", "-I", "-c", code], capture_output=True, text=True)
    return done.stdout.strip() or None


def test_it_comes_from_pytorchs_index_and_nothing_else_does(tmp_path, environment, told, make_index):
    own, other = make_index("own"), make_index("other")
    for tag in (f"cp39-cp39-linux_{os.uname().machine}", f"{PYTHON}-{PYTHON}-win_amd64", TAG):
        own.offer(wheel(tmp_path / "built", BUILD, tag=tag))
    own.offer(wheel(tmp_path / "built", "99", "filelock", tag="py3-none-any"))
    other.offer(wheel(tmp_path / "built", "99"))
    line = run(environment, told | {"PYTORCH_INDEX": own.url, "PIP_EXTRA_INDEX_URL": other.url})
    assert line == f"PyTorch {VERSION}: from {own.url}, the build for the CPU, 0 MB\n"
    assert version_in(environment) == BUILD
    assert {it.split()[1] for it in own.asked} == {"/torch/", f"/torch-{VERSION}%2Bcpu-{TAG}.whl"}
    assert other.asked == []


def test_the_install_that_follows_keeps_it(tmp_path, environment, told, make_index):
    own, other = make_index("own"), make_index("other")
    own.offer(wheel(tmp_path / "built", BUILD))
    other.offer(wheel(tmp_path / "built", VERSION))
    other.offer(wheel(tmp_path / "built", "3", "filelock", tag="py3-none-any"))
    run(environment, told | {"PYTORCH_INDEX": own.url})
    pip = [environment / "bin/pip", "install", "--quiet", "--dry-run", "--report", tmp_path / "report.json"]
    subprocess.run([*pip, f"torch=={VERSION}"], env=told | {"PIP_INDEX_URL": other.url}, check=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert [it["metadata"]["name"] for it in report["install"]] == ["filelock"]


def test_where_the_index_cannot_be_reached_pip_looks_where_it_is_told_to(tmp_path, environment, told):
    found = told | {"PIP_FIND_LINKS": str(wheel(tmp_path / "wheels", BUILD).parent)}
    line = run(environment, found)
    assert line == (
        f"PyTorch {VERSION}: {NOWHERE} cannot be reached (Connection refused): "
        "from index-url and find-links, the build for the CPU\n"
    )
    assert version_in(environment) is None


def test_what_the_plain_build_brings_is_said_before_it_comes(tmp_path, environment, told, make_index):
    other = make_index("other")
    other.offer(wheel(tmp_path / "built", VERSION))
    line = run(environment, told | {"PIP_INDEX_URL": other.url})
    assert line.endswith(f"the plain build, with CUDA packages that nobody here uses: {pytorch.PLAIN}\n")


@pytest.fixture(params=["headers", "page"])
def slow(request) -> Iterator[str]:
    """A server that sends a byte now and then, so that no read of it takes long, and the whole takes for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if request.param == "page" else b"X-Slow: "))
            try:
                while not over.wait(0.05):
                    connection.sendall(b"a")
            except OSError:
                pass

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    thread.join()
    listener.close()


def test_a_slow_index_is_given_up(environment, told, slow):
    began = time.monotonic()
    line = run(environment, told | {"PYTORCH_INDEX": slow}, "--seconds", "0.5")
    assert f"{slow} does not answer within 0.5 s: from index-url, " in line
    assert time.monotonic() - began < 20  # pip is asked, too: without a limit it would never end


def test_an_index_without_this_version_is_passed_over(tmp_path, environment, told, make_index):
    own = make_index("own")
    own.offer(wheel(tmp_path / "built", "1.0+cpu"))
    own.offer(wheel(tmp_path / "built", f"{VERSION}+cu130"))
    line = run(environment, told | {"PYTORCH_INDEX": own.url})
    assert f"{own.url} has no build of {VERSION} for this Python: from index-url, if it is there" in line
    assert version_in(environment) is None


def test_a_page_whose_wheel_is_not_given_out_is_passed_over(tmp_path, environment, told, make_index):
    own = make_index("own")
    own.offer(wheel(tmp_path / "built", BUILD))
    next(own.folder.glob("*.whl")).unlink()
    assert f"{own.url} answers 404: from " in run(environment, told | {"PYTORCH_INDEX": own.url})


def test_a_wheel_without_the_hash_that_its_page_says_is_not_installed(
    tmp_path, environment, told, make_index
):
    own = make_index("own")
    own.offer(wheel(tmp_path / "built", BUILD), sha256="0" * 64)
    line = run(environment, told | {"PYTORCH_INDEX": own.url})
    assert "has a build for the CPU that pip cannot install: from index-url, " in line
    assert version_in(environment) is None


def test_where_pip_is_told_to_ask_no_index_nobody_is_asked(tmp_path, environment, told, make_index):
    own = make_index("own")
    own.offer(wheel(tmp_path / "built", BUILD))
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "built"), "PYTORCH_INDEX": own.url}
    line = run(environment, told | offline)
    assert f"{own.url} is not asked, as pip is told to ask no index: from " in line
    assert line.endswith("find-links, the build for the CPU\n")
    assert own.asked == []


def test_where_pip_is_told_to_look_nowhere_at_all_it_says_so(environment, told):
    line = run(environment, told | {"PIP_NO_INDEX": "1", "PIP_INDEX_URL": "https://localhost:1/simple"})
    assert line.endswith("as pip is told to ask no index: from nowhere: set PIP_FIND_LINKS\n")


def test_an_index_that_is_no_address_is_passed_over_in_the_same_line(environment, told):
    for wrong in ("nowhere", "http://["):
        assert f"PyTorch {VERSION}: {wrong} cannot be reached (" in run(
            environment, told | {"PYTORCH_INDEX": wrong}
        )


def test_what_is_here_already_is_kept_without_a_word(tmp_path, environment, told):
    pip = [environment / "bin/pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, wheel(tmp_path / "built", VERSION)], env=told, check=True)
    assert run(environment, told) == ""
    assert version_in(environment) == VERSION


def test_what_is_shown_has_no_password(environment, told):
    secret = "somebody:secret@"
    hidden = {
        "PYTORCH_INDEX": NOWHERE.replace("//", f"//{secret}"),
        "PIP_EXTRA_INDEX_URL": f"http://{secret}127.0.0.1:1",
    }
    line = run(environment, told | hidden)
    assert line.startswith(f"PyTorch {VERSION}: {NOWHERE} ")
    assert "secret" not in line


def test_a_proxy_and_certificates_that_pip_is_told_are_used_here_too(tmp_path, make_index):
    proxy = make_index("proxy")
    settings = {"proxy": proxy.url}
    with pytest.raises(pytorch.NotFromThere, match="answers 404"):
        pytorch.find("http://index.example", VERSION, settings, 5)
    assert proxy.asked == ["GET http://index.example/torch/"]
    with pytest.raises(pytorch.NotFromThere, match=r"cannot be reached \(No such file"):
        pytorch.find("https://index.example", VERSION, {"cert": str(tmp_path / "none.pem")}, 5)


def test_what_the_page_says_of_pytorch_is_what_make_says():
    page = " ".join((pytorch.ROOT / "docs/install.md").read_text().split())
    assert pytorch.PLAIN in page
    assert f"<{pytorch.INDEX}>" in page
    assert f"PyTorch {pytorch.pinned()}" in page, (
        "measure what the plain build brings anew, here and in pytorch.py"
    )
