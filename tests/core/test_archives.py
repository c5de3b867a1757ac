"""An archive cannot reach out of its folder: by Python's own check, and by ours where that is missing."""

import gzip
import io
import os
import stat
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core import archives

STRANGER = 54321  # an owner who is not there


@pytest.fixture(params=["Python's own check", "ours"])
def unpack_bytes(request, monkeypatch, tmp_path) -> Callable[[bytes], Path]:
    """Unpack an archive into a folder, and answer it."""
    ours = request.param == "ours"
    if not ours and not archives.HAS_FILTER:
        pytest.skip(f"Python {sys.version.split()[0]} has no such check")
    monkeypatch.setattr(archives, "HAS_FILTER", not ours)
    folder = tmp_path / "into"
    folder.mkdir()

    def run(archive: bytes) -> Path:
        archives.unpack(io.BytesIO(archive), folder)
        return folder

    return run


@pytest.fixture
def unpack(unpack_bytes) -> Callable[..., Path]:
    """The same with an archive of these members."""
    return lambda *members: unpack_bytes(pack(*members))


def pack(*members: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for member in members:
            member.uid = member.gid = STRANGER
            member.size = len(member.name) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(member.name.encode()))
    return packed.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, to, mode
    return made


def test_files_folders_and_links_inside_are_unpacked(unpack):
    folder = unpack(
        member("code", tarfile.DIRTYPE),
        member("code/inference.py"),
        member("latest.py", tarfile.SYMTYPE, to="code/inference.py"),
        member("code/up.py", tarfile.SYMTYPE, to="../code/inference.py"),
        member("same.py", tarfile.LNKTYPE, to="code/inference.py"),
    )
    for name in ("code/inference.py", "latest.py", "code/up.py", "same.py"):
        assert (folder / name).read_text() == "code/inference.py"


def test_an_absolute_name_lands_inside(unpack):
    folder = unpack(member("/etc/scones"))
    assert (folder / "etc/scones").is_file()
    assert not Path("/etc/scones").exists()


@pytest.mark.parametrize(
    "members",
    [
        [member("../beside")],
        [member("code/../../beside")],
        [member("out", tarfile.SYMTYPE, to="/etc/passwd")],
        [member("out", tarfile.SYMTYPE, to="../beside")],
        [member("code/out", tarfile.SYMTYPE, to="../../beside")],
        [member("out", tarfile.LNKTYPE, to="/etc/passwd")],
        [member("out", tarfile.LNKTYPE, to="../beside")],
        [member("here", tarfile.SYMTYPE, to="."), member("here/../../beside")],
        [member("dot", tarfile.SYMTYPE, to="."), member("dot/up", tarfile.SYMTYPE, to="..")],
        [member("null", tarfile.CHRTYPE)],
        [member("disk", tarfile.BLKTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
    ],
    ids=lambda members: " and ".join(
        it.name + (f" to {it.linkname}" if it.linkname else "") for it in members
    ),
)
def test_what_reaches_out_or_is_no_file_is_refused(unpack, members, tmp_path):
    (tmp_path / "beside").mkdir()
    with pytest.raises(tarfile.TarError):
        unpack(member("first"), *members)
    assert not list((tmp_path / "beside").iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beside", "into"]


def test_the_files_are_ours_and_nobody_elses_to_change(unpack):
    folder = unpack(
        member("program", mode=0o6777),
        member("data", mode=0o066),
        member("same", tarfile.LNKTYPE, "data", 0o4777),
    )
    assert {it.stat().st_uid for it in folder.iterdir()} == {os.getuid()}
    modes = {it.name: stat.S_IMODE(it.stat().st_mode) for it in folder.iterdir()}
    assert modes["program"] == 0o755
    assert modes["data"] == modes["same"]  # one file, and the link came last
    assert modes["same"] == 0o755


@pytest.mark.parametrize(
    "damaged", [b"no archive", b"", gzip.compress(b"no tar" * 200)], ids=["no gzip", "nothing", "no tar"]
)
def test_what_is_no_archive_is_refused(damaged, unpack_bytes):
    with pytest.raises((tarfile.TarError, OSError)):
        unpack_bytes(damaged)


def test_an_archive_that_is_cut_or_damaged_in_its_middle_is_refused(unpack_bytes):
    whole = pack(*[member(f"file-{number}") for number in range(50)])
    middle = len(whole) // 2
    for broken in (whole[:middle], whole[:middle] + bytes(8) + whole[middle + 8 :]):
        with pytest.raises((tarfile.TarError, OSError)):
            unpack_bytes(broken)


def test_a_member_is_read_by_its_name_however_it_was_packed():
    archive = pack(
        member("./labels.json"), member("code", tarfile.DIRTYPE), member("same", tarfile.LNKTYPE, "gone")
    )
    assert archives.list_names(archive) == ["labels.json", "code", "same"]
    assert archives.read_member(archive, "labels.json") == b"./labels.json"
    assert archives.read_member(archive, "labels.json", limit=5) is None
    assert archives.read_member(archive, "metrics.json") is archives.read_member(archive, "code") is None
    with pytest.raises(tarfile.TarError, match="gone"):
        archives.read_member(archive, "same")


@pytest.mark.parametrize(
    "read", [archives.list_names, lambda archive: archives.read_member(archive, "file-49")]
)
def test_an_archive_that_breaks_off_is_not_read(read):
    whole = pack(*[member(f"file-{number}") for number in range(50)])
    with pytest.raises((tarfile.TarError, OSError)):
        read(whole[: len(whole) // 2])
