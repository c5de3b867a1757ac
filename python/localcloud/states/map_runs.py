"""Map runs: the children of a Distributed Map, how many of them run at once, and when there are too many failures.

AWS: `DescribeMapRun` counts children and their items by status while they run; `UpdateMapRun` changes concurrency and
tolerance at once; when the execution is stopped or too much has failed, running children are aborted and the others
stay pending; an EXPRESS child times out after five minutes; a redrive runs again what has not succeeded, under the
same map run.
"""

import datetime
import threading
from collections import Counter, deque
from typing import Any

from moto.stepfunctions.parser.api import MapRunStatus
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
    MapRunRecord,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

from core.contract.shapes import Json
from localcloud.errands import Errand
from localcloud.states.map_children import Child, now

MOST_CHILDREN = 40  # at once, whatever is asked; AWS has 10,000
LOOK_SECONDS = 0.1
EXPRESS_SECONDS = 300  # that an EXPRESS child may take
FAILURES = ("FAILED", "TIMED_OUT")
COUNTS = {
    "pending": "PENDING",
    "running": "RUNNING",
    "succeeded": "SUCCEEDED",
    "failed": "FAILED",
    "timedOut": "TIMED_OUT",
    "aborted": "ABORTED",
    "pendingRedrive": "PENDING_REDRIVE",
}

runs: dict[str, "MapRun"] = {}
_redriven: dict[str, "MapRun"] = {}  # those that their execution has not reached again yet


class Failed(Exception):
    """The map run fails by this name."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


class MapRun(MapRunRecord):
    """A map run. Its children's statuses change only under `changed`."""

    def __init__(self, **asked: Any) -> None:
        super().__init__(**asked)
        self.changed = threading.Condition()
        self.children: list[Child] = []
        self.executions: Counter[str] = Counter()
        self.items: Counter[str] = Counter()
        self.written: tuple[int, int] = (0, 0)  # executions and items in result files
        self.files: list[Json] = []  # of what has succeeded so far
        self.redrives = 0
        self.redriven: datetime.datetime | None = None

    def prepare(self, inputs: list[tuple[object, int]], execution_type: str) -> None:
        """Take these inputs, each with the number of its items, for children of this type."""
        express = execution_type == "EXPRESS"
        self.children = [Child(*batch, self.map_state_machine_arn, express) for batch in inputs]
        self.executions["PENDING"] = len(self.children)
        self.items["PENDING"] = sum(child.items for child in self.children)

    def work(self, env: Environment, program: Program) -> None:
        """Run what is pending until all is done, too much has failed, or the execution is stopped."""
        waiting = deque(child for child in self.children if child.status.startswith("PENDING"))
        with self.changed:
            while (waiting or self.executions["RUNNING"]) and env.is_running() and not self.exceeded():
                most = min(self.max_concurrency or MOST_CHILDREN, MOST_CHILDREN)
                for child in self.children:
                    if child.overdue(EXPRESS_SECONDS):
                        self._stop(child, "TIMED_OUT")
                if waiting and self.executions["RUNNING"] < most:
                    self._start(waiting.popleft(), env, program)
                else:
                    self.changed.wait(LOOK_SECONDS)
            for child in self.children:
                if child.env is not None:
                    self._stop(child, "ABORTED")

    def _start(self, child: Child, env: Environment, program: Program) -> None:
        self._move(child, "RUNNING")
        Errand(self._run, args=(child, child.begin(env), program)).start()

    def _run(self, child: Child, env: Environment, program: Program) -> None:
        program.eval(env)
        state = env.program_state()
        with self.changed:
            if child.env is not env:
                return  # it was aborted meanwhile
            if isinstance(state, ProgramEnded):
                child.output = env.states.get_input()
                self._end(child, "SUCCEEDED")
            elif isinstance(state, ProgramError):
                error = state.error or {}
                child.error, child.cause = error.get("error"), error.get("cause")
                self._end(child, "FAILED")
            else:
                self._end(child, "TIMED_OUT")
            self.changed.notify_all()

    def _stop(self, child: Child, status: str) -> None:
        """End a child that runs."""
        if child.env is not None:
            child.env.set_stop(stop_date=now(), cause=None, error=None)
        self._end(child, status)

    def _end(self, child: Child, status: str) -> None:
        child.end()
        self._move(child, status)

    def _move(self, child: Child, status: str) -> None:
        for counter, number in ((self.executions, 1), (self.items, child.items)):
            counter[child.status] -= number
            counter[status] += number
        child.status = status

    def exceeded(self) -> bool:
        """Whether more items have failed than are tolerated. A limit of 0 counts only if the other is 0 too."""
        share = self.tolerated_failure_percentage * self.items.total() / 100
        limits = [limit for limit in (self.tolerated_failure_count, share) if limit]
        return sum(self.items[status] for status in FAILURES) > min(limits, default=0)

    def redrive(self) -> None:
        """Let what has not succeeded run again when the execution comes back to it."""
        _redriven[self.execution_arn] = self
        with self.changed:
            self.status, self.stop_date = MapRunStatus.RUNNING, None
            self.redrives += 1
            self.redriven = now()
            for child in self.children:
                if child.status not in ("SUCCEEDED", "PENDING"):
                    child.redrives += 1
                    self._move(child, "PENDING_REDRIVE")

    def export(self, files: list[Json]) -> None:
        """What has ended is in result files, and what has succeeded stays in these."""
        with self.changed:
            self.files += files
            for child in self.children:
                child.exported = child.status == "SUCCEEDED"
            self.written = (_count_ended(self.executions), _count_ended(self.items))

    def update(self, concurrency: int | None, count: int | None, percentage: float | None) -> None:
        """Change concurrency, tolerated count and tolerated percentage, where given."""
        with self.changed:
            super().update(concurrency, count, percentage)
            self.changed.notify_all()

    def event(self) -> Json:
        """What the event of its start or redrive says."""
        if self.redrives:
            details = {"mapRunArn": self.map_run_arn, "redriveCount": self.redrives}
            return {"mapRunRedrivenEventDetails": details}
        return {"mapRunStartedEventDetails": {"mapRunArn": self.map_run_arn}}

    def describe(self) -> Json:  # type: ignore[override]
        with self.changed:
            described: Json = {**super().describe(), "redriveCount": self.redrives}
            described["executionCounts"] = _counts(self.executions, self.written[0])
            described["itemCounts"] = _counts(self.items, self.written[1])
        return described | ({"redriveDate": self.redriven} if self.redriven else {})


def _counts(counter: Counter[str], written: int) -> dict[str, int]:
    counts = {name: counter[status] for name, status in COUNTS.items()}
    return counts | {"total": counter.total(), "resultsWritten": written, "failuresNotRedrivable": 0}


def _count_ended(counter: Counter[str]) -> int:
    return sum(number for status, number in counter.items() if not status.startswith("PENDING"))


def begin(execution_arn: str, **asked: Any) -> MapRun:
    """The map run of a Map state that begins: the one that is redriven, or a new one."""
    run = _redriven.pop(execution_arn, None) or MapRun(execution_arn=execution_arn, **asked)
    runs[run.map_run_arn] = run
    return run


def of(execution_arn: str) -> list[MapRun]:
    """The map runs of an execution, the latest last."""
    return [run for run in list(runs.values()) if run.execution_arn == execution_arn]
