"""Show which alarms of an environment ring: `python -m operations.alarms_now ENV`.

Since when, why, and the address of what the runbook says about it. The exit status is 1 when one rings, else 0.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run
from operations import terraform

RUNBOOK = re.compile(r"docs/runbook\.md#[\w-]+")
UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class Ringing:
    """An alarm that rings."""

    name: str
    since: datetime
    meaning: str
    reason: str
    runbook: str


def find(cloudwatch: Any, prefix: str) -> tuple[list[Ringing], int]:
    """The alarms of this prefix that ring, the newest first, and how many there are in all."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{prefix}-")
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    ringing = [
        Ringing(
            alarm["AlarmName"],
            alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"],
            RUNBOOK.sub("", alarm.get("AlarmDescription", "")).removesuffix(" See "),
            alarm["StateReason"],
            "".join(RUNBOOK.findall(alarm.get("AlarmDescription", ""))),
        )
        for alarm in alarms
        if alarm["StateValue"] == "ALARM"
    ]
    return sorted(ringing, key=lambda each: each.since, reverse=True), len(alarms)


def describe(alarm: Ringing, now: datetime) -> str:
    """What people read."""
    seconds = (now - alarm.since).total_seconds()
    size, unit = next((pair for pair in UNITS if seconds >= pair[0]), (1, "s"))
    since = f"since {alarm.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({seconds // size:.0f} {unit})"
    lines = (f"{alarm.name} rings {since}", alarm.meaning, alarm.reason, alarm.runbook)
    return "\n  ".join(line for line in lines if line)


def main() -> int:
    env = arguments.read_env("operations.alarms_now", __doc__)
    environment.check(env)
    prefix = terraform.read_prefix(env)
    try:
        ringing, count = find(boto3.client("cloudwatch"), prefix)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"the alarms of {env} cannot be read: {error}") from error
    if not count:
        terraform.find_state(env)
        raise UserError(f"{env} has no alarms {prefix}-*: make it with `make apply ENV={env}`")
    for alarm in ringing:
        out.print(describe(alarm, datetime.now(UTC)))
    number, rings = len(ringing) or "none", "ring" if len(ringing) > 1 else "rings"
    out.print(f"{number} of {count} alarms of {env} {rings}")
    return 1 if ringing else 0


if __name__ == "__main__":
    run(main)
