"""The demo's loop: a camera changes, what people decide becomes the next model, and that copes with the camera.

    make demo LOOP=1
    python -m operations.demo_loop local --data DIR --aside DIR --before FILE.json --out FILE.json

The second line is the loop alone, in an environment that is deployed already and has answered the test set of --data
(`make evaluate` has written --before); `operations.other_camera` has set aside what the new camera will see.

Everything is done by the commands that a user has, but for one thing. The blind sample is of days that are over, and a
demo does not wait for midnight: what the new camera has sent is moved to the day before, in the register's `day` alone.
"""

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import boto3
import numpy as np
from PIL import Image

from core import arguments, environment
from core.console import UserError, out, run
from core.contract import register
from core.contract.answer_kinds import EVALUATION
from core.contract.shapes import Json
from operations import (
    alarms_now,
    api_access,
    console_address,
    evaluation,
    loop_figures,
    other_camera,
    photo_register,
    reviewing,
    terraform,
    workplace,
)
from operations.api_calls import Caller
from operations.client import Client, Photo
from operations.demo_steps import quietly, step, visibly
from operations.loop_figures import Phase
from operations.other_camera import Camera
from operations.verify import verify
from training import dataset
from training.dataset import Split

ENV, SOURCE = "local", "gate-2"  # the camera that changes is one that is watched
# Of what comes first some 150 wait, and all others are of the blind sample: a demo has one day, of which 30 say little.
FIRST, HELD = 240, 140
BLIND_PER_DAY = FIRST
# With more set aside too few of 850 photographs are left: the model, right on 0.893, does not pass the gate.
PHOTOGRAPHS = 150, 70
PACE = 4  # of CloudWatch: it looks at its alarms each 15 s
MOST = 1000  # photos that wait
AT_ONCE = 4  # photos that are sent
LOOK_SECONDS, END_SECONDS = 0.5, 240
RING_SECONDS = 90  # a minute of CloudWatch, and the time to look
SETTLED_SECONDS = 25  # after the last decision: the grace, and what the function `label` waits beyond it
# What a changed camera has to ring, before and after people have said what its photos show; others ring as well.
PICTURES, TRUTH = "image-drift", "low-accuracy"
OLD, NEW, OTHERS = "the old camera's test set", "the new camera", "the new camera, other photos"
# Of what waited. The default would leave 14 photos to tell by whether the next model is surely better.
TESTED = 0.3
QUICK = ("--members", "1", "--folds", "1")


@dataclass(frozen=True)
class Seen:
    """What the new camera sent: the register's items, and what each photo shows, by their ids."""

    items: dict[str, Json]
    truth: dict[str, str]

    def phase(self, when: str, what: str) -> Phase:
        accepted = [it for it in self.items.values() if it["state"] == register.ROUTED]
        right = sum(it["label"] == self.truth[it["id"]] for it in accepted)
        return Phase(when, what, len(self.items), len(accepted), right)

    @property
    def by_key(self) -> list[Json]:
        """What each photo shows, as `evaluation` writes it."""
        return [{"id": it["s3_key"], "label": self.truth[photo]} for photo, it in self.items.items()]


def main() -> None:
    parser = arguments.Parser("operations.demo_loop", __doc__)
    parser.add_argument("env", choices=[ENV])
    for name, what in (
        ("data", "the data set that the live model was trained on"),
        ("aside", "the photos that operations.other_camera has set aside"),
        ("before", "what operations.evaluation has found"),
        ("out", "a file for the figures, as JSON"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, help=what)
    options = parser.parse_args()
    truth = options.before.with_suffix(".truth.jsonl").read_text().splitlines()
    before = json.loads(options.before.read_text())
    phases, _ = close(options.data, options.aside, before, [json.loads(line) for line in truth])
    options.out.write_text(json.dumps([asdict(it) for it in phases], indent=2) + "\n")


def prepare(project: Path) -> None:
    """Before it is deployed for the first time."""
    path = project / environment.ENVIRONMENTS / f"{ENV}.tfvars"
    path.write_text(f"{path.read_text()}\napi = {{ blind_per_day = {BLIND_PER_DAY} }}\n")


def set_aside(data: Path, aside: Path) -> None:
    """What the new camera will see, before anything is trained."""
    other_camera.set_aside(data, aside, *((FIRST, HELD) if is_drawn(data) else PHOTOGRAPHS))


def is_drawn(data: Path) -> bool:
    return bool(dataset.read_info(data)["source"] == "sample")


def close(data: Path, aside: Path, before: Json, truth: Iterable[Json]) -> tuple[list[Phase], list[Json]]:
    """The loop, once; what was measured before, during and after, and what the new camera's photos show, by their keys.

    `truth` is that of the test set, some photos of which wait for a person.
    """
    classes = dataset.read_info(data)["classes"]
    phases = [loop_figures.of_evaluation("before", OLD, before)]

    step(f"The camera at {SOURCE} changes: its photos are blurred, dark and noisy")
    camera = other_camera.DRAWINGS if is_drawn(data) else other_camera.PHOTOGRAPHS
    seen = send(dataset.load(aside, other_camera.FIRST), classes, camera)
    phases.append(seen.phase("during", NEW))
    out.print(loop_figures.table(phases))
    end_the_day(seen)

    step("Look at what was captured, and at the alarms: make monitor, make alarms")
    visibly("operations.monitor_now", ENV)
    tell_alarms(PICTURES)

    step("Decide what waits, as a person does: drivers first, and then the blind sample")
    decide(seen, {row["id"]: row["label"] for row in truth})

    step("Make the decisions labels, and measure the true accuracy: make labels, make monitor")
    with out.status("what was said may be taken back for a while, and is no label before"):
        time.sleep(SETTLED_SECONDS)
    visibly("operations.labels_now", ENV, "--since", "2d")
    visibly("operations.monitor_now", ENV)
    tell_alarms(TRUTH)

    step("Make the next version of the data set, train on it, compare: make dataset retrain")
    model = environment.model_file(ENV)
    live = model.read_text()
    visibly("operations.make_dataset", ENV, "--data", data, "--tested", TESTED)
    visibly("report.dataset_difference", ENV)
    visibly("operations.retrain", ENV, *QUICK)
    if model.read_text() == live:
        out.print("The live model stays: the next one needs more photos, or better ones")
        return phases, seen.by_key

    step("Apply what was promoted, and prove it: make plan apply verify")
    with out.status("terraform apply"):
        workplace.apply(quietly)
    verify(ENV)

    step("Send photos of the new camera that no model has seen, and the old test set again")
    others = send(dataset.load(aside, other_camera.HELD), classes, camera)
    phases.append(others.phase("after", OTHERS))
    after, _ = evaluation.evaluate(Client(ENV, kind=EVALUATION), data)
    phases.append(loop_figures.of_evaluation("after", OLD, after))
    out.print(loop_figures.table(phases))
    return phases, seen.by_key + others.by_key


def send(photos: Split, classes: list[str], camera: Camera) -> Seen:
    """As this camera sees them, by the API as its program does; what became of each."""
    caller = Caller.program(api_access.find(ENV))
    changed = other_camera.see(photos.images, other_camera.SEED, camera)
    sent = [Photo(name, write_png(pixels)) for name, pixels in zip(photos.names, changed, strict=True)]
    with out.status(f"{len(sent)} photos"), ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(lambda photo: caller.send(photo, SOURCE), sent))
        items = follow(ids)
    truth = {photo: classes[label] for photo, label in zip(ids, photos.labels, strict=True)}
    return Seen(items, truth)


