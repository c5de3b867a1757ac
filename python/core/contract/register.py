"""The register of photos: what stands in an item. The state machine's template writes the same names."""

import time
from datetime import datetime

INDEX = "open"  # by the attribute of that name, the oldest first
BY_SOURCE = "source"  # by `camera`: `source=` and its name, which may be empty
# Expected: by the API, before the upload. Decided: by a person, and nobody is routed.
EXPECTED, CLAIMED, ROUTED, WAITING, FAILED, DECIDED = STATES = (
    "expected",
    "claimed",
    "routed",
    "waiting",
    "failed",
    "decided",
)
UNTOLD = "untold"  # of a routed photo whose event could not be sent
OPEN = (CLAIMED, WAITING, FAILED, UNTOLD)  # what `open` may be; a photo that is over has none
ARCHIVE = "archive "  # starts `since` of what nobody waits for: as text it is behind all who wait

EVENT_SOURCE, EVENT_KIND, CORRECTION = "scones-unlimited", "DriverRouted", "DriverRerouted"
ROUTE = ("label", "vehicle", "confidence", "assignment", "decided_by")
DETAIL = ("id", "routed_at", "s3_bucket", "s3_key", *ROUTE, "source", "reference")

RUNNING = ("RUNNING", "PENDING_REDRIVE")
# What a claim failed by, if its execution no longer runs and does not say so itself.
NOT_RUNNING = {
    "ABORTED": "ExecutionAborted",
    "FAILED": "ExecutionFailed",
    "SUCCEEDED": "ExecutionEndedUnrecorded",
    "TIMED_OUT": "States.Timeout",
}
GONE = "ExecutionGone"


def expires(days: int) -> int:
    """Seconds since 1970, so many days from now."""
    return int(time.time()) + days * 86_400


def write_time(moment: datetime) -> str:
    """In UTC, as Step Functions does."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
