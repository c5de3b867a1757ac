"""The range of each statistic in which nearly all pictures of the training lie: one beyond any of them is outside.

    limits, counts = find(statistics)  ->  {"brightness": [22.0, 231.2], ...}, [838, 12]: how many were in and outside

The limits are the quantiles of 0.2 and 99.8 %. They are made of these very pictures, so that others lie outside more
often: that is found out with parts that are left out in turn, and the limits are widened until it is seldom.

Of 850 photographs of CIFAR-100's bicycles and motorcycles, the quantiles alone leave 3.5 % of the 150 others outside;
the limits do 1.3 %, and say 1.5 % (means of 60 splits). All that are black, at night or blurred by a pixel are outside.
"""

import numpy as np

from core.figures.pictures import OF_PIXELS, STATISTICS

TAIL = 0.002
SELDOM = 0.02  # well below what is tolerated
WIDER = (0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2)  # by so much of the range, on both sides
PARTS = 10
SLACK = 1e-3  # of any unit: a value that all pictures have is not met to its last digit


def find(statistics: np.ndarray) -> tuple[dict[str, list[float]], list[int]]:
    """Nothing of fewer than two pictures."""
    columns = statistics[:, [STATISTICS.index(name) for name in OF_PIXELS]]
    columns = columns[np.isfinite(columns).all(axis=1)].astype(float)
    n = len(columns)
    if n < 2:
        return {}, []
    for wider in WIDER:
        outside = count_left_out(columns, wider)
        if outside <= SELDOM * n:
            break
    limits = np.array(span(columns, wider)).T
    return dict(zip(OF_PIXELS, limits.tolist(), strict=True)), [n - outside, outside]


def count_left_out(columns: np.ndarray, wider: float) -> int:
    """How many are beyond the limits that the others give."""
    part = np.arange(len(columns)) % min(PARTS, len(columns))
    outside = 0
    for number in range(part.max() + 1):
        low, high = span(columns[part != number], wider)
        left_out = columns[part == number]
        outside += int(((left_out < low) | (left_out > high)).any(axis=1).sum())
    return outside


def span(columns: np.ndarray, wider: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.quantile(columns, [TAIL, 1 - TAIL], axis=0)
    margin = wider * (high - low) + SLACK
    return low - margin, high + margin
