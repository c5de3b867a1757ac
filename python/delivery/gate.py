"""Evaluate a promoted model again: `python -m delivery.gate ENV [--data DIR]`, before its plan is made.

It is done if the model is not the one that is deployed, or if its file says anything else than the base branch's: what
was merged may have been refused. The artefact has to have the SHA-256 that the file says, and to pass the gate of
training.train on its own data set, in the environment's bucket unless --data has it.
What is found goes into build/gates/ENV/gate.json, and from there into the review.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, artefacts, environment
from core.artefacts import split_address
from core.console import UserError, out, run
from core.contract.model_id import identify
from core.contract.shapes import Json
from core.job_log import in_log
from delivery import event, gate_found, versions
from training import builtin_image, dataset, evaluate, promote
from training.train import MIN_ACCURACY, THRESHOLD, gate

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SAME = 0.01  # another processor rounds differently, which may turn single answers
CODE = "code/inference.py"  # of a model that was trained by our own script
NEEDED = ("dataset.json", "test.lst", "test/")  # of a data set, for an evaluation


def download(model: Json, folder: Path) -> None:
    """The part of the model's data set that it is judged by, from the bucket that holds the model."""
    bucket = split_address(model["artefact"])[0]
    root = f"data/{model['dataset_id']}/"
    s3: S3Client = boto3.client("s3")
    (folder / "test").mkdir()
    try:
        for prefix in NEEDED:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=root + prefix)
            for key in (found["Key"] for page in pages for found in page.get("Contents", [])):
                s3.download_file(bucket, key, str(folder / key.removeprefix(root)))
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the data set s3://{bucket}/{root} cannot be read: {error}") from error
    if not (folder / "dataset.json").is_file():
        raise UserError(
            f"the data set s3://{bucket}/{root} is not there: put it there with "
            f'make stage ARGS="--upload s3://{bucket}/data"'
        )


def faults(model: Json, artefact: Path, data: Path) -> list[str]:
    """Why the model must not go live, as its own artefact shows it."""
    found = dataset.read_info(data)["dataset_id"]
    if found != model["dataset_id"]:
        raise UserError(f"{data} holds data set {found}, the model was judged on {model['dataset_id']}")
    metrics, _, probabilities = evaluate.measure(artefact, data, THRESHOLD)
    if metrics["labels"] != model["labels"]:
        raise UserError(f"the model tells {metrics['labels']} apart, its file says {model['labels']}")
    reasons = gate(metrics, probabilities, MIN_ACCURACY)
    said, measured = model["metrics"].get("test_accuracy"), metrics["test_accuracy"]
    if said is None or abs(said - measured) > SAME:
        reasons.append(f"its test accuracy is {measured:.3f}, its file says {promote.show(said)}")
    return reasons


def is_deployed(env: str, model: Json) -> bool:
    """Whether the environment has this model now, as Terraform's state says; not if it cannot be asked."""
    try:
        live = environment.outputs(env)["model"]
    except (UserError, KeyError):
        return False
    said = {"id": identify(model["sha256"]), "artefact": model["artefact"], "labels": model["labels"]}
    return live == said


def judge(env: str, model: Json, data: Path | None) -> str:
    """What the gate finds, in a sentence; a model that does not pass it needs a reason to go live."""
    artefact = artefacts.read(model["artefact"])
    if hashlib.sha256(artefact).hexdigest() != model["sha256"]:
        raise UserError(
            f"{model['artefact']} is not the model of {env}'s file, its SHA-256 is another: promote it again"
        )
    if not artefacts.holds(artefact, CODE, model["artefact"]):
        # What another container makes of it, nobody can find out here.
        if not builtin_image.is_builtin(model["image"]):
            raise UserError(
                f"{model['artefact']} has no {CODE} to be evaluated by, and {model['image']} is not SageMaker's own "
                f"algorithm: promote a model that has"
            )
        return "SageMaker's own algorithm made this model: the figures are its training job's, not evaluated again."
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.tar.gz").write_bytes(artefact)
        if data is None:
            data = folder / "data"
            data.mkdir()
            download(model, data)
        reasons = faults(model, folder / "model.tar.gz", data)
    if not reasons:
        return f"Evaluated again on data set {model['dataset_id']}: it passes the gate."
    failed = f"evaluated again, the model of {env} does not pass the gate: {'; '.join(reasons)}"
    if not model["override_reason"]:
        raise UserError(
            f"{failed} (override_reason in {environment.model_file(env)} may say why it should go live)"
        )
    return f"**{failed[0].upper()}{failed[1:]}.** It goes live all the same: {model['override_reason']}"


def main() -> None:
    parser = arguments.Parser(prog="delivery.gate")
    parser.add_argument("env")
    parser.add_argument("--data", type=Path, help="the staged data set, instead of the one in the bucket")
    options = parser.parse_args()
    env = options.env
    environment.check(env)
    event.refuse_fork()  # evaluating runs the artefact's own code
    model = promote.read_live(environment.model_file(env))
    if model is None or (versions.live(env) == model and is_deployed(env, model)):
        out.print(f"{env} keeps its model: there is nothing to evaluate")
        return
    found = judge(env, model, options.data)
    gate_found.write(env, model["sha256"], found)
    print(in_log(found))


if __name__ == "__main__":
    run(main)
