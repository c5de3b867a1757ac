"""A training job really trains, in the two ways that it can be asked to."""

import io
import json
import os
import subprocess
import sys
import tarfile
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/any"
TRAIN = """
echo "accuracy=0.5"
echo "accuracy=0.75"
cp /opt/ml/input/data/training/photo.png /opt/ml/model/model.pt
cat /opt/ml/input/config/hyperparameters.json > /opt/ml/output/data/used.json
"""


@pytest.fixture
def train(aws, bucket, until):
    """Run a job of this script to its end; answer its description."""
    sagemaker = aws("sagemaker")

    def run(script: str, stop: bool = False, seconds: int = 60, meanwhile=None, **more) -> dict:
        name, s3 = f"job-{uuid.uuid4()}", aws("s3")
        s3.put_object(Bucket=bucket, Key=f"{name}/code/train.sh", Body=script.encode())
        s3.put_object(Bucket=bucket, Key=f"{name}/data/photo.png", Body=b"a photo")
        source = {"S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
        channels = [
            {
                "ChannelName": channel,
                "DataSource": {"S3DataSource": {**source, "S3Uri": f"s3://{bucket}/{name}/{key}/"}},
            }
            for channel, key in (("code", "code"), ("training", "data"))
        ]
        specification = {
            "TrainingImage": "pytorch",
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/bin/bash"],
            "ContainerArguments": ["-e", "/opt/ml/input/data/code/train.sh"],
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=(\\S+)"}],
        }
        request = {
            "AlgorithmSpecification": specification,
            "HyperParameters": {"epochs": "1"},
            "InputDataConfig": channels,
            **more,
        }
        sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=ROLE,
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/jobs"},
            ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": seconds},
            **request,
        )

        def look():
            return sagemaker.describe_training_job(TrainingJobName=name)

        if stop:
            until(look, lambda it: it["SecondaryStatus"] == "Training")
            if meanwhile:
                meanwhile(name)
            sagemaker.stop_training_job(TrainingJobName=name)
        return until(look, lambda it: it["TrainingJobStatus"] not in ("InProgress", "Stopping"))

    return run


def packed(artefact: bytes) -> bytes:
    """What the job called its model."""
    with tarfile.open(fileobj=io.BytesIO(artefact)) as archive:
        model = archive.extractfile("model.pt")
        assert model is not None
        return model.read()


def test_a_job_trains_and_leaves_its_model_metrics_and_log(train, aws, bucket):
    job = train(TRAIN)
    assert job["TrainingJobStatus"] == "Completed"
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [
        ("accuracy", 0.75)
    ]
    assert 1 <= job["BillableTimeInSeconds"] < 30
    key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix(f"s3://{bucket}/")
    body = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert packed(body) == b"a photo"
    log = aws("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=job["TrainingJobName"]
    )
    assert [event["message"] for event in log["events"]] == ["accuracy=0.5", "accuracy=0.75"]


def test_a_script_that_fails_fails_the_job_in_its_own_words(train):
    job = train("mkdir -p /opt/ml/output\necho 'no photos' > /opt/ml/output/failure\nexit 4\n")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"] == "AlgorithmError: no photos, exit code: 4"


