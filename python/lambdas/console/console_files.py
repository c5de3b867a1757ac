"""What the console's pages are made of, as it lies in the function's zip: templates, texts, scripts, styles, a picture.

All of them are one version: a script imports those beside it, and never one of another version.
"""

import functools
import hashlib
import json
from pathlib import Path, PurePosixPath

from core.contract.shapes import Json

FOLDER = Path(__file__).parent / "files"
TEXTS = "texts.json"
# Templates and texts are not among these: what of them a page needs, it has in itself.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@functools.cache
def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}


@functools.cache
def version() -> str:
    told = hashlib.sha256()
    for name, content in contents().items():
        told.update(f"{name} {len(content)}\n".encode() + content)
    return told.hexdigest()[:16]


def texts() -> Json:
    """By section: what both pages say, and what each does."""
    return json.loads(contents()[TEXTS])  # type: ignore[no-any-return]


def find(wanted: str, name: str) -> tuple[bytes, str] | None:
    """The file and its type; nothing of another version, and nothing that is no file of a page."""
    kind = TYPES.get(PurePosixPath(name).suffix)
    content = contents().get(name)
    return (content, kind) if kind and content is not None and wanted == version() else None
