"""A zip that brings compiled packages for another machine runs here with this machine's own build of them."""

import numpy as np

ELSEWHERE = "cp27-cp27m-win32"
HANDLER = "import {0}\ndef handler(event, context):\n    return [{0}.__version__, {0}.__file__]\n"


def package(name: str, version: str, tag: str) -> dict[str, str]:
    """A package as pip lays it out."""
    info = f"{name}-{version}.dist-info"
    return {
        f"{name}/__init__.py": f"__version__ = '{version} of the zip'",
        f"{name}.libs/blas.so": "no library",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
        f"{info}/RECORD": f"{name}/__init__.py,,\n{name}.libs/blas.so,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }


def test_this_machines_build_takes_the_place_of_another_machines(function, invoke):
    arn = function(HANDLER.format("numpy"), package("numpy", np.__version__, ELSEWHERE), MemorySize=256)
    assert invoke(arn) == [np.__version__, np.__file__]


def test_no_other_version_takes_its_place(function, invoke):
    answer = invoke(function(HANDLER.format("numpy"), package("numpy", "1.0", ELSEWHERE), MemorySize=256))
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"].endswith(
        "numpy 1.0 in the zip is not built for this machine's Python, and the local cloud's own is "
        f"{np.__version__}: pip install numpy==1.0"
    )


def test_what_is_not_installed_here_is_said_to_be_missing(function, invoke):
    answer = invoke(function(HANDLER.format("hardware"), package("hardware", "2.1", ELSEWHERE)))
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert "the local cloud's own is missing: pip install hardware==2.1" in answer["errorMessage"]


def test_a_package_that_runs_anywhere_is_the_zips_own(function, invoke):
    version, file = invoke(function(HANDLER.format("numpy"), package("numpy", "1.0", "py3-none-any")))
    assert version == "1.0 of the zip"
    assert file != np.__file__
