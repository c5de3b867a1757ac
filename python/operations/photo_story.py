"""Tell what became of a photo, the oldest first: `python -m operations.photo_story ENV --photo ID`.

ID is the photo's id in the register, or its key in the environment's bucket: then each of the key's versions is told
that the bucket still has and the register knows. Between what the register says stand the states that its executions
entered: the last attempt's, and those of decisions.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from core import arguments, environment
from core.console import UserError, out, run, visible
from core.contract import answered_items, register
from core.contract.events import Pointer
from core.contract.outcomes import reason
from core.contract.shapes import Json
from operations import label_traces, object_versions, photo_register, terraform
from operations.decided import (
    describe,
    describe_label,
    is_objected_to,
    read_decisions,
    read_opinions,
    read_withdrawn,
    took_effect,
)

PHOTO_ID = re.compile(r"[0-9a-f]{64}")
CONSOLE = "https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{arn}"
ENDINGS = {
    "ExecutionAborted": "was stopped",
    "ExecutionFailed": "failed",
    "ExecutionSucceeded": "succeeded",
    "ExecutionTimedOut": "timed out",
}
WHAT_IT_IS = (
    "an id is 64 hex digits, as captures and make photos have it, and a key is like incoming/photo.png"
)
UNKNOWN_TO_AWS = "Step Functions has no such execution: it forgets one 90 days after its end"
TELLING = "EmitDriverRouted"
AGAIN = ("s3_bucket", "s3_key", "version_id", "source", "reference")  # what an execution takes as it is

Told = tuple[datetime, str]


@dataclass(frozen=True)
class History:
    """The states that an execution entered; and why there is no more of it."""

    told: list[Told]
    missing: str = ""

    @property
    def effective(self) -> bool:
        """Whether it recorded a route: only then it tells of one."""
        return any(text == f"entered {TELLING}" for _, text in self.told)


def main() -> None:
    parser = arguments.Parser("operations.photo_story", __doc__)
    parser.add_argument("env", help="the environment: local, staging or prod")
    parser.add_argument("--photo", default="", help="its id in the register, or its key in the bucket")
    options = parser.parse_args()
    env, photo = options.env, read_name(options.photo)
    try:
        found = look_up(env, photo)
        reviews = photo_register.open_reviews(photo_register.open_table(env))
        leases = {it["id"]: read_lease(photo_register.find_review(reviews, it["id"])) for it in found}
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"photo {photo!r} of {env} cannot be looked up: {error}") from error
    steps, s3 = boto3.client("stepfunctions"), boto3.client("s3")
    for item in sorted(found, key=lambda it: it.get("first_at") or it[answered_items.ASKED_AT]):
        for line in tell(item, steps, environment.cloud_of(env) is None, leases[item["id"]]):
            out.print(line)
        try:
            for line in tell_labels(s3, item):
                out.print(visible(line))
        except (BotoCoreError, ClientError) as error:
            raise UserError(f"the labels of photo {item['id']} cannot be read: {error}") from error


def read_name(given: str) -> str:
    """A photo's id in small letters, without blanks, or a key, which may be written as the story writes it."""
    if PHOTO_ID.fullmatch(photo := given.strip().lower()):
        return photo
    if "/" not in given:
        raise UserError(f"ID={given} names no photo: {WHAT_IT_IS}")
    return given


def read_key(name: str, bucket: str) -> str:
    """The key in this bucket, without the bucket's address."""
    return name.removeprefix(f"s3://{bucket}/")


def look_up(env: str, photo: str) -> list[Json]:
    """What the register has of the photo with this id, or of those with this key."""
    table, missing = photo_register.open_table(env), f"the register of {env} has no photo {photo!r}"
    if PHOTO_ID.fullmatch(photo):
        ids = [photo]
    else:
        ids = list_ids(terraform.data_bucket(env), photo)
        missing += " of which the bucket still has a version: of an older one give the id"
    found = [item for it in ids if (item := photo_register.find(table, it))]
    if not found:
        raise UserError(f"{missing}: {WHAT_IT_IS}")
    return found


