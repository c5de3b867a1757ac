"""Train the classifier on staged photos, judge it, and write the artefact if it passes the gate.

    python -m training.train --data build/data/sample --out build/model

The same file is the entry point of a SageMaker training job, where the folders come from the environment.
A member is one network; the members' logits are averaged. Training runs on the CPU. What calibrates them are answers to
photographs that the network that gave them was not trained on (`training.folds`).

Measured on the photographs of CIFAR-100's bicycles and motorcycles (850 and 150 for the test), with two cores of an AMD
EPYC and PyTorch 2.13, at the threshold 0.93 (581 MB of memory, 1.2 GB a process with `pretrained`):

                                                 test accuracy   coverage   accuracy of the accepted   seconds
    small, one member, one fold, seeds 0, 1, 2   0.929           0.840      0.979                      45
    small, three members, one fold, seed 0       0.933           0.820      0.992                      135
    pretrained, one member, one fold, seeds 0-2  0.967           0.911      0.998                      125 of one core
    pretrained, three of five folds, seeds 0-2   0.969           0.902      1.000                      399
"""

from training import threads  # before PyTorch

# isort: split
import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch

from core import arguments
from core.console import UserError, out, run
from core.contract.decision import THRESHOLD
from core.figures import baseline, binomial, scores
from training import artefact, dataset, exemplars, folds, plots, swap, unlikeness, weights
from training.inference import Classifier
from training.members import train_members
from training.model import RECIPES, Member, logits_of

MODEL = "model.tar.gz"
MEMBERS, FOLDS = 3, 5
TRUSTED = 0.98  # how often an accepted answer should be right; metrics.json says which threshold gives that
MIN_ACCURACY = 0.85


def gate(metrics: dict, probabilities: np.ndarray, min_accuracy: float) -> list[str]:
    """Why this model must not be deployed; empty if it may be.

    Few photos show little: the lower bound of accuracy has to reach the minimum. Of 150 photos 135 have to be right for
    0.85, so that a model whose true accuracy is 0.80 passes 0.1 % of the time, 0.85 5 %, 0.90 57 %, 0.95 99.6 %.
    """
    reasons = []
    if not np.isfinite(probabilities).all():
        reasons.append("a probability is not a finite number")
    predicted = np.array(metrics["confusion"]).sum(axis=0)
    reasons += [
        f"{name} is never predicted" for name, n in zip(metrics["labels"], predicted, strict=True) if not n
    ]
    n = metrics["n_test"]
    surely = binomial.low(round(metrics["test_accuracy"] * n), n)
    if surely < min_accuracy:
        reasons.append(
            f"test accuracy {metrics['test_accuracy']:.3f} on {n} photos shows {surely:.3f} at least "
            f"({binomial.LEVEL:.0%} sure), which is below --min-accuracy {min_accuracy}"
        )
    return reasons


@dataclass(frozen=True)
class Unseen:
    """Photographs, and what was answered to them by who was not trained on them."""

    photos: dataset.Split
    logits: np.ndarray


def gather(members: Sequence[Member], photos: dataset.Split, folds: int) -> Unseen:
    """Each photograph's answer by the network of the other folds; without folds, by all networks together."""
    logits = [member.logits for member in members]
    return Unseen(photos, np.mean(logits, axis=0) if folds == 1 else np.concatenate(logits))


def judge(
    classifier: Classifier, unseen: Unseen, data: Path, info: dict, options: argparse.Namespace
) -> tuple[dict, dataset.Split, np.ndarray]:
    """Fit the temperature on answers to unseen photographs; then read the test split, once, and score it."""
    labels = unseen.photos.labels
    classifier.temperature = scores.fit_temperature(unseen.logits, labels)
    calibrated = scores.softmax(unseen.logits / classifier.temperature)

    test = dataset.load(data, "test", options.size)
    probabilities = scores.softmax(logits_of(classifier, test))
    metrics = {
        **scores.report(probabilities, test.labels, info["classes"], options.threshold),
        "validation_accuracy": float(scores.correct(calibrated, labels).mean()),
        "n_calibration": len(labels),
        **tell(scores.promise(calibrated, labels, TRUSTED)),
        "temperature": classifier.temperature,
        "labels": info["classes"],
        "parameters": sum(p.numel() for p in classifier.parameters()),
        "recipe": classifier.recipe,
        "members": options.members,
        "folds": options.folds,
        "epochs": options.epochs,
        "seed": options.seed,
        "dataset_id": info["dataset_id"],
    }
    return metrics, test, probabilities


