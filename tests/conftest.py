"""The local cloud and a small data set, one for the whole test run, and which tests a fresh machine leaves out.

What a user has below build/ is left alone: a run that has changed anything there fails, see test_conftest.py.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from tests.waiting import PACE
from xdist.scheduler import LoadScopeScheduling

from localcloud import faults, server
from localcloud.models.endpoints import ANSWER_SECONDS
from operations import workplace
from training import sample, selection, stage

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
# What `make package` makes, again as it was; the log is that of a local cloud that runs meanwhile.
NOT_LOOKED_AT = ("lambdas", "wheels", "localcloud.log")
SHOWN = 5
REGION = "us-east-1"
LONGEST = (
    "tests/pipeline/",
    "tests/loop/",
    "tests/report/",
    "tests/monitoring/",
    "tests/training/",
    "tests/delivery/",
)
INHERITED = ("ARGS", "DATA", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "VERBOSE")
SHARED = dict.fromkeys(("core", "monitoring"), "training")  # the model that was trained on real photographs

Listing = dict[str, tuple[int, int]]  # by name, each file's size and the time when it was written
BEFORE = pytest.StashKey[Listing]()
CHANGED = pytest.StashKey[list[str]]()


class ByFolder(LoadScopeScheduling):
    """The tests of a folder share a cloud, a deployment or a trained model, and therefore one worker."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return SHARED.get(folder, folder)


def pytest_configure() -> None:
    """What the commands under test must not inherit.

    A make's own arguments, the pull request that GitHub Actions run the tests for, and a background shell's deaf ear.
    """
    for name in [name for name in os.environ if name in INHERITED or name.startswith("GITHUB_")]:
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Threads that train together wait for each other, busily, and other tests have the processors.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_sessionstart(session: pytest.Session) -> None:
    if not is_worker(session.config):
        session.config.stash[BEFORE] = user_files()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_worker(session.config):
        return
    before, after = session.config.stash[BEFORE].items(), user_files().items()
    session.config.stash[CHANGED] = changed = sorted({name for name, _ in before ^ after})
    if changed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if changed := config.stash.get(CHANGED, []):
        more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        names = ", ".join(changed[:SHOWN])
        terminalreporter.write_line(f"error: while the tests ran, files changed: {names}{more}", red=True)


def is_worker(config: pytest.Config) -> bool:
    """Whether it is one of xdist's processes: the one that started them looks for all."""
    return hasattr(config, "workerinput")


def user_files() -> Listing:
    """The files below build/ that no test may change."""
    found = {}
    for path in BUILD.rglob("*"):
        if path.is_file() and path.relative_to(BUILD).parts[0] not in NOT_LOOKED_AT:
            stat = path.stat()
            found[path.relative_to(ROOT).as_posix()] = (stat.st_size, stat.st_mtime_ns)
    return found


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run; the folders that take longest come first."""
    skip = pytest.mark.skip(reason="needs real photographs: let SCONES_CIFAR100 name a CIFAR-100 archive")
    for item in items:
        if item.get_closest_marker("photographs") and not os.environ.get("SCONES_CIFAR100"):
            item.add_marker(skip)
    items.sort(key=lambda item: [item.nodeid.startswith(folder) for folder in LONGEST], reverse=True)


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    """The URL of a local cloud of its own, where CloudWatch's minutes take half a second."""
    with server.running(pace=PACE) as url:
        yield url


@pytest.fixture(scope="session")
def aws(cloud: str) -> Callable[[str], Any]:
    """Make a client of the local cloud: `aws("s3")`. It tries each request once."""
    return lambda service: client(service, cloud)


def client(service: str, url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, config=config, **keys)


@pytest.fixture
def notification_delay(cloud: str) -> Iterator[Callable[[float], None]]:
    """Say how many seconds a bucket's events go nowhere once they are switched on, as in AWS they do for minutes."""
    yield lambda seconds: put_setting(cloud, "notification-delay", seconds)
    put_setting(cloud, "notification-delay", 0)


@pytest.fixture
def answer_limit(cloud: str) -> Iterator[Callable[[float], None]]:
    """Say how many seconds an endpoint's model may take to answer, as in AWS it may a minute."""
    yield lambda seconds: put_setting(cloud, "answer-limit", seconds)
    put_setting(cloud, "answer-limit", ANSWER_SECONDS)


@pytest.fixture
def fault(cloud: str) -> Iterator[Callable[[str], None]]:
    """Let a service fail from now on, or not any more: `localcloud.faults` has the words."""
    yield lambda word: put_setting(cloud, "fault", word)
    for service in faults.OPERATIONS:
        put_setting(cloud, "fault", f"{service} up")


def put_setting(cloud: str, name: str, value: float | str) -> None:
    url = f"{cloud}/_localcloud/{name}"
    urlopen(Request(url, data=str(value).encode(), method="PUT")).close()


@pytest.fixture(scope="session")
def cloud_variables(cloud: str) -> dict[str, str]:
    """The variables by which a command finds the local cloud."""
    return workplace.variables(cloud)


@pytest.fixture(scope="session")
def staged_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small staged data set of drawings, for reading only: 144 train, 16 validation and 60 test pictures."""
    folder = tmp_path_factory.mktemp("data") / "sample"
    splits, info = selection.select(sample.draw(160, 60, seed=1), ["bicycle", "motorcycle"], 0.1, seed=1)
    stage.write(folder, splits, {**info, "source": "sample"})
    return folder


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real photographs staged in data/, and small networks trained on them in model/ and members/: two minutes."""
    folder = tmp_path_factory.mktemp("photographs")
    data = folder / "data"
    source = os.environ["SCONES_CIFAR100"]
    for command in (
        ("training.stage", "--source", source, "--out", data),
        (
            *("training.train", "--data", data, "--out", folder / "model", "--recipe", "small"),
            *("--folds", "1", "--members", "3", "--checkpoints", folder / "members"),
        ),
    ):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    """Write files into a folder: `folder({"2024/10/16/09/a.jsonl": content})`."""

    def write(files: dict[str, bytes]) -> Path:
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)
        return tmp_path

    return write
