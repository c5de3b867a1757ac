"""What a Distributed Map works on: its items, read from S3, selected, and put into batches."""

import csv
import json
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.eval.environment import Environment

from core.contract.shapes import Json
from localcloud.states.map_runs import Failed

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MOST_INPUT_BYTES = 262_144

Item = object  # of JSON


def read(s3: "S3Client", reader: Json) -> list[Item]:
    """The items that the state's `ItemReader` names, at most `MaxItems`."""
    config = reader["ReaderConfig"]
    try:
        if reader["Resource"].endswith(":s3:listObjectsV2"):
            items = _list(s3, reader["Parameters"])
        else:
            text = s3.get_object(**reader["Parameters"])["Body"].read().decode()
            items = _parse(text, config)
        return list(islice(items, int(config.get("MaxItems", 0)) or None))
    except (ClientError, ValueError) as error:
        raise Failed("States.ItemReaderFailed", str(error)) from error


def _list(s3: "S3Client", parameters: Json) -> Iterator[Item]:
    for page in s3.get_paginator("list_objects_v2").paginate(**parameters):
        for thing in page.get("Contents", []):
            yield {
                "Etag": thing["ETag"],
                "Key": thing["Key"],
                "LastModified": int(thing["LastModified"].timestamp()),
                "Size": thing["Size"],
                "StorageClass": thing["StorageClass"],
            }


def _parse(text: str, config: Json) -> Iterator[Item]:
    lines = text.split("\n")
    if config["InputType"] == "JSONL":
        return (json.loads(line) for line in lines if line.strip())
    if config["InputType"] == "CSV":
        given = config.get("CSVHeaderLocation") == "GIVEN"
        return csv.DictReader(lines, config["CSVHeaders"] if given else None, restval="")
    items = json.loads(text)
    if not isinstance(items, list):
        raise ValueError("Attempting to map over non-iterable node.")
    return iter(items)


def select(env: Environment, selector: EvalComponent | None, items: list[Item]) -> list[Item]:
    """What the state's `ItemSelector` makes of each item."""
    if selector is None:
        return items
    selected = []
    given = env.stack[-1]
    frame = env.open_frame()
    for index, item in enumerate(items):
        frame.states.context_object.context_object_data["Map"] = {"Item": {"Index": index, "Value": item}}
        frame.stack = [given]
        selector.eval(frame)
        selected.append(frame.stack.pop())
    env.close_frame(frame)
    return selected


def batch(items: list[Item], batcher: Json | None) -> list[tuple[Item, int]]:
    """The children's inputs, each with the number of its items."""
    if batcher is None:
        return [(item, 1) for item in items]
    most = int(batcher.get("MaxItemsPerBatch", 0)) or len(items)
    room = int(batcher.get("MaxInputBytesPerBatch", 0)) or MOST_INPUT_BYTES
    frame = {"BatchInput": batcher["BatchInput"]} if "BatchInput" in batcher else {}
    empty = _size({**frame, "Items": []})
    batches: list[list[Item]] = []
    size = 0
    for item in items:
        more = _size(item) + 1
        if not batches or len(batches[-1]) == most or size + more > room:
            batches.append([])
            size = empty
        if size + more > room:
            raise Failed("States.ItemReaderFailed", f"an item of {more} bytes fits no batch of {room} bytes")
        batches[-1].append(item)
        size += more
    return [({**frame, "Items": things}, len(things)) for things in batches]


def _size(value: object) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
