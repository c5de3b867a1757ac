"""SageMaker's batch transform jobs: a model's own code answers for each object of a prefix or a manifest.

AWS: `CreateTransformJob` answers at once and the job goes on: the answer for `<prefix><name>` lies at
`<output path>/<name>.out`. Where the model refuses an object, or one cannot be read, the others have their answers
nevertheless, and the job ends as failed; which objects it was, only its log says. `StopTransformJob` ends it early.
moto 5.2.5 says at once that the job is completed and writes nothing, takes a name twice and a model that is not
there, and does not implement `StopTransformJob`.
"""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlparse

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.logs.models import LogsBackend, logs_backends
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.responses import SageMakerResponse

from core.contract.shapes import Json
from localcloud import clients, defects, gaps, logs
from localcloud.access import principals
from localcloud.models import job_keys
from localcloud.models.container import JobFailed
from localcloud.models.endpoints import ModelFailed, ModelServer

LOG_GROUP = "/aws/sagemaker/TransformJobs"
DEFAULT_PAYLOAD_MB = 6
DEFAULT_RETRIES = 3
SESSION = "SageMaker"

_jobs: dict[str, "Job"] = {}


def install(url: str, folder: Path) -> None:
    """Fill the gaps."""

    @gaps.wrap(SageMakerResponse, "create_transform_job")
    def create_transform_job(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        request = json.loads(self.body)
        name, backend = request["TransformJobName"], self.sagemaker_backend
        if name in backend.transform_jobs:
            raise ResourceInUseException(
                f"Job name must be unique: {backend.transform_jobs[name].arn} exists."
            )
        if request["TransformInput"].get("SplitType", "None") != "None":
            raise ValidationError("The local cloud does not split objects into records: leave SplitType out.")
        model = backend.describe_model(request["ModelName"]).response_object
        answer = original(self)
        record: gaps.Amended = backend.transform_jobs[name]
        record.transform_job_status, record.transform_end_time = "InProgress", None
        record.failure_reason = record.labeling_job_arn = record.auto_ml_job_arn = None
        role = model["ExecutionRoleArn"]
        log = logs_backends[self.current_account][self.region]
        job = _jobs[record.arn] = Job(request, record, log, url, role)
        threading.Thread(target=job.run, args=(model, folder), daemon=True).start()
        return answer

    @gaps.add(SageMakerResponse)
    def stop_transform_job(self: SageMakerResponse) -> EmptyResult:
        name = self._get_param("TransformJobName")
        status = self.sagemaker_backend.describe_transform_job(name)["TransformJobStatus"]
        if status != "InProgress":
            raise ValidationError(
                f"The request was rejected because the transform job is in status {status}."
            )
        _jobs[self.sagemaker_backend.transform_jobs[name].arn].stop()
        return EmptyResult()


class Job:
    """A transform job that goes on; `record` is moto's, which `DescribeTransformJob` shows."""

    def __init__(
        self, request: Json, record: gaps.Amended, log_backend: LogsBackend, url: str, role: str
    ) -> None:
        self.request = request
        self.record = record
        self.role = role
        self.url = url
        instance = f"{request['TransformJobName']}/local"
        self.log = logs.Stream(log_backend, LOG_GROUP, instance, role)
        self.data_log = logs.Stream(log_backend, LOG_GROUP, f"{instance}/data-log", role)
        caller = principals.assume(role, SESSION)
        self.s3 = clients.client("s3", self.log.region, url, caller)
        self.stopped = threading.Event()

    def run(self, model: Json, folder: Path) -> None:
        """Take the job to its end, whatever that is."""
        outcome = "Completed"
        try:
            self._transform(model, folder)
            if self.stopped.is_set():
                outcome = "Stopped"
        except JobFailed as failure:
            outcome, self.record.failure_reason = "Failed", str(failure)
        except ClientError as refused:
            outcome, self.record.failure_reason = "Failed", f"ClientError: {refused}"
        except Exception as error:
            outcome = "Failed"
            self.record.failure_reason = f"InternalServerError: {defects.report(error)}"
        self.record.transform_end_time = self.record.last_modified_time = utcnow()
        self.record.transform_job_status = outcome  # last: whoever waits for it reads the rest

    def stop(self) -> None:
        """Begin no further object."""
        self.record.transform_job_status = "Stopping"
        self.stopped.set()

    def _transform(self, model: Json, folder: Path) -> None:
        disks, results = self.request["TransformResources"], self.request["TransformOutput"]
        job_keys.check(self.role, disks, results, self.log.region)
        bucket, prefix, names = self._objects()
        try:
            server = ModelServer(model, self.log, self.url, folder)
        except ModelFailed as failure:
            raise JobFailed(f"AlgorithmError: {failure}") from failure
        try:
            with ThreadPoolExecutor(self.request.get("MaxConcurrentTransforms") or 1) as pool:
                faults = list(pool.map(lambda name: self._answer(server, bucket, prefix, name), names))
        finally:
            server.stop()
        for kind in ("AlgorithmError", "ClientError"):
            if kind in faults:
                raise JobFailed(f"{kind}: See job logs for more information")

    def _answer(self, server: ModelServer, bucket: str, prefix: str, name: str) -> str | None:
        """Put the model's answer for one object where the request wants it, or answer what kind of fault there was."""
        if self.stopped.is_set():
            return None
        source, output = self.request["TransformInput"], self.request["TransformOutput"]
        most = self.request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB) * 1024 * 1024
        headers = {"Content-Type": source.get("ContentType", ""), "Accept": output.get("Accept", "")}
        try:
            body = self.s3.get_object(Bucket=bucket, Key=prefix + name)["Body"].read()
        except ClientError as error:
            return self._fault(bucket, prefix + name, "ClientError", error.response["Error"]["Code"])
        if len(body) > most:
            return self._fault(bucket, prefix + name, "ClientError", f"too large, MaxPayloadInMB is {most}")
        for _ in range(
            1 + self.request.get("ModelClientConfig", {}).get("InvocationsMaxRetries", DEFAULT_RETRIES)
        ):
            reply = server.invoke(body, headers)
            if reply.status < 500:
                break
        if reply.status != 200:
            kind = "ClientError" if reply.status < 500 else "AlgorithmError"
            return self._fault(
                bucket, prefix + name, kind, f"{reply.status}: {reply.body.decode(errors='replace')}"
            )
        place = urlparse(output["S3OutputPath"])
        key = "/".join(part for part in (place.path.strip("/"), f"{name}.out") if part)
        key_id = output.get("KmsKeyId")
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        self.s3.put_object(Bucket=place.netloc, Key=key, Body=reply.body, **encryption)
        return None

    def _fault(self, bucket: str, key: str, kind: str, text: str) -> str:
        self.data_log.write(
            [f"{utcnow():%Y-%m-%dT%H:%M:%S.%f}:[sagemaker logs]: {bucket}/{key}: {kind}: {text}"]
        )
        return kind

    def _objects(self) -> tuple[str, str, list[str]]:
        """The bucket, what the objects' keys start with, and how they go on, which names the answers as well."""
        source = self.request["TransformInput"]["DataSource"]["S3DataSource"]
        place = urlparse(source["S3Uri"])
        if source["S3DataType"] == "ManifestFile":
            try:
                body = self.s3.get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read()
                first, *names = json.loads(body)
                root = urlparse(first["prefix"])
            except (ClientError, ValueError, KeyError, TypeError) as error:
                raise JobFailed(
                    f"ClientError: the manifest {source['S3Uri']} cannot be read: {error}"
                ) from error
            return root.netloc, root.path[1:], names
        prefix = place.path[1:]
        folder = prefix[: prefix.rfind("/") + 1]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=prefix)
        keys = [it["Key"] for page in pages for it in page.get("Contents", [])]
        if not keys:
            raise JobFailed(f"ClientError: No S3 objects found under S3 URL {source['S3Uri']}")
        return place.netloc, folder, [key.removeprefix(folder) for key in keys if not key.endswith("/")]