def tell(promise: scores.Promise | None) -> dict[str, float | None]:
    """A promise is a number, with what it rests on beside it."""
    name = f"threshold_for_{TRUSTED * 100:.0f}_percent"
    if not promise:
        return {name: None}
    beside = {key: value for key, value in asdict(promise).items() if key != "threshold"}
    return {name: promise.threshold} | {f"{name}_{key}": value for key, value in beside.items()}


def main() -> None:
    options = parse()
    info = dataset.read_info(options.data)
    options.recipe = RECIPES[options.recipe or dataset.choose_recipe(info)]
    options.epochs = options.epochs or options.recipe.epochs
    options.size = min(info["size"], options.recipe.size)
    train, validation = (dataset.load(options.data, split, options.size) for split in ("train", "validation"))
    out.print(
        f"{len(train.labels)} photos to train on, {len(validation.labels)} to validate on, "
        f"of {', '.join(info['classes'])}; recipe {options.recipe.name}"
    )

    torch.set_num_threads(threads.NUMBER)
    started = time.monotonic()
    parts, photos = folds.split(train, validation, options.folds, options.members, options.seed)
    members = train_members(parts, len(info["classes"]), info["dataset_id"], options)
    seconds = round(time.monotonic() - started, 1)
    unseen = gather(members, photos, options.folds)
    networks = [member.network for member in members]
    classifier = Classifier(networks[: options.members], size=options.size)
    metrics, test, probabilities = judge(classifier, unseen, options.data, info, options)

    out.print(summary(metrics, seconds))

    def draw(folder: Path) -> None:
        plots.save(folder, "learning", plots.learning_curves([member.history for member in members]))
        plots.save_report(folder, test.images, test.labels, probabilities, info["classes"], metrics)
        timed = {**metrics, "train_seconds": seconds}
        (folder / "metrics.json").write_text(json.dumps(timed, indent=2) + "\n")

    if reasons := gate(metrics, probabilities, options.min_accuracy):
        swap.make(options.refused)
        draw(options.refused)
        refuse(reasons, options.refused)

    classifier.unlikeness, distances = unlikeness.learn(
        networks,
        options.members,
        [part.seen.images for part in parts],
        [part.unseen.images for part in parts],
    )
    # The artefact knows nothing of the time that it took: the same seed and data give the same bytes.
    answered = scores.softmax(unseen.logits / classifier.temperature)
    folder = options.data / dataset.FOLDERS["train"]
    unlike = unlikeness.shares(distances)
    golden = (folder / photos.names[surest(answered, photos.labels, unlike)]).read_bytes()
    examples = exemplars.make(
        answered, photos.labels, [folder / name for name in photos.names], info["classes"]
    )
    pictures = [(folder / name).read_bytes() for name in (*train.names, *validation.names)]
    reference = baseline.make(
        answered,
        photos.labels,
        pictures,
        info["classes"],
        options.threshold,
        unlike,
    )
    packed = classifier, info["classes"], metrics, golden, reference, examples
    if options.sagemaker:
        draw(options.report)
        artefact.write(options.out, *packed)
        return
    with swap.write_beside(options.out, first=MODEL) as new:
        with tempfile.TemporaryDirectory(dir=new) as folder:
            artefact.write(Path(folder), *packed)
            artefact.pack(Path(folder), new / MODEL)
        draw(new)
    out.print(f"model: {options.out / MODEL}")


