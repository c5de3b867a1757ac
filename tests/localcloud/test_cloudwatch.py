"""Metrics of one's own are published, listed and read again, as the monitor does and the report."""

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIMENSIONS = [{"Name": "EndpointName", "Value": "e"}, {"Name": "Model", "Value": "m"}]


def test_a_metric_that_is_published_every_hour_is_listed_once_and_read_by_the_hour(aws):
    watch = aws("cloudwatch")
    for hours, records in enumerate([5, 0, 7]):
        named = {"MetricName": "Records", "Dimensions": DIMENSIONS, "Unit": "Count"}
        datum = {"Timestamp": NOON + hours * HOUR, "Value": records}
        watch.put_metric_data(Namespace="Scones/test", MetricData=[named | datum])
    (metric,) = watch.list_metrics(Namespace="Scones/test")["Metrics"]
    assert (metric["MetricName"], metric["Dimensions"]) == ("Records", DIMENSIONS)
    query = {"Id": "records", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Maximum"}}
    (found,) = watch.get_metric_data(
        MetricDataQueries=[query], StartTime=NOON, EndTime=NOON + 3 * HOUR, ScanBy="TimestampAscending"
    )["MetricDataResults"]
    assert found["Values"] == [5, 0, 7]
    assert found["Timestamps"] == [NOON, NOON + HOUR, NOON + 2 * HOUR]
