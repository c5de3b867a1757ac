"""From captured records to arrays: one window a model, whatever comes in between."""

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from core.figures import baseline
from core.figures.baseline import Baseline
from core.figures.pictures import STATISTICS
from monitoring import repeats as memory
from monitoring.record import Record
from monitoring.window import collect

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLASSES = ["bicycle", "motorcycle"]


def png(level: int) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 32), (level, level, level)).save(content, "PNG")
    return content.getvalue()


def another(number: int) -> bytes:
    """A picture of brightness 120, with other bytes than the others."""
    return png(120) + str(number).encode()


def record(
    number: int, probabilities=(0.9, 0.1), image: bytes | None = None, model="a" * 16, **more
) -> Record:
    fields = {
        "event_id": f"event-{number}",
        "time": START + timedelta(seconds=number),
        "probabilities": probabilities,
        "content_type": "image/png",
        "image_text": base64.b64encode(image or b"").decode(),
        "file": "x.jsonl",
        "line": number,
        "model": model,
        "endpoint": "image-classifier-ep",
        "variant": "AllTraffic",
        "attributes": {},
        "inference_id": None,
    }
    return Record(**fields | more)


@pytest.fixture(scope="module")
def reference() -> Baseline:
    """Sure answers to plain pictures of brightness 100 to 139."""
    answers = np.tile([0.99, 0.01], (40, 1))
    made = baseline.make(answers, np.zeros(40, int), [png(100 + n) for n in range(40)], CLASSES, 0.93)
    return baseline.load(json.dumps(made).encode())


def test_nothing_captured_gives_no_window():
    assert collect([]) == {}


def test_each_model_behind_an_endpoint_has_a_window_of_its_own():
    records = [record(n, (0.6, 0.4) if n % 3 else (0.2, 0.8), model="ab"[n % 2] * 16) for n in range(10)]
    found = collect(records, images=False)
    assert found.keys() == {"a" * 16, "b" * 16}
    assert found["b" * 16].times.tolist() == [START.timestamp() + n for n in (1, 3, 5, 7, 9)]
    assert found["b" * 16].probabilities.tolist() == [
        [0.6, 0.4],
        [0.2, 0.8],
        [0.6, 0.4],
        [0.6, 0.4],
        [0.2, 0.8],
    ]
    assert np.isnan(found["a" * 16].pictures).all()
    assert found["a" * 16].pictures.shape == (5, len(STATISTICS))


def test_pictures_are_measured_in_the_order_of_the_records():
    levels = [n % 200 for n in range(600)]
    images = [png(level) for level in range(200)]
    (found,) = collect(record(n, image=images[level]) for n, level in enumerate(levels)).values()
    np.testing.assert_allclose(found.pictures[:, 0], levels, atol=0.01)


def test_missing_and_undecodable_pictures_are_told_apart():
    records = [record(0, image=png(9)), record(1), record(2, image=b"broken"), record(3, image_text="*")]
    (found,) = collect(records).values()
    assert np.isnan(found.pictures[:, 0]).tolist() == [False, True, True, True]
    assert found.undecodable == 2


def test_records_of_another_number_of_classes_are_counted_and_left_out(reference):
    records = [record(n, (0.5, 0.3, 0.2)) for n in range(3)] + [record(9)]
    (found,) = collect(records).values()
    assert (found.probabilities.shape, found.mismatched) == ((3, 3), 1)
    (found,) = collect(records, baseline_of=lambda _: reference).values()
    assert (found.probabilities.shape, found.mismatched) == ((1, 2), 3)
    (found,) = collect(records[:3], baseline_of=lambda _: reference).values()
    assert (found.probabilities.shape, found.pictures.shape, found.mismatched) == (
        (0, 2),
        (0, len(STATISTICS)),
        3,
    )


def test_the_right_class_is_found_by_event_by_inference_id_and_by_the_photos_key():
    key = "incoming/größe 1.png"
    records = [
        record(0),
        record(1, inference_id="order-7"),
        record(2, attributes={"s3_key": key}),
        record(3),
    ]
    labels = {"event-0": 1, "order-7": 0, key: 1, "event-9": 0}
    (found,) = collect(records, images=False, labels_of=lambda _: labels).values()
    assert found.truth.labels.tolist() == [1, 0, 1]
    (unlabelled,) = collect(records, images=False).values()
    assert unlabelled.truth.labels.tolist() == []


def test_a_photo_that_was_answered_twice_counts_once_and_by_its_last_answer():
    first, again = (
        record(n, answer, attributes={"s3_key": "a.png"}) for n, answer in enumerate([(0.9, 0.1), (0.2, 0.8)])
    )
    (found,) = collect([first, again], images=False, labels_of=lambda _: {"a.png": 1}).values()
    assert found.truth.probabilities.tolist() == [[0.2, 0.8]]
    assert len(found.times) == 2, "each is an answer all the same"


def test_what_is_not_live_is_counted_by_its_kind_and_left_out_but_tells_the_truth():
    kinds = ["bulk", "evaluation", "live", "evaluation"]
    records = [
        record(n, attributes={"s3_key": f"{n}.png", "kind": kind}, image=png(0))
        for n, kind in enumerate(kinds)
    ]
    labels = {"1.png": 0, "3.png": 1}
    (found,) = collect([*records, record(4)], exhibits=9, labels_of=lambda _: labels).values()
    assert (len(found.times), found.left_out) == (2, {"bulk": 1, "evaluation": 2})
    assert found.truth.labels.tolist() == [0, 1]
    assert [it.event_id for it in found.least_confident] == ["event-2"]
    (asked,) = collect(records, images=False, kinds=["bulk", "evaluation"]).values()
    assert (len(asked.times), asked.left_out) == (3, {"live": 1})