def refuse(reasons: list[str], pictures: Path) -> NoReturn:
    refusal = f"the model does not pass the gate: {'; '.join(reasons)}. No artefact is written."
    # What stands in this file is the job's FailureReason.
    if reason := os.environ.get("SM_OUTPUT_FAILURE"):
        Path(reason).write_text(refusal)
    raise UserError(f"{refusal} To look at it: {pictures}")


def surest(probabilities: np.ndarray, labels: np.ndarray, unlike: np.ndarray) -> int:
    """The photo that the model is most sure of, and right: the one by which a deployment proves itself.

    It is none that is unlike the others, so that it is routed whatever an environment's `max_unlikeness` is.
    """
    usual = unlike <= np.median(unlike)
    return int(np.argmax(probabilities.max(axis=1) * (1 + usual) * scores.correct(probabilities, labels)))


def summary(metrics: dict, seconds: float) -> str:
    accepted = metrics["selective_accuracy"]
    return (
        f"test accuracy {metrics['test_accuracy']:.3f} on {metrics['n_test']} photos; at the threshold "
        f"{metrics['threshold']}: coverage {metrics['coverage']:.3f}, accuracy of the accepted "
        f"{'-' if accepted is None else f'{accepted:.3f}'}; {seconds:.0f} s"
    )


def parse() -> argparse.Namespace:
    sagemaker = os.environ.get("SM_MODEL_DIR")
    parser = arguments.Parser(prog="training.train", description="Train, judge and pack the classifier.")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("SM_CHANNEL_TRAINING"), help="a staged data set"
    )
    parser.add_argument(
        "--out", type=Path, default=sagemaker, help="folder for model.tar.gz, metrics.json and pictures"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", choices=dataset.RECIPES, help=dataset.RECIPE_HELP)
    parser.add_argument(
        "--weights",
        type=Path,
        default=os.environ.get("SM_CHANNEL_PRETRAINED"),
        help=f"{weights.FILE}, if it is not installed",
    )
    parser.add_argument("--epochs", type=int, help="the recipe's own number unless given")
    parser.add_argument(
        "--members", type=int, help=f"networks whose logits are averaged, {MEMBERS} unless given"
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=FOLDS,
        help="networks that are trained, each without one part of all photos, by which it is calibrated (%(default)s); "
        "1 calibrates by the validation split alone",
    )
    parser.add_argument(
        "--threshold", type=float, default=THRESHOLD, help="the workflow's confidence threshold"
    )
    parser.add_argument(
        "--min-accuracy",
        type=float,
        default=MIN_ACCURACY,
        help="the gate, for the lower bound on the test split",
    )
    parser.add_argument(
        "--checkpoints", type=Path, help="folder that keeps finished members over an interruption"
    )
    options = parser.parse_args()
    options.sagemaker = bool(sagemaker)
    for name, example in (("data", "build/data/sample"), ("out", "build/model")):
        if getattr(options, name) is None:
            raise UserError(f"--{name} is missing: name a folder, for example --{name} {example}")
    for name in ("epochs", "members", "folds"):
        given = getattr(options, name)
        if given is not None and given < 1:
            raise UserError(f"--{name} {given} is too small: give 1 or more")
    networks = options.folds if options.folds > 1 else options.members or MEMBERS
    options.members = options.members or min(MEMBERS, networks)
    if options.members > networks:
        raise UserError(
            f"--members {options.members} are more than --folds {networks}: give as many folds, or 1"
        )
    for flag, share in (("--threshold", options.threshold), ("--min-accuracy", options.min_accuracy)):
        if not 0 <= share <= 1:
            raise UserError(f"{flag} {share} is not a share: give a number from 0 to 1")
    options.report = Path(os.environ.get("SM_OUTPUT_DATA_DIR", options.out)) if sagemaker else options.out
    # Where somebody finds out what is wrong with a model that is refused.
    options.refused = options.report if sagemaker else options.out.with_name(f"{options.out.name}.refused")
    for folder in (options.out, options.report, options.checkpoints):
        if folder:
            swap.make(folder)
    return options


if __name__ == "__main__":
    run(main)
