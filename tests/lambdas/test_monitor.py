"""The monitor's handler: settings, events, its line of log. What it finds: tests/monitoring/test_watch.py."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest

from core.contract.errors import InvalidEvent
from core.contract.shapes import InvalidSetting
from lambdas import monitor

REQUIRED = {"BUCKET": "b", "ENDPOINT_NAME": "e", "NAMESPACE": "Scones/test"}


@pytest.fixture
def context():
    return SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 600_000)


@pytest.fixture
def settings(monkeypatch, bucket):
    for name, value in {"BUCKET": bucket.name, "NAMESPACE": "Scones/test", "RESULTS": "results"}.items():
        monkeypatch.setenv(name, value)
    monitor.settings.cache_clear()
    yield
    monitor.settings.cache_clear()


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_setting_is_named(missing):
    with pytest.raises(InvalidSetting, match=f"^{missing} must be set$"):
        monitor.read_settings({**REQUIRED, missing: ""})


def test_settings_have_the_workflows_defaults():
    settings = monitor.read_settings(REQUIRED)
    assert (settings.captures, settings.results, settings.models) == ("captures", "results/monitor", "models")
    assert (settings.model, settings.threshold) == ("", 0.93)
    assert settings.tolerated == {
        "confidence": 0.1,
        "images": 0.1,
        "classes": 0.04,
        "outside": 0.03,
        "fall": 0.005,
        "repeats": 0.15,
    }


def test_how_much_drift_is_tolerated_is_a_setting():
    settings = monitor.read_settings({**REQUIRED, "TOLERATED": '{"images": 0.3}'})
    assert settings.tolerated == {
        "confidence": 0.1,
        "images": 0.3,
        "classes": 0.04,
        "outside": 0.03,
        "fall": 0.005,
        "repeats": 0.15,
    }


@pytest.mark.parametrize("text", ["", "0.1", "[]", '{"pictures": 0.1}', '{"images": 0}', '{"images": "0.1"}'])
def test_a_tolerance_that_says_nothing_is_refused(text):
    with pytest.raises(InvalidSetting, match=r"^TOLERATED must be shares"):
        monitor.read_settings({**REQUIRED, "TOLERATED": text})


@pytest.mark.parametrize("event", [None, [], "2024-10-15T14:20:00Z", {"scheduled": 5}, {"scheduled": "soon"}])
def test_an_event_that_names_no_time_is_refused(event):
    with pytest.raises(InvalidEvent):
        monitor.times(event)


def test_a_scheduled_run_looks_at_whole_hours_only():
    now, until = monitor.times({"scheduled": "2024-10-15T16:20:00+02:00"})
    assert (now, until) == (
        datetime(2024, 10, 15, 14, 20, tzinfo=UTC),
        datetime(2024, 10, 15, 14, 0, tzinfo=UTC),
    )


@pytest.mark.usefixtures("settings")
def test_a_run_now_looks_until_now_and_logs_one_line(context, capsys):
    started = datetime.now(UTC)
    recent = (started - timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    boto3.client("s3").put_object(
        Bucket=monitor.settings().bucket,
        Key="results/image-classifier-ep/last.json",
        Body=json.dumps({"until": recent.isoformat()}),
    )
    answer = monitor.handler({}, context)
    assert answer["statusCode"] == 200
    assert started <= datetime.fromisoformat(answer["body"]["until"]) <= datetime.now(UTC)
    (line,) = capsys.readouterr().out.splitlines()
    assert (json.loads(line)["function"], json.loads(line)["message"]) == ("monitor", "done")
