"""A batch transform job really asks the model, object by object, and fails as SageMaker's fail."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

MODEL = """
import json, os
from sagemaker_inference.errors import BaseInferenceToolkitError
class UnacceptableImage(BaseInferenceToolkitError):
    def __init__(self, message):
        super().__init__(400, message, "Bad Request")
def model_fn(model_dir):
    return os.environ["ANSWER"]
def input_fn(body, content_type):
    if body == b"slow":
        import time
        time.sleep(0.3)
    if body == b"broken":
        raise UnacceptableImage("not a picture")
    return f"{body.decode()} as {content_type}"
def predict_fn(data, model):
    return [data, model]
def output_fn(prediction, accept):
    return json.dumps(prediction)
"""
PHOTOS = {"a b/é #1.png": b"one", "two.png": b"two"}


@pytest.fixture
def transform(aws, bucket, model, until):
    """Run a job over these objects to its end; answer its description and, by name, what came out."""
    sagemaker, s3 = aws("sagemaker"), aws("s3")

    def run(objects, manifest=None, stop=False, **more):
        job = f"job-{uuid.uuid4()}"
        for name, body in objects.items():
            s3.put_object(Bucket=bucket, Key=f"{job}/in/{name}", Body=body)
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{job}/in/"}
        if manifest is not None:
            s3.put_object(Bucket=bucket, Key=f"{job}/manifest", Body=manifest(f"s3://{bucket}/{job}/in/"))
            source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{bucket}/{job}/manifest"}
        request = {
            "TransformJobName": job,
            "ModelName": model(MODEL, ANSWER="42"),
            "TransformInput": {"DataSource": {"S3DataSource": source}, "ContentType": "application/x-image"},
            "TransformOutput": {"S3OutputPath": f"s3://{bucket}/{job}/out", "Accept": "application/json"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        }
        sagemaker.create_transform_job(**request | more)

        def look():
            return sagemaker.describe_transform_job(TransformJobName=job)

        if stop:
            until(lambda: answers(job), bool)
            sagemaker.stop_transform_job(TransformJobName=job)
        return until(look, lambda it: it["TransformJobStatus"] not in ("InProgress", "Stopping")), answers(
            job
        )

    def answers(job):
        prefix = f"{job}/out/"
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        bodies = {it["Key"]: s3.get_object(Bucket=bucket, Key=it["Key"])["Body"].read() for it in listed}
        return {key.removeprefix(prefix): json.loads(body) for key, body in bodies.items()}

    return run


def test_a_job_answers_for_each_object_of_a_prefix(transform):
    job, answers = transform(PHOTOS)
    assert job["TransformJobStatus"] == "Completed"
    assert "FailureReason" not in job
    assert job["TransformEndTime"] > job["TransformStartTime"]
    assert answers == {
        "a b/é #1.png.out": ["one as application/x-image", "42"],
        "two.png.out": ["two as application/x-image", "42"],
    }


def test_a_job_answers_for_the_objects_that_a_manifest_names_and_for_no_others(transform):
    job, answers = transform(PHOTOS, manifest=lambda prefix: json.dumps([{"prefix": prefix}, "two.png"]))
    assert job["TransformJobStatus"] == "Completed"
    assert set(answers) == {"two.png.out"}


def test_a_manifest_that_is_none_fails_the_job(transform):
    job, answers = transform(PHOTOS, manifest=lambda _: "two.png")
    assert (job["TransformJobStatus"], answers) == ("Failed", {})
    assert "manifest" in job["FailureReason"]


def test_one_bad_object_fails_the_job_and_the_others_have_their_answers(transform, aws):
    poison = {"broken.png": b"broken", "large.png": b"x" * (1024 * 1024 + 1)}
    job, answers = transform(PHOTOS | poison, MaxPayloadInMB=1, MaxConcurrentTransforms=2)
    assert (job["TransformJobStatus"], job["FailureReason"]) == (
        "Failed",
        "ClientError: See job logs for more information",
    )
    assert set(answers) == {f"{name}.out" for name in PHOTOS}
    log = aws("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=job["TransformJobName"]
    )
    said = "\n".join(event["message"] for event in log["events"])
    assert "/in/broken.png: ClientError: 400: not a picture" in said
    assert "/in/large.png: ClientError: too large" in said


def test_a_job_that_is_stopped_begins_no_further_object(transform, aws):
    job, answers = transform({f"{number:02}": b"slow" for number in range(20)}, stop=True)
    assert job["TransformJobStatus"] == "Stopped"
    assert 1 <= len(answers) < 20
    with pytest.raises(ClientError, match="the transform job is in status Stopped"):
        aws("sagemaker").stop_transform_job(TransformJobName=job["TransformJobName"])


def test_a_job_is_listed_and_its_name_cannot_be_had_twice(transform, aws):
    job, _ = transform(PHOTOS)
    name, sagemaker = job["TransformJobName"], aws("sagemaker")
    (listed,) = sagemaker.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert listed["TransformJobStatus"] == "Completed"
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        transform({}, TransformJobName=name)


def test_a_model_that_is_not_there_is_refused(transform):
    with pytest.raises(ClientError, match="Could not find model"):
        transform(PHOTOS, ModelName="nobody")
