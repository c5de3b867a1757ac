"""Read an archive in CIFAR-100's layout without trusting it.

The archive is a gzipped tar of cifar-100-python/{train,test,meta}, three pickles. A pickle can run any code,
and a few bytes of gzip, tar or pickle can ask for any amount of memory or time. So nothing is unpacked to
disk, sizes are bounded, and `training.restricted_pickle` reads the pickles. What is wrong is an ArchiveError.

    archive = read(Path("cifar-100-python.tar.gz"))
"""

import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from core.console import UserError
from training import restricted_pickle
from training.dataset import SIZE

MEMBERS = {
    "cifar-100-python/train": "train",
    "cifar-100-python/test": "test",
    "cifar-100-python/meta": "meta",
}
MAX_BYTES = 1 << 29  # unpacked; CIFAR-100 itself has 0.19 GB
MAX_MEMBERS = 1000  # CIFAR-100 itself has 5
# A plain PNG name: no folder, no leading dot, nothing that breaks a .lst row, a URL or a file system.
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .,'()+-]{0,150}\.png")


class ArchiveError(UserError):
    """The archive is not what it should be. The text says where and how."""


@dataclass(frozen=True)
class Rows:
    images: np.ndarray  # uint8, (rows, 32, 32, 3)
    labels: np.ndarray  # int64, (rows,): positions in Archive.classes
    names: list[str]  # file names as the archive has them; `check_names` before any is used


@dataclass(frozen=True)
class Archive:
    classes: list[str]
    train: Rows
    test: Rows
    sha256: str


def read(path: Path) -> Archive:
    """The whole archive, checked except for its file names."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ArchiveError(f"{path} has more than {MAX_BYTES} bytes")
        packed = path.read_bytes()
    except OSError as error:
        raise ArchiveError(f"cannot read the archive {path}: {error.strerror}") from error
    try:
        members = _members(packed)
        meta = _unpickle(members, "meta")
        classes = _texts(meta, "fine_label_names", "meta")
        if len(classes) < 2 or len(set(classes)) != len(classes) or not all(map(str.isprintable, classes)):
            raise ArchiveError("meta: fine_label_names are not two or more distinct names")
        rows = {part: _rows(_unpickle(members, part), part, len(classes)) for part in ("train", "test")}
    except ArchiveError as error:
        raise ArchiveError(f"{path} is not an archive in CIFAR-100's layout: {error}") from error
    return Archive(classes, rows["train"], rows["test"], hashlib.sha256(packed).hexdigest())


def check_names(names: list[str]) -> None:
    """Refuse file names that would leave their folder, overwrite each other or break a .lst row."""
    for name in names:
        if not FILE_NAME.fullmatch(name):
            raise ArchiveError(f"the archive has an unacceptable file name: {name[:80]!r}")
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ArchiveError(f"the archive has the file name {twice!r} twice")


def _members(packed: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
            unpacked = stream.read(MAX_BYTES + 1)
        if len(unpacked) > MAX_BYTES:
            raise ArchiveError(f"it unpacks to more than {MAX_BYTES} bytes")
        for member, content in _walk(unpacked):
            part = MEMBERS.get(str(PurePosixPath(member.name)))
            if part is None:
                continue
            if part in found or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                raise ArchiveError(f"{member.name} is there twice or is not a plain file")
            found[part] = content
    except ArchiveError:
        raise
    except Exception as error:  # gzip and tarfile answer damage with about a dozen kinds of exceptions
        raise ArchiveError(f"it is damaged, or not a .tar.gz ({_line(error)})") from error
    missing = sorted(set(MEMBERS.values()) - set(found))
    if missing:
        raise ArchiveError(f"it has no cifar-100-python/{missing[0]}")
    return found


def _walk(tar: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Each header and what follows it. Older versions of tarfile.open can be sent round in circles; this cannot."""
    place = 0
    for _ in range(MAX_MEMBERS):
        header = tar[place : place + tarfile.BLOCKSIZE]
        if not any(header):
            return  # zeros mark the end
        member = tarfile.TarInfo.frombuf(header, "utf-8", "replace")
        place += tarfile.BLOCKSIZE
        content = tar[place : place + max(member.size, 0)]
        if len(content) != member.size:
            raise ArchiveError(f"{member.name[:80]!a} is cut off")
        yield member, content
        place += -(-member.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
    raise ArchiveError(f"it has more than {MAX_MEMBERS} members")


def _unpickle(members: dict[str, bytes], part: str) -> dict[str, object]:
    try:
        content = restricted_pickle.loads(members[part])
    except Exception as error:  # as pickle's documentation says, damage raises anything
        raise ArchiveError(f"{part} is not an acceptable pickle ({_line(error)})") from error
    if not isinstance(content, dict):
        raise ArchiveError(f"{part} is not a dictionary")
    return {_text(key): value for key, value in content.items() if isinstance(key, bytes | str)}


def _rows(content: dict[str, object], part: str, classes: int) -> Rows:
    data = content.get("data")
    pixels = SIZE * SIZE * 3
    if (
        not isinstance(data, restricted_pickle.Array)
        or data.values is None
        or data.values.shape[1:] != (pixels,)
    ):
        raise ArchiveError(f"{part}: data is not an array of bytes, {pixels} for each picture")
    images = data.values.reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    labels = content.get("fine_labels")
    if not isinstance(labels, list) or not all(
        type(label) is int and 0 <= label < classes for label in labels
    ):
        raise ArchiveError(f"{part}: fine_labels is not a list of numbers from 0 to {classes - 1}")
    names = _texts(content, "filenames", part)
    if not len(images) == len(labels) == len(names):
        raise ArchiveError(
            f"{part}: {len(images)} pictures, {len(labels)} labels and {len(names)} file names"
        )
    return Rows(images, np.array(labels, dtype=np.int64), names)


def _texts(content: dict[str, object], key: str, part: str) -> list[str]:
    values = content.get(key)
    if not isinstance(values, list) or not all(isinstance(value, bytes | str) for value in values):
        raise ArchiveError(f"{part}: {key} is not a list of names")
    return [_text(value) for value in values]


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def _line(error: Exception) -> str:
    """An exception in one short line, since its text can quote the archive."""
    return ascii(f"{type(error).__name__}: {error}"[:120])[1:-1]
