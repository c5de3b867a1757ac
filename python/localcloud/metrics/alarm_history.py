"""What became of an alarm: `DescribeAlarmHistory`, newest first. moto 5.2.5 does not implement it."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from core.contract.shapes import Json
from localcloud import gaps


class Entry(NamedTuple):
    time: datetime
    kind: str  # ConfigurationUpdate, StateUpdate or Action
    summary: str


_entries: dict[str, list[Entry]] = defaultdict(list)  # by the alarm's ARN


def note(alarm: Alarm, kind: str, summary: str) -> None:
    _entries[alarm.alarm_arn].append(Entry(utcnow(), kind, summary))


def install() -> None:
    """Fill the gap."""

    @gaps.add(CloudWatchResponse)
    def describe_alarm_history(self: CloudWatchResponse) -> ActionResult:
        name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
        items: list[Json] = [
            {
                "AlarmName": alarm.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": entry.time,
                "HistoryItemType": entry.kind,
                "HistorySummary": entry.summary,
            }
            for alarm in list(self.cloudwatch_backend.alarms.values())
            if name in (None, alarm.name)
            for entry in _entries[alarm.alarm_arn]
            if kind in (None, entry.kind)
        ]
        items.sort(key=lambda item: item["Timestamp"], reverse=True)
        return ActionResult({"AlarmHistoryItems": items[: self._get_int_param("MaxRecords", 100)]})
