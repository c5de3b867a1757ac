"""Train on SageMaker instead of on this machine, follow the job's log, and write a run record to promote.

    python -m training.launch --env staging --algorithm script --data build/data/cifar100
    python -m training.launch --env staging --algorithm builtin --data build/data/cifar100
    python -m training.launch --env staging --job <name>        (follow a job that goes on)

`script` is train.py in SageMaker's PyTorch container, `builtin` SageMaker's image-classification algorithm.
The data set has to be in the environment's bucket: `make stage ARGS='--upload s3://<bucket>/data'`.
The run record is s3://<bucket>/jobs/<job>/run.json, and build/runs/<job>.json here.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
from botocore.exceptions import ClientError
from sagemaker.core.resources import TrainingJob
from sagemaker.core.utils.exceptions import FailedStatusError

from core import arguments, artefacts, environment
from core.console import UserError, out, run
from training import builtin_image, containers, recipes
from training.dataset import RECIPE_HELP, RECIPES, read_info

RECORDS = Path("build/runs")
MIN_ACCURACY = 0.85  # as in training.train


def read_arguments() -> argparse.Namespace:
    parser = arguments.Parser(prog="training.launch", description="Train on SageMaker.")
    add = parser.add_argument
    add("--env", required=True, help="the environment whose bucket, role and key the job uses")
    add("--algorithm", choices=containers.INSTANCES, default="script")
    add("--data", type=Path, default=Path("build/data/sample"), help="the staged data set (%(default)s)")
    add("--job", help="follow this job, started before, instead of starting one")
    add("--bucket", help="instead of the environment's output `bucket`")
    add("--role", help="instead of the environment's output `training_role_arn`")
    add("--kms-key", help="instead of the environment's output `kms_key_arn`")
    add("--instance-type", help=f"{' or '.join(containers.INSTANCES.values())} unless given")
    add("--volume-size", type=int, default=30, metavar="GB", help="%(default)s GB unless given")
    add("--max-run", type=int, default=3600, metavar="SECONDS", help="%(default)s unless given")
    add("--max-wait", type=int, default=7200, metavar="SECONDS", help="run and wait for spot, %(default)s")
    add("--spot", action=argparse.BooleanOptionalAction, default=True, help="managed spot capacity")
    add("--tag", action="append", default=[], metavar="KEY=VALUE", help="may be given several times")
    add("--recipe", choices=RECIPES, help=RECIPE_HELP)
    add("--epochs", type=int, help="the recipe's own number unless given")
    add("--members", type=int, help="script only: networks whose answers are averaged")
    add("--folds", type=int, help="script only: parts of the photos, each answered by a network without it")
    add("--seed", type=int, help="script only")
    add("--min-accuracy", type=float, default=MIN_ACCURACY, help="the gate (%(default)s)")
    return parser.parse_args()


def main() -> None:
    args = read_arguments()
    environment.check(args.env)
    settings = {} if args.bucket and (args.role or args.job) else environment.outputs(args.env)
    args.bucket = args.bucket or settings["bucket"]
    # Parts of the SDK make clients of their own, which know the region from here alone.
    args.region = os.environ["AWS_DEFAULT_REGION"] = artefacts.bucket_region(args.bucket)
    try:
        job = TrainingJob.get(args.job) if args.job else start(args, settings)
    except ClientError as error:
        raise UserError(f"SageMaker refuses: {error.response['Error']['Message']}") from error
    follow(job, args.env)
    record(job.get_name(), args)


def start(args: argparse.Namespace, settings: dict) -> TrainingJob:
    """Create the training job and return without waiting for it."""
    if args.spot and args.max_wait < args.max_run:
        raise UserError(f"--max-wait {args.max_wait} is shorter than --max-run {args.max_run}: raise it")
    args.role = args.role or settings["training_role_arn"]
    args.kms_key = args.kms_key or settings.get("kms_key_arn")
    args.tag = [tag(text) for text in args.tag]
    dataset = read_info(args.data)
    data_uri = f"s3://{args.bucket}/data/{dataset['dataset_id']}/"
    try:
        artefacts.read(f"{data_uri}dataset.json")
    except UserError as error:
        upload = f"make stage ARGS='--upload s3://{args.bucket}/data'"
        raise UserError(f"{error}: if the data set is not uploaded yet, do it with {upload}") from error
    # The SDK demands more of a role than training needs: network interfaces, model hubs.
    os.environ["SAGEMAKER_VALIDATE_ROLE"] = "false"
    if args.algorithm == "script":
        containers.warn(containers.TRAINING)
    trainer = recipes.trainer(args, dataset, data_uri)
    trainer.train(wait=False, logs=False)
    return trainer._latest_training_job


def tag(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    if not (key and value):
        raise UserError(f"--tag {text}: give it as KEY=VALUE")
    return key, value


def follow(job: TrainingJob, env: str) -> None:
    """Show the job's log until the job has ended, well or not."""
    name = job.get_name()
    try:
        out.print(f"following {name}; Ctrl-C leaves it running")
        with contextlib.suppress(FailedStatusError), job_log():  # `record` tells the reason
            job.wait(logs=True)
    except KeyboardInterrupt:
        out.print(f"{name} goes on. To stop it: aws sagemaker stop-training-job --training-job-name {name}")
        out.print(f"To follow it again: make launch ENV={env} ARGS='--job {name}'")
        raise


