"""Beside the estimated accuracy stands the true one of what was accepted, by people who did not know the answers."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders import make_label

from core.contract.model_id import identify
from core.figures import true_accuracy
from core.figures.true_accuracy import Truth
from monitoring import past
from report import __main__

UNTIL = datetime.fromisoformat("2024-10-16T09:30:00+00:00")
DAYS = ["2024-10-13", "2024-10-14"]


def judge(right: int, wrong: int) -> Truth:
    labels = [
        make_label(f"{n}", label="bicycle" if n < right else "motorcycle", routed_day=DAYS[n % 2])
        for n in range(right + wrong)
    ]
    found = true_accuracy.find(labels, dict.fromkeys(DAYS, 400), make_label().model, 0.98)
    assert found
    return found


@pytest.fixture
def report(make, traffic, folder, artefact, patched):
    """The page's text and report.json's figures of the live model, where people have said this."""
    live = identify(hashlib.sha256(artefact.read_bytes()).hexdigest())
    lines = traffic(60, seed=80)[0]
    capture = folder({f"capture/{live}/ep/AllTraffic/2024/10/15/09/a.jsonl": lines}) / "capture"

    def run(truth: Truth) -> tuple[str, dict[str, Any]]:
        patched.setattr(__main__, "read_judged", lambda *_: {live: truth, "0" * 16: judge(1, 0)})
        text, figures = make(capture, "--model", artefact, "--live", live)
        return text, figures["models"][0]

    return run


def test_a_true_accuracy_that_fell_is_shown_beside_the_estimate_and_is_the_verdict(report):
    truth = judge(150, 50)
    text, model = report(truth)
    assert Truth.from_json(model["judged"]) == truth
    assert "True accuracy of what is accepted has fallen by 23.0 points" in model["verdict"]["text"]
    assert "True accuracy of what is accepted 75.0%" in text
    assert "by its confidence the model is right on 97.0% of the same photos: too high by 22.0 points" in text
    assert "In training it was right on 98.0% of what it accepted: fallen by 23.0 points" in text
    assert "200 photos of the blind sample, 2024-10-13 to 2024-10-14" in text


def test_before_anybody_has_judged_a_photo_the_page_says_so(report):
    text, model = report(judge(0, 0))
    assert model["judged"]["accuracy"] is None
    assert "Nobody has judged a photo of the blind sample of these days" in text
    assert "has fallen" not in model["verdict"]["text"]


def test_the_last_result_of_the_day_has_what_people_said(monkeypatch):
    truth, since = judge(30, 0), UNTIL - timedelta(hours=2, minutes=30)
    read: list[Any] = []

    class One:
        model, truth = "m", None

    older, newer = One(), One()
    older.truth, newer.truth = judge(1, 0), truth  # type: ignore[assignment]

    def results(source: str, period: Any) -> tuple[None, list[One]]:
        read.append((source, period.since, period.until))
        return None, [older, newer, One()]

    monkeypatch.setattr(past, "_read_results", results)
    assert past.read_truths("bucket", "results/monitor/ep", UNTIL) == {"m": truth}
    day_before = UNTIL.replace(minute=0) - timedelta(days=1)
    assert read == [("s3://bucket/results/monitor/ep", day_before, UNTIL)]
    assert since > day_before and json.dumps(asdict(truth))
