"""The SageMaker training job of each of training.launch's two algorithms, and how its result is served."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import CheckpointConfig, OutputDataConfig, StoppingCondition, Tag
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.train import ModelTrainer

from core import closure
from core.artefacts import SCRIPT_ENVIRONMENT
from core.console import UserError
from training import builtin_image, containers, weights
from training.containers import INSTANCES, Container
from training.dataset import SIZE, choose_recipe

BUILTIN_EPOCHS = 30
BUILTIN_BATCH = 32
# A network that knows ImageNet has one of these depths, and takes pictures of that size: smaller ones are enlarged, by
# AWS's page to more than that, and cut.
BUILTIN_PRETRAINED = {
    "use_pretrained_model": 1,
    "num_layers": 18,
    "image_shape": "3,224,224",
    "resize": 256,
    "learning_rate": 0.001,
}
BUILTIN_SMALL = {"num_layers": 20, "image_shape": "3,32,32"}
BUILTIN_RESIZED = {"resize": 36}  # of pictures larger than that it would take a piece
CHECKPOINTS = "/opt/ml/checkpoints"
WEIGHTS = "pretrained"  # the channel, which train.py knows as SM_CHANNEL_PRETRAINED
SOURCE = closure.PYTHON
REQUIREMENTS = Path("training/requirements.txt")
SOURCE_IN_CONTAINER = "/opt/ml/input/data/code"
WITH_OWN_DISK = re.compile(r"ml\.(\w+d[en]?|g[5-9]\w*|p[5-9]\w*|trn\w*)\.")
# The SDK reports each call to its makers unless told otherwise.
NO_TELEMETRY = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


def trainer(args: argparse.Namespace, dataset: dict, data_uri: str) -> ModelTrainer:
    """Everything about the job but its start. SageMaker writes below s3://<bucket>/jobs/<job>/."""
    instance_type = args.instance_type or INSTANCES[args.algorithm]
    tags = {"Project": "scones-unlimited", "Environment": args.env} | dict(args.tag)
    algorithm = (
        script(args, dataset, data_uri) if args.algorithm == "script" else builtin(args, dataset, data_uri)
    )
    return ModelTrainer(
        sagemaker_session=Session(default_bucket=args.bucket, sagemaker_config=NO_TELEMETRY),
        role=args.role,
        base_job_name=f"scones-{args.env}-{args.algorithm}",
        input_s3_key_prefix="jobs",
        output_data_config=OutputDataConfig(
            s3_output_path=f"s3://{args.bucket}/jobs", **drop_none(kms_key_id=args.kms_key)
        ),
        compute=Compute(
            instance_type=instance_type,
            instance_count=1,
            volume_size_in_gb=args.volume_size,
            enable_managed_spot_training=args.spot,
            **drop_none(volume_kms_key_id=volume_key(instance_type, args.kms_key)),
        ),
        stopping_condition=StoppingCondition(
            max_runtime_in_seconds=args.max_run,
            **drop_none(max_wait_time_in_seconds=args.max_wait if args.spot else None),
        ),
        checkpoint_config=checkpoints(args.bucket) if args.spot else None,
        tags=[Tag(key=key, value=value) for key, value in tags.items()],
        **algorithm,
    )


def script(args: argparse.Namespace, dataset: dict, data_uri: str) -> dict[str, Any]:
    """train.py in SageMaker's PyTorch container, which hands it the hyperparameters as flags.

    The weights that it begins with travel as a channel, so that a job without a way to the internet has them.
    """
    instance_type = args.instance_type or INSTANCES["script"]
    recipe = args.recipe or choose_recipe(dataset)
    channels = [InputData(channel_name="training", data_source=data_uri)]
    if recipe == "pretrained":
        channels.append(InputData(channel_name=WEIGHTS, data_source=str(weights.find())))
    flags = drop_none(
        recipe=recipe,
        epochs=args.epochs,
        members=args.members,
        folds=args.folds,
        seed=args.seed,
        checkpoints=CHECKPOINTS if args.spot else None,
    )
    return {
        "training_image": pytorch(containers.TRAINING, args.region, instance_type, "training"),
        "source_code": SourceCode(
            source_dir=str(SOURCE),
            entry_script="training/train.py",
            requirements=str(REQUIREMENTS),
            ignore_patterns=list_unneeded(),
        ),
        # The container runs the script by its path: by itself it would not find `training` and what it needs.
        "environment": {"PYTHONPATH": SOURCE_IN_CONTAINER},
        "hyperparameters": flags | {"min-accuracy": args.min_accuracy},
        "input_data_config": channels,
    }


