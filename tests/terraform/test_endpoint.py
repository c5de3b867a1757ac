"""The endpoint's module alone, in the local cloud: what is said when an endpoint cannot be made or moved."""

import contextlib
import functools
import hashlib
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from python_terraform import IsFlagged, Terraform
from tests.builders import answering, document, make_role, pack

from delivery import fleet, plan
from operations import terraform

pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")

BUCKET = "models-of-test-endpoint"
NAME = "endpoint-of-test-endpoint"
ERROR = re.compile(r"\bError: ")
SERVES = "def model_fn(folder):\n    return None\n"
ANSWERS = answering('return b"[0.9, 0.1]"')
FAILS = answering("raise RuntimeError('a bug')")
HANGS = answering("import time; time.sleep(600)")
# So many photos arrive at once, and a model has so many seconds to answer: the alarm wants five in half a second.
SENDERS, PATIENCE = 8, 0.3
CANNOT_LOAD = "raise RuntimeError('these weights are of another network')\n"
UNCHANGED = "No changes. Your infrastructure matches the configuration."
NO_ARCHIVE = b"no archive"
REASON = "Failed to extract model data archive for container"
ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:any"


class Module:
    """The module in a folder of its own, applied or planned with the model of some code."""

    def __init__(self, folder: Path, s3: Any, key: str) -> None:
        self.folder, self.s3, self.key = folder, s3, key
        self.terraform = Terraform(str(folder))

    def apply(self, code: str | bytes, wait: int = 0) -> str:
        """What Terraform says, its errors if there are any; the roll-out's wait is in the cloud's quick seconds."""
        self.promote(code, wait)
        status, printed, errors = self.terraform.apply(skip_plan=True, no_color=IsFlagged)
        return printed if status == 0 else " ".join(errors.split())

    def plan(self, code: str) -> list[plan.ResourceChange]:
        self.promote(code)
        self.call("plan", out="tfplan", input=False)
        return plan.changes(json.loads(self.call("show", "tfplan", json=IsFlagged)), "salt")

    def promote(self, code: str | bytes, wait: int = 0) -> None:
        packed = artefact(code)
        digest = hashlib.sha256(packed).hexdigest()
        key = f"models/{digest[:16]}/model.tar.gz"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=packed)
        model = {"artefact": f"s3://{BUCKET}/{key}", "sha256": digest, "image": IMAGE}
        more = {"model": model, "kms_key_arn": self.key}
        (self.folder / "terraform.tfvars.json").write_text(json.dumps(variables(wait) | more))

    def call(self, *arguments: str, **options: Any) -> str:
        status, printed, errors = self.terraform.cmd(*arguments, no_color=IsFlagged, **options)
        assert status == 0, errors
        return printed


@pytest.fixture(scope="module")
def module(cloud_variables, terraform_variables, aws, tmp_path_factory) -> Iterator[Module]:
    folder = tmp_path_factory.mktemp("endpoint") / "module"
    shutil.copytree(
        terraform.CONFIGURATION / "modules/endpoint", folder, ignore=shutil.ignore_patterns("tests")
    )
    shutil.copy(terraform.CONFIGURATION / ".terraform.lock.hcl", folder)
    aws("s3").create_bucket(Bucket=BUCKET)
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    aws("iam").create_policy(PolicyName="boundary", PolicyDocument=everything)
    with pytest.MonkeyPatch.context() as patch:
        settings = terraform_variables | cloud_variables | {"TF_DATA_DIR": str(folder / "data")}
        for name, value in settings.items():
            patch.setenv(name, value)
        anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
        logs = anybody | {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}}
        key = aws("kms").create_key(Policy=document(anybody, logs))["KeyMetadata"]["Arn"]
        made = Module(folder, aws("s3"), key)
        made.call("init")
        yield made
        made.terraform.destroy(force=None, auto_approve=IsFlagged)


@pytest.fixture
def apply(module) -> Callable[..., str]:
    return module.apply


