"""SageMaker's training jobs: the request's own script really trains (see `jobs`).

AWS: `CreateTrainingJob` answers at once and the job goes on: its channels come from S3, its container runs, its model
goes to S3, its log to CloudWatch; `StopTrainingJob` ends it early. `DeleteTrainingJob` forgets
one that has ended; until then it keeps its tags. One that is not there is a `ValidationException`.
moto 5.2.5 says at once that the job is completed, with metrics of its own invention and no artefact, forgets the
request's `Environment`, words the last differently, and implements neither `StopTrainingJob` nor `DeleteTrainingJob`.
"""

import json
import threading
from pathlib import Path

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.logs.models import logs_backends
from moto.sagemaker.exceptions import ResourceInUseException, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from core.contract.shapes import Json
from localcloud import gaps, logs
from localcloud.models.jobs import Job

_jobs: dict[str, Job] = {}


def install(url: str, folder: Path) -> None:
    """Fill the gaps."""

    @gaps.wrap(SageMakerResponse, "create_training_job")
    def create_training_job(original: gaps.Original, self: SageMakerResponse) -> ActionResult:
        request = json.loads(self.body)
        name, backend = request["TrainingJobName"], self.sagemaker_backend
        if name in backend.training_jobs:
            raise ResourceInUseException(
                f"Job name must be unique: {backend.training_jobs[name].arn} exists."
            )
        answer = original(self)
        record = backend.training_jobs[name]
        _make_new(record, request)
        log_group = logs_backends[self.current_account][self.region]
        stream = f"{name}/algo-1-local"
        log = logs.Stream(log_group, "/aws/sagemaker/TrainingJobs", stream, request["RoleArn"])
        job = _jobs[record.arn] = Job(request, record, log, url, folder)
        threading.Thread(target=job.run, daemon=True).start()
        return answer

    @gaps.wrap(SageMakerModelBackend, "describe_training_job")
    def describe_training_job(original: gaps.Original, self: SageMakerModelBackend, name: str) -> Json:
        if name not in self.training_jobs:
            raise ValidationError("Requested resource not found.")
        return original(self, name)

    @gaps.add(SageMakerResponse)
    def stop_training_job(self: SageMakerResponse) -> EmptyResult:
        name = self._get_param("TrainingJobName")
        status = self.sagemaker_backend.describe_training_job(name)["TrainingJobStatus"]
        if status != "InProgress":
            raise ValidationError(f"The request was rejected because the training job is in status {status}.")
        _jobs[self.sagemaker_backend.training_jobs[name].arn].stop()
        return EmptyResult()

    @gaps.add(SageMakerResponse)
    def delete_training_job(self: SageMakerResponse) -> EmptyResult:
        name, backend = self._get_param("TrainingJobName"), self.sagemaker_backend
        status = backend.describe_training_job(name)["TrainingJobStatus"]
        if status in ("InProgress", "Stopping"):
            raise ResourceInUseException(
                f"The training job {name} is in status {status}: it cannot be deleted."
            )
        _jobs.pop(backend.training_jobs.pop(name).arn, None)
        return EmptyResult()


def _make_new(record: gaps.Amended, request: Json) -> None:
    """Undo moto's claim that the job is done."""
    specification = request["AlgorithmSpecification"]
    record.algorithm_specification["MetricDefinitions"] = specification.get("MetricDefinitions", [])
    record.environment = request.get("Environment")
    record.final_metric_data_list = []
    record.secondary_status = "Starting"
    record.secondary_status_transitions = [{"Status": "Starting", "StartTime": utcnow()}]
    record.training_end_time = None
    record.training_job_status = "InProgress"
    record.training_start_time = None
