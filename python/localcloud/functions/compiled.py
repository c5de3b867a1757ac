"""Compiled packages in a function's zip: the local cloud runs every zip under this machine's Python.

Whatever runtime and architecture a function is configured with, NumPy as built for Lambda's arm64 cannot be imported
here. So a package of the zip that is built for another machine or another Python is not unpacked, and the one that is
installed beside the local cloud takes its place: in the same version, or its import fails and says why. Everything
else in the zip runs as it is.
"""

import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging import tags


def unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Unpack a function's zip, but for the packages that this machine cannot run."""
    foreign = {info: list(_parts(archive, info)) for info in _foreign(archive)}
    left_out = {part for parts in foreign.values() for part in parts}
    archive.extractall(folder, [name for name in archive.namelist() if name.split("/")[0] not in left_out])
    for info, parts in foreign.items():
        name, version = info.removesuffix(".dist-info").split("-")
        if (installed := _find_version(name)) != version:
            problem = (
                f"{name} {version} in the zip is not built for this machine's Python, and the local cloud's own "
                f"is {installed}: pip install {name}=={version}"
            )
            for part in parts:
                (folder / f"{part}.py").write_text(f"raise ImportError({problem!r})\n")


def _foreign(archive: zipfile.ZipFile) -> Iterator[str]:
    """The .dist-info folders of the packages that cannot run here."""
    supported = set(tags.sys_tags())
    for name in archive.namelist():
        info, _, file = name.partition("/")
        if info.endswith(".dist-info") and file == "WHEEL":
            lines = archive.read(name).decode().splitlines()
            built_for = [line.removeprefix("Tag: ") for line in lines if line.startswith("Tag: ")]
            if not any(tags.parse_tag(tag) & supported for tag in built_for):
                yield info


def _parts(archive: zipfile.ZipFile, info: str) -> Iterator[str]:
    """The package's own folders and files at the top of the zip."""
    record = archive.read(f"{info}/RECORD").decode()
    yield from sorted({line.split(",")[0].split("/")[0] for line in record.splitlines()})


def _find_version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
