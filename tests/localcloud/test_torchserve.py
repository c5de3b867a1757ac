"""TorchServe with AWS's handler, as SageMaker's PyTorch container runs it, agrees with the local model server.

It needs Java 11 or newer and 45 MB, and half a minute, so it is left out unless it is asked for:

    apt-get install default-jre-headless
    .venv/bin/pip install --no-deps --target .venv/torchserve torchserve==0.12.0
    make test ONLY=localcloud ARGS="-m torchserve"
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path

import pytest
from tests.localcloud.model_requests import (
    REQUESTS,
    TOO_MANY_BYTES,
    name_headers,
    without_frames,
    write_artefact,
)
from tests.localcloud.served import HOST, Served, asking

from training.inference import ATTRIBUTES

pytestmark = pytest.mark.torchserve

INSTALLED = Path(sys.prefix) / "torchserve"
START = "from ts.model_server import start; start()"
HANDLER = "sagemaker_pytorch_serving_container.handler_service"
START_SECONDS = 120
# What the toolkit adds to its own defaults; the local server loads one model and has no port for metrics.
SETTINGS = """
default_response_timeout=60
default_workers_per_model=1
inference_address=http://127.0.0.1:{port}
management_address=http://127.0.0.1:{port}
metrics_address=http://127.0.0.1:{metrics}
default_service_handler={handler}:handle
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """What is /opt/ml in the container."""
    folder = tmp_path_factory.mktemp("opt-ml")
    (folder / "model").mkdir()
    write_artefact(folder / "model")
    return folder


@pytest.fixture(scope="module")
def ask_torchserve(base) -> Iterator[Callable[..., Served]]:
    if not (INSTALLED / "ts").is_dir() or not shutil.which("java"):
        pytest.skip("TorchServe or Java is not installed: the first lines of this file say how")
    port, metrics = find_ports(2)
    etc = Path(find_toolkit(), "etc")
    settings = SETTINGS.format(port=port, metrics=metrics, handler=HANDLER)
    (base / "ts.properties").write_text((etc / "default-ts.properties").read_text() + settings)
    (base / "models").mkdir()
    options = {"model-store": "models", "ts-config": "ts.properties", "log-config": etc / "log4j2.xml"}
    process = subprocess.Popen(
        [sys.executable, "-c", START, "--start", "--foreground"]
        + [str(part) for name, value in options.items() for part in (f"--{name}", value)]
        + ["--models", f"model={base / 'model'}"],
        cwd=base,
        env=os.environ
        | {
            "PYTHONPATH": os.pathsep.join(map(str, (base / "model/code", INSTALLED))),
            "SAGEMAKER_BASE_PATH": str(base),
            "TMPDIR": str(base),
        },
        stdout=(base / "log").open("wb"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        ask = asking(port)
        wait_for_worker(ask, process)
        yield ask
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def wait_for_worker(ask: Callable[..., Served], process: subprocess.Popen) -> None:
    """TorchServe is healthy before its model is there; then it answers a request."""
    body, content_type, accept = REQUESTS["a png"]
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "TorchServe ended, see its log"
        with contextlib.suppress(OSError):
            if ask("POST", "/invocations", body, **name_headers(content_type, accept)).status == 200:
                return
        time.sleep(0.5)
    raise AssertionError(f"TorchServe has not answered within {START_SECONDS} s")


def find_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server((HOST, 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


def find_toolkit() -> str:
    """Where AWS's toolkit is, without importing it."""
    spec = util.find_spec("sagemaker_pytorch_serving_container")
    assert spec and spec.submodule_search_locations
    return spec.submodule_search_locations[0]


def test_it_agrees_on_every_request(base, ask_torchserve, serve, subtests):
    ask_here, statuses = serve(base / "model"), set()
    for name, (body, content_type, accept) in REQUESTS.items():
        headers = name_headers(content_type, accept)
        expected = ask_torchserve("POST", "/invocations", body, **headers)
        served = ask_here("POST", "/invocations", body, **headers)
        with subtests.test(name):
            assert (served.status, served.content_type) == (expected.status, expected.content_type)
            assert served.attributes == expected.attributes
            assert without_frames(served.body) == without_frames(expected.body)
            if served.status != 200:
                assert served.phrase == expected.phrase
        statuses.add(expected.status)
    assert statuses == {200, 400, 500}, "the requests are of all kinds"


def test_it_hands_on_what_the_code_says_beside_its_answer(base, ask_torchserve, serve):
    body, content_type, accept = REQUESTS["a png"]
    for sent in ("kind=live,id=7", "kind=live,id=8"):  # each request has a context of its own
        headers = name_headers(content_type, accept) | {ATTRIBUTES: sent}
        served = ask_torchserve("POST", "/invocations", body, **headers)
        assert re.fullmatch(rf"{sent},unlikeness=[01]\.\d{{4}}", served.attributes)
        here = serve(base / "model")("POST", "/invocations", body, **headers)
        assert served[2:] == here[2:], "it has no phrase for what is well"


def test_it_refuses_as_many_bytes(base, ask_torchserve, serve):
    request = ("POST", "/invocations", TOO_MANY_BYTES)
    refused = ask_torchserve(*request)
    assert refused.status == 413
    assert serve(base / "model")(*request) == refused


def test_it_is_healthy_in_the_same_words(base, ask_torchserve, serve):
    assert serve(base / "model")("GET", "/ping") == ask_torchserve("GET", "/ping")
