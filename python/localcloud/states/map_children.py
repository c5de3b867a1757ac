"""The child executions of a Distributed Map."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore


@dataclass(eq=False)
class Child:
    """A child execution: a batch of items, and what has come of it."""

    input: object
    items: int
    machine: str  # the ARN of the state machine that the children have
    express: bool
    name: str = field(default_factory=lambda: str(uuid.uuid4()))
    id: str = ""
    status: str = "PENDING"
    redrives: int = 0
    env: Environment | None = None  # while it runs
    started: datetime.datetime | None = None
    stopped: datetime.datetime | None = None
    output: object = None
    error: str | None = None
    cause: str | None = None
    exported: bool = False

    @property
    def arn(self) -> str:
        """One for each start of an EXPRESS child, else one for all of them."""
        if self.express:
            return f"{self.machine.replace(':stateMachine:', ':express:')}:{self.name}:{self.id}"
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{self.name}"

    def begin(self, parent: Environment) -> Environment:
        """The environment of a new attempt."""
        self.id = str(uuid.uuid4())
        self.started, self.stopped = now(), None
        self.error = self.cause = None
        context: Any = {
            "Execution": {
                "Id": self.arn,
                "Input": self.input,
                "Name": self.name,
                "RoleArn": parent.aws_execution_details.role_arn,
                "StartTime": iso_8601_datetime_with_milliseconds(self.started),
            },
            "StateMachine": {"Id": self.machine, "Name": self.machine.rpartition(":")[2]},
        }
        self.env = Environment(
            aws_execution_details=parent.aws_execution_details,
            execution_type=parent.execution_type,
            context=context,
            event_history_context=EventHistoryContext.of_program_start(),
            cloud_watch_logging_session=None,
            activity_store=parent.activity_store,
            variable_store=VariableStore.as_inner_scope_of(parent.variable_store),
        )
        return self.env

    def overdue(self, seconds: float) -> bool:
        """Whether it runs and has had the time of an EXPRESS execution."""
        running = self.express and self.env is not None
        return running and self.started is not None and (now() - self.started).total_seconds() > seconds

    def end(self) -> None:
        """Nothing runs of it any more, or is heard."""
        self.env = None
        self.stopped = now()


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
