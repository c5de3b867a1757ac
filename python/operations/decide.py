"""Decide a photo that waits for a person, or send its driver elsewhere: `python -m operations.decide ENV --photo ID
--label LABEL [--vehicle KIND] [--by driver]`.

ID is the photo's id in the register, or its key in the environment's bucket. A label is one that has a route, `other`
for a vehicle that is none of the rest, or `unusable`. A photo that is routed already is routed anew: what was decided
before stays on record. The decision is an execution of the workflow, which is waited for; Ctrl-C ends the waiting.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run, visible
from core.contract import answered_items, decision_name, register, staffed
from core.contract.outcomes import DUPLICATE, reason
from core.contract.shapes import Json
from operations import photo_register, polling, unapplied
from operations.decided import describe, is_objected_to, took_effect
from operations.photo_story import look_up, read_name, read_time

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

POLL_SECONDS = polling.interval("DescribeExecution")
PERSON, DRIVER = DECIDERS = answered_items.DECIDERS
MOST_TAKEN = 20  # numbers of decisions that failed before they were recorded


@dataclass(frozen=True)
class Decision:
    label: str
    vehicle: str
    by: str


def main() -> None:
    parser = arguments.Parser("operations.decide", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--photo", default="", help="its id in the register, or its key in the bucket")
    parser.add_argument("--label", default="", help="one that has a route, other or unusable")
    parser.add_argument("--vehicle", default="", help="what it is, if it is other")
    parser.add_argument("--by", default=PERSON, help=f"{' or '.join(DECIDERS)} (%(default)s)")
    options = parser.parse_args()
    env, photo = options.env, read_name(options.photo)
    decision = read_decision(options.label, options.vehicle, options.by)
    outputs = environment.outputs(env)
    unapplied.check_outputs(env, outputs, "routes", "review")
    check_label(decision.label, outputs["routes"])
    try:
        item = find_one(env, photo)
        check_state(env, item)
        if decision.by == DRIVER:
            check_driver(item, outputs["review"], datetime.now(UTC))
        elif decision.label == answered_items.UNUSABLE and item["state"] == register.ROUTED:
            raise UserError(f"photo {item['id']} is routed, and its driver {say_instead(item)}")
        out.print(visible(decide(env, outputs["state_machine_arn"], item, decision)))
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"photo {photo!r} of {env} cannot be decided: {error}") from error


def read_decision(label: str, vehicle: str, by: str) -> Decision:
    if by not in DECIDERS:
        raise UserError(f"BY={by} decides nothing: choose from {', '.join(DECIDERS)}")
    if label == answered_items.OTHER and not vehicle.strip():
        raise UserError("LABEL=other needs what it is, as in VEHICLE='cargo bike'")
    if label != answered_items.OTHER and vehicle:
        raise UserError(
            f"VEHICLE={vehicle} goes with LABEL=other alone, and not with LABEL={label}: a label with a route of its "
            "own says it"
        )
    return Decision(label, vehicle.strip(), by)


def check_label(label: str, routes: Iterable[str]) -> None:
    if label not in (labels := [*sorted(routes), answered_items.UNUSABLE]):
        raise UserError(f"LABEL={label} is no label: choose from {', '.join(labels)}")


def find_one(env: str, photo: str) -> Json:
    found = look_up(env, photo)
    if len(found) > 1:
        ids = ", ".join(it["id"] for it in found)
        raise UserError(f"the key {photo!r} had {len(found)} photos: give the id of one, {ids}")
    return found[0]


def check_state(env: str, item: Json) -> None:
    """Only what waits, or is routed, can be decided; of the rest, what to do instead."""
    photo, story = item["id"], f"make photo ENV={env} ID={item['id']} shows it"
    match item["state"]:
        case answered_items.FORGOTTEN:
            raise UserError(f"photo {photo} was forgotten: there is nothing to decide")
        case register.EXPECTED:
            raise UserError(f"photo {photo} is not uploaded yet: there is nothing to decide ({story})")
        case register.CLAIMED:
            raise UserError(f"photo {photo} is before the model now: try again in a minute ({story})")
        case register.FAILED:
            raise UserError(
                f"photo {photo} failed by {item['error']}, and waits for nobody: send it again ({story})"
            )
        case register.DECIDED:
            raise UserError(
                f"photo {photo} was {describe(item)}, and stays so: a correction is for a routed driver ({story})"
            )


def say_instead(item: Json) -> str:
    """An objection to a photo that shows nothing is closed without an execution, which is the API's to do."""
    if is_objected_to(item):
        return "objects: choose a label with a route; that it shows nothing is told by the API alone"
    return "on the way: choose a label with a route"


