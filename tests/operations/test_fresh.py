"""`make fresh`: what it refuses, and that a command in its chroot can neither change this machine nor stay."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from operations import fresh

ROOT = Path(__file__).parents[2]


def possible() -> bool:
    """Whether this machine lets us make namespaces."""
    command = [*fresh.PRIVATE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        os.geteuid() == 0 and shutil.which("unshare") is not None and subprocess.run(command).returncode == 0
    )


needs_namespaces = pytest.mark.skipif(not possible(), reason="needs root and namespaces of its own")


@pytest.fixture
def chroot(tmp_path: Path) -> Path:
    """A root that has this machine's programs, lent, and nothing else."""
    root = tmp_path / "root"
    for folder in ("dev/pts", "dev/shm", "home", "proc", "sys", "tmp"):
        (root / folder).mkdir(parents=True)
    for folder in ("bin", "lib", "lib64", "sbin"):
        if Path("/", folder).exists():
            (root / folder).symlink_to(f"usr/{folder}")
    (tmp_path / "lent").mkdir()
    (tmp_path / "lent/wheel").write_text("as it was")
    return root


def run(root: Path, script: str) -> int:
    given = {"PIP_FIND_LINKS": str(root.parent / "lent"), "PROGRAMS": "/usr"}
    return fresh.inside(root, ["sh", "-c", script], given, folder="/")


@needs_namespaces
def test_a_command_inside_reads_what_it_is_lent_and_cannot_change_it(chroot, capfd):
    assert run(chroot, "id -u; cat $PIP_FIND_LINKS/wheel; touch $PIP_FIND_LINKS/mine /usr/mine /mine") != 0
    said = capfd.readouterr()
    assert said.out == "1000\nas it was"
    assert said.err.count("Read-only file system") == 2
    assert "'/mine': Permission denied" in said.err
    assert [path.name for path in (chroot.parent / "lent").iterdir()] == ["wheel"]


@needs_namespaces
def test_nothing_that_it_starts_or_mounts_outlives_it(chroot, capfd):
    assert run(chroot, "sleep 54321 & exit 7") == 7
    assert "sleep" not in capfd.readouterr().err
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert b"sleep\x0054321\x00" not in running
    assert str(chroot) not in Path("/proc/self/mountinfo").read_text()
    assert not list((chroot / "usr").iterdir())


def test_who_is_not_root_is_told_so_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["fresh"])
    with pytest.raises(fresh.NotHere, match="takes root: sudo make fresh"):
        fresh.main()
    monkeypatch.setattr(sys, "argv", ["fresh", "--if-possible"])
    fresh.main()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("left out: the README's commands on a bare Debian 12: ")


def test_without_debootstrap_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        shutil, "which", lambda program: None if program == "debootstrap" else f"/bin/{program}"
    )
    with pytest.raises(fresh.NotHere, match="apt-get install debootstrap"):
        fresh.check_possible()


def test_it_runs_the_readmes_two_commands():
    shown = [
        line.split("#")[0].strip()
        for line in (ROOT / "README.md").read_text().splitlines()
        if "    make " in line
    ]
    assert shown[:2] == list(fresh.COMMANDS.values())


def test_only_what_a_runner_is_given_goes_in(tmp_path):
    (tmp_path / "wheels").mkdir()
    wheels = {"PIP_FIND_LINKS": f"{tmp_path}/wheels https://wheels.example"}
    index = {"PYTORCH_INDEX": "https://index.example"}
    given = fresh.variables({**wheels, **index, "AWS_PROFILE": "mine"})
    assert {**given, **wheels, **index} == given
    assert given.keys() <= {*wheels, *index, "TF_PLUGIN_MIRROR"}
    assert tmp_path / "wheels" in list(fresh.lent(given))
