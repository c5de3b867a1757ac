"""Step Functions' Distributed Map: the Map state's own language, and how a map run goes.

AWS: a Map state in mode DISTRIBUTED reads its items from S3, groups them into batches, runs a child execution for
each as `MaxConcurrency` allows, tolerates the failures it is told to, and leaves the results in S3.
moto 5.2.5 has no words for `ItemBatcher`, EXPRESS children, whole percentages, JSON Lines or `MaxItems` of a listing;
it reads one page of objects and fails if there is none, tolerates every failure, counts wrongly and writes no results.
What is still missing (JSONata, transformed results, inventories, Parquet) is refused when the state machine is made,
and children are neither listed nor described.

How: the settings that moto's grammar lacks travel in the Map state's `Parameters`, a template which moto evaluates.
"""

import json
from collections.abc import Iterator
from typing import Any

from antlr4 import ParserRuleContext
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.exceptions import ResourceNotFound
from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_map import state_map
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser, ASLParserException
from moto.stepfunctions.responses import StepFunctionResponse

from core.contract.shapes import Json
from localcloud import clients, gaps
from localcloud.access import enforcement, principals
from localcloud.states import map_items, map_results, map_runs, state_history
from localcloud.states.map_runs import MapRun

FIELDS = {
    "ItemReader": {"Resource", "Parameters", "ReaderConfig"},
    "ItemBatcher": {"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"},
    "ResultWriter": {"Resource", "Parameters", "WriterConfig"},
}
READER = {"InputType", "MaxItems", "CSVHeaderLocation", "CSVHeaders"}
INPUT_TYPES = ("CSV", "JSON", "JSONL", None)
WRITER = {"OutputType": ("JSON", "JSONL"), "Transformation": ("NONE",)}
SESSION = "StepFunctions"
TOO_MANY = "The specified tolerated failure threshold was exceeded"

State = Json


def install(url: str) -> None:
    """Fill the gaps."""
    state_map.MapRunRecord = map_runs.begin  # type: ignore[assignment,misc]
    _install_requests()

    @gaps.wrap(AmazonStateLanguageParser, "parse")
    def parse(original: gaps.Original, definition: str) -> tuple[EvalComponent, ParserRuleContext]:
        return original(_translate_all(definition) if '"DISTRIBUTED"' in definition else definition)

    @gaps.wrap(DistributedIterationComponent, "_eval_body")
    def eval_body(_original: gaps.Original, self: DistributedIterationComponent, env: Environment) -> None:
        asked = env.stack.pop()
        run: MapRun = asked.map_run_record
        state_history.note(env, "MapRunRedriven" if run.redrives else "MapRunStarted", run.event())
        try:
            output = work(self, env, asked, run)
        except Exception as error:
            run.set_stop(MapRunStatus.FAILED)
            failure = _failure(env, error)
            state_history.note(env, "MapRunFailed", failure.event_details)
            raise FailureEventException(failure) from error
        stopped = not env.is_running()
        run.set_stop(MapRunStatus.ABORTED if stopped else MapRunStatus.SUCCEEDED)
        state_history.note(env, "MapRunAborted" if stopped else "MapRunSucceeded")
        env.stack.append(output)

    def work(component: DistributedIterationComponent, env: Environment, asked: Any, run: MapRun) -> object:
        asked.parameters.eval(env)
        settings = env.stack.pop()
        role, region = env.aws_execution_details.role_arn, env.aws_execution_details.region
        s3 = clients.client("s3", region, url, principals.assume(role, SESSION))
        _check_children(role, run)
        if not run.children:
            items = map_items.read(s3, settings["ItemReader"]) if asked.item_reader else asked.input_items
            selected = map_items.select(env, asked.item_selector, items)
            if env.is_running():  # or nothing more is selected, and a redrive begins with the list
                run.prepare(map_items.batch(selected, settings.get("ItemBatcher")), settings["ExecutionType"])
        run.work(env, component._get_iteration_program())
        written = map_results.write(s3, run, settings["ResultWriter"]) if "ResultWriter" in settings else None
        if run.exceeded():
            raise map_runs.Failed("States.ExceedToleratedFailureThreshold", TOO_MANY)
        return written or [map_results.output(child) for child in run.children]