@functools.cache
def artefact(code: str | bytes) -> bytes:
    """The same bytes for the same code, since an archive has the time in it; bytes are an artefact as they are."""
    return code if isinstance(code, bytes) else pack({"code/inference.py": code.encode()})


def variables(wait: int) -> dict[str, Any]:
    return {
        "alarm_topic_arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms",
        "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
        "bucket": BUCKET,
        "bucket_arn": f"arn:aws:s3:::{BUCKET}",
        "capture_percentage": 0,
        "fleet": {
            "instance_type": "ml.m5.large",
            "min_instances": 1,
            "max_instances": 2,
            "invocations_per_instance": 600,
        },
        "latency_alarm_ms": 1000,
        "log_retention_days": 30,
        "name": NAME,
        "prefix": "test-endpoint",
        "rollout": {"type": "ALL_AT_ONCE", "wait_seconds": wait},
    }


@pytest.fixture
def somebody_elses_endpoint(aws) -> Iterator[None]:
    sagemaker = aws("sagemaker")
    name = f"somebody-elses-{NAME}"
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=make_role(aws("iam"), name),
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/none"},
    )
    variant = {
        "VariantName": "any",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=name)
    yield
    sagemaker.delete_endpoint(EndpointName=NAME)


@pytest.mark.usefixtures("somebody_elses_endpoint")
def test_an_endpoint_that_cannot_be_made_has_one_error_which_is_its_own(apply):
    said = apply(SERVES)
    assert "Cannot create already existing endpoint" in said
    assert len(ERROR.findall(said)) == 1, said
    assert "went back" not in said


def test_an_endpoint_whose_container_cannot_start_has_one_error_which_is_its_own(apply):
    said = apply(NO_ARCHIVE)
    assert REASON in said
    assert len(ERROR.findall(said)) == 1, said
    assert "went back" not in said


def test_an_update_that_went_back_says_so_keeps_what_is_live_and_lets_its_file_be_put_back(apply, aws):
    sagemaker = aws("sagemaker")
    assert "Apply complete!" in apply(SERVES)
    live = sagemaker.describe_endpoint(EndpointName=NAME)["EndpointConfigName"]
    for _ in range(2):
        said = apply(NO_ARCHIVE)
        assert len(ERROR.findall(said)) == 1, said
        assert f"The update went back: the endpoint still serves {live}" in said
        assert "or the new model's container did not start" in said
        assert f"aws sagemaker wait endpoint-in-service --endpoint-name {NAME}" in said
        assert configurations(sagemaker) > {live}, "the endpoint serves it"
    assert "Apply complete!" in apply(SERVES)
    assert sagemaker.describe_endpoint(EndpointName=NAME)["EndpointConfigName"] == live
    assert configurations(sagemaker) == {live}
    assert UNCHANGED in apply(SERVES)


def configurations(sagemaker) -> set[str]:
    """The names of the endpoint's configurations."""
    listed = sagemaker.list_endpoint_configs(NameContains=f"{NAME}-")["EndpointConfigs"]
    return {
        one["EndpointConfigName"] for one in listed if not one["EndpointConfigName"].startswith("somebody")
    }