def list_ids(bucket: str, name: str) -> list[str]:
    """Of each of the key's versions that are left, and of the key without one: by the API they are one photo."""
    key = read_key(name, bucket)
    versions = object_versions.list_of_key(boto3.client("s3"), bucket, key)
    numbers = [it.number for it in versions if it.size is not None]
    return list(dict.fromkeys(Pointer(bucket, key, it).id for it in ("", *numbers)))


def read_lease(review: Json | None) -> datetime | None:
    """Until when a person has it before them."""
    until = read_time(review["until"]) if review and "until" in review else None
    return until if until and until > datetime.now(UTC) else None


def tell(item: Json, steps: Any, on_aws: bool, leased: datetime | None = None) -> Iterator[str]:
    """The lines that people read."""
    if item["state"] == answered_items.FORGOTTEN:
        yield from tell_forgotten(item)
        return
    more = f", {register.UNTOLD}" if item.get("open") == register.UNTOLD else ""
    if is_objected_to(item):
        more = ", and its driver objects"
    yield visible(f"s3://{item['s3_bucket']}/{item['s3_key']}: {item['state']}{more}")
    yield f"  id {item['id']}"
    named = (("version_id", "version"), ("source", "source"), ("reference", "reference"), ("run", "bulk run"))
    for name, words in named:
        if item.get(name):
            yield visible(f"  {words} {item[name]}")
    passed = {arn: read_history(steps, arn) for arn in list_executions(item)}
    told = [it for history in passed.values() for it in history.told]
    told += [*read_item(item), *tell_decisions(item, passed), *tell_opinions(item)]
    for moment, text in sorted(told, key=lambda it: it[0]):
        yield visible(f"  {moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} UTC  {text}")
    for missing in dict.fromkeys(it.missing for it in passed.values() if it.missing):
        yield visible(f"  {missing}")
    yield from tell_first(item)
    if withdrawn := read_withdrawn(item):
        yield f"  withdrawn before they took effect: decisions {', '.join(map(str, withdrawn))}"
    if leased:
        yield f"  a person has it before them until {leased:%Y-%m-%d %H:%M:%S} UTC"
    yield from tell_age(item)
    if item["state"] == register.FAILED:
        yield f"  send it again with {send_again(item)}"
    for arn in (it for it in passed if passed[it].missing != UNKNOWN_TO_AWS):
        yield f"  {CONSOLE.format(region=arn.split(':')[3], arn=arn) if on_aws else arn}"


def tell_first(item: Json) -> Iterator[str]:
    """The route before all corrections, of which the register keeps the day alone."""
    first = item.get("first")
    if first and any(first[name] != item.get(name) for name in ("label", "confidence")):
        sure = "" if first["confidence"] is None else f" ({first['confidence']:.4f})"
        yield f"  routed first by the {item['day'].rpartition(' ')[2]}: {first['label']}{sure}"


def list_executions(item: Json) -> list[str]:
    """The one that claimed it, those of people's decisions, and the last. What a bulk run put there may have none."""
    first, last = ([item[name]] if name in item else [] for name in ("claimed_by", "execution"))
    return list(dict.fromkeys([*first, *(made["execution"] for _, made in read_decisions(item)), *last]))


def send_again(item: Json) -> str:
    """The command that starts the same photo, to be copied into a shell."""
    machine = item["execution"].replace(":execution:", ":stateMachine:").rpartition(":")[0]
    given = shlex.quote(json.dumps({name: item[name] for name in AGAIN}))
    return f"aws stepfunctions start-execution --state-machine-arn {machine} --input {given}"


def tell_forgotten(item: Json) -> Iterator[str]:
    """That it was done, and what it was found in: `make forget` leaves nothing else."""
    yield f"a photo that was forgotten at {read_time(item['forgotten_at']):%Y-%m-%d %H:%M:%S} UTC"
    yield f"  id {item['id']}"
    for name, words in (("data_sets", "was in the data set"), ("models", "trained on it:")):
        for it in sorted(item.get(name, ())):
            yield f"  {words} {it}"
    yield from tell_age(item)


def tell_age(item: Json) -> Iterator[str]:
    if until := photo_register.kept_until(item):
        yield f"  kept until {until}"


