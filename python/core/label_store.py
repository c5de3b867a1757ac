"""The labels in an environment's bucket, read day by day, many at once.

for label in read(s3, bucket, since, until).standing: ...
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from core.contract import labels
from core.contract.labels import Label
from core.contract.shapes import Json

WORKERS = 16
MOST_DAYS = 60  # that are asked for one by one


@dataclass(frozen=True)
class Labels:
    all: list[Label]  # the oldest first
    withdrawn: dict[str, str]  # why, by the labels' names

    @property
    def standing(self) -> list[Label]:
        return [it for it in self.all if it.name not in self.withdrawn]


def read(s3: Any, bucket: str, since: date | None = None, until: date | None = None) -> Labels:
    """Those of the days from the first to the last, both included; without them, of all."""
    keys = (key for prefix in prefixes(since, until) for key in list_keys(s3, bucket, prefix))
    return fetch(s3, bucket, [key for key in keys if is_within(key, since, until)])


def fetch(s3: Any, bucket: str, keys: Iterable[str]) -> Labels:
    """What is told under these keys, which may be those of copies too."""
    told = [key for key in keys if key.endswith(labels.ENDING)]

    def get(key: str) -> Json:
        content: Json = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return content

    with ThreadPoolExecutor(WORKERS) as pool:
        found = dict(zip(told, pool.map(get, told), strict=True))
    withdrawn = {
        key.rpartition("/")[2].removesuffix(labels.WITHDRAWN): str(content["reason"])
        for key, content in found.items()
        if key.endswith(labels.WITHDRAWN)
    }
    standing = [Label.read(it) for key, it in found.items() if not key.endswith(labels.WITHDRAWN)]
    return Labels(sorted(standing, key=lambda it: (it.at, it.name)), withdrawn)


def prefixes(since: date | None, until: date | None) -> list[str]:
    """Of so many days that a request for each would be slow, the whole folder."""
    if since is None or until is None or (until - since).days >= MOST_DAYS:
        return [f"{labels.FOLDER}/"]
    return [labels.of_day(since + timedelta(days=ago)) for ago in range((until - since).days + 1)]


def is_within(key: str, since: date | None, until: date | None) -> bool:
    """By the day in it, as text: no other date is as long."""
    day = key.removeprefix(f"{labels.FOLDER}/")[:10]
    return (since is None or day >= f"{since:%Y/%m/%d}") and (until is None or day <= f"{until:%Y/%m/%d}")


def list_keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (it["Key"] for it in page.get("Contents", ()))
