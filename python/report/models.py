"""What is known of a model that answered: its classes, its baseline, and how it did on its own test split."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from core import artefacts
from core.console import UserError
from core.contract.model_id import artefact_key, identify
from core.figures.baseline import Baseline, BrokenBaseline, from_artefact
from core.figures.scores import Curve, read_curve


@dataclass(frozen=True)
class Model:
    labels: list[str] = field(default_factory=list)
    baseline: Baseline | None = None
    tested: int | None = None  # pictures of its own test split
    curve: Curve | None = None  # on that split
    why_no_baseline: str = ""


Finder = Callable[[str], Model]  # from a model's id, which is "" where the capture does not say


def find_given(location: str | None) -> Finder:
    """The model of --model: it is the one that answered, unless the capture names another one."""
    if location is None:
        return lambda _: Model(
            why_no_baseline="No model was given, so there is no baseline: add --model model.tar.gz."
        )
    archive = artefacts.read(location)
    model, own = open_artefact(archive, location), identify(hashlib.sha256(archive).hexdigest())
    other = Model(
        why_no_baseline=f"--model is {own}, so there is no baseline for this one: give its own artefact."
    )
    return lambda model_id: model if model_id in ("", own) else other


def find_stored(bucket: str, known: Mapping[str, list[str]]) -> Finder:
    """The models in an environment's bucket; `known` has the classes of those that need no artefact for it, by id."""

    def find(model_id: str) -> Model:
        location = f"s3://{bucket}/{artefact_key(model_id)}"
        try:
            return open_artefact(artefacts.read(location), location)
        except UserError as error:  # a model that was removed, or one of the built-in algorithm
            return Model(known.get(model_id, []), why_no_baseline=f"There is no baseline: {error}.")

    return find


def open_artefact(archive: bytes, location: str) -> Model:
    labels = artefacts.read_member(archive, "labels.json", location)
    metrics = artefacts.read_member(archive, "metrics.json", location)
    try:
        baseline = from_artefact(archive)
    except BrokenBaseline as error:
        raise UserError(f"{location}: {error}") from error
    why = (
        ""
        if baseline
        else f"{location} holds no baseline: it was made before there were any, train it again."
    )
    return Model(labels, baseline, metrics.get("n_test"), read_curve(metrics.get("coverage_curve", [])), why)


@dataclass(frozen=True)
class Truth:
    """The right class of each id, by its name, since each model counts its classes in an order of its own."""

    location: str = ""
    names: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # the last one that names a class

    def positions(self, labels: Sequence[str]) -> dict[str, int]:
        """The right class of each id among those of one model."""
        known = {name: position for position, name in enumerate(labels)}
        return {each: known[name] for each, name in self.names.items() if name in known}

    def check(self, known: Collection[str]) -> None:
        """Refuse a class that no model has, if it is known what they have."""
        for name, line in self.lines.items():
            if known and name not in known:
                has = ", ".join(sorted(known))
                raise UserError(f"{self.location}, line {line}: no model has the class {name!r}, but {has}")


def read_truth(location: str) -> Truth:
    """From JSON lines {"id": ..., "label": "<class>"}."""
    truth = Truth(location)
    for number, line in enumerate(artefacts.read(location).decode(errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            truth.names[str(row["id"])] = row["label"]
            truth.lines[row["label"]] = number
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(f'{location}, line {number}: not {{"id": ..., "label": ...}}') from error
    return truth
