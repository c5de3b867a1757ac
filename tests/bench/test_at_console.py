"""What the row `console` tells of what it measured, and what it says where it cannot."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from bench import at_console, browsing, next_photos, prefix
from bench.morning_peak import Peak
from core.console import UserError


def test_a_peak_is_told_as_figures():
    waited = [*range(1, 20), 70.0]
    told = {it.name: it for it in at_console.describe(Peak(waited, 200, 3, 0.48))}
    assert {name: it.value for name, it in told.items()} == {
        "console_wait_s": 10.5,
        "console_wait_95_s": pytest.approx(67.45),
        "console_wait_most_s": 70,
        "console_within_minute": 95,
        "console_unanswered": 3,
    }
    assert {it.unit for it in told.values()} == {"s", "%", "drivers"}
    assert "20 of 200 drivers" in told["console_wait_s"].meaning
    assert "away 48% of the time" in told["console_wait_s"].meaning


@pytest.mark.parametrize("waited", [[], [12.0]])
def test_a_peak_in_which_nobody_was_answered_says_so(waited):
    with pytest.raises(
        UserError, match=f"of 20 drivers {len(waited)} were answered by a person, 19 by nobody"
    ):
        at_console.describe(Peak(waited, 20, 19, 0.5))


def test_a_figure_and_its_95th_percentile_are_named_after_each_other():
    median, high = at_console.both("console_next_ms", [float(it) for it in range(1, 101)], "ms", "it takes")
    assert (median.name, median.value, median.meaning) == ("console_next_ms", 50.5, "it takes, the median")
    assert (high.name, high.unit) == ("console_next_95_ms", "ms")
    assert high.value == pytest.approx(95.95)


class Program:
    """The model is sure of every other picture."""

    def __init__(self, *states: str) -> None:
        self.states, self.sent = states, 0

    def send(self, _photo: Any, _source: str) -> str:
        self.sent += 1
        return str(self.sent - 1)

    def follow(self, photo: str, _seconds: float) -> Any:
        return SimpleNamespace(body={"state": self.states[int(photo) % len(self.states)]})


def test_pictures_are_told_apart_by_what_the_model_says(monkeypatch):
    monkeypatch.setattr(prefix, "drawings", lambda: [bytes([it]) for it in range(200)])
    found = at_console.find_pictures(Program("routed", "waiting"))  # type: ignore[arg-type]
    assert found.sure == [bytes([it]) for it in range(0, at_console.TRIED, 2)]
    assert found.unsure == [bytes([it]) for it in range(1, at_console.TRIED, 2)]
    for state, sure in (("routed", 120), ("waiting", 0)):
        with pytest.raises(UserError, match=f"is sure of {sure}: train another model"):
            at_console.find_pictures(Program(state))  # type: ignore[arg-type]


class Desk:
    """A review page at which so many photos wait, and each takes so long to come."""

    def __init__(self, photos: int, every_ms: float) -> None:
        self.left, self.every, self.now = photos, every_ms, 0.0
        self.due, self.pressed, self.measured = 0.0, "", 0
        self.keyboard = SimpleNamespace(press=self.press)

    def monotonic(self) -> float:
        return self.now / 1000

    def wait_for_timeout(self, milliseconds: float) -> None:
        self.now += milliseconds

    def evaluate(self, script: str) -> Any:
        if script == next_photos.SHOWN:
            return self.left > 0 and self.now >= self.due
        if script == next_photos.TAKEN:
            return [7] * self.measured
        assert script == "performance.clearMeasures()"
        return None

    def press(self, key: str) -> None:
        assert self.evaluate(next_photos.SHOWN), "only what is shown is decided"
        self.left -= 1
        self.pressed += key
        self.measured += self.left > 0
        self.due = self.now + self.every


def test_all_photos_are_decided_by_turns_and_each_next_one_is_measured(monkeypatch):
    desk = Desk(60, 1000)
    monkeypatch.setattr(next_photos, "time", desk)
    assert next_photos.decide(desk) == [7.0] * 59  # type: ignore[arg-type]
    assert desk.pressed == "bm" * 30


def test_a_page_that_stops_showing_photos_is_told(monkeypatch):
    desk = Desk(12, 0)
    monkeypatch.setattr(next_photos, "time", desk)
    with pytest.raises(
        UserError, match="after 12 decisions the review page shows no photo more, and 60 waited"
    ):
        next_photos.decide(desk)  # type: ignore[arg-type]


def test_what_is_missing_for_a_browser_is_said_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(browsing.shutil, "which", lambda _program: None)
    monkeypatch.setattr(browsing.importlib.util, "find_spec", lambda _name: object())
    with pytest.raises(UserError, match="apt-get install chromium"), browsing.opened():
        pass
    monkeypatch.setitem(sys.modules, "playwright", None)
    monkeypatch.setattr(browsing.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match="playwright is not installed"), browsing.opened():
        pass
