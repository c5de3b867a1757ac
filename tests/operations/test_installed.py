"""What the demo installs: the page's table has every package and its size, and each is pinned."""

import platform
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from core.console import UserError
from operations import installed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/install.md"
RENEW = "renew it: python -m operations.installed --page docs/install.md"
ROW = re.compile(r"^\| ([\w-]+) \| ([\d.]+) \| (.+) \|$", re.MULTILINE)
MEASURED = (sys.platform, platform.machine()) == ("linux", "x86_64")


def table() -> dict[str, tuple[float, set[str]]]:
    """The page's packages: each one's size, and who asks for it."""
    return {
        name: (float(size), set(askers.split(", "))) for name, size, askers in ROW.findall(PAGE.read_text())
    }


def test_the_page_has_every_package_that_the_demo_installs_and_no_other():
    assert {name: askers for name, (_, askers) in table().items()} == installed.demo(), RENEW


@pytest.mark.skipif(not MEASURED, reason="the page has the sizes on Linux, x86_64")
def test_the_page_says_how_large_they_are():
    packages = set(installed.demo())
    if not metadata.version("torch").endswith("+cpu"):
        packages.remove("torch")
    sizes = {name: installed.megabytes(name) for name in packages}
    shown = {name: size for name, (size, _) in table().items()}
    wrong = {
        name: (shown[name], size)
        for name, size in sizes.items()
        if abs(size - shown[name]) > max(0.2 * shown[name], 0.5)
    }
    assert wrong == {}, RENEW


def test_the_last_row_has_all_together():
    total = re.search(r"^\| all (\d+) \| ([\d.]+) \|  \|$", PAGE.read_text(), re.MULTILINE)
    assert total
    sizes = [size for size, _ in table().values()]
    assert int(total[1]) == len(sizes)
    assert float(total[2]) == pytest.approx(sum(sizes), abs=0.05 * len(sizes) + 0.05)


def test_every_package_of_the_demo_is_pinned():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert installed.demo().keys() - pinned == {"setuptools"}  # which pip lists with what Python brings


def test_what_a_requirement_asks_for_is_followed_with_its_extras():
    assert {"boto3", "botocore", "python-dateutil", "six"} <= installed.needed("boto3").keys()
    assert installed.needed("no-such-distribution") == {}
    more = installed.needed("moto", "moto[events]").keys() - installed.needed("moto").keys()
    assert more == {"jsonpath-ng"}
    assert "moto" in installed.needed("moto[events]")["jsonpath-ng"]


def test_a_new_package_fails_until_the_page_is_renewed(monkeypatch, tmp_path):
    project = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(
        project.replace('    "boto3",\n', '    "boto3",\n    "hypothesis",\n', 1)
    )
    monkeypatch.setattr(installed, "ROOT", tmp_path)
    new = installed.demo()
    assert new["hypothesis"] == {installed.PROJECT}
    assert "hypothesis" not in table()
    assert "| hypothesis | " in installed.fill(PAGE.read_text(), installed.rows(new))


def test_a_page_without_a_place_for_the_table_is_refused():
    with pytest.raises(UserError, match=r"no <!-- operations\.installed -->"):
        installed.fill("# A page\n", [])
