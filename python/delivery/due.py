"""Is there reason to train a candidate? `python -m delivery.due ENV`, at the start of retrain.yml.

There is once a week, and whenever somebody asks. On other days there is if people have said NEW_LABELS labels since the
newest data set was made of the live model's, or FEW of them while an alarm rings that tells of other photos or of a
worse model: with fewer the next candidate would be the last one again. `due` becomes `yes` or `no` in the job's output.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from core import arguments, environment, label_store
from core.artefacts import split_address
from core.console import UserError, run
from core.contract.shapes import Json
from core.job_log import in_log, notice
from delivery import event, github, versions
from delivery.retraining import NOWHERE
from operations import alarms_now, terraform
from training import stored_sets

WEEKLY = "41 4 * * 1"  # as retrain.yml has it
NEW_LABELS, FEW = 200, 30
# How the names of these alarms begin in terraform/modules/monitoring.
OF_DRIFT = (
    *("class-drift", "confidence-drift", "image-drift", "low-accuracy", "low-coverage", "pictures-outside"),
    "unsure-",
)


@dataclass(frozen=True)
class Due:
    is_so: bool
    why: str


def decide(schedule: str, said: int, enough: int, ringing: list[str]) -> Due:
    """`said` is how many labels there are that no data set has, `ringing` which alarms of drift."""
    if not schedule:
        return Due(True, "Somebody asked for it.")
    if schedule == WEEKLY:
        return Due(True, "It is the week's.")
    since = f"{said} labels were said since the newest data set was made"
    if said >= enough:
        return Due(True, f"{since}, of {enough} that are enough.")
    if ringing and said >= FEW:
        return Due(True, f"{' and '.join(ringing)} ring, and {since}.")
    rings = f"; {' and '.join(ringing)} ring, and {FEW} would be enough" if ringing else ""
    return Due(False, f"{since}, and {enough} are waited for{rings}.")


def count_labels(s3: Any, bucket: str, live_set: str, now: datetime) -> int:
    """Those of a class, that stand, said since the newest data set that the live model's is, or descends from it."""
    since = newest_set(s3, bucket, live_set)
    found = label_store.read(s3, bucket, since.date(), now.date()) if since else label_store.read(s3, bucket)
    return sum(it.is_class and (since is None or read_time(it.at) > since) for it in found.standing)


def newest_set(s3: Any, bucket: str, live_set: str) -> datetime | None:
    """When it was whole: its dataset.json is sent last."""
    made = stored_sets.read_all(s3, bucket, forgiving=True)
    ours = (it.made_at for it in made if live_set in (it.dataset_id, *it.parents))
    return max(ours, default=None)


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def look(env: str, live: Json, schedule: str) -> Due:
    enough = read_number(os.environ.get("NEW_LABELS") or str(NEW_LABELS))
    bucket = split_address(live["artefact"])[0]
    said = count_labels(boto3.client("s3"), bucket, live["dataset_id"], datetime.now(UTC))
    prefix = terraform.read_prefix(env)
    found, _ = alarms_now.find(boto3.client("cloudwatch"), prefix)
    names = [it.name.removeprefix(f"{prefix}-") for it in found]
    return decide(schedule, said, enough, [it for it in names if it.startswith(OF_DRIFT)])


def read_number(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise UserError(f"NEW_LABELS is {text!r}: set it to a number of 1 or more, or not at all")


def main() -> None:
    env = arguments.read_env("delivery.due", __doc__)
    if env == NOWHERE:
        return tell(Due(False, "RETRAIN_ENV is none: nothing is trained by itself."))
    environment.check(env)
    if not os.environ.get("RETRAIN_ROLE"):
        return tell(Due(False, f"RETRAIN_ROLE is not set: make doctor ENV={env} says what it takes."))
    path = environment.model_file(env)
    live = versions.parse(path.read_text()) if path.exists() else None
    if live is None:
        return tell(Due(False, f"{env} has no model to compare another with."))
    schedule = event.read().get("schedule", "") if github.variable("GITHUB_EVENT_NAME") == "schedule" else ""
    return tell(look(env, live, schedule))


def tell(found: Due) -> None:
    """Into the job's output, its summary and its log."""
    event.add("GITHUB_OUTPUT", f"due={'yes' if found.is_so else 'no'}")
    event.add(
        "GITHUB_STEP_SUMMARY",
        f"{'A candidate is trained' if found.is_so else 'None is trained'}: {found.why}",
    )
    print(in_log(found.why) if found.is_so else notice(found.why))


if __name__ == "__main__":
    run(main)
