"""Deployment guardrails: an endpoint's update that is watched by alarms, and goes back when one rings.

AWS: an update moves traffic to the new fleet at once or in steps. After each step, and before the old fleet is
terminated, it waits, and if meanwhile an alarm of `AutoRollbackConfiguration` rings, all traffic returns to the old
fleet: the endpoint is `InService` again, with its former configuration and a `FailureReason`. An update that waits for
nothing is watched by nothing. No source gives the words of that reason: these are ours. SageMaker looks at the alarms
with the role of the endpoint's models, and refuses an update that the role does not let it watch.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.exceptions import AWSValidationException

from core.contract.shapes import Json
from localcloud import clients
from localcloud.access import principals
from localcloud.metrics import pace, verdict
from localcloud.metrics.series import Place

LOOK_SECONDS = 0.1
SESSION = "SageMaker"


@dataclass(frozen=True)
class Step:
    """A share of the traffic, and how long it stays so."""

    share: float
    seconds: float


@dataclass
class Update:
    """What an update does, as its `DeploymentConfig` asks."""

    steps: list[Step] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def waits(self) -> bool:
        return any(step.seconds for step in self.steps)


def read(deployment: Json | None) -> Update:
    """Without a configuration all traffic moves at once, and nothing is waited for."""
    policy: Json = (deployment or {}).get("BlueGreenUpdatePolicy") or {}
    if not policy:
        return Update([Step(1.0, 0)])
    routing = policy["TrafficRoutingConfiguration"]
    interval, last = routing.get("WaitIntervalInSeconds", 0), policy.get("TerminationWaitInSeconds", 0)
    asked = (deployment or {}).get("AutoRollbackConfiguration") or {}
    steps = [Step(share, interval) for share in _read_shares(routing)]
    return Update([*steps, Step(1.0, last)], [alarm["AlarmName"] for alarm in asked.get("Alarms") or []])


def _read_shares(routing: Json) -> list[float]:
    """The share of the new fleet after each step. A number of instances is taken as a percentage here."""
    if routing["Type"] == "CANARY":
        return [routing["CanarySize"]["Value"] / 100, 1.0]
    if routing["Type"] == "LINEAR":
        size = routing["LinearStepSize"]["Value"]
        return [min(share, 100) / 100 for share in range(size, 100 + size, size)]
    return [1.0]


def look_at_alarms(update: Update, roles: Iterable[str], place: Place, url: str) -> None:
    for role in roles if update.alarms else ():
        caller = principals.assume(role, SESSION)
        try:
            clients.client("cloudwatch", place.region, url, caller).describe_alarms(AlarmNames=update.alarms)
        except ClientError as error:
            raise AWSValidationException(error.response["Error"]["Message"]) from error


def follow(
    update: Update, place: Place, shift: Callable[[float], Any], end: Callable[[str | None], Any]
) -> None:
    """Go through the steps in the background; `end` is told why it went back, or None."""

    def go() -> None:
        for step in update.steps:
            shift(step.share)
            until = time.monotonic() + pace.shorten(step.seconds)
            while time.monotonic() < until:
                time.sleep(LOOK_SECONDS)
                if ringing := find_ringing(update.alarms, place):
                    return end(
                        "The update went back to the former configuration, because alarms for its automatic "
                        f"rollback went into the state ALARM: {', '.join(ringing)}."
                    )
        return end(None)

    threading.Thread(target=go, daemon=True).start()


def find_ringing(names: list[str], place: Place) -> list[str]:
    alarms = cloudwatch_backends[place.account][place.region].alarms
    return [name for name in names if name in alarms and alarms[name].state_value == verdict.ALARM]
