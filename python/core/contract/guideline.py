"""What `training.exemplars` writes, `promote` puts beside the artefact, and the API shows to people: pictures alone."""

import re

from core.contract.shapes import Json

NAME = "guideline.json"
LIMIT = 4_000_000  # bytes: a function answers no more than six million
PICTURE = r"^data:image/(png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$"


def is_one(content: Json) -> bool:
    """Whether a page may show it; `promote` puts no other one where the API looks."""
    classes = content.get("classes") if isinstance(content, dict) and len(content) == 1 else None
    return isinstance(classes, dict) and all(map(are_pictures, classes.values()))


def are_pictures(examples: object) -> bool:
    if not isinstance(examples, dict) or examples.keys() != {"good", "bad"}:
        return False
    return all(
        isinstance(pictures, list)
        and all(isinstance(it, str) and re.fullmatch(PICTURE, it) for it in pictures)
        for pictures in examples.values()
    )
