"""A bucket and a state machine for bulk runs, without functions: it reads the list, and copies results made before."""

import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.builders import make_role
from tests.waiting import until

from core import environment
from operations import bulk

RESULTS = "results/bulk"
PHOTOS = [{"Key": f"archive/2025/{number} ü.png"} for number in range(8)]


def line(key: str, outcome: str = "accepted") -> bytes:
    return json.dumps({"s3_key": key, "outcome": outcome}).encode() + b"\n"


# Names that sort otherwise than they were written; one part holds nothing.
PARTS = {
    "b.jsonl": b"".join(line(photo["Key"]) for photo in PHOTOS[:3]),
    "a.jsonl": b"".join(line(photo["Key"]) for photo in PHOTOS[3:7]),
    "a0.jsonl": b"",
    "c.jsonl": line(PHOTOS[7]["Key"], "review"),
}
WHOLE = PARTS["a.jsonl"] + PARTS["b.jsonl"] + PARTS["c.jsonl"]
SUMMARY = {"images": 8, "accepted": 7, "review": 1, "failed": 0, "errors": {}, "parts": len(PARTS)}


def mapped(label: str, child: dict[str, Any], **more: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    inside = {"StartAt": f"{label}One", "States": {f"{label}One": {"End": True, **child}}}
    return {"Type": "Map", "Label": label, "ItemProcessor": processor | inside, **more}


class Place:
    """Call `make(...)` for what a user types after `make bulk`, in words of operations.bulk."""

    def __init__(self, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
        self.s3, self.steps, self.monkeypatch = aws("s3"), aws("stepfunctions"), monkeypatch
        self.bucket = f"bulk-{uuid.uuid4()}"
        self.role = make_role(aws("iam"), self.bucket)
        self.s3.create_bucket(Bucket=self.bucket)
        self.outputs: dict[str, Any] = {}
        monkeypatch.setattr(environment, "outputs", lambda _env: self.outputs)

    def deploy(self, gathers: dict[str, Any] | None = None) -> None:
        """The machine: a map over the list, three at once, one over what that came to, and the results."""
        reader = {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": self.bucket, "Key.$": "$.manifest"},
        }
        states = {
            "ClassifyListed": mapped(
                "ClassifyListed",
                {"Type": "Pass"},
                ItemReader=reader,
                ItemBatcher={"MaxItemsPerBatch": 3},
                ResultPath="$.map",
                Next="Gather",
            ),
            "Gather": mapped(
                "Gather",
                gathers or {"Type": "Pass"},
                ItemsPath="$.map",
                ResultPath="$.gathered",
                Next="Copy0",
            ),
        }
        names = [*(f"parts/{name}" for name in PARTS), "summary.json"]
        for number, name in enumerate(names):
            states[f"Copy{number}"] = {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:copyObject",
                "Parameters": {
                    "Bucket": self.bucket,
                    "CopySource": f"{self.bucket}/{RESULTS}/made/{name}",
                    "Key.$": f"States.Format('{RESULTS}/{{}}/{name}', $.run)",
                },
                "ResultPath": None,
                **({"End": True} if number == len(names) - 1 else {"Next": f"Copy{number + 1}"}),
            }
        definition = json.dumps({"StartAt": "ClassifyListed", "States": states})
        machine = self.steps.create_state_machine(name=self.bucket, definition=definition, roleArn=self.role)[
            "stateMachineArn"
        ]
        self.outputs |= {
            "bucket": self.bucket,
            "bulk": {"state_machine_arn": machine, "results": RESULTS},
        }
        self.write("made")

    def write(self, run: str, parts: dict[str, bytes] = PARTS, **summary: Any) -> None:
        """The results of a run that has ended."""
        for name, content in parts.items():
            self.put(f"{RESULTS}/{run}/parts/{name}", content)
        self.put(f"{RESULTS}/{run}/summary.json", json.dumps(SUMMARY | summary).encode())

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def make(self, *words: str | Path) -> int:
        self.monkeypatch.setattr(sys, "argv", ["operations.bulk", "local", *map(str, words)])
        return bulk.main()

    def started(self) -> list[dict[str, Any]]:
        """What the machine was started with, the newest first."""
        machine = self.outputs["bulk"]["state_machine_arn"]
        found = self.steps.list_executions(stateMachineArn=machine)["executions"]
        described = [self.steps.describe_execution(executionArn=it["executionArn"]) for it in found]
        return [json.loads(it["input"]) for it in described]

    def until(self, look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
        return until(look, good)
