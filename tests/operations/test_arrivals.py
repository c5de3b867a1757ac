"""When photos arrive, and how what came out of them is counted: pure functions, drawn from a seed."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from operations.arrivals import PATTERNS, arrivals
from operations.client import Outcome, Photo
from operations.ends import GARBAGE, LoadTally, percentile, rates, remarks

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 2000.0


def drawn(pattern: str, rate: float = 10) -> np.ndarray:
    return np.array(list(arrivals(pattern, rate, SECONDS, Random(1))))


def share(moments: np.ndarray, part: slice) -> float:
    """Of the photos, those that arrive in these hundredths of the time."""
    counts, _ = np.histogram(moments, bins=100, range=(0, SECONDS))
    return counts[part].sum() / counts.sum()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_has_the_rate_that_was_asked_for(pattern):
    moments = drawn(pattern)
    assert abs(len(moments) - 10 * SECONDS) < 4 * (10 * SECONDS) ** 0.5
    assert (np.diff(moments) > 0).all()
    assert 0 < moments[0] < moments[-1] < SECONDS


def test_steady_arrivals_are_a_poisson_process():
    gaps = np.diff(drawn("steady"))
    assert gaps.mean() == pytest.approx(0.1, rel=0.03)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.03)
    assert share(drawn("steady"), slice(0, 50)) == pytest.approx(0.5, abs=0.02)


def test_four_fifths_of_the_photos_come_in_bursts_that_take_a_fifth_of_the_time():
    moments = drawn("bursts")
    in_bursts = sum(share(moments, slice(start, start + 4)) for start in range(0, 100, 20))
    assert in_bursts == pytest.approx(0.8, abs=0.02)


def test_a_day_is_busy_at_noon_and_quiet_at_midnight():
    moments = drawn("diurnal")
    assert share(moments, slice(45, 55)) == pytest.approx(0.19, abs=0.02)
    assert share(moments, slice(0, 5)) + share(moments, slice(95, 100)) == pytest.approx(0.01, abs=0.01)


def test_the_same_seed_gives_the_same_moments():
    once, again, other = (list(arrivals("bursts", 5, 20, Random(seed))) for seed in (7, 7, 8))
    assert once == again != other


def outcome(name: str, kind: str, seconds: float, error: str = "") -> Outcome:
    return Outcome(Photo(name, b""), name, kind, seconds, "", {}, error, "")


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed():
    counts = Counter({0.1: 50, 0.2: 40, 3.0: 10})
    assert [percentile(counts, percent) for percent in (50, 90, 99)] == [0.1, 0.2, 3.0]


def test_what_came_out_is_counted_by_kind_and_takes_no_more_memory_with_more_photos():
    tally = LoadTally()
    for number in range(1000):
        tally.send(Photo(f"{number}.png", b""), late=0.0, under_way=3)
        tally.end(outcome(f"{number}.png", "accepted", 0.5 + number / 1e6))
    tally.send(GARBAGE[1], late=0.0, under_way=3)
    tally.end(outcome(GARBAGE[1].name, "failed", 0.2, "NotAnImage"))
    assert tally.sent == {"good": 1000, "empty": 1}
    assert tally.errors == {"empty": {"NotAnImage": 1}}
    assert (tally.count("accepted"), tally.count("failed"), tally.count("lost")) == (1000, 1, 0)
    assert len(tally.seconds["good"]) == 1
    assert "at most 3 under way" in rates(tally, 5)
    assert remarks(tally, 5) == []


def test_good_photos_that_failed_are_counted_by_the_error():
    tally = LoadTally()
    for error in ("EndpointUnavailable", "EndpointUnavailable", "AccessDenied"):
        tally.end(outcome("a.png", "failed", 1.0, error))
    assert remarks(tally, 5) == [
        "2 good photos failed as EndpointUnavailable.",
        "1 good photos failed as AccessDenied.",
    ]


def test_it_says_who_could_not_keep_up():
    tally = LoadTally()
    tally.send(Photo("a.png", b""), late=2.5, under_way=60)
    mine, theirs = remarks(tally, asked=5)
    assert mine.startswith("This machine could not keep up: a photo was sent 2.5 s after its moment")
    assert theirs.startswith("The environment could not keep up: 60 photos were under way")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--rate", "0"), "--rate takes photos a second, as in 5 or 0.5, not '0'"),
        (("--poison", "5"), "--poison takes a share from 0 to 1, as in 0.05, not '5'"),
        (
            ("--duration", "soon"),
            "--duration takes seconds, minutes or hours, as in 60s, 5m or 2h, not 'soon'",
        ),
        (
            ("--data", "nowhere"),
            "nowhere is not a staged data set (no dataset.json): make one with `make stage`",
        ),
    ],
)
def test_a_mistake_is_answered_in_one_line(option, said):
    command = [sys.executable, "-m", "operations.loadgen", "local", *option]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, f"error: {said}\n")
