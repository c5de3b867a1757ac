"""Looks at what an endpoint has captured, hour by hour, from the last hour that is done: the monitor function's work.

    watch(settings, now, until, seconds_left)  ->  what it came to, as plain JSON

Each hour and model gets a result in S3 (see `results`) and metrics (see `publish`). A result holds totals that add up,
so that the figures of a day are those of 24 hours, each read once. The live model gets one without traffic too.
An hour is closed a while after its end, because captures come late. Until then every run works it out again, replaces
its result, and publishes what was added: run it as often as you like. Hours that an outage or the function's time
limit has left over come first in the next run, the oldest first.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from core import archives, label_store
from core.contract.model_id import artefact_key
from core.contract.shapes import Json
from core.figures import scores, true_accuracy
from core.figures.baseline import Baseline, BrokenBaseline, from_artefact
from core.figures.drift import Assessment, assess
from core.figures.tally import Tally
from monitoring.blind_sample import BlindSample
from monitoring.capture import Capture
from monitoring.publish import publish
from monitoring.repeats import pack
from monitoring.results import Result, Results, list_counted, whole_hour
from monitoring.window import collect, tally

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTLING = timedelta(minutes=15)  # SageMaker writes what it captured within minutes
RESERVE_SECONDS = 30  # for an hour with more traffic than those before it
NO_MODEL = "none"  # the live model's name when there is none
METRICS = "metrics.json"  # in an artefact
EXAMPLES = 10  # of unreadable lines, in a result


@dataclass(frozen=True)
class Settings:
    """Prefixes in the bucket, the endpoint that is watched, its live model, the least confidence that passes.

    Then how much drift is tolerated of what (see drift.TOLERATED), and the register of photos; without it nobody says
    how often the model is right.
    """

    bucket: str
    captures: str
    results: str
    models: str
    endpoint: str
    model: str
    namespace: str
    threshold: float
    tolerated: Mapping[str, float]
    table: str = ""


def watch(settings: Settings, now: datetime, until: datetime, seconds_left: Callable[[], float]) -> Json:
    """Look at every hour that is not closed, until that time, or until the function's own time runs out."""
    watcher = Watcher(settings, now)
    hour = first = watcher.results.read_closed() or whole_hour(until) - DAY
    found: list[Json] = []
    longest = 0.0
    while hour < until and (hour == first or seconds_left() > RESERVE_SECONDS + 2 * longest):
        begun = time.monotonic()
        found += [summary(result) for result in watcher.look(hour, min(hour + HOUR, until))]
        hour += HOUR
        if hour + SETTLING <= now:
            watcher.results.close(hour)
        longest = max(longest, time.monotonic() - begun)
    return {
        "until": min(hour, until).isoformat(),
        "hours_left": max(0, -((hour - until) // HOUR)),
        "results": found,
    }


@dataclass(frozen=True)
class Trained:
    """What a model's artefact says of its training, if it does."""

    baseline: Baseline | None = None
    expected: float | None = None  # how often what the threshold accepts is right


class Watcher:
    """One run's clients, and what it has read already."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self.settings, self.now = settings, now
        self.s3: S3Client = boto3.client("s3", config=Config(max_pool_connections=label_store.WORKERS))
        self.cloudwatch = boto3.client("cloudwatch")
        self.results = Results(self.s3, settings.bucket, f"{settings.results}/{settings.endpoint}")
        self.live = settings.model or NO_MODEL
        self.trained = cache(self._trained)
        self.sample = BlindSample(self.s3, settings.bucket, settings.table, now.date())

    def look(self, since: datetime, until: datetime) -> Iterator[Result]:
        """The results of an hour, one for each model that answered in it, and for the live one."""
        for model in self.models:
            result = self.result(model, since, until)
            if model == self.live or result.records or result.unreadable:
                before = self.results.read(model, since)
                if result != before:
                    # In this order a failure in between publishes twice, which harms less than never.
                    publish(self.cloudwatch, self.settings.namespace, result, before, self.now)
                    self.results.write(model, since, result)
                yield result

    @cached_property
    def models(self) -> list[str]:
        """The live model, and every other that has ever been captured."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.settings.bucket, Prefix=f"{self.settings.captures}/", Delimiter="/"
        )
        folders = [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", [])]
        return sorted({self.live, *(folder.split("/")[-2] for folder in folders)})

    def _trained(self, model: str) -> Trained:
        """What is known of a model that is gone, or of an old one that is damaged, is nothing."""
        key = artefact_key(model, self.settings.models)
        try:
            artefact = self.s3.get_object(Bucket=self.settings.bucket, Key=key)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return Trained()
        try:
            return Trained(from_artefact(artefact), expect(artefact, self.settings.threshold))
        except BrokenBaseline:
            if model == self.live:
                raise
            return Trained()  # whatever became of an old model, the live one is watched

    def result(self, model: str, since: datetime, until: datetime) -> Result:
        """What a model's captures of an hour, and of the day that ends with it, say."""
        source = f"s3://{self.settings.bucket}/{self.settings.captures}/{model}/{self.settings.endpoint}"
        capture = Capture(source, since, until)
        trained = self.trained(model)
        baseline = trained.baseline
        earlier = self.earlier(model, since)
        counted = list_counted(earlier)
        found = collect(capture, baseline_of=lambda _: baseline, counted_of=lambda _: counted)
        window = next(iter(found.values()), None)
        hour = tally(window, baseline, self.settings.threshold) if window else Tally()
        return Result(
            since=since.isoformat(),
            until=until.isoformat(),
            endpoint=self.settings.endpoint,
            model=model,
            records=capture.records,
            unreadable=capture.unreadable_count,
            unreadable_reasons=dict(sorted(capture.unreadable.items())),
            unreadable_examples=capture.examples[:EXAMPLES],
            undecodable_images=window.undecodable if window else 0,
            other_number_of_classes=window.mismatched if window else 0,
            not_live=dict(window.left_out) if window else {},
            counted=pack(each for hour in window.counted.values() for each in hour) if window else "",
            threshold=self.settings.threshold,
            tally=hour,
            hour=assess(hour, baseline, self.settings.tolerated),
            day=assess(sum((it.tally for it in earlier), hour), baseline, self.settings.tolerated),
            truth=self.sample.look(
                model,
                since.date(),
                trained.expected,
                self.settings.tolerated["fall"],
                next((it.truth for it in earlier if it.truth), None),
            ),
        )

    def earlier(self, model: str, since: datetime) -> list[Result]:
        """Those of the 23 hours before, the last one first."""
        found = (self.results.read(model, since - hours * HOUR) for hours in range(1, 24))
        return [result for result in found if result]


def expect(artefact: bytes, threshold: float) -> float | None:
    """By the test split, if the artefact tells of one."""
    told = archives.read_member(artefact, METRICS)
    metrics = json.loads(told) if told else {}
    return true_accuracy.expect(
        scores.read_curve(metrics.get("coverage_curve", [])), metrics.get("n_test"), threshold
    )


def summary(result: Result) -> Json:
    """What somebody wants to read of a result: the hour's figures, what the day's say about drift, and the truth."""
    coverage, accuracy = result.hour.coverage, result.hour.estimated_accuracy
    return {
        "since": result.since,
        "until": result.until,
        "model": result.model,
        "records": result.records,
        "left_out": sum(result.not_live.values()),
        "repeats": result.repeats,
        "unreadable": result.unreadable,
        "coverage": coverage and coverage.value,
        "estimated_accuracy": accuracy and accuracy.value,
        "truth": result.truth and asdict(result.truth),
        "drift": verdict(result.day),
        "moved": [drift.words for drift in result.day.drift if drift.verdict == "moved"],
    }


def verdict(day: Assessment) -> str:
    if not day.records:
        return "no records"
    if not day.drift:
        return "no baseline"
    if day.moved:
        return f"moved: {', '.join(day.moved)}"
    if not day.untold:
        return "steady"
    told = any(drift.verdict == "steady" for drift in day.drift)
    return f"cannot tell: {', '.join(day.untold)}" if told else "cannot tell yet"
