"""The monitor's hours: captured files in a real S3, and what comes of them in S3 and CloudWatch."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from tests.builders import REGISTER, captured, make_label, pack, png, put_label

from core.figures import baseline
from core.figures.baseline import BrokenBaseline
from core.figures.drift import TOLERATED
from monitoring.watch import Settings, watch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
BUCKET = "scones-monitor-test"
MODEL, OTHER_MODEL = "0123456789abcdef", "fedcba9876543210"
RANDOM = np.random.default_rng(1)
SURE, UNSURE = (0.97, 0.03), (0.6, 0.4)


def picture(brightness: float = 128) -> bytes:
    levels = RANDOM.normal(brightness, 20, (32, 32, 3)).clip(0, 255).astype(np.uint8)
    return png(levels)


PICTURES = [picture() for _ in range(60)]


def artefact(with_baseline: bool = True, **changes: int) -> bytes:
    """A model whose validation split was half unsure."""
    answers = np.array([SURE, UNSURE] * 30)
    reference = baseline.make(answers, np.zeros(60, int), PICTURES, ["bicycle", "motorcycle"], 0.93)
    # Of 100 test photos it accepts 80, of which none is wrong.
    point = {"threshold": 0.93, "coverage": 0.8, "selective_accuracy": 1.0}
    told = {"n_test": 100, "coverage_curve": [point]}
    files = {
        "labels.json": [],
        "metrics.json": told,
        **({"baseline.json": reference | changes} if with_baseline else {}),
    }
    return pack({name: json.dumps(content).encode() for name, content in files.items()})


def line(time: datetime, answer=SURE, image: bytes = PICTURES[0], kind: str = "live") -> str:
    event: dict = {"time": f"{time:%Y-%m-%dT%H:%M:%SZ}", "eventId": str(uuid.uuid4())}
    event["customAttributes"] = [f"s3_key=incoming/a.png,kind={kind}"]
    return captured(output=json.dumps(answer), image=image, **event).decode()


class Endpoint:
    """An endpoint of its own in the local cloud: what it captures, and what the monitor makes of that."""

    def __init__(self, aws) -> None:
        self.s3, self.cloudwatch = aws("s3"), aws("cloudwatch")
        self.name = f"e-{uuid.uuid4()}"
        self.settings = Settings(
            bucket=BUCKET,
            captures=f"captures-{self.name}",
            results="results/monitor",
            models="models",
            endpoint=self.name,
            model=MODEL,
            namespace=self.name,
            threshold=0.93,
            tolerated=TOLERATED,
        )
        self.put(f"models/{MODEL}/model.tar.gz", artefact())
        self.dynamodb = aws("dynamodb")

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def capture(self, folder: datetime, *lines: str, model: str = MODEL, endpoint: str = "") -> None:
        name = f"{model}/{endpoint or self.name}/AllTraffic/{folder:%Y/%m/%d/%H}/{folder:%M-%S}-000-{uuid.uuid4()}"
        self.put(f"{self.settings.captures}/{name}.jsonl", "".join(lines).encode())

    def forget_labels(self) -> None:
        """Of other tests: all endpoints of an environment have the same."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix="labels/").get("Contents", [])
        for listed in found:
            self.s3.delete_object(Bucket=BUCKET, Key=listed["Key"])

    def judge(self, day: datetime, right: int, wrong: int) -> None:
        """Photos that the model routed as bicycles, and what people said of them without knowing that."""
        if not self.settings.table:
            self.settings = replace(self.settings, table=self.name)
            self.dynamodb.create_table(TableName=self.name, **REGISTER)
            self.forget_labels()
        for number in range(right + wrong):
            photo = uuid.uuid4().hex * 2
            item = {"id": photo, "day": f"{day:%Y-%m-%d} model", "s3_key": f"incoming/api/{photo}"}
            self.dynamodb.put_item(
                TableName=self.name, Item={name: {"S": value} for name, value in item.items()}
            )
            said: dict = {"label": "bicycle" if number < right else "motorcycle", "model": MODEL}
            when: dict = {"routed_day": f"{day:%Y-%m-%d}", "at": f"{day + DAY:%Y-%m-%dT%H:%M:%SZ}"}
            put_label(self.s3, BUCKET, make_label(photo, **said, **when))

    def closed(self, until: datetime) -> None:
        self.put(self.last, json.dumps({"until": until.isoformat()}).encode())

    @property
    def last(self) -> str:
        return f"results/monitor/{self.name}/last.json"

    def watch(self, now: datetime, until: datetime | None = None, seconds_left: float = 600):
        return watch(self.settings, now, until or now.replace(minute=0), lambda: seconds_left)

    def results(self) -> dict[str, bytes]:
        prefix = f"results/monitor/{self.name}/"
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        read = {o["Key"]: self.s3.get_object(Bucket=BUCKET, Key=o["Key"])["Body"].read() for o in listed}
        return {key.removeprefix(prefix): body for key, body in read.items() if key != self.last}

    def result(self, hour: datetime, model: str = MODEL):
        return json.loads(self.results()[f"{model}/{hour:%Y/%m/%d/%H}0000.json"])

    def metric(self, name: str, model: str = MODEL) -> dict[datetime, SimpleNamespace]:
        """Each hour's published values."""
        found = self.cloudwatch.get_metric_statistics(
            Namespace=self.name,
            MetricName=name,
            Dimensions=[{"Name": "EndpointName", "Value": self.name}, {"Name": "Model", "Value": model}],
            StartTime=NOON - timedelta(days=20),
            EndTime=NOON + timedelta(days=2),
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        ordered = sorted(found, key=lambda point: point["Timestamp"])
        return {
            p["Timestamp"].astimezone(UTC): SimpleNamespace(sum=p["Sum"], times=p["SampleCount"])
            for p in ordered
        }

    def sums(self, name: str, model: str = MODEL) -> list[float]:
        return [point.sum for point in self.metric(name, model).values()]


@pytest.fixture(scope="module", autouse=True)
def bucket(aws):
    aws("s3").create_bucket(Bucket=BUCKET)


@pytest.fixture
def endpoint(aws, monkeypatch, cloud_variables):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    return Endpoint(aws)


def seconds(start: datetime, count: int, **options) -> list[str]:
    """So many records, a second between one and the next, each of another vehicle."""
    return [line(start + timedelta(seconds=i), image=picture(), **options) for i in range(count)]


def test_an_hour_becomes_a_result_and_metrics(endpoint):
    endpoint.closed(NOON)
    endpoint.capture(
        NOON, *seconds(NOON, 30), *seconds(NOON, 10, answer=UNSURE), line(NOON, image=b"no picture")
    )
    done = endpoint.watch(NOON + HOUR + timedelta(minutes=20))

    result = endpoint.result(NOON)
    assert (result["records"], result["unreadable"], result["undecodable_images"]) == (41, 0, 1)
    assert result["hour"]["coverage"]["value"] == pytest.approx(31 / 41)
    assert endpoint.metric("Records") == {NOON: SimpleNamespace(sum=41, times=1)}
    assert endpoint.sums("UndecodableImages") == [1]
    assert endpoint.sums("Coverage") == pytest.approx([31 / 41])
    assert endpoint.sums("CoverageUpperBound")[0] > 31 / 41
    assert endpoint.sums("EstimatedAccuracy") == pytest.approx([(31 * 0.97 + 10 * 0.6) / 41])
    assert endpoint.sums("ConfidenceFall") == [0], "surer than in training"
    assert done["hours_left"] == 0
    untold = "class mix, confidence, brightness"
    assert done["results"][0]["drift"].startswith(f"cannot tell: {untold}"), "the estimate is steady"


def test_what_a_bulk_run_asks_is_counted_and_moves_nothing(endpoint):
    endpoint.closed(NOON)
    bulk = [line(NOON, answer=UNSURE, kind="bulk")] * 200
    endpoint.capture(NOON, *seconds(NOON, 40), *bulk)
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    result = endpoint.result(NOON)
    assert (result["records"], result["not_live"], result["tally"]["records"]) == (240, {"bulk": 200}, 40)
    assert endpoint.sums("Coverage") == [1.0]


def test_a_day_without_traffic_is_a_row_of_zeros(endpoint):
    done = endpoint.watch(NOON + timedelta(minutes=20))
    assert len(endpoint.results()) == len(done["results"]) == 24
    assert endpoint.sums("Records") == [0] * 24
    assert next(iter(endpoint.metric("Records"))) == NOON - 24 * HOUR
    assert {result["drift"] for result in done["results"]} == {"no records"}
    assert endpoint.sums("Coverage") == endpoint.sums("ConfidenceDrift") == []


def test_an_outage_is_caught_up_hour_by_hour_and_its_days_add_up(endpoint):
    endpoint.closed(NOON)
    for hour in range(5):
        endpoint.capture(NOON + hour * HOUR, *seconds(NOON + hour * HOUR, hour + 1))
    endpoint.watch(NOON + 5 * HOUR + timedelta(minutes=20))
    assert endpoint.sums("Records") == [1, 2, 3, 4, 5]
    assert [endpoint.result(NOON + hour * HOUR)["day"]["records"] for hour in range(5)] == [1, 3, 6, 10, 15]
    assert json.loads(endpoint.s3.get_object(Bucket=BUCKET, Key=endpoint.last)["Body"].read()) == {
        "until": (NOON + 5 * HOUR).isoformat()
    }


def test_the_day_is_the_last_24_hours(endpoint):
    endpoint.closed(NOON - 24 * HOUR)
    endpoint.capture(NOON - 24 * HOUR, *seconds(NOON - 24 * HOUR, 7))
    endpoint.capture(NOON - 23 * HOUR, *seconds(NOON - 23 * HOUR, 2))
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert endpoint.result(NOON - HOUR)["day"]["records"] == 9
    assert endpoint.result(NOON)["day"]["records"] == 2


def test_what_the_time_limit_leaves_over_comes_first_next_time(endpoint):
    endpoint.closed(NOON - 3 * HOUR)
    now = NOON + timedelta(minutes=20)
    assert endpoint.watch(now, seconds_left=20)["hours_left"] == 2
    assert endpoint.watch(now, seconds_left=20)["until"] == (NOON - HOUR).isoformat()
    endpoint.watch(now)
    assert endpoint.metric("Records") == {
        NOON - hours * HOUR: SimpleNamespace(sum=0, times=1) for hours in (3, 2, 1)
    }


def test_the_same_run_again_writes_the_same_bytes_and_publishes_nothing(endpoint):
    endpoint.closed(NOON - HOUR)
    endpoint.capture(NOON - HOUR, *seconds(NOON - HOUR, 40, answer=UNSURE))
    now = NOON + timedelta(minutes=20)
    endpoint.watch(now)
    first = endpoint.results()
    assert endpoint.watch(now)["results"] == []  # the hour is closed
    endpoint.closed(NOON - HOUR)  # as if the run had broken off before it closed the hour
    assert len(endpoint.watch(now)["results"]) == 1
    assert endpoint.results() == first
    for name in ("Records", "EstimatedAccuracy", "ConfidenceDriftLowerBound"):
        assert [point.times for point in endpoint.metric(name).values()] == [1]


def test_an_hour_under_way_is_looked_at_again_and_nothing_counts_twice(endpoint):
    endpoint.closed(NOON)
    endpoint.capture(NOON, *seconds(NOON, 3))
    now = NOON + timedelta(minutes=10)
    endpoint.watch(now, until=now)
    assert (endpoint.result(NOON)["records"], endpoint.sums("Records")) == (3, [3])
    assert endpoint.result(NOON)["until"] == now.isoformat()
    endpoint.capture(NOON, *seconds(NOON, 2))  # written late
    endpoint.watch(NOON + HOUR + timedelta(minutes=5))
    endpoint.capture(NOON + HOUR, line(NOON + HOUR - timedelta(seconds=1)))  # and later still
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert (endpoint.result(NOON)["records"], endpoint.sums("Records")) == (6, [6])


def test_two_models_behind_one_endpoint_are_kept_apart(endpoint):
    endpoint.closed(NOON)
    endpoint.capture(NOON, *seconds(NOON, 4))
    endpoint.capture(NOON, *seconds(NOON, 3, answer=UNSURE), model=OTHER_MODEL)
    endpoint.capture(NOON, *seconds(NOON, 9), endpoint="another-endpoint")
    done = endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert [(r["model"], r["records"], r["coverage"]) for r in done["results"]] == [
        (MODEL, 4, 1),
        (OTHER_MODEL, 3, 0),
    ]
    assert (endpoint.sums("Records"), endpoint.sums("Records", OTHER_MODEL)) == ([4], [3])


@pytest.mark.parametrize(
    "packed",
    [None, artefact(with_baseline=False), b"damaged", artefact(version=99)],
    ids=["no artefact", "no baseline in it", "damaged artefact", "another version"],
)
def test_a_model_without_a_baseline_still_gets_volume_and_coverage(endpoint, packed):
    model = uuid.uuid4().hex[:16]
    if packed:
        endpoint.put(f"models/{model}/model.tar.gz", packed)
    endpoint.closed(NOON)
    endpoint.capture(NOON, *seconds(NOON, 40), model=model)
    (_, result) = sorted(
        endpoint.watch(NOON + HOUR + timedelta(minutes=20))["results"], key=lambda r: r["model"] == model
    )
    assert (result["records"], result["coverage"], result["drift"]) == (40, 1, "no baseline")
    assert (endpoint.sums("Records", model), endpoint.sums("Coverage", model)) == ([40], [1])
    assert endpoint.sums("ImageDrift", model) == []


@pytest.mark.parametrize("packed", [b"damaged", artefact(version=99)], ids=["damaged", "another version"])
def test_a_live_model_whose_baseline_is_broken_stops_the_monitor(endpoint, packed):
    live = uuid.uuid4().hex[:16]
    endpoint.put(f"models/{live}/model.tar.gz", packed)
    endpoint.settings = Settings(**{**vars(endpoint.settings), "model": live})
    endpoint.closed(NOON)
    with pytest.raises(BrokenBaseline):
        endpoint.watch(NOON + HOUR + timedelta(minutes=20))


def test_without_a_live_model_no_traffic_is_published_too(endpoint):
    endpoint.settings = Settings(**{**vars(endpoint.settings), "model": ""})
    endpoint.closed(NOON)
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert endpoint.sums("Records", "none") == [0]


def test_half_written_files_are_counted_in_one_hour_and_stop_nothing(endpoint):
    endpoint.closed(NOON - HOUR)
    endpoint.capture(NOON, line(NOON), line(NOON)[:200])
    endpoint.capture(NOON, "not JSON\n", line(NOON))
    endpoint.capture(NOON, "nothing else", model=OTHER_MODEL)
    endpoint.watch(NOON + 2 * HOUR + timedelta(minutes=20))
    assert (endpoint.sums("Unreadable"), endpoint.sums("Unreadable", OTHER_MODEL)) == ([0, 2, 0], [1])
    assert endpoint.sums("Records") == [0, 2, 0]
    result = endpoint.result(NOON)
    assert sum(result["unreadable_reasons"].values()) == len(result["unreadable_examples"]) == 2


def test_clocks_that_differ_lose_no_record_and_count_none_twice(endpoint):
    endpoint.closed(NOON - HOUR)
    second = timedelta(seconds=1)
    endpoint.capture(NOON - HOUR, line(NOON - second), line(NOON), line(NOON + second))
    endpoint.capture(NOON, line(NOON - second), line(NOON), line(NOON + HOUR))
    endpoint.watch(NOON + 2 * HOUR + timedelta(minutes=20))
    assert endpoint.sums("Records") == [2, 3, 1]


def test_dark_pictures_move_and_a_few_of_them_ring_nothing(endpoint):
    endpoint.closed(NOON)
    endpoint.capture(NOON, *[line(NOON, (SURE, UNSURE)[i % 2], picture(70)) for i in range(10)])
    first = endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert first["results"][0]["drift"] == "cannot tell yet"
    assert endpoint.sums("Coverage") == [0.5]
    assert endpoint.sums("ImageDriftLowerBound") == endpoint.sums("CoverageUpperBound") == []

    endpoint.capture(NOON + HOUR, *[line(NOON + HOUR, (SURE, UNSURE)[i % 2], picture(70)) for i in range(90)])
    (second,) = endpoint.watch(NOON + 2 * HOUR + timedelta(minutes=20))["results"]
    assert "brightness" in second["drift"]
    assert any(words.startswith("brightness moved") for words in second["moved"])
    (bound,) = endpoint.sums("ImageDriftLowerBound")
    assert bound > 0.3
    assert endpoint.sums("ConfidenceDriftLowerBound") == [0]
    assert endpoint.sums("OutsideShare") == [1]
    assert endpoint.sums("OutsideShareLowerBound")[0] > 0.8


def test_a_parked_bicycle_that_is_photographed_each_hour_counts_once_a_day(endpoint):
    """By the monitor too, which forgets nothing from one hour, and one run, to the next."""
    parked, start = picture(), NOON - 30 * HOUR
    endpoint.closed(start)
    for hour in range(30):
        time = start + hour * HOUR
        endpoint.capture(time, *seconds(time, 2), line(time, image=parked), line(time, image=parked))
    endpoint.watch(start + 10 * HOUR + timedelta(minutes=20))
    done = endpoint.watch(NOON + timedelta(minutes=20))["results"]
    assert [result["repeats"] for result in done] == [2] * 14 + [1] + [2] * 5
    assert [result["records"] for result in done] == [4] * 20
    last = endpoint.result(NOON - HOUR)
    assert (last["records"], last["tally"]["repeats"], last["tally"]["records"]) == (4, 2, 2)
    assert last["day"]["records"] == 24 * 2 + 1
    assert last["day"]["repeated"]["value"] == 47 / 96
    assert endpoint.sums("RepeatShareLowerBound")[-1] == last["day"]["repeated"]["low"] > 0.3


def test_hours_that_were_written_before_repeats_were_left_out_are_still_read(endpoint):
    endpoint.closed(NOON)
    endpoint.capture(NOON, *seconds(NOON, 5))
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    (key,) = endpoint.results()
    old = json.loads(endpoint.results()[key])
    del old["counted"], old["tally"]["repeats"], old["day"]["repeated"]
    for part in ("histograms", "sums"):
        for statistic in ("tilt", "warmth", "outside"):
            del old["tally"][part][statistic]
    endpoint.put(f"results/monitor/{endpoint.name}/{key}", json.dumps(old).encode())
    endpoint.capture(NOON + HOUR, *seconds(NOON + HOUR, 40))
    endpoint.watch(NOON + 2 * HOUR + timedelta(minutes=20))
    day = endpoint.result(NOON + HOUR)["day"]
    assert day["records"] == 45
    rows = {row["statistic"]: row["live_n"] for row in day["drift"]}
    assert (rows["brightness"], rows["tilt"], rows["outside"]) == (45, 40, 40)


def test_hours_too_old_for_cloudwatch_are_still_worked_out(endpoint):
    long_ago = NOON - timedelta(days=15)
    endpoint.closed(long_ago)
    endpoint.capture(long_ago, *seconds(long_ago, 3))
    endpoint.watch(NOON, until=long_ago + HOUR)
    assert endpoint.result(long_ago)["records"] == 3
    assert endpoint.sums("Records") == []


def test_what_people_said_of_the_blind_sample_is_the_week_s_truth(endpoint):
    endpoint.judge(NOON - 2 * DAY, right=20, wrong=20)
    endpoint.closed(NOON)
    done = endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    truth = endpoint.result(NOON)["truth"]
    assert (truth["judged"], truth["wrong"], truth["expected"]) == (40, 20, pytest.approx(81 / 82))
    assert endpoint.sums("TrueAccuracy") == [truth["accuracy"]["value"]] == pytest.approx([0.5])
    assert endpoint.sums("TrueAccuracyLowerBound") == [truth["accuracy"]["low"]]
    assert endpoint.sums("TrueAccuracyUpperBound") == [truth["accuracy"]["high"]]
    assert endpoint.sums("AccuracyFallLowerBound") == [pytest.approx(81 / 82 - truth["accuracy"]["high"])]
    assert endpoint.sums("AccuracyFallLowerBound")[0] > TOLERATED["fall"]
    assert done["results"][0]["truth"] == truth


def test_a_judgement_that_comes_later_is_in_the_hour_that_is_still_open(endpoint):
    endpoint.judge(NOON - 2 * DAY, right=10, wrong=0)
    endpoint.closed(NOON)
    endpoint.watch(NOON + timedelta(minutes=20), NOON + timedelta(minutes=20))
    endpoint.judge(NOON - DAY, right=0, wrong=10)
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    assert endpoint.result(NOON)["truth"]["judged"] == 20
    assert endpoint.sums("TrueAccuracy") == [1 + 0.5], "published twice"
    assert not endpoint.sums("TrueAccuracyLowerBound"), "of 20 there are no bounds"


def test_a_result_of_before_there_was_a_truth_is_read(endpoint):
    endpoint.closed(NOON)
    endpoint.watch(NOON + HOUR + timedelta(minutes=20))
    key = f"results/monitor/{endpoint.name}/{MODEL}/{NOON:%Y/%m/%d/%H}0000.json"
    written = endpoint.result(NOON)
    assert written.pop("truth") is None
    endpoint.put(key, json.dumps(written).encode())
    endpoint.judge(NOON - DAY, right=9, wrong=0)
    endpoint.watch(NOON + 2 * HOUR + timedelta(minutes=20))
    assert endpoint.result(NOON + HOUR)["truth"]["judged"] == 9
