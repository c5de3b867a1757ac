"""One training job: the channels from S3, the script in a process of its own, the model back to S3.

Python is this interpreter, and installs nothing: what a requirements file asks for has to be importable already.
"""

import contextlib
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from pathlib import Path

from botocore.exceptions import ClientError
from moto.core.utils import utcnow

from core.contract.shapes import Json
from localcloud import children, clients, defects, gaps, logs
from localcloud.access import principals
from localcloud.models import job_keys
from localcloud.models.container import Container, JobFailed

KEPT_LINES = 20_000  # of the log, to find metrics in
REASON_LENGTH = 1024
STOP_SECONDS = 10
SESSION = "SageMaker"


class Job:
    """A training job that goes on; `record` is moto's, which `DescribeTrainingJob` shows."""

    def __init__(self, request: Json, record: gaps.Amended, log: logs.Stream, url: str, folder: Path) -> None:
        self.request = request
        self.record = record
        self.log = log
        self.url = url
        self.root = Path(tempfile.mkdtemp(prefix="training-", dir=folder))
        self.role = principals.assume(request["RoleArn"], SESSION)
        self.container = Container(self.root, request, clients.client("s3", log.region, url, self.role))
        self.process: subprocess.Popen[bytes] | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        """Take the job to its end, whatever that is."""
        self.record.training_start_time = utcnow()
        outcome, reason = "Completed", ""
        try:
            self._check()
            self._enter("Downloading", "Downloading input data")
            self.container.fill()
            self._enter("Training", "Training image download completed. Training in progress.")
            in_time = self._train()
            self._enter("Uploading", "Uploading generated training model")
            self.container.deliver(self.record.training_job_name)
            if not in_time:
                outcome, reason = "Stopped", "MaxRuntimeExceeded"
            elif self.stopped.is_set():
                outcome, reason = "Stopped", "Stopped"
        except JobFailed as failure:
            outcome, self.record.failure_reason = "Failed", str(failure)[:REASON_LENGTH]
        except ClientError as refused:
            outcome = "Failed"
            self.record.failure_reason = f"ClientError: {self.record.secondary_status}: {refused}"[
                :REASON_LENGTH
            ]
        except Exception as error:
            outcome = "Failed"
            self.record.failure_reason = f"InternalServerError: {defects.report(error)}"[:REASON_LENGTH]
        shutil.rmtree(self.root, ignore_errors=True)
        self._finish(outcome, reason or outcome)

    def stop(self) -> None:
        """Ask the script to end; it is killed some seconds later."""
        self.stopped.set()
        self.record.training_job_status = self.record.secondary_status = "Stopping"
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            threading.Timer(STOP_SECONDS, children.stop, [self.process]).start()

    def _check(self) -> None:
        specification = self.request["AlgorithmSpecification"]
        if not specification.get("ContainerEntrypoint"):
            image = specification.get("TrainingImage") or specification.get("AlgorithmName")
            raise JobFailed(
                f"ClientError: the local cloud has no container {image}: it runs the SageMaker SDK's script mode only, "
                "and built-in algorithms train in AWS only."
            )
        disks, results = self.request["ResourceConfig"], self.request["OutputDataConfig"]
        job_keys.check(self.request["RoleArn"], disks, results, self.log.region)

    def _train(self) -> bool:
        """Run the script; answer whether it ended in time."""
        specification = self.request["AlgorithmSpecification"]
        command = specification["ContainerEntrypoint"] + specification.get("ContainerArguments", [])
        environment = {
            "AWS_DEFAULT_REGION": self.log.region,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.log.region,
            "HOME": str(self.root),
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INDEX": "1",
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.root / "tmp"),
            "TRAINING_JOB_ARN": self.record.arn,
            "TRAINING_JOB_NAME": self.record.training_job_name,
            **self.role.variables(),
        }
        environment |= {
            name: self.container.here(text) for name, text in self.request.get("Environment", {}).items()
        }
        self.process = children.start(
            [self.container.here(word) for word in command],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        lines: deque[str] = deque(maxlen=KEPT_LINES)
        reader = threading.Thread(
            target=self.log.copy, args=(children.output(self.process), lines), daemon=True
        )
        reader.start()
        in_time = True
        try:
            self.process.wait(self.request["StoppingCondition"].get("MaxRuntimeInSeconds"))
        except subprocess.TimeoutExpired:
            in_time = False
        code = children.stop(self.process)
        reader.join()
        self._read_metrics(lines)
        if code and in_time and not self.stopped.is_set():
            failure = self.root / "output/failure"
            text = failure.read_text().strip() if failure.exists() else "\n".join(list(lines)[-5:])
            raise JobFailed(f"AlgorithmError: {text}, exit code: {code}")
        return in_time

    def _read_metrics(self, lines: deque[str]) -> None:
        text = "\n".join(lines)
        for metric in self.record.algorithm_specification["MetricDefinitions"]:
            found = re.findall(metric["Regex"], text)
            if found:
                value = {"MetricName": metric["Name"], "Value": float(found[-1]), "Timestamp": utcnow()}
                self.record.final_metric_data_list.append(value)

    def _enter(self, status: str, message: str) -> None:
        now = utcnow()
        transitions = self.record.secondary_status_transitions
        transitions[-1]["EndTime"] = now
        transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
        self.record.last_modified_time = now
        if not self.stopped.is_set():
            self.record.secondary_status = status

    def _finish(self, outcome: str, secondary: str) -> None:
        now = utcnow()
        seconds = max(math.ceil((now - self.record.training_start_time).total_seconds()), 1)
        self.record.training_time_in_seconds = self.record.billable_time_in_seconds = seconds
        self.record.training_end_time = self.record.last_modified_time = now
        self.record.secondary_status_transitions[-1]["EndTime"] = now
        end = {"Status": secondary, "StartTime": now, "EndTime": now, "StatusMessage": secondary}
        self.record.secondary_status_transitions.append(end)
        self.record.secondary_status = secondary
        self.record.training_job_status = outcome  # last: whoever waits for it reads the rest
