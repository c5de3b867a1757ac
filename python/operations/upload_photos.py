"""Upload a folder of photos to where bulk work reads them: `python -m operations.upload_photos ENV --folder photos
--prefix archive/2025/`.

The folders in it are gone through as well, and their names are part of the keys. A photo is what begins as a PNG or a
JPEG, whatever its file is called; anything else, a link to a folder too, is named and left out. What is there already
with the same content is not sent again, so that the same command goes on where an earlier one was stopped. The exit
status is 1 if a photo could not be read or sent.
"""

import shlex
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from core import arguments, aws_errors, environment, sending
from core.console import UserError, out, run, visible
from core.contract.errors import ImageTooLarge, NotAnImage
from core.contract.images import check_size, content_type

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ARCHIVE = "archive/"
SENT, THERE, LEFT_OUT, FAILED = "sent", "there with the same content", "left out", "failed"
BEGINNING = 16  # bytes of a file, which say what it is
LONGEST_KEY = 1024
NAMED = 10  # of those left out or failed; the rest is counted


@dataclass(frozen=True)
class Ended:
    """What became of one file, and why if it was not sent."""

    how: str
    why: str = ""


def main() -> int:
    parser = arguments.Parser("operations.upload_photos", __doc__)
    parser.add_argument("env")
    parser.add_argument("--folder", default="", help="the photos")
    parser.add_argument("--prefix", default="", help="what their keys begin with, as in archive/2025/")
    options = parser.parse_args()
    prefix, folder = check_prefix(options.prefix), Path(options.folder)
    files = find(folder, options.folder)
    bucket = environment.outputs(options.env)["bucket"]
    counted = upload(sending.connect(), bucket, folder, prefix, files)
    if counted[SENT] + counted[THERE]:
        out.print(f"classify them with {visible(name_next(options.env, prefix))}")
    return 0 if counted[SENT] + counted[THERE] and not counted[FAILED] else 1


def name_next(env: str, prefix: str) -> str:
    """The command that classifies them, to be copied into a shell."""
    return f"make bulk ENV={env} PREFIX={shlex.quote(prefix)}"


def check_prefix(prefix: str) -> str:
    """It ends with one slash, and is where photos lie that nobody waits for."""
    if prefix.startswith("incoming/"):
        raise UserError(
            f"prefix {prefix!r} would route a driver for each photo: take {ARCHIVE}..., or send single photos with "
            f"make classify"
        )
    if not prefix.startswith(ARCHIVE):
        raise UserError(
            f"prefix {prefix!r} does not start with {ARCHIVE}: make upload FOLDER=photos PREFIX={ARCHIVE}2025/"
        )
    return f"{prefix.rstrip('/')}/"


def find(folder: Path, name: str) -> list[Path]:
    """The files in it, but for hidden ones."""
    if not name or not folder.is_dir():
        raise UserError(f"{name!r} is not a folder: make upload FOLDER=photos PREFIX={ARCHIVE}2025/")
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    files = [path for path in found if not is_hidden(path.relative_to(folder))]
    if not files:
        raise UserError(f"there is no file in {visible(name)}: name a folder with photos")
    if not any(map(may_be_photo, files)):
        raise UserError(
            f"there is no photo in {visible(name)}: none of its {len(files)} files is a PNG or a JPEG image"
        )
    return sorted(files)


def may_be_photo(path: Path) -> bool:
    """By its first bytes. One that cannot be read is told of when it is its turn."""
    if leads_astray(path):
        return False
    try:
        with path.open("rb") as file:
            content_type(file.read(BEGINNING), str(path))
    except NotAnImage:
        return False
    except OSError:
        pass
    return True


def leads_astray(path: Path) -> str:
    """Why a link is not followed; folders behind links may hold each other."""
    if not path.is_symlink() or path.is_file():
        return ""
    return "a link to a folder" if path.is_dir() else "a link to no file"


def is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def upload(client: "S3Client", bucket: str, folder: Path, prefix: str, files: Sequence[Path]) -> Counter[str]:
    """Send them and say what became of them; how many ended how."""

    def send(path: Path) -> Ended:
        return send_one(client, bucket, prefix + path.relative_to(folder).as_posix(), path)

    began, counted, named = time.monotonic(), Counter[str](), []
    try:
        for ended in sending.send_all(send, files):
            counted[ended.how] += 1
            named += [f"{ended.how}: {ended.why}"] if ended.why else []
    except KeyboardInterrupt:
        out.print(f"\n{counted.total()} of {len(files)} are done: the same command goes on with the rest")
        raise
    for line in named[:NAMED]:
        out.print(visible(line))
    if len(named) > NAMED:
        out.print(f"and {len(named) - NAMED} more that were {LEFT_OUT} or {FAILED}")
    took, ends = time.monotonic() - began, (SENT, THERE, LEFT_OUT, FAILED)
    said = ", ".join(f"{counted[how]} {how}" for how in ends if counted[how] or how == SENT)
    out.print(f"s3://{bucket}/{visible(prefix)}: of {len(files)} files {said}, in {took:.1f} s")
    return counted


def send_one(client: "S3Client", bucket: str, key: str, path: Path) -> Ended:
    if why := leads_astray(path):
        return Ended(LEFT_OUT, f"{path}: {why}")
    try:
        if len(key.encode()) > LONGEST_KEY:
            return Ended(
                FAILED, f"{path} would have a key of over {LONGEST_KEY} bytes, which S3 takes at most"
            )
        check_size(path.stat().st_size, str(path))  # before it is read: it may be a film
        body = path.read_bytes()
        kind = content_type(body, str(path))
        return Ended(SENT if sending.put(client, bucket, key, body, kind) else THERE)
    except (ImageTooLarge, NotAnImage) as error:
        return Ended(LEFT_OUT, str(error))
    except OSError as error:
        return Ended(FAILED, f"{path} cannot be read: {error.strerror}")
    except UnicodeError:
        return Ended(FAILED, f"{str(path)!r} has a name that is not UTF-8, as S3 wants keys: rename it")
    except ClientError as error:
        if aws_errors.explain(error):  # and so will all the others
            raise
        return Ended(FAILED, f"{path} cannot be sent: {error}")


if __name__ == "__main__":
    run(main)
