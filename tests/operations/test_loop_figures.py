"""What the demo's loop shows of a phase: counts, and the bounds within which the shares surely are."""

import pytest

from core.figures import metrics
from operations import loop_figures
from operations.loop_figures import Phase


def test_a_phase_says_how_much_is_accepted_and_how_right_that_is_with_bounds():
    phase = Phase("during", "the new camera", photos=180, accepted=76, right=57)
    assert phase.coverage == metrics.bound_exactly(76, 180)
    assert phase.accuracy == metrics.bound_exactly(57, 76)
    assert phase.accuracy.low < 0.75 < phase.accuracy.high


def test_of_what_is_not_accepted_no_accuracy_is_known():
    phase = Phase("during", "the new camera", photos=180, accepted=0, right=0)
    assert phase.accuracy is None
    assert loop_figures.write(phase.accuracy) == "-"


def test_what_an_evaluation_has_counted_is_a_phase():
    confusion = {
        "bicycle": {"bicycle": 60, "motorcycle": 2, "review": 12, "failed": 1, "lost": 0},
        "motorcycle": {"bicycle": 1, "motorcycle": 70, "review": 4, "failed": 0, "lost": 0},
    }
    found = loop_figures.of_evaluation("before", "the test set", {"photos": 150, "confusion": confusion})
    assert found == Phase("before", "the test set", photos=150, accepted=133, right=130)


@pytest.mark.parametrize("accepted", [0, 1, 75, 150])
def test_bounds_stand_behind_the_share(accepted):
    found = Phase("", "", 150, accepted, accepted).coverage
    assert loop_figures.write(found) == f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
