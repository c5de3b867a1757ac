"""Send a staged test set through a deployed environment: `python -m operations.evaluation ENV --data DIR`.

Every photo is uploaded as a driver's photo is, some at a time, and counts as an evaluation: it is no live traffic. What
the gate stops waits for a person in the register, behind the photos that a driver waits for.
With --out FILE.json the figures are kept there, and beside them FILE.truth.jsonl says what is on each photo: for
`make report ARGS="--truth FILE.truth.jsonl"`.
"""

import json
from pathlib import Path

import numpy as np

from core import arguments
from core.console import out, run, track
from core.contract.answer_kinds import EVALUATION
from core.contract.outcomes import ACCEPTED, FAILED, REVIEW
from core.contract.shapes import Json
from core.table import Table
from operations.client import LOST, Client, Outcome, Photo
from training import dataset


def evaluate(client: Client, data: Path) -> tuple[Json, list[dict[str, str]]]:
    """The figures, and what was on each photo, by its key."""
    classes = dataset.read_info(data)["classes"]
    test = dataset.load(data, "test")
    actual = {name: classes[label] for name, label in zip(test.names, test.labels, strict=True)}
    photos = [Photo(name, (data / "test" / name).read_bytes()) for name in test.names]
    outcomes = list(track(client.route(photos), "through the workflow", len(photos)))
    truth = [{"id": result.key, "label": actual[result.photo.name]} for result in outcomes]
    return figures(outcomes, actual, classes), truth


def write_truth(truth: list[dict[str, str]], path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in truth))


def figures(outcomes: list[Outcome], actual: dict[str, str], classes: list[str]) -> Json:
    """Counts by actual class and outcome, coverage, accuracy of the accepted, and latency percentiles."""
    columns = [*classes, REVIEW, FAILED, LOST]
    confusion = {name: dict.fromkeys(columns, 0) for name in classes}
    for result in outcomes:
        answer = result.output["label"] if result.kind == ACCEPTED else result.kind
        confusion[actual[result.photo.name]][answer] += 1
    accepted = sum(confusion[name][answer] for name in classes for answer in classes)
    right = sum(confusion[name][name] for name in classes)
    seconds = [result.seconds for result in outcomes]
    return {
        "photos": len(outcomes),
        "confusion": confusion,
        "coverage": accepted / len(outcomes),
        "selective_accuracy": right / accepted if accepted else None,
        "failures": sorted({f"{r.error}: {r.cause}" for r in outcomes if r.kind in (FAILED, LOST)}),
        "latency_seconds": {f"p{p}": round(float(np.percentile(seconds, p)), 3) for p in (50, 90, 99)},
    }


def table(result: Json) -> Table:
    confusion = result["confusion"]
    columns = list(next(iter(confusion.values())))
    accuracy = result["selective_accuracy"]
    latency = ", ".join(f"{name} {value:.2f} s" for name, value in result["latency_seconds"].items())
    caption = (
        f"coverage {result['coverage']:.3f}, accuracy of the accepted "
        f"{'-' if accuracy is None else f'{accuracy:.3f}'}; from upload to outcome {latency}"
    )
    rows = [(name, *map(str, row.values())) for name, row in confusion.items()]
    numbers = range(1, len(columns) + 1)
    return Table(("actual", *columns), rows, numbers, f"{result['photos']} photos", caption)


def main() -> int:
    parser = arguments.Parser(prog="operations.evaluation")
    parser.add_argument("env")
    parser.add_argument("--data", type=Path, required=True, help="a staged data set")
    parser.add_argument("--out", type=Path, help="a file for the figures, as JSON")
    options = parser.parse_args()
    result, truth = evaluate(Client(options.env, kind=EVALUATION), options.data)
    out.print(table(result))
    for failure in result["failures"]:
        out.print(failure)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=2) + "\n")
        write_truth(truth, options.out.with_suffix(".truth.jsonl"))
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    run(main)