def check_driver(item: Json, review: Json, now: datetime) -> None:
    photo = item["id"]
    if item["state"] != register.WAITING:
        objects = ", and its driver objects" if is_objected_to(item) else ""
        raise UserError(f"photo {photo} is routed{objects}: only a person sends its driver elsewhere")
    if item["since"].startswith(register.ARCHIVE):
        raise UserError(f"photo {photo} is of the archive, and no driver waits for it: leave out BY=driver")
    since, hours = read_time(item["since"]), review["staffed_hours"]
    try:
        may = staffed.driver_may_decide(since, now, review)
    except staffed.UnknownZone as error:
        raise UserError(
            f"staffed_hours.time_zone is {error}, which is no time zone that this machine knows: name one as in "
            "Europe/Berlin, or install the system's package tzdata"
        ) from error
    if not may:
        raise UserError(
            f"photo {photo} waits since {since:%H:%M:%S} UTC: a driver decides after {review['minutes']:g} minutes, or "
            f"while nobody is there: people are there from {hours['from']} until {hours['until']} "
            f"({hours['time_zone']})"
        )


def decide(env: str, machine: str, item: Json, decision: Decision) -> str:
    """What became of it, in words."""
    steps: SFNClient = boto3.client("stepfunctions")
    polling.keep_pace(steps)
    table = photo_register.open_table(env)
    number, execution = start(env, steps, table, machine, item, decision)
    ended = wait(steps, execution)
    now = photo_register.find(table, item["id"]) or item
    why = f"{ended.get('error', ended['status'])}: {reason(ended.get('cause', ''))}".removesuffix(": ")
    if took_effect(now, number):
        untold = f"; nobody could be told, and the sweep tells again: {why}"
        return f"photo {item['id']} is {describe(now)}{untold if now.get('open') == register.UNTOLD else ''}"
    if ended["status"] == "SUCCEEDED":
        raise say_meanwhile(now)
    raise UserError(
        f"the decision on photo {item['id']} failed by {why}; the photo is {describe(now)}: try again"
    )


def start(
    env: str, steps: "SFNClient", table: Any, machine: str, item: Json, decision: Decision
) -> tuple[int, str]:
    """The decision's number, and its execution, whose name is free: one that failed early keeps its name."""
    first = answered_items.next_number(item)
    for number in range(first, first + MOST_TAKEN):
        name = decision_name.write(item["id"], number)
        given = json.dumps(write_event(item, decision, number))
        try:
            return number, steps.start_execution(stateMachineArn=machine, name=name, input=given)[
                "executionArn"
            ]
        except steps.exceptions.ExecutionAlreadyExists:
            execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
            if steps.describe_execution(executionArn=execution)["status"] in register.RUNNING:
                out.print(
                    f"decision {number} on photo {item['id']} was made already, and has not taken effect yet: waiting "
                    "for it"
                )
            ended = wait(steps, execution)
        now = photo_register.find(table, item["id"]) or item
        if now["state"] != item["state"] or took_effect(now, number):
            raise say_meanwhile(now)
        if answered_items.decision(number) not in now and has_decided(ended):
            raise UserError(
                f"photo {item['id']} was decided by {ended['executionArn']}, of which the register has lost the "
                "record: its output says what was decided, and the runbook, under make restore, how to go on"
            )
    raise UserError(
        f"the last {MOST_TAKEN} decisions on photo {item['id']} failed: make photo ENV={env} ID={item['id']} shows by "
        "what"
    )


def has_decided(ended: "DescribeExecutionOutputTypeDef") -> bool:
    """Whether this decision holds: one that left its photo to another is a duplicate."""
    return ended["status"] == "SUCCEEDED" and json.loads(ended["output"]).get("outcome") != DUPLICATE


def write_event(item: Json, decision: Decision, number: int) -> Json:
    return {
        "s3_bucket": item["s3_bucket"],
        "s3_key": item["s3_key"],
        "version_id": item["version_id"],
        "label": decision.label,
        "vehicle": decision.vehicle,
        "decided_by": decision.by,
        "decision": number,
        "image_data": "",
        "inferences": [],
    }


def wait(steps: "SFNClient", execution: str) -> "DescribeExecutionOutputTypeDef":
    while (found := steps.describe_execution(executionArn=execution))["status"] in register.RUNNING:
        time.sleep(POLL_SECONDS)
    return found


def say_meanwhile(now: Json) -> UserError:
    return UserError(f"photo {now['id']} was decided meanwhile: it is {describe(now)}")


if __name__ == "__main__":
    run(main)
