"""What a Distributed Map leaves behind: the state's output, and the files of its `ResultWriter`.

AWS writes `SUCCEEDED_0.json`, `FAILED_0.json` (with what timed out or was aborted), `PENDING_0.json` and
`manifest.json` to `<prefix>/<map run>/`, however the map run ends. Where `WriterConfig` asks for JSON lines, the first
three are called `.jsonl`. A redrive writes its own to `Redrive-<n>/` in there;
its manifest names the earlier files of successes as well, so that it covers all of them.
"""

import datetime
import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from moto.core.utils import iso_8601_datetime_with_milliseconds

from core.contract.shapes import Json
from localcloud.states.map_children import Child
from localcloud.states.map_runs import Failed, MapRun

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FILES = {
    "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"),
    "PENDING": ("PENDING", "PENDING_REDRIVE"),
    "SUCCEEDED": ("SUCCEEDED",),
}


def write(s3: "S3Client", run: MapRun, writer: Json) -> Json:
    """Write this attempt's result files; answer the state's output."""
    bucket = writer["Parameters"]["Bucket"]
    prefix = writer["Parameters"].get("Prefix", "").removesuffix("/")
    folder = "/".join(filter(None, (prefix, run.map_run_arn.rpartition(":")[2])))
    if run.redrives:
        folder += f"/Redrive-{run.redrives}"
    kind_of_file = writer.get("WriterConfig", {}).get("OutputType", "JSON")
    files: dict[str, list[Json]] = {kind: [] for kind in FILES}
    try:
        for kind, statuses in FILES.items():
            children = [c for c in run.children if c.status in statuses and not c.exported]
            if children:
                key = f"{folder}/{kind}_0.{kind_of_file.lower()}"
                records = [record(child) for child in children]
                body = b"\n".join(map(_encode, records)) if kind_of_file == "JSONL" else _encode(records)
                s3.put_object(Bucket=bucket, Key=key, Body=body)
                files[kind].append({"Key": key, "Size": len(body)})
        run.export(files["SUCCEEDED"])
        manifest = {
            "DestinationBucket": bucket,
            "MapRunArn": run.map_run_arn,
            "ResultFiles": {**files, "SUCCEEDED": run.files},
        }
        s3.put_object(Bucket=bucket, Key=f"{folder}/manifest.json", Body=_encode(manifest))
    except ClientError as error:
        raise Failed("States.ResultWriterFailed", str(error)) from error
    return {
        "MapRunArn": run.map_run_arn,
        "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"},
    }


def output(child: Child) -> object:
    """What a child adds to the output of a state without a `ResultWriter`."""
    return child.output if child.status == "SUCCEEDED" else record(child)


def record(child: Child) -> Json:
    """What the result files say of a child."""
    asked = {"Input": _text(child.input), "InputDetails": {"Included": True}}
    if child.status == "PENDING":
        return {**asked, "Status": child.status}
    done = {
        "ExecutionArn": child.arn,
        **asked,
        "Name": f"{child.name}:{child.id}" if child.express else child.name,
        "RedriveCount": child.redrives,
        "RedriveStatus": "REDRIVABLE",
        "StartDate": _date(child.started),
        "StateMachineArn": child.machine,
        "Status": child.status,
        "StopDate": _date(child.stopped),
    }
    if child.status == "SUCCEEDED":
        done |= {"Output": _text(child.output), "OutputDetails": {"Included": True}}
        done |= {"RedriveStatus": "NOT_REDRIVABLE"}
        done |= {"RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven"}
    return done | {key: text for key, text in (("Error", child.error), ("Cause", child.cause)) if text}


def _date(moment: datetime.datetime | None) -> str | None:
    return iso_8601_datetime_with_milliseconds(moment) if moment else None


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
