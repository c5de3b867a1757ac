"""The register of photos: what an item holds. The state machine writes the same names; a test holds both together."""

TABLE_SUFFIX = "photos"  # PREFIX-photos
INDEX = "open"  # by the attribute of that name, the oldest first
CLAIMED, ROUTED, WAITING, FAILED = STATES = ("claimed", "routed", "waiting", "failed")
UNTOLD = "untold"  # of a routed photo whose event could not be sent
OPEN = (CLAIMED, WAITING, FAILED, UNTOLD)  # what `open` may be; a photo that is routed and told has none
BY_MODEL, BY_PERSON, BY_DRIVER = "model", "person", "driver"

EVENT_SOURCE, EVENT_KIND = "scones-unlimited", "DriverRouted"
TOLD = ("s3_bucket", "s3_key", "label", "confidence", "assignment")  # the event's detail

# What a claim failed by, if its execution no longer runs and does not say so itself.
NOT_RUNNING = {
    "ABORTED": "ExecutionAborted",
    "FAILED": "ExecutionFailed",
    "SUCCEEDED": "ExecutionEndedUnrecorded",
    "TIMED_OUT": "States.Timeout",
}
GONE = "ExecutionGone"
