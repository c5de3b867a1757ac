"""CloudWatch's alarms: each is looked at once a minute, and tells its topic when its state changes.

AWS: an alarm is made with the state INSUFFICIENT_DATA, and one that is changed keeps its state; then it is looked at.
`SetAlarmState` lasts until the alarm is looked at again. A change is kept in the alarm's history and told to the
topics that the new state names; that a topic cannot be told is not the alarm's affair. `DescribeAlarms` takes its
filters together.
moto 5.2.5 makes alarms with the state OK, evaluates none, tells nobody, knows no history, and takes one filter alone.
Left out here: composite alarms, anomaly detection, units, Metrics Insights, and any action but a topic.
"""

import contextlib
import functools
import json
import queue
import threading
import time
from dataclasses import dataclass

from botocore.exceptions import ClientError
from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from core.contract.shapes import Json
from localcloud import clients, defects, gaps
from localcloud.metrics import alarm_history, datapoints, notice, pace, queues, statistic
from localcloud.metrics.expression import UnknownPart
from localcloud.metrics.series import Place
from localcloud.metrics.verdict import ALARM, COMPARISONS, INSUFFICIENT, OK, Rule, judge

STATE = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
)

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
_changing = threading.RLock()


def install(url: str) -> None:
    """Fill the gaps, and begin to look at the alarms."""
    alarm_history.install()

    @gaps.wrap(CloudWatchBackend, "put_metric_alarm")
    def put_metric_alarm(original: gaps.Original, self: CloudWatchBackend, **asked: object) -> Alarm:
        with _changing:
            former = self.alarms.get(str(asked["name"]))
            made: gaps.Amended = original(self, **asked)
            made.state_value, made.state_transitioned_timestamp = INSUFFICIENT, made.state_updated_timestamp
            if former:
                for field in STATE:
                    setattr(made, field, getattr(former, field))
            try:
                check(made)
            except ValueError as error:
                del self.alarms[made.name]
                if former:
                    self.alarms[made.name] = former
                raise ValidationError(f"The local cloud knows no {error}") from error
        alarm_history.note(
            made, "ConfigurationUpdate", f'Alarm "{made.name}" {"updated" if former else "created"}'
        )
        _put.set()
        return made

    @gaps.wrap(CloudWatchBackend, "set_alarm_state")
    def set_alarm_state(
        original: gaps.Original,
        self: CloudWatchBackend,
        alarm_name: str,
        reason: str,
        reason_data: str,
        state_value: str,
    ) -> None:
        before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else ""
        original(self, alarm_name, reason, reason_data, state_value)
        with _changing:
            self.alarms[alarm_name].state_value = before
            change(self, self.alarms[alarm_name], state_value, reason, reason_data or "{}")

    @gaps.wrap(CloudWatchResponse, "describe_alarms")
    def describe_alarms(original: gaps.Original, self: CloudWatchResponse) -> ActionResult:
        state, found = self._get_param("StateValue"), original(self).result
        return ActionResult(
            {
                kind: [alarm for alarm in alarms if state in (None, alarm.state_value)]
                for kind, alarms in found.items()
            }
        )

    for work in (_look_for_ever, functools.partial(_tell_for_ever, url)):
        threading.Thread(target=work, daemon=True).start()


def check(alarm: Alarm) -> None:
    """Refuse what cannot be evaluated here, by a ValueError that names it."""
    if alarm.rule is not None:
        return
    for name in datapoints.name_statistics(alarm):
        if not statistic.is_known(name):
            raise ValueError(f"statistic {name}")
    if alarm.comparison_operator not in COMPARISONS:
        raise ValueError(f"comparison {alarm.comparison_operator}")
    try:
        datapoints.read(alarm, Place("", ""), time.time())
    except UnknownPart as part:
        raise ValueError(f"{part} in an expression of metrics") from part


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
    with _changing:
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
        sns = clients.client("sns", told.topic.split(":")[3], url)
        with contextlib.suppress(ClientError):
            sns.publish(TopicArn=told.topic, Subject=told.subject[:LONGEST_SUBJECT], Message=told.message)
            alarm_history.note(told.alarm, "Action", f"Successfully executed action {told.topic}")
