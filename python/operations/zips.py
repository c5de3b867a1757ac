"""A zip that depends on nothing but what it holds: no times, no order of a folder, no build of zlib.

The standard library's writer would compress again what a wheel already holds compressed, and what deflate makes of
the same bytes differs between builds of zlib. So this one takes compressed bytes as they are.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

VERSION = 20  # of the format: 2.0, deflate
UNIX = 3
FILE_MODE = 0o100644
MIDNIGHT, FIRST_DAY = 0, 1 << 5 | 1  # 1 January 1980, the first that a zip can hold
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")


@dataclass(frozen=True)
class Entry:
    """A file in a zip, its content as it lies there."""

    name: str
    content: bytes
    crc: int
    size: int
    method: int = zipfile.ZIP_STORED


def store(name: str, content: bytes) -> Entry:
    return Entry(name, content, zlib.crc32(content), len(content))


def entries(path: Path) -> Iterator[Entry]:
    """The files in a zip, still compressed."""
    packed = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            *_, name_length, extra_length = LOCAL.unpack_from(packed, info.header_offset)
            start = info.header_offset + LOCAL.size + name_length + extra_length
            content = packed[start : start + info.compress_size]
            yield Entry(info.filename, content, info.CRC, info.file_size, info.compress_type)


def pack(files: Iterable[Entry]) -> bytes:
    """The zip of these files, sorted by name."""
    packed, directory = bytearray(), bytearray()
    ordered = sorted(files, key=lambda file: file.name)
    for file in ordered:
        name = file.name.encode("ascii")
        about = (VERSION, 0, file.method, MIDNIGHT, FIRST_DAY, file.crc, len(file.content), file.size)
        directory += CENTRAL.pack(
            b"PK\1\2", UNIX << 8 | VERSION, *about, len(name), 0, 0, 0, 0, FILE_MODE << 16, len(packed)
        )
        directory += name
        packed += LOCAL.pack(b"PK\3\4", *about, len(name), 0) + name + file.content
    end = END.pack(b"PK\5\6", 0, 0, len(ordered), len(ordered), len(directory), len(packed), 0)
    return bytes(packed + directory + end)
