"""A statistic of one period: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p95."""

import math
import re
from collections.abc import Sequence

from localcloud.metrics.series import Sample

PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d+)?)")


def is_known(name: str) -> bool:
    return name in STATISTICS or PERCENTILE.fullmatch(name) is not None


def compute(name: str, samples: Sequence[Sample]) -> float | None:
    """The statistic, or None of no samples. A percentile is the smallest value that as many do not exceed."""
    if not samples:
        return None
    if name in STATISTICS:
        return float(STATISTICS[name](samples))
    share = float(name[1:]) / 100
    values = sorted(sample.maximum for sample in samples)
    return values[max(math.ceil(share * len(values)) - 1, 0)]


def _count(samples: Sequence[Sample]) -> float:
    return sum(sample.number for sample in samples)


def _sum(samples: Sequence[Sample]) -> float:
    return sum(sample.total for sample in samples)


STATISTICS = {
    "Average": lambda samples: _sum(samples) / _count(samples),
    "Maximum": lambda samples: max(sample.maximum for sample in samples),
    "Minimum": lambda samples: min(sample.minimum for sample in samples),
    "SampleCount": _count,
    "Sum": _sum,
}
