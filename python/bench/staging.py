"""Staging: photos into files and lists, as training reads them. What is staged is drawn beforehand."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext

from bench.figures import Figure

TRAIN, TEST = 850, 150  # photos
# In a process of its own, because staging shows its own progress.
STAGE = """
import sys, tempfile, time
from pathlib import Path
from training import sample, selection, stage
archive = sample.draw(int(sys.argv[1]), int(sys.argv[2]), seed=0)
with tempfile.TemporaryDirectory() as folder:
    started = time.perf_counter()
    splits, info = selection.select(archive, stage.CLASSES.split(","), stage.VALIDATION, stage.SEED)
    stage.write(Path(folder, "data"), splits, {**info, "source": "sample"})
    print(time.perf_counter() - started)
"""


def ready() -> nullcontext[Callable[[], list[Figure]]]:
    return nullcontext(measure)


def measure() -> list[Figure]:
    done = subprocess.run(
        [sys.executable, "-c", STAGE, str(TRAIN), str(TEST)], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds = float(done.stdout.split()[-1])
    photos = TRAIN + TEST
    return [
        Figure("staging_s", seconds, "s", f"to stage {photos:,} photos of 32x32"),
        Figure("staging_photos_per_s", photos / seconds, "/s", "photos, of the same"),
    ]
