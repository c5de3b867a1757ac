"""Step Functions: moto's interpreter, and what it lacks for Terraform and for many executions at once.

AWS: `ValidateStateMachineDefinition` answers OK or the diagnostics; `ListStateMachineVersions` lists what was
published; an execution without a name gets one of its own; `GetExecutionHistory` can start at the end; the end of an
execution is an event on the default bus; a client error of a Lambda function's ARN is named `Lambda.<code>`; executions
are counted in the state machine's metrics.
moto 5.2.5 implements the first two not at all, names every such execution `None`, so that the second is refused,
ignores `reverseOrder` and `maxResults`, sends no event, calls the client error `Exception`, makes a boto3 client for
each task, which is slow and not safe in threads, parses a path each time it meets it, shows an execution as failed a
moment before its error, and one that ran out of time without an end or an error.
"""

import calendar
import datetime
import functools
import json
import logging
import sys
import threading
import uuid
from collections.abc import Mapping

from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import ValidationException
from moto.stepfunctions.parser.api import StartExecutionOutput
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import StateCredentials
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.utils import boto_client, json_path
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from localcloud import clients, gaps
from localcloud.access import principals
from localcloud.events import rules
from localcloud.metrics import series
from localcloud.states import (
    choices,
    definitions,
    distributed_map,
    error_names,
    execution_log,
    programs,
    redrive,
    workflow_variables,
)
from localcloud.states.map_children import now

MOST_INPUT_BYTES = 262_144
EVENTS_PER_PAGE = 100
JSON = "application/x-amz-json-1.0"
MOST_DIAGNOSTICS = 100
SESSION = "StepFunctions"
ENDED = {
    "ABORTED": "ExecutionsAborted",
    "FAILED": "ExecutionsFailed",
    "SUCCEEDED": "ExecutionsSucceeded",
    "TIMED_OUT": "ExecutionsTimedOut",
}
STATUS_CHANGE = "Step Functions Execution Status Change"

_starting = threading.Lock()
_ending = threading.Lock()


def install(url: str) -> None:
    """Fill the gaps."""
    _install_requests()
    _install_executions()
    choices.install()
    definitions.install()
    distributed_map.install(url)
    error_names.install()
    redrive.install(_ending)
    execution_log.install()
    programs.install()
    workflow_variables.install()

    def client_for(region: str, service: str, state_credentials: StateCredentials) -> BaseClient:
        role = principals.assume(state_credentials.role_arn, SESSION)
        return clients.client(service, region, url, role)

    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)  # a failed execution is no news here
    for paths in (json_path, result_path):
        paths.parse = functools.cache(paths.parse)  # type: ignore[attr-defined]
    original = boto_client.boto_client_for
    for module in list(sys.modules.values()):
        if getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = client_for  # type: ignore[attr-defined]


