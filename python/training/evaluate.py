"""Score any model artefact on any staged data set: the figures of `train` as JSON, and its pictures.

    python -m training.evaluate --model build/model/model.tar.gz --data build/data/sample --out build/evaluation

Each picture goes through the artefact's own code/inference.py, start to end, as in the endpoint. That code is
run, so evaluate only artefacts that you would deploy.
"""

import importlib.util
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

from core import arguments
from core.console import UserError, run, track
from core.figures import scores
from training import artefact, dataset, plots
from training.train import THRESHOLD


def load_code(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("artefact_inference", folder / "code" / "inference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answerer(folder: Path) -> Callable[[bytes], list[float]]:
    """What the unpacked artefact answers to a PNG: one probability per class."""
    code = load_code(folder)
    model = code.model_fn(str(folder))

    def answer(picture: bytes) -> list[float]:
        prediction = code.predict_fn(code.input_fn(picture, "image/png"), model)
        probabilities: list[float] = json.loads(code.output_fn(prediction, "application/json"))
        return probabilities

    return answer


def answers(folder: Path, pictures: list[bytes]) -> np.ndarray:
    """The probabilities that the unpacked artefact answers for each PNG."""
    answer = answerer(folder)
    return np.array([answer(picture) for picture in track(pictures, "evaluate", len(pictures))])


def measure(model: Path, data: Path, threshold: float) -> tuple[dict, dataset.Split, np.ndarray]:
    """The artefact's figures, the test split, and the probabilities that it answers."""
    info = dataset.read_info(data)
    test = dataset.load(data, "test")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        artefact.unpack(model, folder)
        labels = json.loads((folder / "labels.json").read_text())
        if labels != info["classes"]:
            raise UserError(
                f"{model} tells {labels} apart, {data} holds {info['classes']}: stage with the same --classes"
            )
        probabilities = answers(folder, [(data / "test" / picture).read_bytes() for picture in test.names])
    metrics = {
        **scores.report(probabilities, test.labels, labels, threshold),
        "labels": labels,
        "dataset_id": info["dataset_id"],
    }
    return metrics, test, probabilities


def evaluate(model: Path, data: Path, threshold: float, report: Path | None) -> dict:
    metrics, test, probabilities = measure(model, data, threshold)
    if report:
        plots.save_report(report, test.images, test.labels, probabilities, metrics["labels"], metrics)
        (report / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    return metrics


def main() -> None:
    parser = arguments.Parser(
        prog="training.evaluate", description="Score a model artefact on a staged data set."
    )
    parser.add_argument("--model", type=Path, required=True, help="a model.tar.gz")
    parser.add_argument("--data", type=Path, required=True, help="a staged data set")
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    parser.add_argument("--out", type=Path, help="folder for metrics.json and pictures")
    options = parser.parse_args()
    print(json.dumps(evaluate(options.model, options.data, options.threshold, options.out), indent=2))


if __name__ == "__main__":
    run(main)
