"""Compare two models on the same photos: is the one surely better, and does it fall anywhere?

    python -m training.comparison --candidate build/model/model.tar.gz --live s3://<bucket>/models/<id>/model.tar.gz \
        --data build/data/local --out build/comparison

Both answer the photos of the data set's splits test and live, through their own code/inference.py, as in the endpoint;
that code is run. Into the folder go comparison.json and comparison.md: figures and names, and no photo.

A candidate is surely better if its accuracy is, on all of these photos together. It surely falls if the accuracy of a
slice does (a class, a source, an hour of the day, each of FEWEST photos or more), or that of what it accepts, or how
much it accepts, unless what it accepts is surely more right for it: with at most ALPHA for any of them to be called so
by chance, however many slices there are (core.figures.paired).

The split live has none but photos that the live model accepted, for the blind sample is drawn from those. So how much
each accepts is compared on the split test alone. The accuracy of the live model on what it was sure of is the higher
one, so that no candidate is called better than it is.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core import arguments, artefacts
from core.console import UserError, out, run, track
from core.contract.model_id import identify
from core.figures import paired
from core.figures.paired import Paired
from core.table import Table
from training import artefact, compared_photos, comparison_text, dataset, evaluate
from training.compared_models import (
    ACCEPTED,
    ALL,
    BETTER,
    COVERAGE,
    FALLS,
    NOT_BETTER,
    Comparison,
    Model,
    Slice,
)
from training.compared_photos import BASE, Compared
from training.train import THRESHOLD

ALPHA = 0.05
FEWEST = 10  # photos of a slice: of fewer no fall of a few would be seen, and they would hide that of others
JSON, TEXT = "comparison.json", "comparison.md"


@dataclass(frozen=True)
class Answers:
    """What a model says of each photo: whether that is right, and how sure it is of it."""

    right: np.ndarray
    confidence: np.ndarray
    milliseconds: float  # of the median photo, on this machine


def compare(candidate: bytes, live: bytes, data: Path, threshold: float) -> Comparison:
    photos = compared_photos.find(data)
    pictures = [it.path.read_bytes() for it in photos]
    labels = [it.label for it in photos]
    ours, theirs = (ask(model, pictures, labels) for model in (candidate, live))
    accepts, accepted = ours.confidence >= threshold, theirs.confidence >= threshold
    accuracy = paired.compare(ours.right, theirs.right)
    tested = np.array([it.source == BASE for it in photos])
    slices = judge(photos, ours.right, theirs.right, accepts, accepted, tested)
    return Comparison(
        dataset.read_info(data)["dataset_id"],
        threshold,
        {compared_photos.TEST: int(tested.sum()), compared_photos.LIVE: int((~tested).sum())},
        describe(candidate, ours),
        describe(live, theirs),
        accuracy,
        paired.compare(accepts[tested], accepted[tested]),
        paired.compare_accepted(ours.right, theirs.right, accepts, accepted),
        slices,
        decide(accuracy, slices),
    )


def decide(accuracy: Paired, slices: Sequence[Slice]) -> str:
    if any(it.falls for it in slices):
        return FALLS
    return BETTER if accuracy.change.low > 0 else NOT_BETTER


def ask(model: bytes, pictures: Sequence[bytes], labels: Sequence[str]) -> Answers:
    """Classes are compared by name: one that a model does not know it never says."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.tar.gz").write_bytes(model)
        artefact.unpack(folder / "model.tar.gz", folder)
        names = json.loads((folder / "labels.json").read_text())
        answer = evaluate.answerer(folder)
        rows, seconds = [], []
        for picture in track(pictures, "compare", len(pictures)):
            started = time.perf_counter()
            rows.append(answer(picture))
            seconds.append(time.perf_counter() - started)
    probabilities = np.array(rows)
    said = [names[place] for place in probabilities.argmax(axis=1)]
    right = np.array([one == other for one, other in zip(said, labels, strict=True)])
    return Answers(right, probabilities.max(axis=1), float(np.median(seconds)) * 1000)


def judge(
    photos: Sequence[Compared],
    ours: np.ndarray,
    theirs: np.ndarray,
    accepts: np.ndarray,
    accepted: np.ndarray,
    tested: np.ndarray,
) -> list[Slice]:
    """What may fall, and whether it does."""
    found = [
        (
            kind,
            name,
            paired.compare(ours[rows], theirs[rows]),
            paired.chance_of_fall(ours[rows], theirs[rows]),
        )
        for kind, name, rows in cut(photos)
    ]
    of_base = accepts[tested], accepted[tested]
    found.append((ALL, COVERAGE, paired.compare(*of_base), paired.chance_of_fall(*of_base)))
    both = ours, theirs, accepts, accepted
    if of_accepted := paired.compare_accepted(*both):
        chance = paired.chance_of_accepted_fall(*both)
        found.append((ALL, ACCEPTED, of_accepted, chance))
    falls = paired.sure([chance for *_, chance in found], ALPHA)
    # A model that is surer than it is right has to accept less to be right more often.
    bought = of_accepted is not None and of_accepted.change.low > 0
    return [
        Slice(*it, fell and not (bought and it[1] == COVERAGE)) for it, fell in zip(found, falls, strict=True)
    ]


def cut(photos: Sequence[Compared]) -> Iterator[tuple[str, str, np.ndarray]]:
    """The slices that have photos enough, and which those are."""
    columns = {"class": "label", "source": "source", "hour": "hour"}
    for kind, column in columns.items():
        values = np.array([getattr(it, column) for it in photos])
        for value in sorted(set(values.tolist()) - {""}):
            if (values == value).sum() >= FEWEST:
                yield kind, f"{value} h UTC" if kind == "hour" else value, values == value


def describe(model: bytes, answers: Answers) -> Model:
    metrics = artefacts.read_member(model, "metrics.json", "the model")
    return Model(
        identify(hashlib.sha256(model).hexdigest()),
        metrics.get("recipe", "-"),
        len(model),
        round(answers.milliseconds, 2),
    )


def write(comparison: Comparison, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(json.dumps(asdict(comparison), indent=2) + "\n")
    (folder / TEXT).write_text(comparison_text.page(comparison))


def table(comparison: Comparison) -> Table:
    rows = [(it.what, it.live, it.candidate, it.change) for it in comparison_text.lines(comparison)]
    return Table(("of what", "live", "candidate", "change"), rows, (1, 2), note=comparison_text.NOTE)


def main() -> None:
    parser = arguments.Parser("training.comparison", __doc__)
    parser.add_argument("--candidate", required=True, help="a model.tar.gz, here or in S3")
    parser.add_argument("--live", required=True, help="another, which is live")
    parser.add_argument("--data", type=Path, required=True, help="a staged data set")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="%(default)s unless given")
    parser.add_argument("--out", type=Path, default=Path("build/comparison"), help="a folder (%(default)s)")
    options = parser.parse_args()
    if not 0 <= options.threshold <= 1:
        raise UserError(f"--threshold {options.threshold} is not a share: give a number from 0 to 1")
    candidate, live = artefacts.read(options.candidate), artefacts.read(options.live)
    found = compare(candidate, live, options.data, options.threshold)
    write(found, options.out)
    out.print(table(found))
    out.print(f"{comparison_text.sentence(found)} The page: {options.out / TEXT}")


if __name__ == "__main__":
    run(main)
