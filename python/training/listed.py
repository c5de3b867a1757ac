"""Where the photographs lie that a manifest lists: beside it, elsewhere here, or in S3, many fetched at once."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from core import aws_errors, sending
from core.artefacts import split_address
from core.console import UserError, track
from training.photo import Photo

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

S3 = "s3://"
MAX_BYTES = 100_000_000  # of one photo in S3: a film is not fetched
STUDIO_FILE = "/data/local-files/?d="
STUDIO_UPLOAD = re.compile(r"\A/?data/upload/\d+/")
UPLOADED = re.compile(r"[0-9a-f]{8}-")  # what Label Studio puts before an uploaded file's name


def fetch(manifest: str, labels: dict[str, list[str]], folder: Path) -> list[Photo]:
    """A Photo for each source; what there is in S3 is put into the folder."""
    remote = manifest.startswith(S3)
    base = manifest.rpartition("/")[0]
    photos = []
    for number, (source, found) in enumerate(labels.items()):
        label, problem = (found[0], "") if len(found) == 1 else ("", say(found))
        path = plain(source)
        if not source:
            problem = "no path"
        elif source.startswith(("http://", "https://")):
            problem = "a web address: download it, or put it into S3"
        elif source.startswith("data:"):
            source = path = f"{source[:30]}..."
            problem = "a picture inside the manifest: put it into a file"
        elif remote and not path.startswith(S3):
            path = f"{base}/{path}"
        if path.startswith(S3):
            photos.append((Photo(folder / str(number), label, path, problem=problem), path))
        else:
            photos.append((Photo(locate(Path(manifest).parent, path), label, source, problem=problem), ""))
    wanted = [(photo, address) for photo, address in photos if address and not photo.problem]
    failed = dict(download(wanted)) if wanted else {}
    return [
        Photo(photo.path, photo.label, photo.name, problem=photo.problem or failed.get(photo, ""))
        for photo, _ in photos
    ]


def say(found: list[str]) -> str:
    return f"labelled {' and '.join(found)}" if found else "no label"


def plain(source: str) -> str:
    """A path of Label Studio's server as one of files."""
    if STUDIO_FILE in source:
        return unquote(source.partition(STUDIO_FILE)[2])
    return STUDIO_UPLOAD.sub("", source, count=1)


def locate(folder: Path, path: str) -> Path:
    """The file as it is named, else one of that name beside the manifest."""
    name = Path(path).name
    candidates = [
        folder / path,
        folder / name,
        folder / "images" / name,
        folder / UPLOADED.sub("", name, count=1),
    ]
    # Unlike Path.is_file, this takes a name that is too long for one that is not there.
    return next((candidate for candidate in candidates if os.path.isfile(candidate)), candidates[0])  # noqa: PTH113


def download(wanted: list[tuple[Photo, str]]) -> list[tuple[Photo, str]]:
    """Those that could not be fetched, and why."""
    client = sending.connect()
    pool = ThreadPoolExecutor(sending.WORKERS)
    try:
        ended = pool.map(lambda it: _get(client, it[1], it[0].path), wanted)
        reasons = list(track(ended, "fetching", len(wanted)))
    finally:
        pool.shutdown(cancel_futures=True)
    return [(photo, why) for (photo, _), why in zip(wanted, reasons, strict=True) if why]


def _get(client: "S3Client", address: str, path: Path) -> str:
    """Put the object there; why not, if it cannot be."""
    try:
        bucket, key = split_address(address)
        answer = client.get_object(Bucket=bucket, Key=key)
        if answer["ContentLength"] > MAX_BYTES:
            return f"more than {MAX_BYTES:,} bytes"
        path.write_bytes(answer["Body"].read())
    except UserError as error:
        return str(error)
    except ClientError as error:
        if aws_errors.explain(error):  # and so will all the others
            raise
        return f"S3 says {error.response['Error']['Code']}"
    except (BotoCoreError, OSError) as error:  # the answer ended too soon, or the disk is full
        if aws_errors.explain(error):
            raise
        return f"cannot be fetched: {error}"
    return ""