@contextlib.contextmanager
def job_log() -> Iterator[None]:
    """Print the job's log: the SDK hands it to its logger at level INFO, where it chatters at other times."""
    logger, handler = logging.getLogger("sagemaker"), logging.StreamHandler(sys.stdout)
    handler.addFilter(lambda entry: not entry.getMessage().startswith("Final Resource Status"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def record(name: str, args: argparse.Namespace) -> None:
    """Write the run record, here and beside the job's artefact, and say what to do with it."""
    job = boto3.client("sagemaker").describe_training_job(TrainingJobName=name)
    status = job["TrainingJobStatus"]
    if status != "Completed":
        reason = job.get("FailureReason") or job["SecondaryStatus"]
        raise UserError(f"{name} {status.lower()}: {' '.join(reason.split())}")

    image = job["AlgorithmSpecification"]["TrainingImage"]
    algorithm = "builtin" if f"/{builtin_image.NAME}:" in image else "script"
    artefact = job["ModelArtifacts"]["S3ModelArtifacts"]
    data_uri = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    dataset_id = data_uri.split("/")[4]  # s3://<bucket>/data/<dataset id>/...
    dataset = json.loads(artefacts.read(f"s3://{args.bucket}/data/{dataset_id}/dataset.json"))
    if algorithm == "builtin":
        metrics = {m["MetricName"].replace(":", "_"): m["Value"] for m in job["FinalMetricDataList"]}
        gate_passed = metrics.get("validation_accuracy", 0) >= args.min_accuracy
    else:
        metrics = artefacts.read_member(artefacts.read(artefact), "metrics.json", artefact)
        gate_passed = True  # otherwise train.py leaves no artefact and the job fails
    text = json.dumps(
        {
            "job": name,
            "algorithm": algorithm,
            "status": status,
            "artefact": artefact,
            **recipes.serving(algorithm, args.region),
            "dataset_id": dataset_id,
            "labels": dataset["classes"],
            "billable_seconds": job.get("BillableTimeInSeconds"),
            "recipe": recipes.read_recipe(job["HyperParameters"]),
            "metrics": metrics,
            "hyperparameters": job["HyperParameters"],
            "gate_passed": gate_passed,
        },
        indent=2,
    )
    boto3.client("s3").put_object(Bucket=args.bucket, Key=f"jobs/{name}/run.json", Body=text.encode())
    RECORDS.mkdir(parents=True, exist_ok=True)
    path = RECORDS / f"{name}.json"
    path.write_text(text + "\n")
    out.print(f"{name} completed: the run record is {path} and s3://{args.bucket}/jobs/{name}/run.json")
    if not gate_passed:
        raise UserError(f"{name} did not pass the gate: its validation accuracy is below {args.min_accuracy}")
    out.print(f"To make it the live model: make promote ENV={args.env} RUN={path}")


if __name__ == "__main__":
    run(main)
