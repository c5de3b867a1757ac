"""`make bench ONLY=truth`: how many photos people have to judge, and that the bounds hold, in small."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bench import blind_weeks, file
from bench.__main__ import DEFAULT, main


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blind_weeks, "WEEKS", 300)


def test_the_page_holds_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, page = tmp_path / "truth.json", tmp_path / "drift.md"
    page.write_text("# Drift\n<!-- make bench ONLY=truth -->\n<!-- end -->\n")
    flags = ["--only", "truth", "--out", str(path), "--page", str(page)]
    monkeypatch.setattr(sys, "argv", ["bench", *flags])
    main()
    printed, text = capsys.readouterr().out, page.read_text()
    known = {it.name: it.value for it in file.read(path).figures}
    needed = known["truth_half_even_0.98"]
    assert 25 <= needed <= 35
    assert f"| 98.0% | {needed:.0f} |" in text
    assert "Photos to judge a day, for a week to show a fall of 5 points" in printed
    assert "| 99.5% |" in text and "| true accuracy | 30 photos |" in text
    assert "truth" not in DEFAULT.split(",")


def test_no_two_weeks_are_alike_and_some_days_have_no_judgement() -> None:
    weeks, truth = blind_weeks.draw(0.9, 100, np.random.default_rng(0))
    assert (weeks.judged.sum(axis=1) == 100).all()
    assert (weeks.photos >= weeks.judged).all()
    assert (weeks.judged == 0).any() and len(np.unique(weeks.weights, axis=0)) > 200
    assert 0.7 < truth.min() < truth.max() < 1
    np.testing.assert_allclose((weeks.weights * weeks.judged).sum(axis=1), 1)


def test_fewer_photos_show_a_fall_from_more_and_where_days_are_alike() -> None:
    chance = np.random.default_rng(0)
    high, low = (blind_weeks.find_needed(it, "even", 0.5, chance) for it in (0.99, 0.95))
    assert high < low < blind_weeks.find_needed(0.95, "weekend", 0.5, chance)
