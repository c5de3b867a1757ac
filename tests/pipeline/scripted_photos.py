"""Photos that tell the model of scripted_inference.py how to behave."""

import base64
import json

BLANK = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
)
SURE, UNSURE = "[0.99, 0.01]", "[0.6, 0.4]"
SHOWN = f"data:image/png;base64,{base64.b64encode(BLANK).decode()}"
# What people are shown of that model's photographs.
GUIDELINE = {"classes": {name: {"good": [SHOWN] * 2, "bad": [SHOWN]} for name in ("bicycle", "motorcycle")}}


def photo(answer: str = SURE, size: int = 0, **script: object) -> bytes:
    """A photo that makes the model behave so, of so many bytes if it is given a size."""
    told = json.dumps({"answer": answer, **script}).encode()
    return BLANK + told + b" " * (size - len(BLANK) - len(told))
