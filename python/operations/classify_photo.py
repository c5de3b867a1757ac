"""Send one photo through a deployed environment: `python -m operations.classify_photo ENV IMAGE`.

It is uploaded as a driver's photo is, and starts the same workflow.
"""

from pathlib import Path

from core import arguments
from core.console import UserError, out, run
from core.contract.errors import ImageTooLarge, NotAnImage
from core.contract.images import check_size, content_type
from core.contract.outcomes import ACCEPTED, REVIEW
from operations.client import Client, Outcome, Photo, directions, reason_for_review


def main() -> int:
    parser = arguments.Parser(prog="operations.classify_photo")
    parser.add_argument("env")
    parser.add_argument("photo")
    options = parser.parse_args()
    env, name, path = options.env, options.photo, Path(options.photo)
    if not path.is_file():
        raise UserError(f"{name!r} is not a file: name a photo, as in make classify IMAGE=photo.png")
    content = path.read_bytes()
    try:
        check_size(len(content), name)
        content_type(content, name)
    except (ImageTooLarge, NotAnImage) as error:
        raise UserError(str(error)) from error
    (result,) = Client(env).route([Photo(path.name, content)])
    out.print(describe(result))
    return 0 if result.kind in (ACCEPTED, REVIEW) else 1


def describe(result: Outcome) -> str:
    name = result.photo.name
    if result.kind == ACCEPTED:
        label, confidence = result.output["label"], result.output["confidence"]
        return f"{name}: {label} ({confidence:.4f}), {directions(result)}, after {result.seconds:.2f} s"
    if result.kind == REVIEW:
        return f"{name}: {reason_for_review(result)}, a person will look at it ({result.cause})"
    return f"{name}: {result.error or result.kind}: {result.cause}"


if __name__ == "__main__":
    run(main)
