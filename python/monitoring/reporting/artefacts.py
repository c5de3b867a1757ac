"""What is known of a model that answered: its classes, its baseline, and how it did on its own test split."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console import UserError
from monitoring.baseline import Baseline, BrokenBaseline, from_artefact
from training import runs

ID_DIGITS = 16  # of the artefact's SHA-256: the model's name in the bucket and in captures


@dataclass(frozen=True)
class Model:
    labels: list[str] = field(default_factory=list)
    baseline: Baseline | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)  # metrics.json
    why_no_baseline: str = ""


Finder = Callable[[str], Model]  # from a model's id, which is "" where the capture does not say


def given(location: str | None) -> Finder:
    """The model of --model: it is the one that answered, unless the capture names another one."""
    if location is None:
        return lambda _: Model(
            why_no_baseline="No model was given, so there is no baseline: add --model model.tar.gz."
        )
    archive = runs.read(location)
    model, own = opened(archive, location), hashlib.sha256(archive).hexdigest()[:ID_DIGITS]
    other = Model(
        why_no_baseline=f"--model is {own}, so there is no baseline for this one: give its own artefact."
    )
    return lambda model_id: model if model_id in ("", own) else other


def stored(bucket: str, live: Mapping[str, Any] | None) -> Finder:
    """The models in an environment's bucket; `live` is Terraform's output `model`."""

    def find(model_id: str) -> Model:
        labels = live["labels"] if live and live["id"] == model_id else []
        location = f"s3://{bucket}/models/{model_id}/model.tar.gz"
        try:
            return opened(runs.read(location), location)
        except UserError as error:  # a model that was removed, or one of the built-in algorithm
            return Model(labels, why_no_baseline=f"There is no baseline: {error}.")

    return find


def opened(archive: bytes, location: str) -> Model:
    labels = runs.read_member(archive, "labels.json", location)
    metrics = runs.read_member(archive, "metrics.json", location)
    try:
        baseline = from_artefact(archive)
    except BrokenBaseline as error:
        raise UserError(f"{location}: {error}") from error
    why = (
        ""
        if baseline
        else f"{location} holds no baseline: it was made before there were any, train it again."
    )
    return Model(labels, baseline, metrics, why)


def read_truth(location: str, labels: list[str]) -> dict[str, int]:
    """The right class of each id, from JSON lines {"id": ..., "label": "<class>"}."""
    if not labels:
        raise UserError(
            "--truth needs the names of the classes: give the model too, with --model model.tar.gz"
        )
    truth = {}
    for number, line in enumerate(runs.read(location).decode(errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            truth[str(row["id"])] = labels.index(row["label"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f'{location}, line {number}: not {{"id": ..., "label": ...}} with one of {", ".join(labels)}'
            ) from error
    return truth
