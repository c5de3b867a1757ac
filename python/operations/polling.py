"""How often Step Functions is asked: half as often as it allows, so that whoever else asks is not refused.

What is allowed belongs to an account and a region: of each request a bucket, which fills up again. A poll comes at half
of that rate, and what is asked once of each execution takes at most half of the bucket at once.
"""

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Quota:
    bucket: float
    per_second: float

    def half(self) -> "Quota":
        return Quota(self.bucket / 2, self.per_second / 2)


# Outside N. Virginia, Oregon and Ireland, which allow as much or more:
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-large-regions
QUOTAS = {
    "DescribeExecution": Quota(250, 10),
    "DescribeMapRun": Quota(200, 1),
    "ListExecutions": Quota(100, 2),
    "ListMapRuns": Quota(100, 1),
}
MOST_LISTED = 1000  # executions on a page, which is a request


def interval(*requests: str) -> float:
    """The seconds between two polls that make these requests."""
    return max(1 / QUOTAS[request].half().per_second for request in requests)


class Pace:
    """A bucket: who has emptied it waits for each request until as much has come back."""

    def __init__(self, quota: Quota) -> None:
        self.quota, self.left, self.moment = quota, quota.bucket, time.monotonic()
        self.taking = threading.Lock()

    def wait(self, **_request: object) -> None:
        refill = self.quota.per_second
        with self.taking:
            now = time.monotonic()
            self.left = left = min(self.quota.bucket, self.left + (now - self.moment) * refill) - 1
            self.moment = now
        if left < 0:
            time.sleep(-left / refill)


def keep_pace(client: "SFNClient") -> None:
    """Let this client wait before a request that would be one too many."""
    for request, quota in QUOTAS.items():
        client.meta.events.register(f"before-call.sfn.{request}", Pace(quota.half()).wait)
