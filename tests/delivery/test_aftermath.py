"""What a deployment that failed has left behind: which rows of the page's table are the case, and where they are."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.builders import make_role

from delivery import aftermath
from delivery.aftermath import Seen
from operations import bootstrap, terraform, workplace

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
LOCK = {
    "ID": "1-2",
    "Who": "runner@host",
    "Created": "2026-11-02T11:00:00Z",
    "Operation": "OperationTypeApply",
}
SETTLED = {"EndpointName": "ep", "EndpointStatus": "InService", "LastModifiedTime": NOW}
BACK = SETTLED | {"FailureReason": "alarms"}
MOVING = SETTLED | {"EndpointStatus": "RollingBack"}
APPROVED = {"reviewed": "success", "plan": "success", "approve": "success"}
FAILED = {**APPROVED, "apply": "failure", "verify": "skipped"}
BEFORE, AFTER = NOW - timedelta(minutes=9), NOW + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("seen", "names"),
    [
        (Seen({}), ["Nothing applied"]),
        (Seen({"reviewed": "success", "plan": "failure", "approve": "skipped"}), ["Nothing applied"]),
        (Seen({"reviewed": "failure"}), ["Refused"]),
        (Seen({**APPROVED, "approve": "failure", "apply": "skipped"}), ["Refused"]),
        (Seen(FAILED), ["Partly applied"]),
        (Seen(FAILED, endpoint=SETTLED, planned=BEFORE), ["Partly applied"]),
        (Seen(FAILED, endpoint=MOVING, planned=BEFORE), ["Endpoint on its way"]),
        (Seen(FAILED, endpoint=BACK, planned=BEFORE), ["Endpoint went back"]),
        (Seen(FAILED, endpoint=BACK, planned=AFTER), ["Partly applied"]),
        (Seen(FAILED, lock=LOCK), ["Partly applied", "Locked"]),
        (Seen(FAILED, unsaved=terraform.unsaved("prod")), ["Partly applied", "State not saved"]),
        (Seen({**FAILED, "apply": "success", "verify": "failure"}), ["Not verified"]),
        (Seen({**FAILED, "apply": "success", "verify": "success"}), ["Applied and verified"]),
        (Seen({"reviewed": "cancelled"}, cancelled=True), ["Cancelled", "Nothing applied"]),
        (
            Seen({**FAILED, "apply": "cancelled"}, cancelled=True, lock=LOCK),
            ["Cancelled", "Partly applied", "Locked"],
        ),
        (Seen({**FAILED, "apply": "success"}, cancelled=True), ["Cancelled", "Not verified"]),
    ],
)
def test_what_happened_and_what_is_there_name_the_rows(seen, names):
    assert [row.name for row, _ in aftermath.decide(seen)] == names


def test_what_is_known_of_a_row_is_said():
    seen = Seen(FAILED, endpoint=MOVING, lock=LOCK, unsaved=terraform.unsaved("prod"))
    said = aftermath.text("prod", aftermath.decide(seen), [], "docs/deploy.md")
    assert "the endpoint ep is RollingBack, and until it is in service every apply fails" in said
    assert "1-2, held by runner@host since 2026-11-02T11:00:00Z, for OperationTypeApply" in said
    assert "terraform/errored.prod.tfstate" in said
    assert "[What to do](docs/deploy.md#endpoint-on-its-way)" in said


def test_the_page_has_each_row_with_a_heading_and_no_other():
    text = (ROOT / aftermath.PAGE).read_text()
    _, _, part = text.partition("### When a deployment fails\n")
    part = re.split(r"^##[#]? ", part, flags=re.MULTILINE)[0]
    named = [(row.name, row.anchor()) for row in aftermath.ROWS]
    assert re.findall(r"^\| \[(.*?)\]\(#(.*?)\) \|", part, re.MULTILINE) == named
    assert re.findall(r"^#### (.*)$", part, re.MULTILINE) == [row.name for row in aftermath.ROWS]
    for row in aftermath.ROWS:
        assert f"| [{row.name}](#{row.anchor()}) | {row.left} |" in part


class Staging:
    """A staging in the local cloud that has an endpoint and a state, in a folder of its own."""

    name = "image-classifier-ep-staging"

    def __init__(self, root, aws, variables, bucket, model):
        self.root, self.aws, self.variables, self.bucket = root, aws, variables, bucket
        self.s3, self.sagemaker = aws("s3"), aws("sagemaker")
        self.role = make_role(aws("iam"), "aftermath", {"Action": "s3:*", "Effect": "Allow", "Resource": "*"})
        self.configure("good", model.read_bytes())
        self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName="good")
        outputs = {"endpoint_name": {"value": self.name, "type": "string"}}
        state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "a", "resources": []}
        self.put("scones.tfstate", json.dumps({**state, "outputs": outputs}).encode())
        self.plan = root / "build/terraform/staging.tfplan"

    def put(self, key, body):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def configure(self, name, artefact):
        self.put(f"{name}.tar.gz", artefact)
        container = {"Image": "i", "ModelDataUrl": f"s3://{self.bucket}/{name}.tar.gz"}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role)
        variant = {"VariantName": "primary", "ModelName": name, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )

    def look(self, steps=FAILED, **variables):
        """What the command says, and puts into the job's summary."""
        summary = self.root / "summary.md"
        summary.unlink(missing_ok=True)
        known = {
            "STEPS": json.dumps(
                {name: {"outcome": it, "conclusion": it, "outputs": {}} for name, it in steps.items()}
            ),
            "OUTCOME": "failure",
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        done = subprocess.run(
            [sys.executable, "-m", "delivery.aftermath", "staging"],
            cwd=self.root,
            env=os.environ | self.variables | known | variables,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert summary.read_text() == done.stdout[:-1]
        return done.stdout


@pytest.fixture(scope="module")
def staging(aws, cloud_variables, make_model, tmp_path_factory):
    root = tmp_path_factory.mktemp("staging")
    workplace.copy(root)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud_variables.items():
            patch.setenv(name, value)
        patch.chdir(root)
        bucket = terraform.state_bucket("staging")
        bootstrap.bootstrap(bucket)
        made = Staging(root, aws, cloud_variables, bucket, make_model((0.9, 0.1)))
        yield made
        made.sagemaker.delete_endpoint(EndpointName=made.name)
        for name in [it["ModelName"] for it in made.sagemaker.list_models()["Models"]]:
            made.sagemaker.delete_endpoint_config(EndpointConfigName=name)
            made.sagemaker.delete_model(ModelName=name)
        bootstrap.boto3.resource("s3").Bucket(bucket).object_versions.delete()
        made.s3.delete_bucket(Bucket=bucket)


def test_the_job_s_summary_leads_to_the_page_of_the_commit(staging):
    said = staging.look(GITHUB_SHA="c0ffee", GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="o/n")
    assert "**Partly applied**" in said
    assert "(https://github.com/o/n/blob/c0ffee/docs/deploy.md#partly-applied)" in said


def test_a_lock_and_a_state_that_was_not_saved_are_seen(staging):
    staging.put("scones.tfstate.tflock", json.dumps(LOCK).encode())
    unsaved = staging.root / terraform.unsaved("staging")
    unsaved.write_text("{}")
    try:
        said = staging.look(OUTCOME="cancelled")
    finally:
        unsaved.unlink()
        staging.s3.delete_object(Bucket=staging.bucket, Key="scones.tfstate.tflock")
    assert re.findall(r"\*\*(.*?)\*\*", said) == [
        "Cancelled",
        "Partly applied",
        "Locked",
        "State not saved",
    ]


def test_an_endpoint_that_went_back_since_the_plan_is_seen(staging):
    staging.plan.parent.mkdir(parents=True, exist_ok=True)
    staging.plan.touch()
    staging.configure("bad", b"no archive")
    staging.sagemaker.update_endpoint(EndpointName=staging.name, EndpointConfigName="bad")
    said = staging.look()
    assert "**Endpoint went back**" in said
    assert "valid tar.gz archive" in said
    later = datetime.now(UTC) + timedelta(minutes=1)
    os.utime(staging.plan, (later.timestamp(), later.timestamp()))
    assert "**Partly applied**" in staging.look()


def test_without_credentials_it_says_what_it_cannot_see(staging):
    nobody = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    said = staging.look({"reviewed": "failure"}, **nobody)
    assert "**Refused**" in said
    assert "It cannot be seen whether the state is locked: " in said


def test_outside_of_github_the_variable_is_named(command):
    done = command("aftermath", STEPS="")
    assert done.returncode == 1
    assert done.stderr.startswith("error: STEPS is not set")
