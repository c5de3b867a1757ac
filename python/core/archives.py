"""Reads an archive that somebody hands in, or unpacks it so that nothing lands outside its folder, on every Python.

Python 3.11.4 brought the check, `filter="data"`, and bare Debian 12 has 3.11.2. Where it is missing, `_check` does the
same: https://docs.python.org/3/library/tarfile.html#tarfile.data_filter
"""

import copy
import gzip
import io
import os
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

HAS_FILTER = hasattr(tarfile, "data_filter")
BLOCK = 1 << 20


def list_names(archive: bytes) -> list[str]:
    """What a .tar.gz holds: all of it is read; one that is damaged is a TarError or an OSError."""
    with _damage_by_name(), tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return [posixpath.normpath(name) for name in tar.getnames()]


def read_member(archive: bytes, name: str, limit: int | None = None) -> bytes | None:
    """A file of a .tar.gz, which is read no further than that; None if it has none, or a larger one."""
    with _damage_by_name(), tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        member = next((entry for entry in tar if posixpath.normpath(entry.name) == name), None)
        if member is None or (limit is not None and member.size > limit):
            return None
        content = tar.extractfile(member)
        return content.read() if content else None


def unpack(archive: IO[bytes], folder: Path) -> None:
    """Unpack a .tar.gz; one that is damaged, or reaches out of the folder, is a TarError or an OSError."""
    with (
        _damage_by_name(),
        gzip.open(archive) as stream,
        tarfile.open(fileobj=stream, mode="r:") as tar,
    ):
        if HAS_FILTER:
            tar.extractall(folder, filter="data")
        else:
            # A generator, so that each member is checked when those before it are there: links are followed.
            tar.extractall(folder, (_check(member, folder) for member in tar))  # noqa: S202
        # tarfile takes damage for the archive's end; gzip's checksum comes behind it.
        while stream.read(BLOCK):
            pass


@contextmanager
def _damage_by_name() -> Iterator[None]:
    """What gzip and tarfile answer damage with, beside a TarError and an OSError, as a TarError."""
    try:
        yield
    except (EOFError, KeyError, ValueError, zlib.error) as error:
        raise tarfile.ReadError(str(error)) from error


def _check(member: tarfile.TarInfo, folder: Path) -> tarfile.TarInfo:
    """The member as it may be unpacked: inside the folder, nobody else's, and no device."""
    checked = copy.copy(member)
    checked.name = member.name.lstrip("/")
    checked.uid, checked.gid, checked.uname, checked.gname = os.getuid(), os.getgid(), "", ""
    _stay_inside(member, folder, checked.name)
    if member.issym() or member.islnk():
        if member.linkname.startswith("/"):
            raise tarfile.TarError(f"{member.name!r} is a link to an absolute path")
        beside = Path(checked.name).parent if member.issym() else ""
        _stay_inside(member, folder, beside, member.linkname)
    if member.isdir():
        checked.mode = 0o755
    elif member.isreg() or member.islnk():
        for_whom = 0o755 if member.mode & 0o100 else 0o644
        checked.mode = member.mode & for_whom | 0o600
    elif not member.issym():
        raise tarfile.TarError(f"{member.name!r} is a special file")
    return checked


def _stay_inside(member: tarfile.TarInfo, folder: Path, *path: str | Path) -> None:
    """Refuse the member if that path, with all links followed, is not in the folder."""
    within = os.path.realpath(folder)
    if os.path.commonpath([within, os.path.realpath(Path(within, *path))]) != within:
        raise tarfile.TarError(f"{member.name!r} would be outside the destination")
