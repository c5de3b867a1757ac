"""The folder /opt/ml of a training container, filled from S3 and emptied to S3.

It is a folder of the local cloud's: its name is replaced in the request and in the texts of the channels `code` and
`sm_drivers`, which are the SDK's.
"""

import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from core.contract.shapes import Json

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONTAINER_ROOT = "/opt/ml"
TRANSLATED_CHANNELS = ("code", "sm_drivers")
TRANSLATED_FILES = (".json", ".py", ".sh")


class JobFailed(Exception):
    """The text is the job's FailureReason."""


class Container:
    """The folder of one job."""

    def __init__(self, root: Path, request: Json, s3: "S3Client") -> None:
        self.root = root
        self.request = request
        self.s3 = s3

    def here(self, text: str) -> str:
        """The text with this folder instead of /opt/ml."""
        return text.replace(CONTAINER_ROOT, str(self.root))

    def fill(self) -> None:
        """Lay the folder out: configuration, channels, checkpoints."""
        for name in ("input/config", "model", "output/data", "tmp"):
            (self.root / name).mkdir(parents=True)
        channels = self.request.get("InputDataConfig", [])
        for channel in channels:
            self._download(channel)
        checkpoints = self.request.get("CheckpointConfig")
        if checkpoints:
            fetch(self.s3, checkpoints["S3Uri"], self._checkpoints())
        hyperparameters = self.request.get("HyperParameters", {})
        configuration = {
            "hyperparameters": {name: self.here(text) for name, text in hyperparameters.items()},
            "inputdataconfig": {
                channel["ChannelName"]: {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated"}
                for channel in channels
            },
            "resourceconfig": {
                "current_group_name": "homogeneousCluster",
                "current_host": "algo-1",
                "current_instance_type": self.request["ResourceConfig"].get("InstanceType", "local"),
                "hosts": ["algo-1"],
                "network_interface_name": "lo",
            },
        }
        for name, content in configuration.items():
            (self.root / "input/config" / f"{name}.json").write_text(json.dumps(content))

    def deliver(self, job: str) -> None:
        """Put the model, the other output and the checkpoints where the request wants them."""
        output = self.request["OutputDataConfig"]
        location = urlparse(output["S3OutputPath"])
        prefix = "/".join(part for part in (location.path.strip("/"), job, "output") if part)
        key_id = output.get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        folders = {"model": self.root / "model", "output": self.root / "output/data"}
        if not any(folders["output"].iterdir()):
            del folders["output"]
        for name, folder in folders.items():
            key = f"{prefix}/{name}.tar.gz"
            self.s3.put_object(Bucket=location.netloc, Key=key, Body=pack(folder), **encryption)
        checkpoints = self.request.get("CheckpointConfig")
        if checkpoints:
            put(self.s3, self._checkpoints(), checkpoints["S3Uri"])

    def _download(self, channel: Json) -> None:
        name, uri = channel["ChannelName"], channel["DataSource"]["S3DataSource"]["S3Uri"]
        folder = self.root / "input/data" / name
        if not fetch(self.s3, uri, folder):
            raise JobFailed(
                f'ClientError: Data download failed: No S3 objects found under S3 URL "{uri}" given in input data '
                f"source of channel {name}."
            )
        if name in TRANSLATED_CHANNELS:
            for path in folder.rglob("*"):
                if path.suffix in TRANSLATED_FILES:
                    path.write_text(self.here(path.read_text()))

    def _checkpoints(self) -> Path:
        wanted = self.request["CheckpointConfig"].get("LocalPath", f"{CONTAINER_ROOT}/checkpoints")
        return Path(self.here(wanted))


def fetch(s3: "S3Client", uri: str, folder: Path) -> int:
    """Copy what is under the prefix, or the one object of that key, into the folder; answer how many objects."""
    location = urlparse(uri)
    prefix = location.path[1:]
    folder.mkdir(parents=True, exist_ok=True)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=location.netloc, Prefix=prefix)
    keys = [
        thing["Key"] for page in pages for thing in page.get("Contents", []) if not thing["Key"].endswith("/")
    ]
    for key in keys:
        target = folder / (Path(key).name if key == prefix else key.removeprefix(prefix).lstrip("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(location.netloc, key, str(target))
    return len(keys)


def put(s3: "S3Client", folder: Path, uri: str) -> None:
    """Copy the folder's files to the prefix."""
    location = urlparse(uri)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = f"{location.path.strip('/')}/{path.relative_to(folder)}"
        s3.upload_file(str(path), location.netloc, key)


def pack(folder: Path) -> BytesIO:
    """The folder's content as a compressed archive."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)
    packed.seek(0)
    return packed
