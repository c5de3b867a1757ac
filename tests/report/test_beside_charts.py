"""The baseline beside live: a panel for each statistic, on the baseline's own bins."""

import numpy as np

from core.figures.tally import Tally
from report import draw_beside

WIDE = [32.0, float(np.nextafter(32.0, np.inf))]


def test_each_statistic_has_live_bars_beside_the_baselines_line_and_says_where_bins_are_cut():
    edges = {"brightness": [10.0, 20.0, 30.0], "width": WIDE}
    baseline = Tally(histograms={"brightness": [25, 25, 25, 25], "width": [0, 100, 0]})
    live = Tally(histograms={"brightness": [4, 0, 0, 0], "width": [0, 0, 4]})
    brightness, width = draw_beside.draw(edges, baseline, live, ["brightness", "width"]).axes
    assert [bar.get_height() for bar in brightness.patches[:4]] == [1, 0, 0, 0]  # type: ignore[attr-defined]
    assert brightness.patches[4].get_data().values.tolist() == [0.25] * 4  # type: ignore[attr-defined]
    assert [text.get_text() for text in brightness.get_xticklabels()] == ["10", "20", "30"]
    assert [bar.get_height() for bar in width.patches[:3]] == [0, 0, 1]  # type: ignore[attr-defined]
    assert [(tick.get_text(), tick.get_position()[0]) for tick in width.get_xticklabels()] == [("32", 1)], (
        "a value that fills a bin alone is named in its middle"
    )
    assert (brightness.get_title(), width.get_title()) == ("brightness, of 255", "width, pixels")
