"""Days of photos drawn from a model's answers, and which alarms each of them rings.

    Monitor(exposed, baseline, threshold).watch(shift, 0.25, 500, 200, chance)  ->  Rings(0.97, "image-drift")

What the monitor does with a day's answers is done by its own functions: they are counted, compared with the artefact's
baseline and turned into metrics, and the alarms of Terraform's code are held against these.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from bench import alarm_rules
from bench.alarm_rules import Rule
from bench.exposures import Exposed
from bench.shifts import UNCHANGED, Shift
from core.figures import drift, metrics
from core.figures.baseline import Baseline
from monitoring import publish
from monitoring.window import tally

SILENT = ""


@dataclass(frozen=True)
class Rings:
    """Of some days."""

    share: float  # of the days, on which any alarm rings
    alarm: str  # the one that rings most often


class Monitor:
    def __init__(self, exposed: Exposed, baseline: Baseline, threshold: float) -> None:
        self.exposed, self.baseline, self.threshold = exposed, baseline, threshold
        self.rules: list[Rule] = alarm_rules.read()
        self.tolerated = alarm_rules.limits()

    def watch(self, shift: Shift, share: float, photos: int, days: int, chance: np.random.Generator) -> Rings:
        heard = [self.listen(self.draw(shift, share, photos, chance), photos) for _ in range(days)]
        often = Counter(alarm for alarms in heard for alarm in alarms)
        alarm = often.most_common(1)[0][0] if often else SILENT
        return Rings(sum(map(bool, heard)) / days, alarm)

    def draw(self, shift: Shift, share: float, photos: int, chance: np.random.Generator) -> np.ndarray:
        """The rows of a day: so large a share of it under the shift, the rest as it was."""
        labels, affected = self.exposed.labels, round(share * photos)
        changed = shift.draw(labels, affected, chance)
        if shift.repeats:  # the monitor counts each once
            changed = np.unique(changed)
        others = UNCHANGED.draw(labels, photos - affected, chance)
        return np.concatenate([self.exposed.first(shift) + changed, others])

    def listen(self, rows: np.ndarray, photos: int) -> list[str]:
        """The alarms that a day with these rows rings; what more there were of its photos are repeats."""
        figures = self.figures(rows, photos)
        return [rule.alarm for rule in self.rules if rule.rings(figures)]

    def figures(self, rows: np.ndarray, photos: int) -> dict[str, float]:
        """What the monitor publishes of such a day."""
        window = replace(self.exposed.window.part(rows), repeats=photos - len(rows))
        counted = tally(window, self.baseline, self.threshold)
        return dict(publish.figures(drift.assess(counted, self.baseline, self.tolerated)))


def accuracy(exposed: Exposed, shift: Shift) -> float:
    """The share of right answers if all photos are affected; by a mix of classes, as often as each comes."""
    start, labels = exposed.first(shift), exposed.labels
    predicted = metrics.predict(exposed.window.probabilities[start : start + len(labels)])
    if shift.repeats:  # the vehicle that arrives is another than the one on the photo
        return float((predicted[:, None] == labels).mean())
    drawn = shift.draw(labels, 100_000, np.random.default_rng(exposed.seed))
    right = predicted == labels
    return float(right.mean() if shift.draw is UNCHANGED.draw else right[drawn].mean())
