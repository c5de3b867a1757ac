"""PyTorch for the CPU: from its own index if that answers within seconds, else from wherever pip is told to look.

Run: .venv/bin/python -I python/operations/pytorch.py [--seconds 5]      before other packages: Python's own will do

On Linux the plain build asks for CUDA packages, and cannot be imported without them: its libraries are linked against
theirs. PyTorch's index has one for the CPU alone. pip is given the address of that one wheel, with its hash where the
index has it, and nothing of the index itself, which it would ask for every other package too. PYTORCH_INDEX names
another index of this form.
"""

import argparse
import ast
import html
import http.client
import os
import platform
import re
import ssl
import subprocess
import sys
import sysconfig
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import Future
from importlib import metadata
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

ROOT = Path(__file__).resolve().parents[2]
INDEX = "https://download.pytorch.org/whl/cpu"
# Measured of 2.13.0 for Python 3.11 on x86_64: PyTorch 527 MB, its CUDA packages 2,204 MB; unpacked 1.1 and 3.6 GB.
PLAIN = "2.7 GB to fetch and 4.7 GB on the disk"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
PLACES = ("index-url", "extra-index-url", "find-links")
LINK = re.compile(r"<a\b[^>]*?\bhref=[\"']([^\"']+)")
OFF = ("", "0", "false", "no", "off")

Result = TypeVar("Result")
Settings = dict[str, str]


class NotFromThere(Exception):
    """Why PyTorch does not come from its own index."""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="operations.pytorch", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seconds", type=float, default=5, help="how long the index may take in all")
    options = parser.parse_args()
    version = pinned()
    # Elsewhere than on Linux, the plain build is one for the CPU.
    if sys.platform != "linux" or installed() == version:
        return
    settings = pip_settings()
    index = (os.environ.get("PYTORCH_INDEX") or INDEX).rstrip("/")
    shown = re.sub(r"//[^/]*@", "//", index)  # in front of the @ may be a password
    try:
        address, size = find(index, version, settings, options.seconds)
        if subprocess.run([*PIP, "install", "--quiet", "--no-deps", address]).returncode:
            raise NotFromThere("has a build for the CPU that pip cannot install")
    except NotFromThere as why:
        places = where(settings)
        found = f"{places}, {what(version)}" if places else "nowhere: set PIP_FIND_LINKS"
        print(f"PyTorch {version}: {shown} {why}: from {found}", flush=True)
    else:
        print(f"PyTorch {version}: from {shown}, the build for the CPU, {size / 1e6:.0f} MB", flush=True)


def pinned() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return next(it.removeprefix("torch==") for it in project["dependencies"] if it.startswith("torch=="))


def installed() -> str | None:
    """The version that is here already, whatever it is built for."""
    try:
        return metadata.version("torch").partition("+")[0]
    except metadata.PackageNotFoundError:
        return None


def pip_settings() -> Settings:
    """What pip is told by its files, then by the environment."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True).stdout
    lines = re.findall(r"^(.+)\.([\w-]+)=(['\"].*)$", listed, re.MULTILINE)
    order = ("global", "install", ":env:")
    told = sorted((it for it in lines if it[0] in order), key=lambda it: order.index(it[0]))
    return {name: ast.literal_eval(value) for _, name, value in told}


def asks_index(settings: Settings) -> bool:
    return settings.get("no-index", "").lower() in OFF


def find(index: str, version: str, settings: Settings, seconds: float) -> tuple[str, int]:
    """The address of the wheel for this Python, and its size, from a server that gives it out."""
    if not asks_index(settings):
        raise NotFromThere("is not asked, as pip is told to ask no index")
    try:
        return within(seconds, lambda: look(index, version, settings, seconds))
    except TimeoutError:
        raise NotFromThere(f"does not answer within {seconds:g} s") from None
    except HTTPError as error:
        raise NotFromThere(f"answers {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise NotFromThere(f"cannot be reached ({getattr(reason, 'strerror', None) or reason})") from None


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What the work comes to, in time: a timeout of sockets knows nothing of slow names, nor of bytes that drip."""
    future: Future[Result] = Future()

    def do() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=do, daemon=True).start()
    return future.result(seconds)


def look(index: str, version: str, settings: Settings, seconds: float) -> tuple[str, int]:
    browser = opener(settings)
    with browser.open(f"{index}/torch/", timeout=seconds) as answer:
        base, page = answer.geturl(), answer.read().decode(errors="replace")
    addresses = (urljoin(base, html.unescape(link)) for link in LINK.findall(page))
    # The wheels may be on another server than the index, but on none that is asked less safely.
    safe = (it for it in addresses if urlsplit(it).scheme == urlsplit(index).scheme)
    address = next((it for it in safe if fits(it, version)), None)
    if not address:
        raise NotFromThere(f"has no build of {version} for this Python")
    head = Request(address, method="HEAD")  # noqa: S310 - of the index's own scheme
    with browser.open(head, timeout=seconds) as answer:
        return address, int(answer.headers.get("Content-Length", 0))


def opener(settings: Settings) -> OpenerDirector:
    """Asks as pip would: by the same proxy, and trusting the same certificates."""
    proxy = settings.get("proxy")
    context = ssl.create_default_context(cafile=settings.get("cert"))
    return build_opener(
        HTTPSHandler(context=context), ProxyHandler({"http": proxy, "https": proxy} if proxy else None)
    )


def fits(address: str, version: str) -> bool:
    """Whether the address is that of the build for the CPU, and for this Python: pip looks closer."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    abi = python + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "")
    form = rf"torch-{re.escape(version)}\+cpu-{python}-{abi}-(many)?linux[\w.]*_{platform.machine()}\.whl"
    return re.fullmatch(form, unquote(urlsplit(address).path).rpartition("/")[2]) is not None


def where(settings: Settings) -> str:
    """Where pip looks, by the names of its settings: in their values may be passwords."""
    asked = PLACES if asks_index(settings) else PLACES[-1:]
    places = [name for name in asked if settings.get(name)]
    alone = "index-url" in places or not asks_index(settings)
    return " and ".join([*places, *([] if alone else ["PyPI"])])


def what(version: str) -> str:
    """Which build pip finds there."""
    command = [*PIP, "index", "versions", "torch", "--retries=0", "--timeout=5"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
    except subprocess.TimeoutExpired:
        said = ""
    found = re.search(r"^Available versions: (.*)", said, re.MULTILINE)
    versions = found[1].split(", ") if found else []
    if f"{version}+cpu" in versions:
        return "the build for the CPU"
    if version in versions:
        return f"the plain build, with CUDA packages that nobody here uses: {PLAIN}"
    return "if it is there"


if __name__ == "__main__":
    main()
