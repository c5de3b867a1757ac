"""Send one photo through a deployed environment: `python -m operations.classify_photo ENV IMAGE`.

It is uploaded as a driver's photo is, and starts the same workflow.
"""

import sys
from pathlib import Path

from core.console import UserError, out, run
from core.contract.outcomes import ACCEPTED, REVIEW
from operations.client import Client, Outcome, Photo, directions


def main() -> int:
    env, name = sys.argv[1:]
    path = Path(name)
    if not path.is_file():
        raise UserError(f"{name!r} is not a file: name a photo, as in make classify IMAGE=photo.png")
    (result,) = Client(env).route([Photo(path.name, path.read_bytes())])
    out.print(describe(result))
    return 0 if result.kind in (ACCEPTED, REVIEW) else 1


def describe(result: Outcome) -> str:
    name = result.photo.name
    if result.kind == ACCEPTED:
        label, confidence = result.output["label"], result.output["confidence"]
        return f"{name}: {label} ({confidence:.4f}), {directions(result)}, after {result.seconds:.2f} s"
    if result.kind == REVIEW:
        return f"{name}: the model is not sure, a person will look at it ({result.cause})"
    return f"{name}: {result.error or result.kind}: {result.cause}"


if __name__ == "__main__":
    run(main)
