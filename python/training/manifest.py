"""Photographs that a file lists, each with its label: here or in S3.

    find("labels.csv", folder)  ->  a Photo for each; those of S3 are fetched into the folder

    path,label in CSV                 a header, then a row per photo; columns of other names are left alone
    SageMaker Ground Truth            output.manifest: a line of JSON per photo, "source-ref" and "<job>-metadata"
    Label Studio, JSON                a list of tasks, with "data" and "annotations"; what was cancelled does not count
    Label Studio, JSON-MIN and CSV    the same flat: "image" and "choice", or the names that its labelling setup has

A path is relative to the manifest. Of Label Studio's own (/data/upload/..., /data/local-files/?d=...) the file is
looked for beside the manifest, under the name that it was uploaded by too.
"""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core import artefacts
from core.console import UserError, visible
from training import listed
from training.photo import Photo

SUFFIXES = (".csv", ".json", ".jsonl", ".manifest")
PHOTO = ("path", "image", "source-ref", "photo", "img")
LABEL = ("label", "choice", "class")
METADATA = "-metadata"
COLUMNS = "a column path and a column label, as in path,label"

Rows = Iterator[tuple[str, list[str]]]


def find(location: str, folder: Path) -> list[Photo]:
    """Every photo once; one with several labels, or none, is there with its problem."""
    labels: dict[str, list[str]] = {}
    for source, found in parse(location):
        labels.setdefault(source, []).extend(label.strip() for label in found if label.strip())
    if not labels:
        raise UserError(f"{visible(location)} lists no photos")
    return listed.fetch(
        location, {source: list(dict.fromkeys(found)) for source, found in labels.items()}, folder
    )


def parse(location: str) -> list[tuple[str, list[str]]]:
    """Each photo's path and its labels. What the file is, its beginning says."""
    try:
        text = artefacts.read(location).decode("utf-8-sig")
        if text.lstrip().startswith("["):
            return list(_of_label_studio(json.loads(text), location))
        if text.lstrip().startswith("{"):
            lines = [json.loads(line) for line in text.splitlines() if line.strip()]
            return list(_of_ground_truth(lines, location))
        return list(_flat(list(csv.DictReader(io.StringIO(text, newline=""))), location))
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error) as error:
        raise UserError(
            f"{visible(location)} is no manifest: neither CSV with {COLUMNS} nor JSON of Ground Truth or Label Studio "
            f"({error})"
        ) from error


def _flat(rows: list[dict[str, Any]], location: str) -> Rows:
    names = list(dict.fromkeys(name for row in rows for name in row if name))  # a task has only those it has
    photo = next((name for name in PHOTO if name in names), "")
    label = next((name for name in LABEL if name in names), "")
    if rows and not (photo and label):
        raise UserError(f"{visible(location)} has {visible(', '.join(names))}: it needs {COLUMNS}")
    for row in rows:
        yield str(row.get(photo) or ""), _choices(row.get(label))


def _choices(value: Any) -> list[str]:
    """Label Studio writes one choice as a text, and several as {"choices": [...]}, in CSV as the text of that.

    Others write several as a list.
    """
    if isinstance(value, str) and value.startswith('{"choices"'):
        value = json.loads(value)
    if isinstance(value, dict):
        value = value.get("choices", [])
    if isinstance(value, list):
        return [str(choice) for choice in value]
    return [str(value)] if value else []


def _of_ground_truth(lines: list[dict[str, Any]], location: str) -> Rows:
    def jobs(line: dict[str, Any]) -> dict[str, str]:
        return {
            name.removesuffix(METADATA): str(said["class-name"])
            for name, said in line.items()
            if name.endswith(METADATA) and isinstance(said, dict) and "class-name" in said
        }

    _check_one({job for line in lines for job in jobs(line)}, location)
    for line in lines:
        yield str(line.get("source-ref", "")), list(jobs(line).values())


def _of_label_studio(tasks: list[Any], location: str) -> Rows:
    if not all(isinstance(task, dict) for task in tasks):
        raise ValueError("not a list of tasks")
    if not any("annotations" in task for task in tasks):
        yield from _flat(tasks, location)
        return
    results = [
        [
            result
            for annotation in task.get("annotations", [])
            if not annotation.get("was_cancelled")
            for result in annotation.get("result", [])
            if result.get("type") == "choices"
        ]
        for task in tasks
    ]
    _check_one({result.get("from_name") for found in results for result in found}, location)
    for task, found in zip(tasks, results, strict=True):
        data = task.get("data", {})
        source = next((str(data[name]) for name in PHOTO if name in data), "")
        yield source, [str(choice) for result in found for choice in result["value"]["choices"]]


def _check_one(names: set[Any], location: str) -> None:
    if len(names) > 1:
        said = ", ".join(sorted(map(str, names)))
        raise UserError(f"{visible(location)} has labels of several kinds, {visible(said)}: leave one in it")
