"""An execution's log: its history in the log group that its state machine names.

AWS: as the state machine's `loggingConfiguration` says, each event of the history is a line of JSON in its log group,
without inputs and outputs unless those are asked for. moto 5.2.5 keeps that setting and writes nothing.
"""

import json
import time
from typing import Any

from moto.logs.models import logs_backends
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event import event_manager
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.event.logging import (
    CloudWatchLoggingConfiguration,
    is_logging_enabled_for,
)
from moto.stepfunctions.parser.backend.execution import Execution

from localcloud import gaps, logs

DATA = ("input", "inputDetails", "output", "outputDetails")


class Log:
    """Where one execution writes. It takes the place of moto's `CloudWatchLoggingSession`."""

    def __init__(self, execution_arn: str, configuration: CloudWatchLoggingConfiguration) -> None:
        self.execution_arn = execution_arn
        self.configuration = configuration
        backend = logs_backends[configuration.log_account_id][configuration.log_region]
        machine = configuration.state_machine_arn.rpartition(":")[2]
        name = f"states/{machine}/{time.strftime('%Y-%m-%d-%H-%M', time.gmtime())}/{execution_arn[-8:]}"
        self.stream = logs.Stream(backend, configuration.log_group_name, name)

    def write(self, event_id: int, source_event_id: int, event_type: HistoryEventType, details: Any) -> None:
        if not is_logging_enabled_for(self.configuration.log_level, event_type):
            return
        shown = dict(next(iter(details.values()))) if details else {}
        if not self.configuration.include_execution_data:
            shown = {name: value for name, value in shown.items() if name not in DATA}
        line = {
            "id": str(event_id),
            "type": HistoryEventType(event_type).value,
            "details": shown,
            "previous_event_id": str(source_event_id),
            "event_timestamp": str(int(time.time() * 1000)),
            "execution_arn": self.execution_arn,
        }
        self.stream.write([json.dumps(line, default=str)])


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(Execution, "__init__")
    def create(original: gaps.Original, self: gaps.Amended, *args: object, **asked: Any) -> None:
        original(self, *args, **asked)
        machine = self.state_machine
        if wanted := getattr(machine, "loggingConfiguration", None):
            logging: Any = {"includeExecutionData": False, **wanted}
            configuration = CloudWatchLoggingConfiguration.from_logging_configuration(machine.arn, logging)
            if configuration:
                self._cloud_watch_logging_session = Log(self.exec_arn, configuration)

    @gaps.wrap(event_manager.EventManager, "_publish_history_log")
    def publish_history_log(
        _original: gaps.Original,
        self: EventManager,
        event_id: int,
        source_event_id: int,
        event_type: HistoryEventType,
        timestamp: object,  # noqa: ARG001 - it is now
        event_details: Any,
    ) -> None:
        log: gaps.Amended = self._cloud_watch_logging_session
        if log is not None:
            log.write(event_id, source_event_id, event_type, event_details)