def test_a_job_can_be_stopped_and_a_job_has_an_end(train):
    stopped = train("sleep 60\n", stop=True)
    assert (stopped["TrainingJobStatus"], stopped["SecondaryStatus"]) == ("Stopped", "Stopped")
    late = train("sleep 60\n", seconds=1)
    assert (late["TrainingJobStatus"], late["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_a_job_keeps_its_tags_until_it_is_deleted(train, aws):
    sagemaker, tags = aws("sagemaker"), [{"Key": "Project", "Value": "kept"}]
    job = train("true\n", Tags=tags)
    wanted = [{"Key": "Project", "Values": ["kept"]}]
    find = aws("resourcegroupstaggingapi").get_resources
    assert [it["ResourceARN"] for it in find(TagFilters=wanted)["ResourceTagMappingList"]] == [
        job["TrainingJobArn"]
    ]
    name = {"TrainingJobName": job["TrainingJobName"]}
    sagemaker.delete_training_job(**name)
    assert find(TagFilters=wanted)["ResourceTagMappingList"] == []
    for call in (sagemaker.describe_training_job, sagemaker.delete_training_job):
        with pytest.raises(ClientError, match=r"ValidationException.*Requested resource not found\."):
            call(**name)


def test_a_job_that_goes_on_is_not_deleted(train, aws):
    refused = []

    def delete(name: str) -> None:
        with pytest.raises(ClientError, match="ResourceInUse") as raised:
            aws("sagemaker").delete_training_job(TrainingJobName=name)
        refused.append(raised.value)

    train("sleep 60\n", stop=True, meanwhile=delete)
    assert len(refused) == 1


def test_data_that_is_not_there_is_named(train, bucket):
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/nothing-here/"}
    job = train("true", InputDataConfig=[{"ChannelName": "training", "DataSource": {"S3DataSource": source}}])
    assert f"s3://{bucket}/nothing-here/" in job["FailureReason"]


def test_the_built_in_algorithm_says_that_it_trains_in_aws_only(train):
    specification = {
        "TrainingImage": "811284229777.dkr.ecr/image-classification:1",
        "TrainingInputMode": "File",
    }
    job = train("true", AlgorithmSpecification=specification)
    assert job["TrainingJobStatus"] == "Failed"
    assert (
        "the local cloud has no container 811284229777.dkr.ecr/image-classification:1" in job["FailureReason"]
    )


def test_the_sdk_s_model_trainer_trains_here(cloud, bucket, aws, tmp_path, monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": cloud,
        "AWS_SECRET_ACCESS_KEY": "local",
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }.items():
        monkeypatch.setenv(name, value)
    shapes = pytest.importorskip("sagemaker.core.shapes")
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.core.training.configs import Compute, InputData, SourceCode
    from sagemaker.core.utils.utils import SageMakerClient
    from sagemaker.train import ModelTrainer

    SageMakerClient.reset()  # the SDK keeps its client, and another test may have had another cloud
    (tmp_path / "requirements.txt").write_text("pillow\n")
    (tmp_path / "train.py").write_text(
        "import os, pathlib, sys\n"
        "photos = os.listdir(os.environ['SM_CHANNEL_TRAINING'])\n"
        "pathlib.Path(os.environ['SM_MODEL_DIR'], 'model.pt').write_text(f'{photos} {sys.argv[1:]}')\n"
    )
    aws("s3").put_object(Bucket=bucket, Key="sdk/data/photo.png", Body=b"x")
    trainer = ModelTrainer(
        sagemaker_session=Session(default_bucket=bucket),
        role=ROLE,
        base_job_name="sdk",
        training_image="pytorch",
        source_code=SourceCode(
            source_dir=str(tmp_path), entry_script="train.py", requirements="requirements.txt"
        ),
        compute=Compute(instance_type="ml.c5.xlarge", instance_count=1, volume_size_in_gb=5),
        hyperparameters={"epochs": 2},
        output_data_config=shapes.OutputDataConfig(s3_output_path=f"s3://{bucket}/jobs"),
        input_data_config=[InputData(channel_name="training", data_source=f"s3://{bucket}/sdk/data/")],
    )
    trainer.train(wait=True, logs=False)
    job = trainer._latest_training_job.training_job_name
    body = aws("s3").get_object(Bucket=bucket, Key=f"jobs/{job}/output/model.tar.gz")["Body"].read()
    assert packed(body) == b"['photo.png'] ['--epochs', '2']"


def test_a_job_and_this_machine_train_the_same_bytes(cloud, bucket, aws, staged_sample, tmp_path):
    """A job has the machine's threads, whatever `make train` was told, and takes its weights over checkpoints."""
    pytest.importorskip("sagemaker.core.shapes")
    data_id = json.loads((staged_sample / "dataset.json").read_text())["dataset_id"]
    for path in staged_sample.rglob("*.*"):
        key = f"data/{data_id}/{path.relative_to(staged_sample).as_posix()}"
        aws("s3").put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    (tmp_path / "terraform/envs").mkdir(parents=True)
    (tmp_path / "terraform/envs/local.tfvars").touch()
    recipe = (
        "--data",
        staged_sample,
        "--epochs",
        "8",
        "--members",
        "1",
        "--folds",
        "1",
        "--min-accuracy",
        "0.3",
    )
    own = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": cloud,
        "AWS_SECRET_ACCESS_KEY": "local",
        "OMP_NUM_THREADS": "1",
    }
    for command in (
        ("training.train", "--out", tmp_path / "model", *recipe),
        ("training.launch", "--env", "local", "--bucket", bucket, "--role", ROLE, *recipe),
    ):
        words = [sys.executable, "-m", *map(str, command)]
        done = subprocess.run(words, cwd=tmp_path, env=os.environ | own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    record = json.loads(next((tmp_path / "build/runs").glob("*.json")).read_text())
    body = aws("s3").get_object(Bucket=bucket, Key=record["artefact"].removeprefix(f"s3://{bucket}/"))
    (tmp_path / "job.tar.gz").write_bytes(body["Body"].read())
    here, there = unpack(tmp_path / "model/model.tar.gz"), unpack(tmp_path / "job.tar.gz")
    assert {"baseline.json", "model.pt"} < here.keys()
    assert [name for name in here if there[name] != here[name]] == []


def unpack(artefact: Path) -> dict[str, bytes]:
    with tarfile.open(artefact) as archive:
        return {
            it.name.removeprefix("./"): file.read() for it in archive if (file := archive.extractfile(it))
        }