def write_png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def follow(ids: list[str]) -> dict[str, Json]:
    """Their items, once the model is done with each."""
    table, found = photo_register.open_table(ENV), dict[str, Json]()
    deadline = time.monotonic() + END_SECONDS
    while len(found) < len(ids):
        for photo in ids:
            item = None if photo in found else photo_register.find(table, photo)
            if item and item["state"] in (register.ROUTED, register.WAITING):
                found[photo] = item
            elif item and item["state"] == register.FAILED:
                raise UserError(f"photo {photo} failed by {item['error']}: make photo ID={photo} tells more")
        if time.monotonic() > deadline:
            raise UserError(f"{len(ids) - len(found)} photos have not come to an end in {END_SECONDS} s")
        time.sleep(LOOK_SECONDS)
    return found


def end_the_day(seen: Seen) -> None:
    """Move what the model routed to the day before: the blind sample is of days that are over."""
    table = photo_register.open_table(ENV)
    for photo, item in seen.items.items():
        if item["state"] == register.ROUTED:
            day, by = item["day"].split()
            before = date.fromisoformat(day) - timedelta(days=1)
            table.update_item(
                Key={"id": photo},
                UpdateExpression="SET #day = :before",
                ExpressionAttributeNames={"#day": "day"},
                ExpressionAttributeValues={":before": f"{before} {by}"},
            )
    out.print("The blind sample is of days that are over: for the demo these photos are of yesterday")


def decide(seen: Seen, by_key: Mapping[str, str]) -> None:
    """A person answers what they are given; what they see on a photo is what it shows."""
    outputs = environment.outputs(ENV)
    person = console_address.enter_sample(outputs["api"])
    caller = Caller(outputs["api"]["url"], lambda: person.token)
    waiting = photo_register.list_open(photo_register.open_table(ENV), register.WAITING, MOST)
    truth = {it["id"]: by_key[it["s3_key"]] for it in waiting if it["s3_key"] in by_key} | seen.truth
    with out.status("decisions"):
        answered = reviewing.answer(caller, truth, outputs["routes"], seen.items, len(seen.items))
    drivers = sum(seen.items[it]["state"] == register.WAITING for it in answered if it in seen.items)
    ours = sum(it in seen.items for it in answered)
    out.print(
        f"{drivers} photos are decided whose drivers waited, and {ours - drivers} of the blind sample judged; between "
        f"those came {len(answered) - ours} of the test set"
    )


def tell_alarms(expected: str) -> None:
    """Those that ring, once this one does; CloudWatch looks at them each minute."""
    cloudwatch, prefix = boto3.client("cloudwatch"), terraform.read_prefix(ENV)
    deadline = time.monotonic() + RING_SECONDS
    with out.status("CloudWatch looks at its alarms each minute"):
        while True:
            ringing, _ = alarms_now.find(cloudwatch, prefix)
            if f"{prefix}-{expected}" in {it.name for it in ringing} or time.monotonic() > deadline:
                break
            time.sleep(LOOK_SECONDS)
    for alarm in ringing:
        out.print(alarms_now.describe(alarm, datetime.now(UTC)))


if __name__ == "__main__":
    run(main)
