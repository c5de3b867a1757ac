"""Compare two models on the same photos: is the one surely better, and does it fall anywhere?

    python -m training.comparison --candidate build/model/model.tar.gz --live s3://<bucket>/models/<id>/model.tar.gz \
        --data build/data/local --out build/comparison

Both answer the photos of the data set's splits test and live, through their own code/inference.py, as in the endpoint;
that code is run. Into the folder go comparison.json and comparison.md: figures and names, and no photo.

A candidate is surely better if its accuracy is, on the base's test split or on live photos, and it surely falls
nowhere: on neither of the two, in no class, source or hour (`judged_slices`), and not in how right it is on what it
accepts, or how much it accepts, unless what it accepts is surely more right for it. What it accepts may not be less by
more than COVERAGE_MARGIN whatever it has for it. Each time that a candidate is compared with the same live model chance
has another go: so at the k-th look what may be by chance is a k(k+1)-th, and in all looks never more than all of it.
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core import arguments, artefacts
from core.console import UserError, out, run, track
from core.contract.model_id import identify
from core.figures import paired
from core.figures.paired import Paired
from core.table import Table
from training import artefact, compared_photos, comparison_text, dataset, evaluate, judged_slices
from training.compared_models import BETTER, FALLS, NOT_BETTER, Comparison, Model, Slice
from training.dataset_versions import ACCEPTED, WAITED
from training.judged_slices import Both
from training.promote import COVERAGE_MARGIN
from training.train import THRESHOLD

ALPHA = 0.05  # for a slice to be called falling by chance, of all of them and in all looks
JSON, TEXT = "comparison.json", "comparison.md"
STRATA = (compared_photos.TEST, ACCEPTED, WAITED)


@dataclass(frozen=True)
class Answers:
    """What a model says of each photo: whether that is right, and how sure it is of it."""

    right: np.ndarray
    confidence: np.ndarray
    milliseconds: float  # of the median photo, on this machine


def compare(candidate: bytes, live: bytes, data: Path, threshold: float, look: int = 1) -> Comparison:
    photos = compared_photos.find(data)
    pictures = [it.path.read_bytes() for it in photos]
    labels = [it.label for it in photos]
    ours, theirs = (ask(model, pictures, labels) for model in (candidate, live))
    accepts, accepted = ours.confidence >= threshold, theirs.confidence >= threshold
    both = Both(photos, ours.right, theirs.right, accepts, accepted, compared_photos.read_traffic(data))
    tested, times = both.tested, look * (look + 1)
    beyond = paired.BEYOND / 2 / times  # of the base's photos and of live ones, each
    base = paired.compare(ours.right[tested], theirs.right[tested], beyond)
    on_live = judged_slices.on_live(both, ~tested, beyond)
    slices = judged_slices.find(both, ALPHA / times)
    coverage = paired.compare(accepts[tested], accepted[tested])
    return Comparison(
        dataset_id=dataset.read_info(data)["dataset_id"],
        threshold=threshold,
        look=look,
        beyond=beyond,
        counts={stratum: int((both.column("stratum") == stratum).sum()) for stratum in STRATA},
        candidate=describe(candidate, ours),
        live=describe(live, theirs),
        base=base,
        on_live=on_live,
        coverage=coverage,
        accepted=paired.compare_accepted(
            ours.right[tested], theirs.right[tested], accepts[tested], accepted[tested]
        ),
        slices=slices,
        verdict=decide([it for it in (base, on_live) if it], coverage, slices),
    )


def decide(accuracies: Sequence[Paired], coverage: Paired, slices: Sequence[Slice]) -> str:
    if any(it.falls for it in slices) or any(it.change.high < 0 for it in accuracies):
        return FALLS
    is_better = any(it.change.low > 0 for it in accuracies)
    return BETTER if is_better and coverage.change.value >= -COVERAGE_MARGIN else NOT_BETTER


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
    parser.add_argument("--look", type=int, default=1, help="at a candidate for this live model, %(default)s")
    parser.add_argument("--out", type=Path, default=Path("build/comparison"), help="a folder (%(default)s)")
    options = parser.parse_args()
    if not 0 <= options.threshold <= 1:
        raise UserError(f"--threshold {options.threshold} is not a share: give a number from 0 to 1")
    candidate, live = artefacts.read(options.candidate), artefacts.read(options.live)
    found = compare(candidate, live, options.data, options.threshold, max(1, options.look))
    write(found, options.out)
    out.print(table(found))
    out.print(f"{comparison_text.sentence(found)} The page: {options.out / TEXT}")


if __name__ == "__main__":
    run(main)
