"""Which changes of the photos ring an alarm, and what each costs: `make bench ONLY=drift DATA=... MODEL=...`.

Thirty kinds of change (see `shifts`), at 100, 500 and 2,000 photos a day, each of 10, 25 and 100 % of them: on what
share of the days does any alarm of a day's figures ring? Beside it the true fall of accuracy, in points: the model's
own answers to all test photos say it.

A day's photos are drawn from the test split, with replacement, and counted as different photos: the monitor's own
reckoning of repeats is for a photo that is sent twice, and a photo drawn twice stands for two that look alike. Only
those of a frozen camera are repeats. Days are compared with the artefact's own baseline, made of other photos. So the
chance by which these two samples differ is in every day, also in the unchanged ones: they ring here rather more often
than at a loading bay, whose photos are new every day.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench import days, exposures
from bench.days import Monitor
from bench.figures import Figure
from bench.shifts import ALL, UNCHANGED, Shift
from core.console import UserError, out
from core.contract.decision import THRESHOLD
from core.figures import baseline
from training import dataset

SHARES = (0.1, 0.25, 1.0)
PHOTOS = (100, 500, 2000)  # a day
DAYS, UNCHANGED_DAYS = 200, 1000
SEED = 0


@contextlib.contextmanager
def ready(data: Path, model: Path) -> Iterator[Callable[[], list[Figure]]]:
    info, test = dataset.read_info(data), dataset.load(data, "test")
    if not model.is_file():
        raise UserError(f"{model} is not there: make it with `make train`, or name another by MODEL=")
    reference = baseline.from_artefact(model)
    if reference is None:
        raise UserError(f"{model} has no baseline: nothing watches such a model")
    if reference.classes != info["classes"]:
        raise UserError(f"{model} tells {reference.classes} apart, {data} holds {info['classes']}")
    drawn = "drawn, no photographs" if info["source"] == "sample" else f"photos of {info['source']}"
    out.print(f"drift: {len(test.labels)} test photos, {drawn}")
    exposed = exposures.expose(model, reference, test.images, test.labels, ALL, SEED)
    yield lambda: measure(Monitor(exposed, reference, THRESHOLD))


def measure(monitor: Monitor) -> list[Figure]:
    chance = np.random.default_rng(SEED)
    exposed = monitor.exposed
    unchanged = days.accuracy(exposed, UNCHANGED)
    found = [
        Figure(name(UNCHANGED, "accuracy"), 100 * unchanged, "%", "accuracy on the test photos, as they are")
    ]
    for photos in PHOTOS:
        rings = monitor.watch(UNCHANGED, 0.0, photos, UNCHANGED_DAYS, chance)
        found.append(Figure(name(UNCHANGED, photos), rings.share, "of days", rings.alarm))
    for shift in exposed.shifts:
        fall = 100 * (unchanged - days.accuracy(exposed, shift))
        found.append(Figure(name(shift, "fall"), fall, "points", "of accuracy, if all photos are affected"))
        for share in SHARES:
            for photos in PHOTOS:
                rings = monitor.watch(shift, share, photos, DAYS, chance)
                found.append(Figure(name(shift, f"{share:.0%}", photos), rings.share, "of days", rings.alarm))
    return found


def name(shift: Shift, *parts: object) -> str:
    """Of a figure: drift_night_25%_500."""
    return "_".join(["drift", shift.name.replace(" ", "-"), *map(str, parts)])
