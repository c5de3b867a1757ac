"""What a deployed state machine did in a window of time: its definition, its executions, and their histories.

    machine = executions.read(state_machine_arn, since, until)
    executions.per_state(machine.executions)["FilterInferences"].failed

Only the newest histories are read, because each one costs a request; `machine.histories` says how many. Of the others
a duplicate, which left its photo to another execution, cannot be told from an accepted one. What a person decided can:
its execution is named by photo and number of the decision. No model was asked there.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.console import UserError
from core.contract import decision_name
from core.contract.errors import FOR_REVIEW
from core.contract.outcomes import ACCEPTED, DUPLICATE, FAILED, REVIEW
from core.contract.register import DECIDED
from report import history
from report.graph.graph import Definition
from report.history import Fields, Step

Listed = dict[str, Any]  # an item of ListExecutions

OUTCOMES = {
    "SUCCEEDED": ACCEPTED,
    "FAILED": FAILED,
    "TIMED_OUT": "timed out",
    "ABORTED": "aborted",
    "RUNNING": "running",
    "PENDING_REDRIVE": "running",
}
HISTORIES = 400  # executions whose every step is read
REASONS = 2000  # older failed executions whose error alone is read: was it for review?
REQUESTS_AT_ONCE = 8


@dataclass(frozen=True)
class Execution:
    name: str
    arn: str
    status: str
    # accepted, review, duplicate, decided (by a person), failed, timed out, aborted, running; unread: failed, and why
    # was not read
    outcome: str
    start: datetime
    stop: datetime | None
    error: str = ""
    cause: str = ""
    s3_key: str | None = None
    label: str | None = None
    confidence: float | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def by_person(self) -> bool:
        """Whether it is of a decision, however that ended."""
        return decision_name.is_one(self.name)


@dataclass(frozen=True)
class Machine:
    name: str
    arn: str
    definition: Definition
    executions: list[Execution]  # those that started in the window, the newest first
    histories: int  # of how many the steps were read


@dataclass
class StateCount:
    entered: int = 0
    review: int = 0  # left for a person to decide, which is an outcome and no failure
    failed: int = 0  # left with any other error that no retry mended
    caught: int = 0  # of both, those after which the execution went on


def read(
    arn: str, since: datetime, until: datetime, histories: int = HISTORIES, client: BaseClient | None = None
) -> Machine:
    """The state machine and the executions that started in since <= time < until."""
    try:
        return _read(arn, since, until, histories, client)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the state machine {arn} cannot be read: {error}") from error


def _read(arn: str, since: datetime, until: datetime, histories: int, client: BaseClient) -> Machine:
    patient = Config(retries={"mode": "adaptive", "max_attempts": 8}, max_pool_connections=REQUESTS_AT_ONCE)
    client = client or boto3.client("stepfunctions", config=patient)
    try:
        machine = client.describe_state_machine(stateMachineArn=arn)
    except (client.exceptions.StateMachineDoesNotExist, client.exceptions.InvalidArn) as error:
        raise UserError(f"no state machine {arn}: give the ARN of one that is deployed") from error
    if machine["type"] != "STANDARD":
        raise UserError(f"state machine {arn} is an express one, which keeps no executions to read")
    found = list(_list_started(client, arn, since, until))

    def look_into(place: int) -> Execution:
        if place < histories:
            return _read_history(client, found[place])
        if place < histories + REASONS:
            return _read_reason(client, found[place])
        return _leave_unread(found[place])

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        executions = list(pool.map(look_into, range(len(found))))
    definition = json.loads(machine["definition"])
    return Machine(machine["name"], arn, definition, executions, min(histories, len(found)))


def _list_started(client: BaseClient, arn: str, since: datetime, until: datetime) -> Iterator[Listed]:
    pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn)
    for execution in (e for page in pages for e in page["executions"]):
        if execution["startDate"] < since:
            return  # the newest come first
        if execution["startDate"] < until:
            yield execution


def _read_history(client: BaseClient, listed: Listed) -> Execution:
    pages = client.get_paginator("get_execution_history").paginate(executionArn=listed["executionArn"])
    events = [event for page in pages for event in page["events"]]
    label, confidence = history.find_answer(events)
    started = history.read_details(events[0]) if events else {}
    execution = _describe(listed, started | history.read_ending(events))
    return replace(execution, label=label, confidence=confidence, steps=history.read_steps(events))


def _read_reason(client: BaseClient, listed: Listed) -> Execution:
    if listed["status"] != "FAILED":
        return _describe(listed, {})
    return _describe(listed, client.describe_execution(executionArn=listed["executionArn"]))


def _leave_unread(listed: Listed) -> Execution:
    return _describe(listed, {}, outcome="unread" if listed["status"] == "FAILED" else None)


def _describe(listed: Listed, known: Fields, outcome: str | None = None) -> Execution:
    """From an item of ListExecutions and whatever else is known of it: input, error, cause."""
    error = known.get("error", "")
    found = OUTCOMES[listed["status"]]
    if found == FAILED and error in FOR_REVIEW:
        found = REVIEW
    if found == ACCEPTED and history.read_fields(known.get("output")).get("outcome") == DUPLICATE:
        found = DUPLICATE
    if found == ACCEPTED and decision_name.is_one(listed["name"]):
        found = DECIDED
    stop = listed.get("stopDate")
    return Execution(
        name=listed["name"],
        arn=listed["executionArn"],
        status=listed["status"],
        outcome=outcome or found,
        start=listed["startDate"].astimezone(UTC),
        stop=stop and stop.astimezone(UTC),
        error=error,
        cause=known.get("cause", ""),
        s3_key=history.read_fields(known.get("input")).get("s3_key"),
    )


def per_state(executions: Iterable[Execution]) -> dict[str, StateCount]:
    """How often each state was entered, and how often it failed; a Fail state after a caught error repeats that one."""
    counts: dict[str, StateCount] = defaultdict(StateCount)
    for execution in executions:
        caught = False
        for step in execution.steps:
            count, arose = counts[step.state], step.error if not (step.fails and caught) else None
            count.entered += 1
            count.review += arose in FOR_REVIEW
            count.failed += arose is not None and arose not in FOR_REVIEW
            count.caught += step.caught
            caught = caught or step.caught
    return dict(counts)


def latencies(executions: Iterable[Execution]) -> dict[str, list[float]]:
    """Seconds from entering each state to leaving it, retries and their waiting included."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for step in (step for execution in executions for step in execution.steps):
        if step.seconds is not None:
            seconds[step.state].append(step.seconds)
    return dict(seconds)
