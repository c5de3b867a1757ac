"""Data capture: what goes into an endpoint and comes out of it, written to S3 about once a second.

AWS: content types are kept as they came, with their parameters, which do not count when one is looked up among those
of the configuration. The custom attributes are the request's: no document says that the answer's are kept.
"""

import base64
import json
import random
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from core.contract.shapes import Json
from localcloud import clients, defects
from localcloud.access.principals import Credentials
from localcloud.models.endpoints import Reply

FLUSH_SECONDS = 1.0

# Where to, under which key, for which endpoint and variant, as which role.
File = tuple[str, str, str, str, Credentials]


class Recorder:
    """The records that wait to be written."""

    def __init__(self, region: str, url: str) -> None:
        self.region, self.url = region, url
        self.lock = threading.Lock()
        self.waiting: dict[File, list[Json]] = defaultdict(list)
        threading.Thread(target=self._flush_for_ever, daemon=True).start()

    def record(
        self,
        config: Json,
        endpoint: str,
        variant: str,
        request: tuple[bytes, Mapping[str, str]],
        reply: Reply,
        role: Credentials,
    ) -> None:
        """Keep one exchange, if the configuration's sample wants it."""
        if not config.get("EnableCapture") or random.random() * 100 >= config["InitialSamplingPercentage"]:  # noqa: S311
            return
        body, headers = request
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        data = {}
        if modes & {"Input", "InputAndOutput"}:
            data["endpointInput"] = _side("INPUT", body, headers.get("Content-Type", ""), config)
        if modes & {"Output", "InputAndOutput"}:
            data["endpointOutput"] = _side("OUTPUT", reply.body, reply.content_type, config)
        metadata: Json = {"eventId": str(uuid.uuid4())}
        if headers.get("X-Amzn-SageMaker-Custom-Attributes"):
            metadata["customAttributes"] = [headers["X-Amzn-SageMaker-Custom-Attributes"]]
        if headers.get("X-Amzn-SageMaker-Inference-Id"):
            metadata["inferenceId"] = headers["X-Amzn-SageMaker-Inference-Id"]
        metadata["inferenceTime"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
        with self.lock:
            file = (config["DestinationS3Uri"], config.get("KmsKeyId", ""), endpoint, variant, role)
            self.waiting[file].append(line)

    def _flush_for_ever(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            with self.lock:
                files, self.waiting = self.waiting, defaultdict(list)
            for file, records in files.items():
                try:
                    self._write(file, records)
                except ClientError:
                    pass  # what one endpoint may not write, or has no bucket for, must not end the capture of others
                except Exception as error:
                    defects.report(error)

    def _write(self, file: File, records: list[Json]) -> None:
        destination, key_id, endpoint, variant, role = file
        location = urlparse(destination)
        now = datetime.now(UTC)
        moment = f"{now:%Y/%m/%d/%H/%M-%S}-{now.microsecond // 1000:03d}"
        prefix = "/".join(part for part in (location.path.strip("/"), endpoint, variant) if part)
        lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        clients.client("s3", self.region, self.url, role).put_object(
            Bucket=location.netloc,
            Key=f"{prefix}/{moment}-{uuid.uuid4()}.jsonl",
            Body=lines.encode(),
            **encryption,
        )


def _side(mode: str, body: bytes, content_type: str, config: Json) -> dict[str, str]:
    listed = config.get("CaptureContentTypeHeader") or {}
    kind = content_type.split(";")[0].strip()
    if kind in listed.get("JsonContentTypes", []):
        encoding, data = "JSON", body.decode()
    elif kind in listed.get("CsvContentTypes", []):
        encoding, data = "CSV", body.decode()
    else:
        encoding, data = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
