"""What a topic is sent when an alarm changes its state, as CloudWatch writes it: a subject, and JSON."""

import functools
import json
from datetime import datetime

import botocore.session
from moto.cloudwatch.models import Alarm, Dimension, MetricDataQuery

from core.contract.shapes import Json
from localcloud.metrics import datapoints


def write(alarm: Alarm, account: str, before: str, now: datetime) -> tuple[str, str]:
    """The subject and the message."""
    region = name_region(alarm.region_name)
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": write_time(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": write_time(now),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": _describe_trigger(alarm),
    }
    return f'{alarm.state_value}: "{alarm.name}" in {region}', json.dumps(message)


def write_time(moment: datetime) -> str:
    """AWS: with milliseconds and a zone without a colon."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


@functools.cache
def name_region(code: str) -> str:
    """What people call it: US East (N. Virginia)."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    names = {
        name: region["description"]
        for partition in partitions
        for name, region in partition["regions"].items()
    }
    return names.get(code, code)


def _describe_trigger(alarm: Alarm) -> Json:
    watched: Json
    if alarm.metric_data_queries:
        watched = {"Metrics": [_describe_query(query) for query in alarm.metric_data_queries]}
    else:
        plain = alarm.extended_statistic is None
        watched = {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic" if plain else "ExtendedStatistic",
            **(
                {"Statistic": alarm.statistic.upper()}
                if plain
                else {"ExtendedStatistic": alarm.extended_statistic}
            ),
            "Unit": alarm.unit,
            "Dimensions": _describe_dimensions(alarm.dimensions),
        }
    return {
        **watched,
        "Period": datapoints.find_period(alarm),
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


def _describe_query(query: MetricDataQuery) -> Json:
    described: Json = {"Id": query.id, "ReturnData": datapoints.returns_data(query)}
    if query.label:
        described["Label"] = query.label
    if query.expression:
        described["Expression"] = query.expression
    if stat := query.metric_stat:
        metric = {
            "Dimensions": _describe_dimensions(stat.metric.dimensions),
            "MetricName": stat.metric.metric_name,
            "Namespace": stat.metric.namespace,
        }
        described["MetricStat"] = {"Metric": metric, "Period": int(stat.period), "Stat": stat.stat}
    return described


def _describe_dimensions(dimensions: list[Dimension]) -> list[Json]:
    return [{"value": dimension.value, "name": dimension.name} for dimension in dimensions]
