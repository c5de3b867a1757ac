"""The register of photos: what stands in an item. The state machine's template writes the same names."""

import time
from datetime import datetime

TABLE_SUFFIX = "photos"  # PREFIX-photos
REVIEWS_SUFFIX = "reviews"  # PREFIX-reviews, which alone has who looks at a photo, and who decided it
INDEX = "open"  # by the attribute of that name, the oldest first
BY_SOURCE = "source"  # by `camera`: `source=` and its name, which may be empty
BY_OWNER = "owner"  # by who sent it to the API, and when they asked to
BY_DAY = "day"  # by the day of the first route and by whom, as `2026-11-27 model`
# Expected: asked for by the API, and not uploaded yet. Decided: by a person, and nobody is routed.
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
DECIDERS = ["person", "driver"]
OTHER, UNUSABLE = "other", "unusable"  # a person's labels; the first has a route
CANNOT_TELL = "cannot_tell"  # a person's too: of an opinion alone, no decision
UPLOADS = "incoming/api/"  # then a photo's id: the key that the API has it uploaded to

# What the API writes beside the state machine: of the upload, of what a driver says, and of what people answered.
OWNER, ASKED_AT, FILE_NAME, CONTENT_TYPE = "owner", "asked_at", "file_name", "content_type"
OBJECTED_AT, OBJECTION = (
    "objected_at",
    "objection",
)  # of a driver who says it is wrong: when, and what else came of it
BLIND, ANSWERED = "blind", "answered"  # the attribute, and its value
WITHDRAWN = "withdrawn"  # numbers of decisions that count no more


def decision(number: int) -> str:
    """The attribute of a decision: written by the execution that carries it out."""
    return f"decision_{number}"


def opinion(number: int) -> str:
    """The attribute of an answer that routes nobody, numbered with the decisions."""
    return f"opinion_{number}"


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
