"""What is written to CloudWatch Logs, for those parts of CloudWatch that make metrics of it."""

from collections.abc import Callable, Sequence

from moto.logs.models import LogsBackend

from core.contract.shapes import Json
from localcloud import gaps


def watch(look: Callable[[LogsBackend, str, Sequence[Json]], None]) -> None:
    """Have the events of each request looked at, with their log group's name, once they are there."""

    @gaps.wrap(LogsBackend, "put_log_events")
    def put_log_events(
        original: gaps.Original,
        self: LogsBackend,
        log_group_name: str,
        log_stream_name: str,
        log_events: Sequence[Json],
    ) -> tuple[str, Json]:
        answer = original(self, log_group_name, log_stream_name, log_events)
        look(self, log_group_name, log_events)
        return answer
