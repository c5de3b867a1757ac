import dataclasses
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import boto3
import pytest
from moto.backends import get_backend
from moto.sagemaker.models import FakeTrainingJob
from sagemaker.core import image_uris
from sagemaker.core.utils.utils import SageMakerClient

import training.launch
import training.train
from core import console
from training import artefact, containers, weights
from training.inference import Classifier, Network

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::123456789012:role/scones-local-training"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
METRICS = {"test_accuracy": 0.94, "validation_accuracy": 0.95, "dataset_id": "photos-1"}


@pytest.fixture
def data(tmp_path, bucket):
    """A staged data set of six training rows, and its copy in the bucket."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.lst").write_text("".join(f"{row}\t{row % 2}\tphoto_{row}.png\n" for row in range(6)))
    (folder / "validation.lst").write_text("6\t0\tphoto_6.png\n")
    (folder / "test.lst").write_text("0\t1\tphoto_7.png\n")
    info = {
        "dataset_id": "photos-1",
        "source": "photos.tar.gz",
        "sha256": "00",
        "classes": ["bicycle", "motorcycle"],
        "counts": {},
        "seed": 0,
        "validation": 0.1,
    }
    (folder / "dataset.json").write_text(json.dumps(info))
    for name in ("train.lst", "validation.lst", "test.lst", "dataset.json"):
        boto3.client("s3").upload_file(str(folder / name), bucket, f"data/photos-1/{name}")
    return folder


@pytest.fixture
def outcome(monkeypatch, bucket, tmp_path, photo):
    """How SageMaker ends the jobs. Moto alone ends them at once, without an artefact."""
    SageMakerClient.reset()  # the SDK keeps its client, and another test may have had another cloud
    folder = tmp_path / "model"
    artefact.write(
        folder, Classifier([Network(2)]), ["bicycle", "motorcycle"], METRICS, photo, {}, {"classes": {}}
    )
    artefact.pack(folder, folder / "model.tar.gz")
    location = f"s3://{bucket}/jobs/model.tar.gz"
    boto3.client("s3").upload_file(str(folder / "model.tar.gz"), bucket, "jobs/model.tar.gz")
    fields = {"model_artifacts": {"S3ModelArtifacts": location}, "billable_time_in_seconds": 120}
    create = FakeTrainingJob.__init__

    def create_and_end(job, **arguments):
        create(job, **arguments)
        vars(job).update(fields)

    monkeypatch.setattr(FakeTrainingJob, "__init__", create_and_end)
    return fields


@pytest.fixture
def flags(bucket, data):
    return ["--env", "local", "--data", str(data), "--bucket", bucket, "--role", ROLE]


@pytest.fixture
def launch(flags, project, monkeypatch):
    """Run the command in this process, for the SDK takes seconds to import. Gives its exit status or its error."""

    def run(*more):
        monkeypatch.chdir(project)
        monkeypatch.setattr(sys, "argv", ["launch", *flags, *map(str, more)])
        with pytest.raises(SystemExit) as stop:
            console.run(training.launch.main)
        return stop.value.code

    return run


def the_job():
    sagemaker = boto3.client("sagemaker")
    (summary,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    return sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])


def channels(job):
    return {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in job["InputDataConfig"]
    }


def keys(bucket, prefix):
    return [
        entry["Key"] for entry in boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    ]


@pytest.mark.usefixtures("outcome")
def test_the_script_is_launched_and_its_run_recorded(launch, bucket, project):
    done = launch(
        *("--epochs", 2, "--members", 1, "--folds", 3, "--min-accuracy", 0.9, "--kms-key", KEY),
        *("--tag", "Team=routing", "--volume-size", 40),
    )
    assert done == 0

    job = the_job()
    name = job["TrainingJobName"]
    assert name.startswith("scones-local-script-")
    assert job["RoleArn"] == ROLE
    assert re.search(r"/pytorch-training:2\.10\.0-cpu-py313$", job["AlgorithmSpecification"]["TrainingImage"])
    assert channels(job)["training"] == f"s3://{bucket}/data/photos-1/"
    assert job["HyperParameters"] == {
        "recipe": "pretrained",
        "epochs": "2",
        "members": "1",
        "folds": "3",
        "checkpoints": "/opt/ml/checkpoints",
        "min-accuracy": "0.9",
    }
    assert job["ResourceConfig"] == {
        "InstanceType": "ml.c5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 40,
        "VolumeKmsKeyId": KEY,
    }
    assert job["OutputDataConfig"]["S3OutputPath"] == f"s3://{bucket}/jobs"
    assert job["OutputDataConfig"]["KmsKeyId"] == KEY
    assert job["EnableManagedSpotTraining"] is True
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert job["CheckpointConfig"]["S3Uri"].startswith(f"s3://{bucket}/jobs/checkpoints/")
    assert job["CheckpointConfig"]["LocalPath"] == "/opt/ml/checkpoints"
    tags = boto3.client("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert {"Key": "Team", "Value": "routing"} in tags
    assert {"Key": "Environment", "Value": "local"} in tags

    record = json.loads((project / f"build/runs/{name}.json").read_text())
    assert record == {
        "job": name,
        "algorithm": "script",
        "status": "Completed",
        "artefact": f"s3://{bucket}/jobs/model.tar.gz",
        "image": containers.SERVING.address("us-east-1"),
        "environment": {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
        },
        "dataset_id": "photos-1",
        "labels": ["bicycle", "motorcycle"],
        "recipe": "pretrained",
        "billable_seconds": 120,
        "metrics": METRICS,
        "hyperparameters": job["HyperParameters"],
        "gate_passed": True,
    }
    stored = boto3.client("s3").get_object(Bucket=bucket, Key=f"jobs/{name}/run.json")
    assert json.loads(stored["Body"].read()) == record


@pytest.mark.usefixtures("outcome")
def test_the_code_that_travels_trains_when_started_as_the_container_starts_it(launch, bucket, tmp_path):
    launch()
    prefix = channels(the_job())["code"].removeprefix(f"s3://{bucket}/")
    code = tmp_path / "code"
    for key in keys(bucket, prefix):
        target = code / key.removeprefix(prefix).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        boto3.client("s3").download_file(bucket, key, str(target))
    assert sorted(path.name for path in code.iterdir()) == ["core", "training"]
    assert (code / "training/requirements.txt").is_file()

    done = subprocess.run(
        [sys.executable, "-P", "training/train.py", "--help"],
        cwd=code,
        env=os.environ | {"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    flags = ("--recipe", "--epochs", "--members", "--folds", "--seed", "--min-accuracy", "--checkpoints")
    assert all(flag in done.stdout for flag in flags)


@pytest.mark.usefixtures("outcome")
def test_the_weights_that_a_job_begins_with_travel_with_it(launch, bucket):
    launch("--recipe", "pretrained")
    assert the_job()["HyperParameters"]["recipe"] == "pretrained"
    prefix = channels(the_job())["pretrained"].removeprefix(f"s3://{bucket}/")
    assert prefix.startswith("jobs/"), "where a job's role may read"
    (key,) = keys(bucket, prefix)
    assert Path(key).name == weights.FILE
    sent = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(sent).hexdigest() == weights.SHA256


@pytest.mark.usefixtures("outcome")
def test_a_job_that_learns_from_nothing_gets_no_weights(launch, project):
    launch("--recipe", "small")
    assert the_job()["HyperParameters"]["recipe"] == "small"
    assert "pretrained" not in channels(the_job())
    (path,) = (project / "build/runs").iterdir()
    assert json.loads(path.read_text())["recipe"] == "small"


def test_the_builtin_algorithm_goes_on_from_a_network_that_knows_imagenet(launch, outcome, project):
    outcome["final_metric_data_list"] = [{"MetricName": "validation:accuracy", "Value": 0.9, "Timestamp": 0}]
    launch("--algorithm", "builtin", "--recipe", "pretrained")
    given = the_job()["HyperParameters"]
    assert given["use_pretrained_model"] == "1"
    # As AWS's page on hyperparameters has it.
    assert given["num_layers"] in ("18", "34", "50", "101", "152", "200")
    assert int(given["resize"]) > max(map(int, given["image_shape"].split(",")))
    (path,) = (project / "build/runs").iterdir()
    assert json.loads(path.read_text())["recipe"] == "pretrained"


def test_the_builtin_algorithm_makes_larger_pictures_small_before_it_takes_a_piece(launch, data):
    info = json.loads((data / "dataset.json").read_text())
    (data / "dataset.json").write_text(json.dumps(info | {"size": 224}))
    launch("--algorithm", "builtin", "--no-spot")
    given = the_job()["HyperParameters"]
    assert (given["image_shape"], given["resize"]) == ("3,32,32", "36")


def test_the_builtin_algorithm_is_launched_and_promoted(launch, outcome, bucket, command, project):
    outcome["final_metric_data_list"] = [{"MetricName": "validation:accuracy", "Value": 0.9, "Timestamp": 0}]
    done = launch("--algorithm", "builtin", "--no-spot", "--kms-key", KEY)
    assert done == 0

    job = the_job()
    data = f"s3://{bucket}/data/photos-1"
    assert channels(job) == {
        "train": f"{data}/train/",
        "validation": f"{data}/train/",
        "train_lst": f"{data}/train.lst",
        "validation_lst": f"{data}/validation.lst",
    }
    assert {channel["ContentType"] for channel in job["InputDataConfig"]} == {"application/x-image"}
    assert job["HyperParameters"] == {
        "num_layers": "20",
        "image_shape": "3,32,32",
        "num_classes": "2",
        "num_training_samples": "6",
        "mini_batch_size": "6",
        "epochs": "30",
    }
    # An instance with a disk of its own encrypts it itself, and SageMaker refuses a key for it.
    assert job["ResourceConfig"] == {
        "InstanceType": "ml.g4dn.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 30,
    }
    assert job["EnableManagedSpotTraining"] is False
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600}
    assert "CheckpointConfig" not in job

    path = project / f"build/runs/{job['TrainingJobName']}.json"
    record = json.loads(path.read_text())
    assert record["recipe"] == "small"
    assert record["metrics"] == {"validation_accuracy": 0.9}
    assert record["image"] == job["AlgorithmSpecification"]["TrainingImage"]
    assert record["environment"] == {}
    promoted = command("promote", "--env", "local", "--run", path, "--bucket", bucket)
    assert promoted.returncode == 0, promoted.stderr


def test_a_builtin_run_below_the_gate_is_recorded_as_such(launch, outcome, project):
    outcome["final_metric_data_list"] = [{"MetricName": "validation:accuracy", "Value": 0.7, "Timestamp": 0}]
    assert "did not pass the gate" in launch("--algorithm", "builtin")
    (path,) = (project / "build/runs").iterdir()
    assert json.loads(path.read_text())["gate_passed"] is False


def test_a_failed_job_ends_with_the_reason_that_sagemaker_gives(launch, outcome, project):
    outcome |= {
        "training_job_status": "Failed",
        "secondary_status": "Failed",
        "failure_reason": "AlgorithmError: accuracy 0.61 is below 0.85\nexit code: 1",
    }
    said = launch()
    name = the_job()["TrainingJobName"]
    assert said == f"error: {name} failed: AlgorithmError: accuracy 0.61 is below 0.85 exit code: 1"
    assert not (project / "build/runs").exists()


def test_a_job_left_with_ctrl_c_goes_on_and_can_be_followed_to_its_end(
    launch, outcome, flags, project, capsys
):
    outcome |= {"training_job_status": "InProgress", "secondary_status": "Training"}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "training.launch", *flags],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("following"):
                break
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == ""
    name = the_job()["TrainingJobName"]
    assert f"aws sagemaker stop-training-job --training-job-name {name}" in said
    assert f"make launch ENV=local ARGS='--job {name}'" in said

    job = get_backend("sagemaker")["123456789012"]["us-east-1"].training_jobs[name]
    job.training_job_status = job.secondary_status = "Completed"
    say_in_log(f"{name}/algo-1-1", "epoch [7/60] loss 0.5")

    assert launch("--job", name) == 0
    assert "epoch [7/60] loss 0.5" in capsys.readouterr().out
    assert json.loads((project / f"build/runs/{name}.json").read_text())["job"] == name


def say_in_log(stream, message):
    logs = boto3.client("logs")
    place = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": stream}
    logs.create_log_group(logGroupName=place["logGroupName"])
    logs.create_log_stream(**place)
    logs.put_log_events(**place, logEvents=[{"timestamp": int(time.time() * 1000), "message": message}])


def test_a_job_that_does_not_exist_is_named(launch):
    said = launch("--job", "scones-local-script-0")
    assert said.startswith("error: SageMaker refuses: ")
    assert "scones-local-script-0" in said


def test_a_data_set_that_is_not_in_the_bucket_is_refused_before_a_job_starts(launch, bucket):
    boto3.client("s3").delete_object(Bucket=bucket, Key="data/photos-1/dataset.json")
    assert f"make stage ARGS='--upload s3://{bucket}/data'" in launch()
    assert boto3.client("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--max-wait", 60], "--max-wait 60 is shorter than --max-run 3600"),
        (["--tag", "Team"], "--tag Team: give it as KEY=VALUE"),
        (["--algorithm", "builtin", "--seed", 1], "--members, --folds and --seed are for --algorithm script"),
    ],
)
def test_flags_that_cannot_work_are_refused_in_one_line(launch, more, complaint):
    said = launch(*more)
    assert said.startswith(f"error: {complaint}")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("container", "scope"), [(containers.SERVING, "inference"), (containers.TRAINING, "training")]
)
def test_the_pinned_containers_are_ones_that_the_sdk_knows(container, scope):
    for region in ("us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"):
        known = image_uris.retrieve(
            "pytorch",
            region,
            version=container.version,
            py_version=container.python,
            instance_type="ml.c5.xlarge",
            image_scope=scope,
        )
        assert container.address(region) == known


def test_the_page_names_the_pinned_containers_with_their_dates():
    page = (ROOT / "docs/deploy.md").read_text()
    for container in (containers.TRAINING, containers.SERVING):
        assert f"`{container.name}` | {container.end_of_patch} |" in page


def test_a_container_without_patches_is_named_once_its_day_has_passed(capsys):
    containers.warn(dataclasses.replace(containers.TRAINING, end_of_patch=date(9999, 12, 31)))
    assert capsys.readouterr().out == ""
    containers.warn(dataclasses.replace(containers.TRAINING, end_of_patch=date(2026, 1, 31)))
    assert (
        "pytorch-training:2.10.0-cpu-py313 has had no patches from AWS since 2026-01-31"
        in capsys.readouterr().out
    )


def test_the_gate_is_the_same_here_and_in_the_cloud():
    assert training.launch.MIN_ACCURACY == training.train.MIN_ACCURACY
