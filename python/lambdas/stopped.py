"""Executions that were stopped, or ran out of their time: whether one told its route, nobody knows.

EventBridge may not tell of them: they are looked for, and no route is lost.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from core.contract import register
from core.contract.shapes import Json, Pointer
from lambdas.open_photos import OpenPhotos

STATUSES = ("ABORTED", "TIMED_OUT")
WINDOW = timedelta(minutes=70)  # an hour, and the ten minutes of an execution
PAGES = 3  # of a thousand
EVENTS = 50  # within which a photo is claimed, with all retries before

# What this process has looked at: until it is redriven it does nothing more.
seen: dict[str, Json] = {}


def find(steps: Any, machine: str, status: str) -> Iterator[Json]:
    """The newest first, as Step Functions lists them."""
    oldest = datetime.now(UTC) - WINDOW
    if len(seen) > PAGES * 1000:
        seen.clear()
    pages = steps.get_paginator("list_executions").paginate(
        stateMachineArn=machine, statusFilter=status, PaginationConfig={"PageSize": 1000}
    )
    for page in islice(pages, PAGES):
        for found in page["executions"]:
            if found["startDate"] < oldest:
                return
            if seen.get(found["executionArn"]) != found:
                yield found


def look(steps: Any, photos: OpenPhotos, execution: Json) -> Json:
    """Whether it may have told nobody."""
    arn, untold = execution["executionArn"], Json()
    events = steps.get_execution_history(executionArn=arn, maxResults=EVENTS)["events"]
    entered = (event.get("stateEnteredEventDetails", {}) for event in events)
    # Its photo is named in full when it is claimed, whatever the start left out.
    if claim := next((it for it in entered if it.get("name", "").startswith("Claim")), None):
        told = json.loads(claim["input"])
        photo = Pointer(told["s3_bucket"], told["s3_key"], told["version_id"])
        error = register.NOT_RUNNING[execution["status"]]
        untold = photos.leave_untold(photo.id, execution=arn, error=error)
    seen[arn] = execution
    return untold
