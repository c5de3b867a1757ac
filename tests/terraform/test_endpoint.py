"""The endpoint's module alone, in the local cloud: what is said when an endpoint cannot be made or moved."""

import hashlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from python_terraform import IsFlagged, Terraform
from tests.builders import document, make_role, pack

from operations import terraform

pytestmark = pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")

BUCKET = "models-of-test-endpoint"
NAME = "endpoint-of-test-endpoint"
ERROR = re.compile(r"\bError: ")
SERVES = "def model_fn(folder):\n    return None\n"
CANNOT_LOAD = "raise RuntimeError('these weights are of another network')\n"
ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:any"


@pytest.fixture(scope="module")
def apply(cloud_variables, terraform_variables, aws, tmp_path_factory) -> Iterator[Callable[[str], str]]:
    """Apply the module with a new model of this code; answer what Terraform says, its errors if there are any."""
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
        module = Terraform(str(folder))
        status, _, errors = module.cmd("init", no_color=IsFlagged)
        assert status == 0, errors

        def run(code: str) -> str:
            packed = pack({"code/inference.py": f"{code}# {uuid.uuid4()}\n".encode()})
            digest = hashlib.sha256(packed).hexdigest()
            key = f"models/{digest[:16]}/model.tar.gz"
            aws("s3").put_object(Bucket=BUCKET, Key=key, Body=packed)
            model = {"artefact": f"s3://{BUCKET}/{key}", "sha256": digest, "image": IMAGE}
            (folder / "terraform.tfvars.json").write_text(json.dumps(variables() | {"model": model}))
            status, printed, errors = module.apply(skip_plan=True, no_color=IsFlagged)
            return printed if status == 0 else " ".join(errors.split())

        yield run
        module.destroy(force=None, auto_approve=IsFlagged)


def variables() -> dict[str, Any]:
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
        "kms_key_arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/any",
        "latency_alarm_ms": 1000,
        "log_retention_days": 30,
        "name": NAME,
        "prefix": "test-endpoint",
        "rollout": {"type": "ALL_AT_ONCE", "wait_seconds": 0},
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


def test_an_endpoint_whose_model_does_not_start_has_one_error_which_is_its_own(apply):
    said = apply(CANNOT_LOAD)
    assert "these weights are of another network" in said
    assert len(ERROR.findall(said)) == 1, said
    assert "went back" not in said


def test_only_an_update_that_went_back_is_said_to_have_gone_back(apply, aws):
    assert "Apply complete!" in apply(SERVES)
    before = aws("sagemaker").describe_endpoint(EndpointName=NAME)["EndpointConfigName"]
    said = apply(CANNOT_LOAD)
    assert len(ERROR.findall(said)) == 1, said
    assert f"The update went back: the endpoint still serves {before}" in said
    assert "or the new model did not start" in said
    kept = aws("sagemaker").describe_endpoint_config(EndpointConfigName=before)
    assert kept["EndpointConfigName"] == before, "the endpoint serves it"
