"""From a window of answers to what can be said of them, in two steps, so that hours add up to a day.

tally(window, baseline, threshold)  ->  Tally, with + and to_json and from_json
assess(one + another, baseline)     ->  coverage, estimated accuracy, class mix, entropy and drift, as plain JSON
"""

from collections.abc import Mapping
from dataclasses import asdict

from core.figures import metrics
from core.figures.baseline import Baseline
from core.figures.drift import TOLERATED, compare
from core.figures.tally import Tally, count
from monitoring.window import Window


def tally(window: Window, baseline: Baseline | None, threshold: float) -> Tally:
    return count(window.probabilities, window.pictures, baseline.edges if baseline else {}, threshold)


def assess(live: Tally, baseline: Baseline | None, tolerated: Mapping[str, float] = TOLERATED) -> dict:
    """What cannot be said is None: anything of no records, and estimated accuracy and drift without a baseline."""
    n = live.records
    names = baseline.classes if baseline else [str(position) for position in range(len(live.classes))]
    drifts = compare(baseline, live, tolerated) if baseline else []
    return {
        "records": n,
        "coverage": metrics.wilson(live.accepted / n, n)._asdict() if n else None,
        "estimated_accuracy": estimated_accuracy(live, baseline)._asdict() if n and baseline else None,
        "confidence": live.confidence_sum / n if n else None,
        "entropy": live.entropy_sum / n if n else None,
        "class_mix": {name: count / n for name, count in zip(names, live.classes, strict=True)} if n else {},
        "drift": [asdict(drift) for drift in drifts],
        "moved": list(dict.fromkeys(drift.statistic for drift in drifts if drift.verdict == "moved")),
    }


def estimated_accuracy(live: Tally, baseline: Baseline) -> metrics.Estimate:
    """Needs a baseline, because only a model whose confidence was calibrated says how often it is right."""
    return metrics.estimated_accuracy(
        live.records, live.confidence_sum, live.confidence_variance_sum, baseline.variance
    )
