"""An archive is classified by a batch transform job, which needs no endpoint: one line for each object."""

import json
import sys
import uuid

import pytest
from sagemaker.core.utils.utils import SageMakerClient

from core import console
from operations.ends import GARBAGE
from operations.transform import __main__, choice

REFUSED = {
    "shopping-list.png": "NotAnImage",
    "empty.png": "NotAnImage",
    "huge.png": "ImageTooLarge",
    "broken.png": "NotAnswered",  # which the model alone can tell
}


@pytest.fixture
def archive(deployed):
    """Upload photos and garbage below a new prefix; answer it and their bytes by key."""

    def fill(photos, garbage=()):
        prefix = f"archive/{uuid.uuid4()}/"
        names = {f"{number} à #?/{path.name}": path.read_bytes() for number, path in enumerate(photos)}
        bodies = {
            prefix + name: body for name, body in (names | {it.name: it.content for it in garbage}).items()
        }
        for key, body in bodies.items():
            deployed.s3.put_object(Bucket=deployed.bucket, Key=key, Body=body)
        return prefix, bodies

    return fill


@pytest.fixture
def command(deployed, monkeypatch, capsys):
    """Run it in this process, for the SDK takes seconds to import; answer its exit status, or its error, and output."""
    SageMakerClient.reset()  # the SDK keeps its client, and another test may have had another cloud
    monkeypatch.chdir(deployed.project.root)
    for name, value in deployed.project.variables.items():
        monkeypatch.setenv(name, value)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["transform", "local", *arguments])
        with pytest.raises(SystemExit) as stop:
            console.run(__main__.main)
        return stop.value.code, capsys.readouterr().out

    return run


@pytest.fixture
def transform(command, deployed):
    """Run the command; answer its exit status, its output, and the lines of the results that it names."""

    def run(*arguments):
        status, printed = command(*arguments)
        place = printed.split()[-1].removeprefix(f"s3://{deployed.bucket}/")
        body = deployed.s3.get_object(Bucket=deployed.bucket, Key=place)["Body"].read()
        return status, printed, [json.loads(line) for line in body.splitlines()]

    return run


def photos(staged_sample):
    return sorted((staged_sample / "test").glob("*.png"))[::6]


def test_every_object_has_one_line_and_each_photo_the_endpoint_s_answer(
    archive, transform, deployed, staged_sample
):
    prefix, bodies = archive(photos(staged_sample), GARBAGE)
    status, printed, lines = transform("--prefix", prefix)
    assert status == 1
    assert [line["s3_key"] for line in lines] == sorted(bodies, key=str.encode)
    assert {line["model"] for line in lines} == {deployed.outputs["model"]["id"]}
    failed = {line["s3_key"]: line["error"] for line in lines if line["outcome"] == "failed"}
    assert failed == {prefix + name: error for name, error in REFUSED.items()}
    for line in (line for line in lines if line["outcome"] != "failed"):
        key, inferences = line["s3_key"], line["inferences"]
        assert inferences == pytest.approx(asked(deployed, bodies[key]), abs=1e-6)
        assert line["confidence"] == max(inferences)
        sure = line["confidence"] >= deployed.outputs["threshold"]
        label = deployed.outputs["model"]["labels"][inferences.index(line["confidence"])]
        assert (line["outcome"], line["label"], line["error"]) == (
            ("accepted", label, None) if sure else ("review", None, "ThresholdConfidenceNotMet")
        )
        version = deployed.s3.head_object(Bucket=deployed.bucket, Key=key)["VersionId"]
        assert line["version"] == version

    name = printed.split()[-1].split("/")[-2]
    assert "SageMaker calls the job failed (ClientError: See job logs for more information)" in printed
    assert f"{len(lines)} objects below {prefix}, {len(lines) - 3} of them photos" in printed
    models = {model["ModelName"] for model in deployed.aws("sagemaker").list_models()["Models"]}
    assert name not in models
    assert any(model.startswith(deployed.outputs["endpoint_name"]) for model in models)
    assert transform("--job", name)[2] == lines


def test_what_holds_no_photo_at_all_has_its_lines_without_a_job(archive, transform, deployed):
    prefix, bodies = archive([], [it for it in GARBAGE if it.name in REFUSED and it.name != "broken.png"])
    before = deployed.aws("sagemaker").list_transform_jobs()["TransformJobSummaries"]
    status, printed, lines = transform("--prefix", prefix)
    assert status == 1
    assert {line["s3_key"]: line["error"] for line in lines} == {
        key: REFUSED[key.split("/")[-1]] for key in bodies
    }
    assert f"{len(bodies)} images: 0 accepted, 0 review, {len(bodies)} failed" in printed
    assert deployed.aws("sagemaker").list_transform_jobs()["TransformJobSummaries"] == before


def asked(deployed, body):
    answer = deployed.aws("sagemaker-runtime").invoke_endpoint(
        EndpointName=deployed.outputs["endpoint_name"], ContentType="image/png", Body=body
    )
    return json.loads(answer["Body"].read())


@pytest.mark.usefixtures("command")  # for its variables
def test_another_model_of_the_environment_takes_the_live_one_s_place_in_its_container(deployed):
    outputs = deployed.outputs
    live = choice.choose("local", outputs, None)
    assert (live.id, live.labels) == (outputs["model"]["id"], outputs["model"]["labels"])
    assert live.container["model_data_url"] == outputs["model"]["artefact"]
    source = outputs["model"]["artefact"].removeprefix("s3://")
    key = "models/earlier/model.tar.gz"
    deployed.s3.copy_object(CopySource=source, Bucket=deployed.bucket, Key=key)
    earlier = choice.choose("local", outputs, "earlier")
    assert (earlier.id, earlier.labels) == ("earlier", live.labels)
    assert earlier.container == live.container | {"model_data_url": f"s3://{deployed.bucket}/{key}"}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--prefix", "archive/nothing/"), "there is nothing to classify below s3://"),
        (("--prefix", "models/"), "prefix 'models/' does not start with archive/ or incoming/"),
        (("--prefix", "archive/", "--model", "nobody"), "models/nobody/model.tar.gz cannot be read"),
        (("--job", "nobody"), "SageMaker refuses: Could not find transform job"),
    ],
)
def test_a_mistake_is_answered_in_one_line(command, arguments, complaint):
    said, _ = command(*arguments)
    assert said.startswith("error: ")
    assert complaint in said
    assert len(said.splitlines()) == 1
