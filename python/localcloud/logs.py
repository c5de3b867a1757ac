"""CloudWatch Logs: where the processes of the local cloud write.

AWS: `FilterLogEvents` answers only of the streams whose names begin as asked. moto 5.2.5 answers of all.
"""

import contextlib
import json
from collections import deque
from collections.abc import Sequence
from typing import IO

from moto.core.utils import unix_time_millis
from moto.logs.exceptions import ResourceAlreadyExistsException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from localcloud import gaps
from localcloud.access import enforcement


def install() -> None:
    """Fill the gap."""

    @gaps.wrap(LogsResponse, "filter_log_events")
    def filter_log_events(original: gaps.Original, self: LogsResponse) -> str:
        found = json.loads(original(self))
        prefix = self._get_param("logStreamNamePrefix", "")
        found["events"] = [it for it in found["events"] if it["logStreamName"].startswith(prefix)]
        return json.dumps(found)


class Stream:
    """One log stream of moto's. What the role that writes it may not write is lost, as in AWS.

    Without a role a service delivers in its own name, as Step Functions does.
    """

    def __init__(self, backend: LogsBackend, group: str, name: str, role: str = "") -> None:
        self.backend = backend
        self.region = backend.region_name
        self.group = group
        self.name = name
        self.role = role

    def write(self, lines: Sequence[str]) -> None:
        """Append the lines; group and stream are made when they are missing."""
        if self.group not in self.backend.groups:
            if not self._may("CreateLogGroup", ""):
                return
            self.backend.ensure_log_group(self.group)
        if self.name not in self.backend.groups[self.group].streams:
            if not self._may("CreateLogStream", self.name):
                return
            with contextlib.suppress(ResourceAlreadyExistsException):
                self.backend.create_log_stream(self.group, self.name)
        if not self._may("PutLogEvents", self.name):
            return
        now = int(unix_time_millis())
        events = [{"timestamp": now, "message": line} for line in lines if line]
        self.backend.put_log_events(self.group, self.name, events)

    def _may(self, action: str, stream: str) -> bool:
        if not self.role:
            return True
        here = f"arn:aws:logs:{self.region}:{self.backend.account_id}"
        return enforcement.may(
            self.role, f"logs:{action}", f"{here}:log-group:{self.group}:log-stream:{stream}"
        )

    def copy(self, output: IO[bytes], last: deque[str]) -> None:
        """Append what a process prints until it ends, and keep the last lines as well."""
        for line in output:
            text = line.decode(errors="replace").rstrip()
            last.append(text)
            self.write([text])
