"""Cold import and size of each function's zip, against boto3 alone, which Lambda brings, and against SageMaker's SDK.

The SDK's smallest part that asks endpoints is compared, sagemaker-core with all that it needs, if it is installed.
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from bench.figures import Figure
from localcloud.functions import compiled
from operations import installed, package, wheels

TIMES = 3  # in each round
SDK, SDK_MODULE = "sagemaker-core", "sagemaker.core.resources"
IN_LAMBDA = "boto3"
# As in Lambda nothing of the zip is compiled beforehand, and what is compiled is not kept.
IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
started = time.perf_counter()
__import__(sys.argv[2])
print(time.perf_counter() - started)
"""


@contextlib.contextmanager
def ready() -> Iterator[Callable[[], list[Figure]]]:
    with tempfile.TemporaryDirectory() as folder:
        zips = package.build(Path(folder, "zips"), package.ARCHITECTURE)
        modules = {name: (unpack(zips[name], Path(folder, name)), f"lambdas.{name}") for name in zips}
        modules[IN_LAMBDA] = (Path(folder), IN_LAMBDA)
        if sdk := installed.needed(SDK).keys() - installed.needed(IN_LAMBDA).keys():
            modules[SDK] = (Path(folder), SDK_MODULE)
        kilobytes = {name: path.stat().st_size / 1000 for name, path in zips.items()}
        sizes = size(sdk) if sdk else None
        yield lambda: measure(modules, kilobytes, sizes)


def measure(
    modules: dict[str, tuple[Path, str]], kilobytes: dict[str, float], sdk: tuple[float, float] | None
) -> list[Figure]:
    milliseconds = imports(modules)
    boto3 = milliseconds[IN_LAMBDA]
    without_packages = [name for name in kilobytes if name not in wheels.BROUGHT_BY]
    slowest = max(milliseconds[name] for name in without_packages)
    figures = [
        Figure("boto3_import_ms", boto3, "ms", f"cold import of boto3 alone, the median of {TIMES}"),
        Figure(
            "lambda_import_over_boto3", slowest / boto3, "x", "the slowest function without packages over it"
        ),
        Figure("api_import_over_boto3", milliseconds["api"] / boto3, "x", "the API's function over it"),
    ]
    for name in kilobytes:
        figures += [
            Figure(f"lambda_{name}_import_ms", milliseconds[name], "ms", f"cold import of {name}"),
            Figure(f"lambda_{name}_zip_kb", kilobytes[name], "kB", f"size of {name}.zip"),
        ]
    if sdk:
        zipped, unpacked = sdk
        largest = max(kilobytes[name] for name in without_packages)
        figures += [
            Figure("sdk_import_ms", milliseconds[SDK], "ms", f"cold import of {SDK_MODULE}"),
            Figure("sdk_import_over_lambda", milliseconds[SDK] / slowest, "x", "over that slowest function"),
            Figure("sdk_zip_kb", zipped, "kB", f"a zip of {SDK} with what it needs beside boto3"),
            Figure("sdk_unpacked_kb", unpacked, "kB", "the same unpacked, of which Lambda takes 250,000"),
            Figure(
                "sdk_size_over_lambda", zipped / largest, "x", "its zip over the largest without packages"
            ),
        ]
    return figures


def unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        compiled.unpack(archive, folder)
    return folder


def imports(modules: dict[str, tuple[Path, str]]) -> dict[str, float]:
    """Milliseconds of each import, each time in a process of its own, by turns."""
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    for _ in range(TIMES):
        for name, (folder, module) in modules.items():
            command = [sys.executable, "-I", "-B", "-c", IMPORT, str(folder), module]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            seconds[name].append(float(done.stdout))
    return {name: 1000 * statistics.median(times) for name, times in seconds.items()}


def size(names: set[str]) -> tuple[float, float]:
    """Kilobytes of a zip of their files, and of the files themselves."""
    files = {Path(str(file.locate())) for name in names for file in metadata.files(name) or []}
    packed = [path for path in sorted(files) if path.suffix != ".pyc" and path.is_file()]
    with tempfile.TemporaryFile() as target:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in packed:
                archive.write(path)
        return target.tell() / 1000, sum(path.stat().st_size for path in packed) / 1000