def _check_children(role: str, run: MapRun) -> None:
    """AWS starts and redrives the children in the role's name."""
    machine = run.map_run_arn.replace(":mapRun:", ":stateMachine:").partition("/")[0]
    child = run.map_run_arn.replace(":mapRun:", ":execution:")
    needed = ("states:RedriveExecution", child) if run.redrives else ("states:StartExecution", machine)
    if not enforcement.may(role, *needed):
        action, arn = needed
        cause = f"The state machine's role {role} is not authorized to perform: {action} on resource: {arn}"
        raise map_runs.Failed("States.Permissions", cause)


def _failure(env: Environment, error: Exception) -> FailureEvent:
    """What the execution's history says of it."""
    if isinstance(error, FailureEventException):
        return error.failure_event
    failed = error if isinstance(error, map_runs.Failed) else map_runs.Failed("States.Runtime", str(error))
    details = MapRunFailedEventDetails(error=failed.error, cause=failed.cause)
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(StatesErrorNameType.from_name(failed.error)),
        event_type=HistoryEventType.MapRunFailed,
        event_details={"mapRunFailedEventDetails": details},  # type: ignore[arg-type]
    )


def _install_requests() -> None:
    def found(response: StepFunctionResponse) -> MapRun:
        arn = response._get_param("mapRunArn")
        if arn not in map_runs.runs:
            raise ResourceNotFound(arn)
        return map_runs.runs[arn]

    @gaps.add(StepFunctionResponse)
    def list_map_runs(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        return ActionResult({"mapRuns": [run.list_item() for run in map_runs.of(execution.execution_arn)]})

    @gaps.wrap(StepFunctionResponse, "list_executions")
    def list_executions(original: gaps.Original, self: StepFunctionResponse) -> ActionResult:
        if self._get_param("mapRunArn"):
            raise NotImplementedError("the local cloud lists no executions of a map run")
        return original(self)

    @gaps.add(StepFunctionResponse)
    def describe_map_run(self: StepFunctionResponse) -> ActionResult:
        return ActionResult(found(self).describe())

    @gaps.add(StepFunctionResponse)
    def update_map_run(self: StepFunctionResponse) -> ActionResult:
        found(self).update(
            self._get_param("maxConcurrency"),
            self._get_param("toleratedFailureCount"),
            self._get_param("toleratedFailurePercentage"),
        )
        return EmptyResult()


def _translate_all(definition: str) -> str:
    """The definition in words that moto's grammar has."""
    machine = json.loads(definition)
    for state in _states(machine):
        for processor in (state.get("ItemProcessor"), state.get("Iterator")):
            if processor and processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
                _translate(state, processor["ProcessorConfig"])
    return json.dumps(machine, ensure_ascii=False)


def _states(machine: State) -> Iterator[State]:
    for state in machine["States"].values():
        yield state
        inner = [state.get("ItemProcessor"), state.get("Iterator"), *state.get("Branches", [])]
        for program in filter(None, inner):
            yield from _states(program)


def _translate(state: State, config: State) -> None:
    settings: State = {"ExecutionType": config.pop("ExecutionType", "STANDARD")}
    for field, known in FIELDS.items():
        if field in state:
            settings[field] = _template(field, state.pop(field), known)
    if "ItemReader" in settings:
        reader = settings["ItemReader"]
        state["ItemReader"] = {name: reader[name] for name in ("Resource", "Parameters")}
        reader["ReaderConfig"] = _template("ReaderConfig", reader.get("ReaderConfig", {}), READER)
        if reader["ReaderConfig"].get("InputType") not in INPUT_TYPES:
            raise ASLParserException([f"the local cloud reads no {reader['ReaderConfig']['InputType']}"])
    for name, value in settings.get("ResultWriter", {}).get("WriterConfig", {}).items():
        if value not in WRITER.get(name, ()):
            raise ASLParserException([f"the local cloud knows no {name} {value} in WriterConfig"])
    if "Parameters" in state:
        state["ItemSelector"] = state.pop("Parameters")
    state["Parameters"] = settings
    if "ToleratedFailurePercentage" in state:
        state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])


def _template(field: str, value: State, known: set[str]) -> State:
    """The field as a template: `MaxItemsPath` becomes `MaxItems.$`."""
    if unknown := {name.removesuffix("Path") for name in value} - known:
        raise ASLParserException([f"the local cloud knows no {', '.join(sorted(unknown))} in {field}"])
    return {name.removesuffix("Path") + ".$" * name.endswith("Path"): value[name] for name in value}
