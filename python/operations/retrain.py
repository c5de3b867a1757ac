"""Train a candidate on what people have said since, and propose it if it is surely better than the live model:
`python -m operations.retrain ENV [--data DIR] [--on sagemaker] [--recipe R] [--override REASON] [flags of train]`.

What `make dataset` has made lies in build/data/ENV. A candidate is trained on it by the live model's recipe, here or by
SageMaker, and compared with the live model on the same photos (training.comparison); what that finds goes into
build/retrain/ENV. One that is surely better, and falls nowhere, becomes the environment's model file by
training.promote: a change to review and apply as any other. Without a reason nothing else does. What a pull request
needs of it lies in build/retrain/ENV too (delivery.propose).
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from core import arguments, artefacts, environment
from core.console import UserError, out, run
from core.contract.shapes import Json
from core.job_log import in_log
from training import comparison, comparison_text, dataset, dataset_versions, promote, stored_sets, upload
from training.compared_models import Comparison
from training.launch import RECORDS
from training.train import MODEL

FOLDER = Path("build/retrain")  # of what goes into a proposal
CANDIDATES = Path("build/candidates")
HERE, SAGEMAKER = "here", "sagemaker"
NOTHING = "there is nothing new to train on"


@dataclass(frozen=True)
class Candidate:
    """A trained model: what promote takes, and the artefact itself."""

    run: str
    artefact: bytes


def main() -> int:
    options, flags = read_arguments()
    env = options.env
    environment.check(env)
    live = read_live(env)
    made = environment.outputs(env)
    data = options.data or Path("build/data", env)
    info = dataset_versions.read_info(data)
    folder = FOLDER / env
    shutil.rmtree(folder, ignore_errors=True)  # what is found there later is of this candidate
    if live["dataset_id"] in (info["dataset_id"], info.get("same_as")) and not options.data:
        out.print(
            f"{data} is data set {info['dataset_id']}, which the live model of {env} was trained on: {NOTHING}"
        )
        return 0

    recipe = options.recipe or live.get("recipe") or dataset.choose_recipe(info)
    train = train_there if options.on == SAGEMAKER else train_here
    candidate = train(env, data, made["bucket"], [f"--recipe={recipe}", *flags])
    found = compare(env, candidate, live, data, made)
    comparison.write(found, folder)
    out.print(comparison.table(found))
    said = comparison_text.sentence(found)
    if not (found.is_better or options.override):
        out.print(in_log(f"{said} {env} keeps its model. The comparison: {folder / comparison.TEXT}"))
        return 0
    out.print(in_log(said))
    reason = ["--override", options.override] if options.override else []
    do("training.promote", "--env", env, "--run", candidate.run, "--bucket", made["bucket"], *reason)
    shutil.copy(environment.model_file(env), folder)
    return 0


def read_arguments() -> tuple[argparse.Namespace, list[str]]:
    """What is not ours is the training's."""
    parser = arguments.Parser("operations.retrain", __doc__, allow_abbrev=False)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--data", type=Path, help="a staged data set, instead of the newest that was made")
    parser.add_argument("--on", choices=(HERE, SAGEMAKER), default=HERE, help="where to train (%(default)s)")
    parser.add_argument("--recipe", choices=dataset.RECIPES, help="the live model's unless given")
    parser.add_argument("--override", metavar="REASON", help="promote whatever the comparison says")
    return parser.parse_known_args()


def read_live(env: str) -> Json:
    live = promote.read_live(environment.model_file(env))
    if live is None:
        raise UserError(f"{env} has no model to compare with: train the first by make train, and promote it")
    return live


def train_here(env: str, data: Path, _: str, flags: list[str]) -> Candidate:
    model = CANDIDATES / env
    do("training.train", "--data", str(data), "--out", str(model), *flags)
    path = str(model / MODEL)
    return Candidate(path, artefacts.read(path))


def train_there(env: str, data: Path, bucket: str, flags: list[str]) -> Candidate:
    """SageMaker reads the data set from the bucket, and leaves a record of its run here."""
    upload.upload(data, f"s3://{bucket}/data")
    before = set(RECORDS.glob("*.json"))
    do("training.launch", "--env", env, "--bucket", bucket, "--data", str(data), *flags)
    (record,) = set(RECORDS.glob("*.json")) - before
    return Candidate(str(record), artefacts.read(json.loads(record.read_text())["artefact"]))


def compare(env: str, candidate: Candidate, live: Json, data: Path, made: Json) -> Comparison:
    artefact = artefacts.read(live["artefact"])
    if hashlib.sha256(artefact).hexdigest() != live["sha256"]:
        raise UserError(f"{live['artefact']} is not the model of {env}'s file, its SHA-256 is another")
    if hashlib.sha256(candidate.artefact).hexdigest() == live["sha256"]:
        raise UserError(f"what was trained is the live model of {env}: train on other data, or otherwise")
    look = count_looks(boto3.client("s3"), made["bucket"], live["dataset_id"], data)
    return comparison.compare(candidate.artefact, artefact, data, made["threshold"], look)


def count_looks(s3: Any, bucket: str, live_set: str, data: Path) -> int:
    """How many data sets descend from the live model's, this one among them: each had a candidate, or could have."""
    others = stored_sets.read_all(s3, bucket, forgiving=True)  # of one that was never whole there was none
    ours = dataset.read_info(data)["dataset_id"]
    return 1 + sum(live_set in it.parents for it in others if it.dataset_id != ours)


def do(module: str, *flags: str) -> None:
    """One of our own commands, which says itself what is wrong."""
    out.print(f"python -m {module} {' '.join(flags)}")
    if status := subprocess.run([sys.executable, "-m", module, *flags]).returncode:
        raise SystemExit(status)


if __name__ == "__main__":
    run(main)
