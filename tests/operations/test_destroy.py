"""An environment is taken down for good, also while things still arrive, and also when it was half down before.

Of staging only the bucket is made here, which is what stands in the way: tests/pipeline takes all of `local` down.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from tests.builders import make_role

from operations import bootstrap, package, terraform, workplace

ENV = "staging"
BUCKET = "scones-staging-123456789012"
TAGS = [{"Key": "Project", "Value": "scones-unlimited"}, {"Key": "Environment", "Value": ENV}]
GOES_ON = ["/bin/bash", "-c", "sleep 600"]


@pytest.fixture(scope="module")
def run(cloud_variables, tmp_path_factory):
    """Run one of our commands in a copy of the project; its status and what it printed."""
    folder = tmp_path_factory.mktemp("project")
    workplace.copy(folder)

    def command(module: str, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=folder,
            env=os.environ | cloud_variables | {"AWS_ACCESS_KEY_ID": "remover"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in cloud_variables.items():
            patch.setenv(name, value)
        package.build(Path("build/lambdas"), package.ARCHITECTURE)
        bootstrap.bootstrap(terraform.state_bucket(ENV))
    return command


@pytest.fixture
def made(run, aws) -> None:
    """The environment's bucket, with a photo in it."""
    target = ("-input=false", "-no-color", "-target=module.storage.aws_s3_bucket.this", "-out=some.tfplan")
    for arguments in (("init",), ("plan", *target), ("apply", "-no-color", "some.tfplan")):
        status, printed = run("operations.terraform", ENV, *arguments)
        assert status == 0, printed
    aws("s3").put_object(Bucket=BUCKET, Key="incoming/photo.png", Body=b"a photo")


def destroy(run) -> tuple[int, str]:
    return run("operations.destroy", ENV, "--confirm", ENV)


@contextlib.contextmanager
def arriving(s3, enough: threading.Event) -> Iterator[None]:
    """Captures come in until it is enough."""

    def write() -> None:
        number = 0
        while not enough.wait(0.02):
            number += 1
            try:
                s3.put_object(Bucket=BUCKET, Key=f"captures/{number}.jsonl", Body=b"{}")
            except ClientError:
                return  # the bucket is gone

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def set_at_the_first_refusal(cloud: str, enough: threading.Event) -> None:
    """Once somebody has asked for the bucket's deletion nothing arrives any more."""
    asked = {"key": "remover", "action": "s3:DeleteBucket", "resource": f"arn:aws:s3:::{BUCKET}"}
    while not enough.wait(0.1):
        with urlopen(f"{cloud}/_localcloud/calls") as answer:
            if asked in json.load(answer):
                enough.set()


@pytest.mark.usefixtures("made")
def test_captures_that_arrive_meanwhile_do_not_keep_the_bucket(run, aws, cloud):
    enough = threading.Event()
    watcher = threading.Thread(target=set_at_the_first_refusal, args=(cloud, enough))
    watcher.start()
    with arriving(aws("s3"), enough):
        status, printed = destroy(run)
    watcher.join()
    assert status == 0, printed
    assert "BucketNotEmpty" in printed
    assert "something arrived in scones-staging-123456789012 meanwhile" in printed
    assert "0 resources tagged as ours are left in staging" in printed
    assert BUCKET not in {it["Name"] for it in aws("s3").list_buckets()["Buckets"]}


@pytest.mark.usefixtures("made")
def test_an_environment_that_is_half_down_is_taken_down_by_the_next_destroy(run, aws):
    with arriving(aws("s3"), threading.Event()):
        status, printed = destroy(run)
    assert status != 0
    assert "BucketNotEmpty" in printed
    status, printed = destroy(run)
    assert status == 0, printed
    assert BUCKET not in {it["Name"] for it in aws("s3").list_buckets()["Buckets"]}


def test_training_jobs_go_with_the_environment_and_one_that_goes_on_is_stopped(run, aws):
    sagemaker, role = aws("sagemaker"), make_role(aws("iam"), "of-jobs-to-destroy")
    for name, entrypoint in (("scones-ended", []), ("scones-going-on", GOES_ON)):
        sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=role,
            AlgorithmSpecification={
                "TrainingImage": "pytorch",
                "TrainingInputMode": "File",
                **({"ContainerEntrypoint": entrypoint} if entrypoint else {}),
            },
            OutputDataConfig={"S3OutputPath": f"s3://{terraform.setting(ENV, 'prefix')}/jobs"},
            ResourceConfig={"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            Tags=TAGS,
        )
    status, printed = destroy(run)
    assert status == 0, printed
    assert "0 resources tagged as ours are left in staging" in printed
    left = {job["TrainingJobName"] for job in sagemaker.list_training_jobs()["TrainingJobSummaries"]}
    assert not left & {"scones-ended", "scones-going-on"}


@pytest.fixture
def protected(aws) -> Iterator[str]:
    """A table of the name that staging's register has, which nobody may delete."""
    table, dynamodb = f"{terraform.read_prefix(ENV)}-photos", aws("dynamodb")
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    yield table
    dynamodb.delete_table(TableName=table)


@pytest.mark.usefixtures("made")
def test_the_register_is_no_longer_protected_when_its_environment_is_taken_down(run, aws, protected):
    status, printed = destroy(run)
    assert status == 0, printed
    assert f"lifting the protection of the table {protected}" in printed
    assert not aws("dynamodb").describe_table(TableName=protected)["Table"]["DeletionProtectionEnabled"]


@pytest.fixture
def people(aws) -> Iterator[list[str]]:
    """A pool of the name that staging's has, which nobody may delete; and one of others, which stays so."""
    cognito = aws("cognito-idp")
    made = [
        cognito.create_user_pool(PoolName=name, DeletionProtection="ACTIVE")["UserPool"]["Id"]
        for name in (f"{terraform.read_prefix(ENV)}-people", "others-people")
    ]
    yield made
    for pool in made:
        cognito.update_user_pool(UserPoolId=pool, DeletionProtection="INACTIVE")
        cognito.delete_user_pool(UserPoolId=pool)


@pytest.mark.usefixtures("made")
def test_the_pool_of_people_is_no_longer_protected_when_its_environment_is_taken_down(run, aws, people):
    status, printed = destroy(run)
    assert status == 0, printed
    assert printed.count("lifting the protection of the user pool scones-staging-people") == 1
    found = [aws("cognito-idp").describe_user_pool(UserPoolId=it)["UserPool"] for it in people]
    assert [it["DeletionProtection"] for it in found] == ["INACTIVE", "ACTIVE"]
