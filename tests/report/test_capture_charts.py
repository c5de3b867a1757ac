"""What the charts of a capture show, read from the figures that matplotlib would draw."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from core.figures import metrics, scores
from core.figures.drift import Drift
from report import draw_answers, draw_trust, facts
from training import plots

NAMES = ["bicycle", "motorcycle"]
PROBABILITIES = np.array([[0.95, 0.05], [0.4, 0.6], [0.99, 0.01], [0.1, 0.9]])
TIMES = np.array([0.0, 3600.0, 7200.0, 90000.0])  # the last is on the next day, at one o'clock


def xs(line: Line2D) -> list[float]:
    return np.asarray(line.get_xdata()).tolist()


def ys(line: Line2D) -> list[float]:
    return np.asarray(line.get_ydata()).tolist()


def bars(axes: Axes) -> list[Rectangle]:
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert len(found) == len(axes.patches)
    return found


def labels(figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_every_answer_is_a_point_and_every_execution_that_routed_nobody_a_mark():
    unrouted = {"review": np.array([3600.0]), "failed": np.array([10.0, 20.0])}
    figure = draw_answers.draw_timeline(TIMES, PROBABILITIES, NAMES, 0.93, unrouted, draw_answers.WIDE)
    (axes,) = figure.axes
    drawn = {line.get_label(): ys(line) for line in axes.lines}
    assert drawn["bicycle"] == [0.95, 0.99]
    assert drawn["motorcycle"] == [0.6, 0.9]
    marks = [line for line in axes.lines if line.get_marker() in ("|", "x")]
    assert [len(xs(line)) for line in marks] == [1, 2]
    assert all(max(ys(line)) < 0.5 for line in marks), "below what any answer can be"
    assert [tick.get_text() for tick in axes.get_yticklabels()][-2:] == ["review", "failed"]
    assert labels(figure) == ["bicycle", "motorcycle", "threshold 0.93"]
    assert {line.get_marker() for line in axes.lines[:2]} == {"o", "^"}, "told apart without colour"


def test_a_histogram_counts_every_answer_of_its_class():
    figure = draw_answers.draw_histogram(PROBABILITIES, NAMES, 0.93)
    counts = [sum(bar.get_height() for bar in bars(axes)) for axes in figure.axes]
    assert counts == [2, 2]
    assert [axes.get_title() for axes in figure.axes] == ["bicycle, 2 records", "motorcycle, 2 records"]


def test_hours_are_those_of_the_day_in_utc():
    counts = facts.count_hours(TIMES, PROBABILITIES.argmax(axis=1), 2)
    assert {(row, hour): n for (row, hour), n in np.ndenumerate(counts) if n} == {
        (0, 0): 1, (0, 2): 1, (1, 1): 2
    }  # fmt: skip
    image = draw_answers.draw_hours(counts, NAMES, draw_answers.NARROW).axes[0].images[0].get_array()
    assert isinstance(image, np.ma.MaskedArray)
    assert (image.shape, image.count(), image.sum()) == ((2, 24), 3, 4), "empty hours stay empty"


@pytest.mark.parametrize("baseline", [None, np.array([30, 10])])
def test_shares_of_the_classes_stand_beside_the_baselines(baseline):
    figure = draw_answers.draw_shares(np.array([3, 1]), NAMES, baseline)
    assert [bar.get_width() for bar in bars(figure.axes[0])] == [0.75, 0.25]
    diamonds = [xs(line) for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert diamonds == ([] if baseline is None else [[0.75, 0.25]])


def test_a_curve_has_a_point_for_each_confidence_at_which_more_are_accepted():
    curve = scores.trace_curve(np.array([0.6, 0.9, 0.9, 0.7]), np.array([False, True, True, False]))
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.6]
    assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([1, 2 / 3, 0.5])
    assert curve.at(0.65) == (0.75, pytest.approx(2 / 3))
    assert curve.at(0.95) is None, "nothing is as sure"
    assert scores.trace_curve(np.linspace(0.5, 1, 50), np.ones(50), fewest=20).coverage.min() == 0.4


@pytest.mark.parametrize("draw", [draw_trust.draw_reliability, plots.reliability])
def test_the_reliability_diagram_has_a_point_with_bounds_per_bin_and_no_line_through_them(draw):
    """In the report and in training's pictures: ten of 0.95, nine of them right, and two of 0.65."""
    probabilities = np.array([[0.95, 0.05]] * 10 + [[0.65, 0.35]] * 2)
    right = np.array([0] * 9 + [1] + [0, 1])
    (axes,) = draw(probabilities, right).axes
    many, few = axes.containers
    assert (ys(many[0]), ys(few[0])) == ([pytest.approx(0.9)], [0.5])
    assert {line[0].get_linestyle() for line in (many, few)} == {"None"}
    assert many[0].get_markerfacecolor() == many[0].get_color()
    assert few[0].get_markerfacecolor() == "white", "two records: its bounds say more than the point does"
    bounds = few[2][0].get_segments()[0][:, 1]
    assert bounds.tolist() == pytest.approx([(it := metrics.wilson(0.5, 2)).low, it.high])
    (counts,) = axes.child_axes
    assert [tick.get_text() for tick in counts.get_xticklabels()] == ["2", "10"]


def test_drifts_are_drawn_in_multiples_of_what_is_tolerated():
    def row(name, value, tolerance, verdict):
        return Drift(name, "ks", value, value / 2, value * 2, tolerance, 84, 100, 1.0, 2.0, verdict, "")

    drifts = [row("confidence", 0.05, 0.1, "steady"), row("brightness", 0.4, 0.1, "moved")]
    figure = draw_trust.draw_drifts(drifts)
    (axes,) = figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["confidence", "brightness"]
    points = {line.get_label(): line.get_xdata() for line in axes.lines}
    assert points["tolerance"] == [1, 1]
    assert labels(figure) == ["tolerance", "moved", "steady"]
    moved, steady = axes.containers
    assert (moved[0].get_xdata().tolist(), steady[0].get_xdata().tolist()) == ([4.0], [0.5])
    (bar,) = moved[2]
    assert bar.get_segments()[0][:, 0].tolist() == [2.0, 8.0]
