"""A window with more records than are read: its older hours come from the monitor's results, and say the same."""

import hashlib
import json
import sys
from argparse import Namespace
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.builders import captured, png

from core.contract.answer_kinds import LIVE
from core.contract.model_id import identify
from core.figures.drift import TOLERATED
from core.figures.tally import Tally
from monitoring import past
from monitoring.watch import Settings, watch
from report import __main__

BUCKET, ENDPOINT = "scones-long-window-test", "scones"
BEFORE = "0" * 16
SINCE, UNTIL = datetime.fromisoformat("2024-10-15T09:00:00Z"), datetime.fromisoformat("2024-10-17T09:00:00Z")


@pytest.fixture(scope="module")
def watched(
    aws: Any, cloud_variables: dict[str, str], traffic: Any, artefact: Path, executed: tuple[str, datetime]
) -> dict[str, Any]:
    """An environment's outputs: for two days the live model answered, at first another one too."""
    s3, live = aws("s3"), identify(hashlib.sha256(artefact.read_bytes()).hexdigest())
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"models/{live}/model.tar.gz", Body=artefact.read_bytes())
    answered = {live: by_hour(traffic(480, seed=40)[0]), BEFORE: by_hour(traffic(48, seed=41)[0])}
    answered[BEFORE] = dict(list(answered[BEFORE].items())[:20])
    answered[BEFORE]["2024/10/15/11"] += b"no record\n"
    parked = picture()
    for number, hour in enumerate(answered[live]):
        time = SINCE + timedelta(hours=number, minutes=30)
        answered[live][hour] += captured(
            time.isoformat(), "[0.9, 0.1]", image=parked, eventId=f"parked-{number}"
        )
    for model, hours in answered.items():
        for hour, lines in hours.items():
            key = f"captures/{model}/{ENDPOINT}/AllTraffic/{hour}/00-00-000-a.jsonl"
            s3.put_object(Bucket=BUCKET, Key=key, Body=lines)
    s3.put_object(
        Bucket=BUCKET,
        Key=f"results/monitor/{ENDPOINT}/last.json",
        Body=json.dumps({"until": SINCE.isoformat()}).encode(),
    )
    settings = Settings(
        bucket=BUCKET,
        captures="captures",
        results="results/monitor",
        models="models",
        endpoint=ENDPOINT,
        model=live,
        namespace="long-window",
        threshold=0.93,
        tolerated=TOLERATED,
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cloud_variables.items():
            patch.setenv(name, value)
        watch(settings, UNTIL + timedelta(hours=1), UNTIL, lambda: 600)
    return {
        "bucket": BUCKET,
        "endpoint_name": ENDPOINT,
        "model": {"id": live, "labels": ["bicycle", "motorcycle"]},
        "state_machine_arn": executed[0],
        "threshold": 0.93,
        "tolerated_drift": TOLERATED,
    }


def picture() -> bytes:
    rough = np.random.default_rng(42).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    return png(rough.repeat(2, axis=0).repeat(2, axis=1))


def by_hour(lines: bytes) -> dict[str, bytes]:
    """Under the names of their folders."""
    found: dict[str, bytes] = defaultdict(bytes)
    for line in lines.splitlines(keepends=True):
        time = datetime.fromisoformat(json.loads(line)["eventMetadata"]["inferenceTime"])
        found[f"{time:%Y/%m/%d/%H}"] += line
    return found


@pytest.fixture
def report(watched, cloud_variables, patched, tmp_path):
    """The figures, of a report that reads so many records one by one."""
    for name, value in cloud_variables.items():
        patched.setenv(name, value)
    patched.setattr(__main__.environment, "outputs", lambda _: watched)

    def run(most: int, *flags: str) -> dict[str, Any]:
        patched.setattr(__main__, "READ", most)
        out = tmp_path / str(most)
        times = ("--since", SINCE.isoformat(), "--until", UNTIL.isoformat())
        patched.setattr(sys, "argv", ["report", "--env", "prod", "--out", str(out), *times, *flags])
        __main__.main()
        return json.loads((out / "report.json").read_text())

    return run


def test_results_of_the_monitor_say_what_reading_every_record_says(report, aws, tmp_path):
    every = report(1_000_000)
    forget_captures(aws("s3"), "/2024/10/15/")
    some = report(110)
    assert (every["counted"], every["records"]) == (0, 548)
    assert (some["counted"], some["records"]) == (438, 548)
    assert some["counted_since"] == SINCE.isoformat()
    assert some["counted_until"] == "2024-10-16T23:00:00+00:00", "eleven an hour, and the last ten are read"
    assert some["unreadable"] == every["unreadable"] == {"not JSON": 1}
    assert some["unreadable_examples"] == every["unreadable_examples"]
    assert some["releases"] == every["releases"]
    assert some["verdict"] == every["verdict"]
    one_by_one = {
        *("read", "first", "last", "confidence_quantiles", "thresholds"),
        *("least_confident", "unusual"),
    }
    for read, counted in zip(every["models"], some["models"], strict=True):
        for name in read.keys() - one_by_one:
            assert counted[name] == approximately(read[name]), name
    live, other = some["models"]
    assert (live["read"], live["records"], len(live["least_confident"])) == (100, 482, 12)
    assert live["repeats"] == 46, "one stands there for two days"
    assert (other["read"], other["records"], other["least_confident"]) == (0, 20, [])
    page = (tmp_path / "110" / "report-prod.html").read_text()
    assert "46 repeats of a photo left out: each counts once a day." in page
    assert (
        "438 records from 15 Oct 2024, 09:00 UTC to 16 Oct 2024, 23:00 UTC are counted in the monitor" in page
    )


@pytest.mark.usefixtures("watched")
def test_the_same_hours_a_week_before_are_those_of_the_window(cloud_variables, monkeypatch):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    now = SINCE + timedelta(days=7, minutes=30)
    found = past.read_week_before(BUCKET, f"results/monitor/{ENDPOINT}", now, now + timedelta(hours=2))
    assert {it.since[11:16] for it in found} == {"09:00", "10:00", "11:00"}
    assert {it.since[:10] for it in found} == {f"{SINCE:%Y-%m-%d}"}


def test_hours_that_were_counted_at_another_threshold_are_told():
    hours: Any = [SimpleNamespace(threshold=at, tally=Tally(records=5)) for at in (None, 0.93, 0.9, 0.9)]
    counted = past.Past(hours, SINCE, UNTIL)
    assert counted.at_other_thresholds(0.93) == {0.9: 10}


def forget_captures(s3: Any, when: str) -> None:
    pages = s3.list_objects_v2(Bucket=BUCKET, Prefix="captures/")["Contents"]
    old = [{"Key": it["Key"]} for it in pages if when in it["Key"]]
    assert old
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": old})


def approximately(value: Any) -> Any:
    """Numbers may differ in their last digits, as sums of hours do."""
    if isinstance(value, dict):
        return {name: approximately(each) for name, each in value.items()}
    if isinstance(value, list):
        return [approximately(each) for each in value]
    return pytest.approx(value, rel=1e-6) if isinstance(value, float) else value


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"threshold": 0.93}, False),
        ({"kinds": [LIVE, "bulk"]}, False),
    ],
)
def test_a_question_that_the_monitor_did_not_ask_is_answered_by_reading(
    watched, cloud_variables, monkeypatch, change, counts
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(__main__, "READ", 100)
    monkeypatch.setattr(__main__.environment, "outputs", lambda _: watched)
    args = Namespace(**{"env": "prod", "threshold": None, "since": "9d", "kinds": [LIVE]} | change)
    found = __main__.read_past(__main__.take_environment(args), args, SINCE, UNTIL)
    assert bool(found) == counts


@pytest.mark.parametrize(
    ("closed", "most", "until"),
    [
        ("2024-10-17T09:00:00+00:00", 600, None),
        ("2024-10-17T09:00:00+00:00", 1, "2024-10-17T09:00:00+00:00"),
        ("2024-10-15T12:00:00+00:00", 100, "2024-10-15T12:00:00+00:00"),
        ("2024-10-15T09:00:00+00:00", 100, None),
    ],
    ids=[
        "few enough to read them all",
        "an hour too large to read",
        "hours that are not closed",
        "none closed",
    ],
)
@pytest.mark.usefixtures("watched")
def test_what_has_to_be_read_begins_where_it_is_few_enough_and_the_monitor_is_not_done(
    aws, cloud_variables, monkeypatch, closed, most, until
):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    body = json.dumps({"until": closed}).encode()
    aws("s3").put_object(Bucket=BUCKET, Key=f"results/monitor/{ENDPOINT}/last.json", Body=body)
    found = past.read(BUCKET, f"results/monitor/{ENDPOINT}", SINCE, UNTIL, most)
    assert (found and found.until) == (until and datetime.fromisoformat(until))
