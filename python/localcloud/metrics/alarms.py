"""CloudWatch's alarms: each is looked at once a minute, and tells its topic when its state changes.

AWS: an alarm is made with the state INSUFFICIENT_DATA, and one that is changed keeps its state; then it is looked at.
`SetAlarmState` lasts until the alarm is looked at again. `DescribeAlarms` takes its filters together.
moto 5.2.5 makes alarms with the state OK, evaluates none, tells nobody, knows no history, and takes one filter alone.
It breaks when an alarm is made or deleted while it looks through all of them, as Terraform has it do.
Left out here: composite alarms, anomaly detection, units, Metrics Insights, and any action but a topic.
"""

import time

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from localcloud import gaps
from localcloud.metrics import alarm_history, datapoints, rounds, statistic
from localcloud.metrics.expression import UnknownPart
from localcloud.metrics.series import Place
from localcloud.metrics.verdict import COMPARISONS, INSUFFICIENT

STATE = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
)


class Alarms(dict[str, Alarm]):
    """By their names. Who looks through them has a list of his own, whatever others make or delete meanwhile."""

    def values(self) -> list[Alarm]:  # type: ignore[override]
        return list(super().values())


def install(url: str) -> None:
    """Fill the gaps, and begin to look at the alarms."""
    alarm_history.install()
    install_lists()

    @gaps.wrap(CloudWatchBackend, "put_metric_alarm")
    def put_metric_alarm(original: gaps.Original, self: CloudWatchBackend, **asked: object) -> Alarm:
        with rounds.changing:
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
        rounds.hurry()
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
        with rounds.changing:
            self.alarms[alarm_name].state_value = before
            rounds.change(self, self.alarms[alarm_name], state_value, reason, reason_data or "{}")

    @gaps.wrap(CloudWatchResponse, "describe_alarms")
    def describe_alarms(original: gaps.Original, self: CloudWatchResponse) -> ActionResult:
        state, found = self._get_param("StateValue"), original(self).result
        return ActionResult(
            {
                kind: [alarm for alarm in alarms if state in (None, alarm.state_value)]
                for kind, alarms in found.items()
            }
        )

    rounds.begin(url)


def install_lists() -> None:
    """Let moto's alarms be looked through while others make and delete some."""

    @gaps.wrap(CloudWatchBackend, "__init__")
    def init(original: gaps.Original, self: CloudWatchBackend, *place: str, **named: str) -> None:
        original(self, *place, **named)
        self.alarms = Alarms()


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
