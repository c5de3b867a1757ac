"""What waits for a person, as metrics: lines of log in CloudWatch's embedded metric format."""

import json
import time
from datetime import UTC, datetime

from core.contract import register
from lambdas.open_photos import OpenPhotos

METRICS = {"WaitingDrivers": "Count", "LongestWait": "Seconds", "WaitingArchive": "Count"}
DRIVERS, ARCHIVE = " AND #since < :archive", " AND begins_with(#since, :archive)"
PAGES = 3  # that are counted, of a megabyte each
LAST = 50  # photos of a source


def measure(photos: OpenPhotos, namespace: str, name: str) -> bool:
    if name == "LongestWait":  # of a driver, until now
        found = next(photos.pages(register.WAITING, 1, DRIVERS, Limit=1))["Items"]
        since = [datetime.fromisoformat(photo["since"]["S"]) for photo in found]
        value = max([0.0, *((datetime.now(UTC) - it).total_seconds() for it in since)])
    else:
        of = DRIVERS if name == "WaitingDrivers" else ARCHIVE
        value = sum(page["Count"] for page in photos.pages(register.WAITING, PAGES, of, Select="COUNT"))
    return publish(namespace, name, value)


def measure_source(photos: OpenPhotos, namespace: str, source: str) -> bool:
    """Of what share of its last photos the model was not sure; fewer of them say nothing."""
    found = photos.client.query(
        TableName=photos.table,
        IndexName=register.BY_SOURCE,
        KeyConditionExpression="camera = :camera",
        FilterExpression="attribute_exists(waiting_at)",
        ExpressionAttributeValues={":camera": {"S": f"source={source}"}},
        ScanIndexForward=False,
        Select="COUNT",
        Limit=LAST,  # before the filter
    )
    enough = found["ScannedCount"] == LAST
    return enough and publish(namespace, "UnsureShare", found["Count"] / LAST, Source=source)


def publish(namespace: str, name: str, value: float, **dimensions: str) -> bool:
    metrics = [{"Name": name, "Unit": METRICS.get(name, "None")}]
    told = {"Namespace": namespace, "Dimensions": [[*dimensions]], "Metrics": metrics}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [told]}
    print(json.dumps({"_aws": about, name: value, **dimensions}))
    return True
