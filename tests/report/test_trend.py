"""How figures went over time: the steps, what each says, and where another model was released."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.contract.model_id import identify
from report import draw_trends
from report.releases import Release, find_releases
from report.trend import DAY, HOUR, WEEK, choose_step, number_of

NOON = datetime(2024, 10, 16, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "step"),
    [(timedelta(minutes=2), HOUR), (2 * DAY, HOUR), (3 * DAY, DAY), (30 * DAY, DAY), (100 * DAY, WEEK)],
)
def test_a_window_is_shown_by_hours_days_or_weeks(window, step):
    assert choose_step(NOON - window, NOON) == step


def test_a_week_begins_on_monday():
    monday = datetime(2024, 10, 14, tzinfo=UTC).timestamp()
    assert number_of(monday, WEEK) == number_of(monday - 1, WEEK) + 1 == number_of(monday + 7 * 86_399, WEEK)


def test_every_step_has_its_figures_and_adds_up_to_the_whole(make, traffic, folder, artefact, tmp_path):
    lines, truth = traffic(600, seed=50)
    capture = folder({"capture/a.jsonl": lines, "truth.jsonl": truth}) / "capture"
    _, figures = make(capture, "--model", artefact, "--truth", tmp_path / "truth.jsonl")
    (model,) = figures["models"]
    trend = model["trend"]
    assert [point["since"][:13] for point in trend[:2]] == ["2024-10-15T09", "2024-10-15T10"]
    assert (len(trend), {point["records"] for point in trend}) == (48, {12, 13})
    assert sum(point["labelled"] for point in trend) == model["labelled"]["records"] == 600
    for name in ("coverage", "estimated_accuracy", "accuracy"):
        whole = model["labelled"]["accuracy"] if name == "accuracy" else model[name]
        mean = np.average([it[name]["value"] for it in trend], weights=[it["records"] for it in trend])
        assert mean == pytest.approx(whole["value"])
        assert all(it[name]["low"] <= it[name]["value"] <= it[name]["high"] for it in trend)
    assert all(point["drift"] == {} for point in trend), "12 records have no bounds"


def test_the_drift_of_a_step_shows_where_something_began(make, traffic, folder, artefact):
    lines = traffic(400, seed=51)[0]
    dark = traffic(400, seed=52, brightness=0.5)[0].splitlines(keepends=True)
    capture = folder({"a.jsonl": lines + b"".join(shifted(line, days=3) for line in dark)})
    _, figures = make(capture, "--model", artefact)
    (model,) = figures["models"]
    (tolerance,) = [row["tolerance"] for row in model["drift"] if row["statistic"] == "brightness"]
    moved = [point["drift"]["brightness"]["low"] > tolerance for point in model["trend"]]
    assert moved == [False, False, False, True, True, True]


def shifted(line: bytes, days: int) -> bytes:
    record = json.loads(line)
    time = datetime.fromisoformat(record["eventMetadata"]["inferenceTime"])
    record["eventMetadata"]["inferenceTime"] = (time + timedelta(days=days)).isoformat()
    return json.dumps(record).encode() + b"\n"


def test_a_release_is_where_another_model_first_answers(make, traffic, folder, artefact):
    live = identify(hashlib.sha256(artefact.read_bytes()).hexdigest())
    old, new = (traffic(80, seed=seed)[0].splitlines(keepends=True) for seed in (53, 54))
    place = "ep/AllTraffic/2024/10/15/09/a.jsonl"
    lines = {f"{'0' * 16}/{place}": old[:50], f"{live}/{place}": new[40:]}
    text, figures = make(
        folder({name: b"".join(each) for name, each in lines.items()}), "--model", artefact, "--live", live
    )
    assert figures["releases"] == [{"model": live, "time": "2024-10-16T09:00:00+00:00"}]
    assert f"Releases: {live} first answered on 16 Oct 2024, 09:00 UTC." in text


def answering(name: str, *hours: int) -> Any:
    """A model that answers in these hours."""
    trend = [point(NOON + hour * HOUR, value=0.9, low=0.8, high=1.0) for hour in hours]
    return SimpleNamespace(model=name, first=trend[0].since, trend=trend)


def test_a_window_of_one_model_has_no_release():
    assert find_releases([answering("a", 0, 1, 3)]) == []


def test_a_rollback_is_a_release_too():
    found = find_releases([answering("a", 0, 1, 4, 5), answering("b", 2, 3)])
    assert [(it.model, it.time[11:16]) for it in found] == [("b", "14:00"), ("a", "16:00")]


def test_bounds_and_releases_are_drawn():
    estimate = {"value": 0.9, "low": 0.7, "high": 0.95}
    points = [point(NOON + hours * HOUR, **estimate) for hours in range(3)]
    model: Any = SimpleNamespace(model="live", trend=points)
    releases = [
        Release("live", (NOON + HOUR).isoformat()),
        Release("later", (NOON + 1.01 * HOUR).isoformat()),
    ]
    figure = draw_trends.draw_figures([model], releases, "live", {"coverage": 0.6, "accuracy": 0.85})
    records, coverage, _ = figure.axes
    assert [bar.get_height() for bar in records.patches] == [40, 40, 40]  # type: ignore[attr-defined]
    (bars,) = coverage.collections
    low, high = np.array(bars.get_segments())[:, :, 1].T  # type: ignore[attr-defined]
    assert (set(low), set(high)) == ({0.7}, {0.95})
    assert [text.get_text() for text in records.texts] == ["live answers"], "names do not stand on each other"
    assert len([line for line in coverage.lines if line.get_color() == draw_trends.theme.PURPLE]) == 2


def point(since: datetime, **estimate: float) -> Any:
    found = SimpleNamespace(**estimate)
    return SimpleNamespace(
        since=since.isoformat(),
        until=(since + HOUR).isoformat(),
        records=40,
        coverage=found,
        estimated_accuracy=found,
        accuracy=None,
        drift={},
    )