def _install_requests() -> None:
    @gaps.add(StepFunctionResponse)
    def validate_state_machine_definition(self: StepFunctionResponse) -> ActionResult:
        found = [it.to_json() for it in definitions.judge(self._get_param("definition"))]
        most = self._get_int_param("maxResults") or MOST_DIAGNOSTICS
        shown = {"diagnostics": found[:most], "truncated": len(found) > most}
        return ActionResult({"result": "FAIL" if found else "OK", **shown})

    @gaps.add(StepFunctionResponse)
    def list_state_machine_versions(self: StepFunctionResponse) -> ActionResult:
        machine = self.stepfunction_backend.describe_state_machine(self._get_param("stateMachineArn"))
        versions = [
            {"stateMachineVersionArn": version.arn, "creationDate": version.creation_date}
            for version in reversed(machine.versions.values())
        ]
        return ActionResult({"stateMachineVersions": versions})

    @gaps.wrap(StepFunctionResponse, "get_execution_history")
    def get_execution_history(original: gaps.Original, self: StepFunctionResponse) -> ActionResult:
        history = list(original(self).result["events"])
        if self._get_param("reverseOrder"):
            history.reverse()
        first = int(self._get_param("nextToken") or 0)
        end = first + (self._get_int_param("maxResults") or EVENTS_PER_PAGE)
        page = {"events": history[first:end]}
        return ActionResult(page | {"nextToken": str(end)} if end < len(history) else page)

    @gaps.wrap(StepFunctionResponse, "list_executions")
    def list_executions(original: gaps.Original, self: StepFunctionResponse) -> TYPE_RESPONSE:
        """Written in one go: who follows executions asks for a thousand at a time, several times a second."""
        with _ending:
            listed = original(self).result
        for one in listed["executions"]:
            if one["status"] == "TIMED_OUT":
                execution = self.stepfunction_backend.describe_execution(one["executionArn"])
                one["stopDate"] = execution.stop_date
        text = json.dumps({"executions": [], **{k: v for k, v in listed.items() if v}}, default=_seconds)
        return 200, {"Content-Type": JSON}, text

    @gaps.wrap(StepFunctionResponse, "describe_execution")
    def describe_execution(original: gaps.Original, self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        with _ending:
            described = original(self).result | redrive.describe(execution)
        if described["status"] == "TIMED_OUT":
            described |= {"error": "States.Timeout", "stopDate": execution.stop_date}
        return ActionResult(described)


def _seconds(moment: datetime.datetime) -> float:
    """As AWS writes times: since 1970, to the millisecond."""
    return calendar.timegm(moment.utctimetuple()) + moment.microsecond // 1000 / 1000


def _install_executions() -> None:
    @gaps.wrap(StepFunctionsParserBackend, "start_execution")
    def start_execution(
        original: gaps.Original,
        self: StepFunctionsParserBackend,
        arn: str,
        name: str | None,
        text: str | None,
    ) -> StartExecutionOutput:
        if text is not None and len(text.encode()) > MOST_INPUT_BYTES:
            raise ValidationException(
                "1 validation error detected: Value at 'input' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MOST_INPUT_BYTES}"
            )
        with _starting:
            started = original(self, arn, name or str(uuid.uuid4()), text)
        publish(started, {"ExecutionsStarted": 1})
        return started

    @gaps.wrap(StepFunctionsParserBackend, "describe_execution")
    def describe_newest(
        original: gaps.Original, self: StepFunctionsParserBackend, execution_arn: str
    ) -> object:
        """Most are asked for soon after their start, when moto would come to them last."""
        self._validate_execution_arn(execution_arn)
        machine = self._get_state_machine_for_execution(execution_arn)
        newest = (it for it in reversed(machine.executions) if it.execution_arn == execution_arn)
        return next(newest, None) or original(self, execution_arn)

    @gaps.wrap(BaseExecutionWorkerCommunication, "terminated")
    def terminated(original: gaps.Original, self: BaseExecutionWorkerCommunication) -> None:
        with _ending:
            original(self)
        execution = self.execution
        detail = {
            "executionArn": execution.exec_arn,
            "stateMachineArn": execution.state_machine_arn,
            "name": execution.name,
            "status": execution.status,
            "input": execution.execution_input,
            "error": execution.error,
            "cause": execution.cause,
        }
        publish(execution, {ENDED[execution.status]: 1})
        lasted = now() - execution.start_date
        publish(execution, {"ExecutionTime": lasted.total_seconds() * 1000}, "Milliseconds")
        resources = [execution.exec_arn]
        rules.emit(
            execution.account_id, execution.region_name, "aws.states", STATUS_CHANGE, resources, detail
        )

    @gaps.wrap(StateTaskLambda, "_from_error")
    def from_error(
        original: gaps.Original, self: StateTaskLambda, env: Environment, ex: Exception
    ) -> FailureEvent:
        failure = original(self, env=env, ex=ex)
        if isinstance(ex, ClientError):
            name = f"Lambda.{ex.response['Error']['Code']}"
            failure.error_name = CustomErrorName(name)
            failure.event_details["lambdaFunctionFailedEventDetails"]["error"] = name
        return failure


def publish(execution: Execution, values: Mapping[str, float], unit: str = "Count") -> None:
    """Metrics of the execution's state machine."""
    place = series.Place(execution.account_id, execution.region_name)
    named = {"StateMachineArn": execution.state_machine_arn}
    series.publish(place, "AWS/States", named, values, unit)
