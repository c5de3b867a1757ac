"""Beside a day's figures stand those of the same hours a week before: what comes every week has not just begun."""

import hashlib
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.contract.model_id import identify
from core.figures.tally import Tally
from monitoring import past
from report import __main__

SINCE = datetime.fromisoformat("2024-10-15T09:00:00+00:00")
UNTIL = SINCE + timedelta(days=2)


def results(*models: str, brightness: float) -> list[Any]:
    """An hour of each: 100 answers of confidence 0.8, to pictures of that brightness."""
    counted = Tally(
        records=100,
        confidence_sum=80.0,
        confidence_variance_sum=16.0,
        classes=[70, 30],
        sums={"confidence": [100, 80.0], "brightness": [100, 100 * brightness]},
    )
    return [SimpleNamespace(model=model, tally=counted) for model in models]


@pytest.fixture
def report(make, traffic, folder, artefact, patched):
    """The page's text and the model's figures, of dark photos, with these results of a week before."""
    live = identify(hashlib.sha256(artefact.read_bytes()).hexdigest())
    lines = traffic(400, seed=80, brightness=0.5)[0]
    capture = folder({f"capture/{live}/ep/AllTraffic/2024/10/15/09/a.jsonl": lines}) / "capture"

    def run(*found: Any) -> tuple[str, dict[str, Any]]:
        patched.setattr(__main__, "read_week_before", lambda *_: found)
        text, figures = make(capture, "--model", artefact, "--live", live)
        return text, figures["models"][0]

    run.live = live  # type: ignore[attr-defined]
    return run


def test_what_moved_is_shown_beside_the_same_hours_a_week_before(report):
    text, model = report(*results(report.live, brightness=60.0))
    before = model["week_before"]
    assert (before["brightness"], before["confidence"], before["estimated accuracy"]) == (60.0, 0.8, 0.8)
    assert before["class mix"] in (0.7, 0.3)
    assert "a week before" in text
    assert "; in the same hours a week before 60 of 255." in text
    assert "noise" not in before, "nothing was measured of it"


def test_of_another_models_week_only_the_pictures_count(report):
    _, model = report(*results("0" * 16, brightness=60.0))
    assert model["week_before"] == {"brightness": 60.0}


def test_without_results_of_a_week_before_nothing_is_said_of_it(report):
    text, model = report()
    assert model["week_before"] == {}
    assert "a week before" not in text


@pytest.mark.parametrize(
    ("since", "change", "reads"),
    [
        (SINCE, {}, True),
        (SINCE - timedelta(days=6), {}, False),
        (None, {}, False),
        (SINCE, {"kinds": ["live", "bulk"]}, False),
    ],
)
def test_a_week_before_is_asked_for_where_it_says_something(monkeypatch, since, change, reads):
    monkeypatch.setattr(past, "read_week_before", lambda *_: ["results"])
    sources: Any = SimpleNamespace(monitored=("bucket", "prefix"))
    args: Any = SimpleNamespace(**{"kinds": ["live"]} | change)
    assert bool(__main__.read_week_before(sources, args, since, UNTIL)) == reads


def test_the_page_says_once_what_surely_means(report):
    text, _ = report()
    assert text.count("Surely: with 99.9% confidence.") == 1