def test_a_picture_stands_in_the_gallery_once():
    records = [record(n, (0.5 + n / 100, 0.5 - n / 100), png(n % 2)) for n in range(6)]
    (found,) = collect(reversed(records), exhibits=9).values()
    assert [it.event_id for it in found.least_confident] == ["event-0", "event-1"]


def test_each_model_has_right_classes_of_its_own():
    labels = {"a" * 16: {"event-0": 0, "event-1": 0}, "b" * 16: {"event-1": 1}}
    records = [record(number, model=model * 16) for model in "ab" for number in (0, 1)]
    found = collect(records, images=False, labels_of=labels.__getitem__)
    assert [found[model].truth.labels.tolist() for model in labels] == [[0, 0], [1]]


def test_the_gallery_keeps_the_least_confident_and_the_confidently_unusual(reference):
    shares = np.random.default_rng(0).permutation(np.linspace(0.5, 0.92, 300))
    records = [record(n, (share, 1 - share), another(n)) for n, share in enumerate(shares)]
    unusual = {301: 250, 302: 0, 303: 160}  # the middle of the baseline is 120, so 250 is the farthest
    records += [record(n, (0.99, 0.01), png(level)) for n, level in unusual.items()]
    records += [record(304, (0.99, 0.01), png(120)), record(305, (0.6, 0.4), b"broken")]
    (found,) = collect(records, exhibits=3, baseline_of=lambda _: reference).values()

    assert [max(exhibit.probabilities) for exhibit in found.least_confident] == sorted(shares)[:3]
    assert found.least_confident[0].why == "confidence 0.500"
    assert found.least_confident[0].image == another(int(shares.argmin()))
    assert [exhibit.event_id for exhibit in found.unusual] == ["event-301", "event-302", "event-303"]
    assert found.unusual[0].why == "brightness 250 of 255, in training mostly 104 to 135"

    (stricter,) = collect(records, exhibits=3, baseline_of=lambda _: reference, threshold=0.995).values()
    assert stricter.unusual == [], "none is accepted at that threshold"

    (without,) = collect(records, exhibits=3).values()
    assert len(without.least_confident) == 3
    assert without.unusual == []


def shown(number: int, level: int = 0) -> bytes:
    """A picture of its own, the more so the lighter."""
    rough = np.random.default_rng(number).integers(0, 200, (16, 16, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(rough + np.uint8(level)).resize((64, 64), Image.Resampling.BICUBIC).save(content, "PNG")
    return content.getvalue()


def test_a_vehicle_that_is_photographed_again_counts_once_a_day():
    """Every quarter of an hour for two days, as the light changes, beside others that come once."""
    quarter = timedelta(minutes=15)
    parked = [record(n, image=shown(0, n % 9), time=START + n * quarter) for n in range(192)]
    others = [record(n, image=shown(n), time=START + n * timedelta(hours=1)) for n in range(1, 48)]
    (found,) = collect(sorted([*parked, *others], key=lambda it: it.time)).values()
    assert (len(found.times), found.repeats) == (47 + 2, 190)
    assert len(found.probabilities) == len(found.pictures) == len(found.times)
    assert sum(map(len, found.counted.values())) == len(found.times)


def test_black_photos_of_a_broken_camera_each_count():
    (found,) = collect(record(n, image=png(0)) for n in range(40)).values()
    assert (len(found.times), found.repeats) == (40, 0)


def test_a_photo_that_was_counted_in_an_hour_before_is_a_repeat():
    first = collect([record(0, image=shown(1))])["a" * 16].counted
    for hours, repeats in ((1, 1), (23, 1), (24, 0)):
        later = [record(1, image=shown(1), time=START + timedelta(hours=hours))]
        (found,) = collect(later, counted_of=lambda _: first).values()
        assert found.repeats == repeats


def test_a_repeat_still_tells_whether_the_model_was_right():
    records = [record(n, image=shown(1), attributes={"s3_key": f"{n}.png"}) for n in range(2)]
    (found,) = collect(records, labels_of=lambda _: {"0.png": 0, "1.png": 1}).values()
    assert (found.repeats, found.truth.labels.tolist()) == (1, [0, 1])


def test_a_larger_file_is_not_unusual(reference):
    content = io.BytesIO()
    Image.new("RGB", (640, 480), (120, 120, 120)).save(content, "PNG")
    records = [record(0, (0.99, 0.01), content.getvalue()), record(1, (0.99, 0.01), png(250))]
    (found,) = collect(records, exhibits=9, baseline_of=lambda _: reference, threshold=0.93).values()
    assert [exhibit.event_id for exhibit in found.unusual] == ["event-1"]


def test_of_a_busy_hour_so_many_pictures_are_remembered_and_no_more(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 2)
    seen, far = memory.Seen(), [0xFF << (8 * place) for place in range(4)]
    assert [seen.is_repeat(each, 5) for each in (*far, *far)] == [False] * 4 + [True, True, False, False]
    assert len(seen.counted[5]) == 2
