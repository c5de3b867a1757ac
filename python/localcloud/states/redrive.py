"""StopExecution at once, time-outs at once, and RedriveExecution.

AWS: a stopped execution is ABORTED from that moment, and one whose time is over TIMED_OUT, whatever their tasks still
do; an execution that did not succeed can be redriven: it goes on at the state that it did not leave, with that state's
input, under the same ARN and with its history continued. moto 5.2.5 lets a stopped execution run until its task ends,
drops the error and cause given, continues the history of one that ran out of time, and knows no redrive.
An execution that ended inside a Parallel or an inline Map is not redriven here.
"""

import copy
import datetime
import json
import threading
import time

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.state_parallel import StateParallel
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.responses import StepFunctionResponse

from core.contract.shapes import Json
from localcloud import gaps
from localcloud.states import map_runs, state_history
from localcloud.states.map_children import now

LOOK_SECONDS = 0.01
TIMED_OUT = "ExecutionTimedOut"
REDRIVABLE = ("ABORTED", "FAILED", "TIMED_OUT")


class ExecutionNotRedrivable(AWSError):
    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


class Nobody:
    """Who hears of the end of an execution that was stopped before."""

    def terminated(self) -> None:
        """Say nothing."""


def install(ending: threading.Lock) -> None:
    """Fill the gaps. Statuses change under the lock."""

    @gaps.wrap(Execution, "stop")
    def stop(
        _original: gaps.Original, self: gaps.Amended, stop_date: datetime.datetime, error: str, cause: str
    ) -> None:
        worker = self.exec_worker
        while worker.env is None or worker.env.program_state() is None:  # it was started a moment ago
            time.sleep(LOOK_SECONDS)
        worker.env.set_stop(stop_date=stop_date, error=error, cause=cause)
        if not isinstance(worker.env.program_state(), ProgramStopped):
            return  # it had ended
        _leave(worker)
        aborted = {"executionAbortedEventDetails": {"error": error, "cause": cause}}
        state_history.note(worker.env, "ExecutionAborted", aborted)
        worker._execution_communication, heard = Nobody(), worker._execution_communication
        self.error, self.cause = error, cause
        heard.terminated()

    @gaps.wrap(BaseExecutionWorkerCommunication, "terminated")
    def terminated(original: gaps.Original, self: BaseExecutionWorkerCommunication) -> None:
        worker: gaps.Amended = self.execution.exec_worker
        if isinstance(worker.env.program_state(), ProgramTimedOut):
            _leave(worker)
            if worker.env.event_manager.get_event_history()[-1]["type"] != TIMED_OUT:
                state_history.note(worker.env, TIMED_OUT, {"executionTimedOutEventDetails": {}})
        original(self)

    @gaps.wrap(StepFunctionResponse, "stop_execution")
    def stop_execution(_original: gaps.Original, self: StepFunctionResponse) -> ActionResult:
        execution: gaps.Amended = self.stepfunction_backend.describe_execution(
            self._get_param("executionArn")
        )
        execution.stop(now(), self._get_param("error"), self._get_param("cause"))
        return ActionResult({"stopDate": execution.stop_date})

    @gaps.add(StepFunctionResponse)
    def redrive_execution(self: StepFunctionResponse) -> ActionResult:
        execution: gaps.Amended = self.stepfunction_backend.describe_execution(
            self._get_param("executionArn")
        )
        with ending:
            if not _redrivable(execution):
                raise ExecutionNotRedrivable(_reason(execution))
            redrive(execution)
        return ActionResult({"redriveDate": execution.redrive_date})


def _leave(worker: gaps.Amended) -> None:
    """What still runs of the execution keeps the old environment, where nobody looks any more."""
    worker.env = copy.copy(worker.env)
    worker.env.event_manager = state_history.fork(worker.env.event_manager)


def describe(execution: gaps.Amended) -> Json:
    """What DescribeExecution says of an execution's redrives."""
    count = getattr(execution, "redrive_count", 0)
    fields: Json = {"redriveCount": count}
    if count:
        fields["redriveDate"] = execution.redrive_date
    if _redrivable(execution):
        return fields | {"redriveStatus": "REDRIVABLE"}
    return fields | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": _reason(execution)}


def redrive(execution: gaps.Amended) -> None:
    """Let the execution go on at the state that it did not leave."""
    old, worker = execution.exec_worker.env, execution._get_start_execution_worker()
    program = copy.copy(worker._get_evaluation_entrypoint())  # which others may run as well
    details = [event.get("stateEnteredEventDetails") for event in old.event_manager.get_event_history()]
    last = next(
        entered for entered in reversed(details) if entered and entered["name"] in program.states.states
    )
    _prepare(program.states.states[last["name"]], execution.exec_arn)
    program.start_at = StartAt(last["name"])
    env = worker.env = worker._get_evaluation_environment()
    env.event_manager = state_history.fork(old.event_manager)
    env.variable_store = old.variable_store
    env.states.reset(json.loads(last["input"]))
    execution.redrive_count = getattr(execution, "redrive_count", 0) + 1
    execution.redrive_date = now()
    count = {"executionRedrivenEventDetails": {"redriveCount": execution.redrive_count}}
    state_history.note(env, "ExecutionRedriven", count)

    def go_on() -> None:
        program.eval(env)
        worker._execution_communication.terminated()

    worker._execution_logic = go_on
    execution.exec_worker, execution.exec_status = worker, ExecutionStatus.RUNNING
    execution.error = execution.cause = execution.stop_date = None
    worker.start()


def _prepare(state: CommonStateField, execution_arn: str) -> None:
    """See to the map run of a Distributed Map that is redriven; refuse what this local cloud redrives wrongly."""
    if isinstance(state, StateParallel):
        raise NotImplementedError("the local cloud redrives no Parallel")
    if not isinstance(state, StateMap):
        return
    if not isinstance(state.iteration_component, DistributedIterationComponent):
        raise NotImplementedError("the local cloud redrives no inline Map")
    for run in map_runs.of(execution_arn)[-1:]:
        while run.status == MapRunStatus.RUNNING:  # it writes its last results
            time.sleep(LOOK_SECONDS)
        if run.status != MapRunStatus.SUCCEEDED and run.children:
            run.redrive()


def _redrivable(execution: gaps.Amended) -> bool:
    return execution.status in REDRIVABLE and execution.sm_type != "EXPRESS"


def _reason(execution: gaps.Amended) -> str:
    return f"Execution is {execution.status} and cannot be redriven"
