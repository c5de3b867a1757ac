"""The register of photos: what stands in an item. The state machine's template writes the same names."""

import time
from datetime import datetime

TABLE_SUFFIX = "photos"  # PREFIX-photos
INDEX = "open"  # by the attribute of that name, the oldest first
CLAIMED, ROUTED, WAITING, FAILED = STATES = ("claimed", "routed", "waiting", "failed")
UNTOLD = "untold"  # of a routed photo whose event could not be sent
OPEN = (CLAIMED, WAITING, FAILED, UNTOLD)  # what `open` may be; a photo that is routed and told has none
BY_MODEL = "model"

EVENT_SOURCE, EVENT_KIND = "scones-unlimited", "DriverRouted"
DETAIL = ("s3_bucket", "s3_key", "label", "confidence", "assignment")

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
