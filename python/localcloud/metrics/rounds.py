"""The rounds of the alarms: what looks at each of them every minute, and tells topics what has changed.

AWS: a change of an alarm's state is kept in its history and told to the topics that the new state names; that a topic
cannot be told is not the alarm's affair.
"""

import contextlib
import json
import queue
import threading
import time
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.core.utils import utcnow

from core.contract.shapes import Json
from localcloud import clients, defects, gaps
from localcloud.access import principals
from localcloud.metrics import alarm_history, datapoints, notice, pace, queues
from localcloud.metrics.series import Place
from localcloud.metrics.verdict import ALARM, INSUFFICIENT, OK, Rule, judge

LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Notice:
    """What a topic is to be told of an alarm."""

    alarm: Alarm
    topic: str
    subject: str
    message: str


_notices: "queue.SimpleQueue[Notice]" = queue.SimpleQueue()
_put = threading.Event()
changing = threading.RLock()  # held while an alarm or its state is changed


def begin(url: str) -> None:
    """Go round from now on."""
    threading.Thread(target=_look_for_ever, daemon=True).start()
    threading.Thread(target=_tell_for_ever, args=(url,), daemon=True).start()


def hurry() -> None:
    """An alarm was made or changed: look now."""
    _put.set()


def _look_for_ever() -> None:
    """Look at all alarms after each minute, and whenever one was made or changed."""
    told: set[str] = set()
    while True:
        minute = pace.shorten(pace.MINUTE)
        _put.wait(minute - time.time() % minute)
        _put.clear()
        try:
            queues.measure()
            look()
        except Exception as error:
            if repr(error) not in told:  # once: it will be the same each minute
                told.add(repr(error))
                defects.report(error)


def look() -> None:
    """Look at every alarm."""
    end = datapoints.find_minute()
    backends = [
        backend for regions in list(cloudwatch_backends.values()) for backend in list(regions.values())
    ]
    for backend in backends:
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None:
                _evaluate(backend, alarm, end)


def _evaluate(backend: CloudWatchBackend, alarm: Alarm, end: float) -> None:
    rule = Rule(
        alarm.comparison_operator,
        float(alarm.threshold),
        int(alarm.evaluation_periods),
        int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        alarm.treat_missing_data or "missing",
    )
    with changing:
        points = datapoints.read(alarm, Place(backend.account_id, backend.region_name), end)
        verdict = judge(rule, points, alarm.state_value)
        if verdict.state == alarm.state_value or backend.alarms.get(alarm.name) is not alarm:
            return
        data: Json = {
            "version": "1.0",
            "queryDate": notice.write_time(utcnow()),
            "period": datapoints.find_period(alarm),
            "recentDatapoints": list(verdict.points),
            "threshold": rule.threshold,
        }
        change(backend, alarm, verdict.state, verdict.reason, json.dumps(data))


def change(backend: CloudWatchBackend, alarm: gaps.Amended, state: str, reason: str, data: str) -> None:
    """Put the alarm into this state; if that is another one, tell those who asked for it."""
    now, before = utcnow(), alarm.state_value
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, reason, data
    alarm.state_updated_timestamp = now
    if state == before:
        return
    alarm.state_transitioned_timestamp = now
    alarm_history.note(alarm, "StateUpdate", f"Alarm updated from {before} to {state}")
    if alarm.actions_enabled:
        actions = {
            OK: alarm.ok_actions,
            ALARM: alarm.alarm_actions,
            INSUFFICIENT: alarm.insufficient_data_actions,
        }
        subject, message = notice.write(alarm, backend.account_id, before, now)
        for topic in [action for action in actions[state] if action.split(":")[2] == "sns"]:
            _notices.put(Notice(alarm, topic, subject, message))


def _tell_for_ever(url: str) -> None:
    """Send what is to be told, in its order, while the alarms are looked at again."""
    while True:
        told = _notices.get()
        region, account = told.topic.split(":")[3:5]
        owner = (("aws:sourceaccount", account), ("aws:sourceowner", account))
        known = (("aws:sourcearn", told.alarm.alarm_arn), *owner)
        sns = clients.client("sns", region, url, principals.act_as("cloudwatch.amazonaws.com", known))
        with contextlib.suppress(BotoCoreError, ClientError):
            sns.publish(TopicArn=told.topic, Subject=told.subject[:LONGEST_SUBJECT], Message=told.message)
            alarm_history.note(told.alarm, "Action", f"Successfully executed action {told.topic}")
