"""EventBridge Scheduler: a schedule starts its target when it is due.

AWS: at each time of its `rate(...)` or `cron(...)` a schedule sends its target the input, in which keywords such as
`<aws.scheduler.scheduled-time>` are replaced, with the retries and the dead letters of EventBridge. An input that is
encrypted with a customer's key is decrypted as the schedule's role; without that permission nothing is sent, and
nothing can be buried.
moto 5.2.5 keeps schedules and fires none. Left out here, and refused: `at(...)`, and what `core.cron` does not
understand. Left out and ignored: first and last dates, flexible windows, the keyword for the number of the attempt.

`PUT /_localcloud/scheduled` with a time, as 2026-03-01T09:20, starts what is due in that minute (UTC).
"""

import re
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule, scheduler_backends

from core import cron
from localcloud import gaps
from localcloud.access import enforcement, principals, resource_policies
from localcloud.events import rules

RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)s?\)")
MINUTE = timedelta(minutes=1)
MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
LOOK_SECONDS = 1
SESSION = "Scheduler"


def install(url: str) -> None:
    """Fill the gap."""
    for name in ("create_schedule", "update_schedule"):

        @gaps.wrap(EventBridgeSchedulerBackend, name)
        def keep(original: gaps.Original, self: EventBridgeSchedulerBackend, **asked: str) -> Schedule:
            now = datetime.now(UTC)
            try:
                is_due(asked["schedule_expression"], now, now)
            except ValueError as error:
                raise ValidationException(str(error)) from error
            return original(self, **asked)

    threading.Thread(target=_fire_for_ever, args=(url,), daemon=True).start()


def fire_at(url: str, written: str) -> None:
    """Start what is due in this minute of UTC, which somebody names."""
    fire(url, _minute_of(datetime.fromisoformat(written).replace(tzinfo=UTC)))


def _fire_for_ever(url: str) -> None:
    minute = _minute_of(datetime.now(UTC))
    while True:
        time.sleep(LOOK_SECONDS)
        while minute < _minute_of(datetime.now(UTC)):
            minute += MINUTE
            fire(url, minute)


def fire(url: str, minute: datetime) -> None:
    """Start the target of every schedule that is due in this minute."""
    backends = [
        backend for regions in list(scheduler_backends.values()) for backend in list(regions.values())
    ]
    groups = [group for backend in backends for group in list(backend.schedule_groups.values())]
    for schedule in [schedule for group in groups for schedule in list(group.schedules.values())]:
        created = datetime.fromtimestamp(schedule.creation_date, UTC)
        local = minute.astimezone(ZoneInfo(schedule.schedule_expression_timezone))
        if schedule.state == "ENABLED" and is_due(schedule.schedule_expression, local, created):
            _start(url, schedule, minute)


def _start(url: str, schedule: Schedule, minute: datetime) -> None:
    if not _may_open(schedule):
        return
    told = {
        "execution-id": str(uuid.uuid4()),
        "schedule-arn": schedule.arn,
        "scheduled-time": f"{minute:%Y-%m-%dT%H:%M:%SZ}",
    }
    text = schedule.target.get("Input", "{}")
    for name, value in told.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    said = {name.replace("-", "_").upper(): value for name, value in told.items()}
    role = principals.assume(schedule.target["RoleArn"], SESSION)  # its dead letters are the role's too
    rules.deliver(url, schedule.target, text, rules.Sender(said, role, role))


def _may_open(schedule: Schedule) -> bool:
    """Scheduler asks KMS as the role itself: the request comes through no service."""
    _, _, _, region, account, _ = schedule.arn.split(":", 5)
    key = resource_policies.find_customer_key(region, account, schedule.kms_key_arn)
    role = schedule.target["RoleArn"]
    return key is None or not enforcement.explain(role, "kms:Decrypt", key.arn, SESSION)


def is_due(expression: str, minute: datetime, created: datetime) -> bool:
    """Whether a schedule that was created then fires in this minute of its time zone."""
    if rate := RATE.fullmatch(expression):
        passed = (_minute_of(minute) - _minute_of(created)) // MINUTE
        return passed > 0 and passed % (int(rate[1]) * MINUTES[rate[2]]) == 0
    fields = cron.split(expression)
    if not fields:
        raise ValueError(f"The local cloud knows no schedule expression {expression}.")
    try:
        return cron.is_due(cron.read(fields), minute)
    except cron.UnknownPart as part:
        raise ValueError(f"The local cloud knows no {part} in a cron expression.") from part


def _minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