def read_item(item: Json) -> Iterator[Told]:
    """What the register says happened, and when."""
    if answered_items.ASKED_AT in item:
        yet = ", and not uploaded yet" if item["state"] == register.EXPECTED else ""
        yield read_time(item[answered_items.ASKED_AT]), f"asked for over the API{yet}"
    if item["state"] == register.EXPECTED:
        return
    if "claimed_at" not in item:
        yield read_time(item["first_at"]), "put there without a claim, as it was left over by a model"
    else:
        if item["first_at"] != item["claimed_at"]:
            yield (
                read_time(item["first_at"]),
                "known for the first time",
            )  # claimed, or put there by a bulk run
        attempts = f", by {item['attempts']} attempts so far" if item["attempts"] > 1 else ""
        yield read_time(item["claimed_at"]), f"claimed{attempts}"
    wrong = f"{item.get('error', '')}: {reason(item.get('cause', ''))}".removesuffix(": ")
    if "waiting_at" in item:
        answer = f", the model answered {item['inferences']}" if "inferences" in item else ""
        alone = ", and no driver with it" if item.get("since", "").startswith(register.ARCHIVE) else ""
        yield read_time(item["waiting_at"]), f"waits for a person{alone}: {item['reason']}{answer}"
    if "failed_at" in item:
        yield read_time(item["failed_at"]), f"failed: {wrong}"
    if "routed_at" in item:
        yield read_time(item["routed_at"]), describe(item)
    if item["state"] == register.DECIDED:
        yield read_time(item["decided_at"]), describe(item)
    if answered_items.OBJECTED_AT in item:
        found = (
            f", and a person finds it {item[answered_items.OBJECTION]}"
            if answered_items.OBJECTION in item
            else ""
        )
        yield read_time(item[answered_items.OBJECTED_AT]), f"its driver says that the answer is wrong{found}"
    if item.get("open") == register.UNTOLD:
        yield read_time(item["since"]), f"nobody could be told, and the sweep tells again: {wrong}"
    if "told_at" in item:
        yield read_time(item["told_at"]), "told by the sweep"


def tell_decisions(item: Json, passed: Mapping[str, History]) -> Iterator[Told]:
    """Each that people made, the photo's way after it, and what has come of it."""
    for number, made in read_decisions(item):
        if took_effect(item, number):
            effect = "which holds"
        elif passed[made["execution"]].effective:
            effect = "which held until the next"
        elif passed[made["execution"]].missing:
            effect = "and what came of it is not known"
        else:
            effect = "which has not taken effect"
        yield (
            read_time(made["at"]),
            f"decision {number} by the {made['by']}: {describe_label(made)}, {effect}",
        )


def tell_opinions(item: Json) -> Iterator[Told]:
    for number, given in read_opinions(item):
        yield (
            read_time(given["at"]),
            f"answer {number} of a person, which routes nobody: {describe_label(given)}",
        )


def tell_labels(s3: Any, item: Json) -> Iterator[str]:
    """What became of all that people said of it, for good."""
    found = label_traces.read(s3, item["s3_bucket"], item)
    for made in sorted(found.all, key=lambda it: it.number):
        how = ", blind" if made.blind else f", asked as {made.known} is known" if made.known else ""
        why = found.withdrawn.get(made.name)
        withdrawn = f", withdrawn: {why}" if why else ""
        yield f"  label {made.number}: {describe_label(asdict(made))}{how}{withdrawn}, s3://{item['s3_bucket']}/{made.key}"


def read_history(steps: Any, arn: str) -> History:
    """The states that an execution entered, and how it ended."""
    told: list[Told] = []
    try:
        for page in steps.get_paginator("get_execution_history").paginate(executionArn=arn):
            for event in page["events"]:
                if entered := event.get("stateEnteredEventDetails"):
                    told.append((event["timestamp"].astimezone(UTC), f"entered {entered['name']}"))
                elif ending := ENDINGS.get(event["type"]):
                    told.append((event["timestamp"].astimezone(UTC), f"the execution {ending}"))
    except steps.exceptions.ExecutionDoesNotExist:
        return History([], UNKNOWN_TO_AWS)
    except (BotoCoreError, ClientError) as error:
        return History(told, f"the states that its execution entered cannot be read: {error}")
    return History(told)


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


if __name__ == "__main__":
    run(main)