def test_the_next_model_keeps_the_endpoint_and_the_names_of_the_alarms_that_would_take_it_back(apply, aws):
    sagemaker, cloudwatch = aws("sagemaker"), aws("cloudwatch")
    assert "Apply complete!" in apply(SERVES)
    before = sagemaker.describe_endpoint(EndpointName=NAME)
    assert "Apply complete!" in apply(SERVES + "# next\n")
    after = sagemaker.describe_endpoint(EndpointName=NAME)
    assert after["CreationTime"] == before["CreationTime"], "the endpoint was replaced"
    assert after["LastDeploymentConfig"] == before["LastDeploymentConfig"]
    alarms = after["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    described = cloudwatch.describe_alarms(AlarmNames=[alarm["AlarmName"] for alarm in alarms])
    metrics = [
        query["MetricStat"]["Metric"]
        for alarm in described["MetricAlarms"]
        for query in alarm["Metrics"]
        if "MetricStat" in query
    ]
    seen = {metric["MetricName"]: read_dimensions(metric) for metric in metrics}
    config = after["EndpointConfigName"]
    newest = {"EndpointName": NAME, "VariantName": "primary", "EndpointConfigName": config}
    assert seen == dict.fromkeys(("InvocationModelErrors", "Invocation4XXErrors", "ModelLatency"), newest)


def read_dimensions(metric: dict[str, Any]) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def test_a_plan_warns_of_a_fleet_that_an_update_would_make_smaller(module, aws):
    sagemaker, following = aws("sagemaker"), SERVES + "# following\n"

    def scale(count: int) -> None:
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=NAME,
            DesiredWeightsAndCapacities=[
                {"VariantName": "primary", "DesiredWeight": 1.0, "DesiredInstanceCount": count}
            ],
        )

    assert "Apply complete!" in module.apply(SERVES)
    scale(2)
    (warning,) = fleet.warn("prod", module.plan(following))
    assert "its fleet of 2 instances begins again with 1: apply when few photos arrive" in warning
    assert "set fleet.min_instances = 2 in terraform/envs/prod.tfvars" in warning
    assert fleet.warn("prod", module.plan(SERVES)) == [], "no update is planned"
    scale(1)
    assert fleet.warn("prod", module.plan(following)) == []


@pytest.mark.parametrize("bad", [FAILS, HANGS], ids=["answers 500", "never answers"])
def test_an_update_to_a_bad_model_goes_back_by_its_alarm_and_the_apply_says_so(
    apply, aws, traffic, answer_limit, bad
):
    answer_limit(PATIENCE)
    assert "Apply complete!" in apply(ANSWERS)
    before = aws("sagemaker").describe_endpoint(EndpointName=NAME)["EndpointConfigName"]
    with traffic():
        said = apply(bad, wait=600)
    assert f"The update went back: the endpoint still serves {before}" in said
    described = aws("sagemaker").describe_endpoint(EndpointName=NAME)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", before)
    assert "-errors" in described["FailureReason"], "the alarm that took it back"


def test_the_way_to_a_good_model_is_not_undone_by_the_alarm_that_the_bad_one_rang(apply, aws, traffic):
    """It comes behind the test of the bad models."""
    with traffic():
        assert "Apply complete!" in apply(ANSWERS + "# better\n", wait=600)
    described = aws("sagemaker").describe_endpoint(EndpointName=NAME)
    assert (described["EndpointStatus"], described.get("FailureReason")) == ("InService", None)


@pytest.fixture
def traffic(aws):
    """Photos arrive while the context lasts, whatever becomes of them."""

    @contextlib.contextmanager
    def arrive() -> Iterator[None]:
        runtime, over = aws("sagemaker-runtime"), threading.Event()

        def send() -> None:
            while not over.wait(0.1):
                with contextlib.suppress(runtime.exceptions.ClientError):
                    runtime.invoke_endpoint(EndpointName=NAME, Body=b"any", ContentType="image/png")

        with ThreadPoolExecutor(SENDERS) as pool:
            for _ in range(SENDERS):
                pool.submit(send)
            try:
                yield
            finally:
                over.set()

    return arrive


def test_a_model_that_cannot_load_goes_live_for_its_container_is_healthy(apply, aws):
    """As in AWS: `make verify` and the alarms notice it."""
    assert "Apply complete!" in apply(SERVES)
    before = aws("sagemaker").describe_endpoint(EndpointName=NAME)["EndpointConfigName"]
    assert "Apply complete!" in apply(CANNOT_LOAD)
    after = aws("sagemaker").describe_endpoint(EndpointName=NAME)
    assert (after["EndpointStatus"], "FailureReason" in after) == ("InService", False)
    assert after["EndpointConfigName"] != before