def list_unneeded() -> list[str]:
    """The names of what the job does not need. No two modules share one, so that names are enough."""
    needed = {part for file in closure.find("training.train") for part in file.parts} | {REQUIREMENTS.name}
    return sorted({path.name for path in SOURCE.rglob("*")} - needed)


def builtin(args: argparse.Namespace, dataset: dict, data_uri: str) -> dict[str, Any]:
    """SageMaker's image-classification algorithm; it learns from nothing unless it is told otherwise."""
    if any(given is not None for given in (args.members, args.folds, args.seed)):
        raise UserError("--members, --folds and --seed are for --algorithm script: leave them out")
    samples = len((args.data / "train.lst").read_text().splitlines())
    # The pictures of both splits are in train/; each split has its own list of them.
    channels = {
        "train": "train/",
        "validation": "train/",
        "train_lst": "train.lst",
        "validation_lst": "validation.lst",
    }
    return {
        "training_image": image_uris.retrieve(builtin_image.NAME, args.region),
        "hyperparameters": {
            **(BUILTIN_PRETRAINED if args.recipe == "pretrained" else BUILTIN_SMALL),
            **(BUILTIN_RESIZED if args.recipe != "pretrained" and dataset["size"] > SIZE else {}),
            "num_classes": len(dataset["classes"]),
            "num_training_samples": samples,
            "mini_batch_size": min(BUILTIN_BATCH, samples),
            "epochs": args.epochs or BUILTIN_EPOCHS,
        },
        "input_data_config": [
            InputData(channel_name=name, data_source=data_uri + path, content_type="application/x-image")
            for name, path in channels.items()
        ],
    }


def read_recipe(hyperparameters: dict[str, str]) -> str:
    """What a job was told: the script by name, the built-in algorithm by a number."""
    given = hyperparameters.get("recipe")
    return given or ("pretrained" if hyperparameters.get("use_pretrained_model") == "1" else "small")


def serving(algorithm: str, region: str) -> dict[str, Any]:
    """The container that serves the artefact, on a CPU, and the environment it needs."""
    if algorithm == "builtin":
        return {"image": image_uris.retrieve(builtin_image.NAME, region), "environment": {}}
    image = pytorch(containers.SERVING, region, INSTANCES["script"], "inference")
    return {"image": image, "environment": SCRIPT_ENVIRONMENT}


def pytorch(container: Container, region: str, instance_type: str, scope: str) -> str:
    """The address of the container's image, in the registry of the region."""
    return image_uris.retrieve(
        "pytorch",
        region,
        version=container.version,
        py_version=container.python,
        instance_type=instance_type,
        image_scope=scope,
    )


def checkpoints(bucket: str) -> CheckpointConfig:
    """A folder of its own for each job, so that none continues another's training."""
    folder = f"s3://{bucket}/jobs/checkpoints/{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    return CheckpointConfig(s3_uri=folder, local_path=CHECKPOINTS)


def volume_key(instance_type: str, kms_key: str | None) -> str | None:
    """SageMaker refuses a key for instances with a disk of their own, which encrypt it in hardware."""
    return None if WITH_OWN_DISK.match(instance_type) else kms_key


def drop_none(**fields: Any) -> dict[str, Any]:
    """Without the fields that are None: the SDK would send them."""
    return {name: value for name, value in fields.items() if value is not None}
