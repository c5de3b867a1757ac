"""A model's id: the start of its artefact's checksum, which names its folder below models/ and below captures/."""

DIGITS = 16  # of the SHA-256 in hexadecimal; the module `endpoint` takes as many
PATTERN = rf"[0-9a-f]{{{DIGITS}}}"


def identify(sha256: str) -> str:
    return sha256[:DIGITS]


def artefact_key(model: str, folder: str = "models") -> str:
    """Where the bucket keeps it."""
    return f"{folder}/{model}/model.tar.gz"
