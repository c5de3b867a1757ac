"""The week's truth as the monitor finds it: labels in a real bucket, and a real register that says what was routed."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.builders import REGISTER, make_label, put_label

from monitoring.blind_sample import BlindSample

BUCKET = "scones-blind-sample"
MODEL = "0123456789abcdef"
TODAY = date(2026, 11, 27)
DAYS = [TODAY - timedelta(days=ago) for ago in range(7, 0, -1)]


class Place:
    """A register and labels of its own."""

    def __init__(self, aws) -> None:
        self.s3, self.dynamodb = aws("s3"), aws("dynamodb")
        self.bucket, self.table = f"{BUCKET}-{uuid.uuid4()}", f"photos-{uuid.uuid4()}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.dynamodb.create_table(TableName=self.table, **REGISTER)

    def route(
        self, day: date, count: int, folder: str = "incoming/api", by: str = "model", **more: str
    ) -> None:
        for _ in range(count):
            photo = uuid.uuid4().hex * 2
            item = {
                "id": photo,
                "day": f"{day} {by}",
                "s3_key": f"{folder}/{photo}",
                "state": "routed",
                **more,
            }
            self.dynamodb.put_item(TableName=self.table, Item={name: {"S": it} for name, it in item.items()})

    def label(self, day: date, count: int, withdrawn: str = "", **more) -> None:
        at = f"{day + timedelta(days=1)}T09:00:00.000Z"
        for _ in range(count):
            label = make_label(uuid.uuid4().hex * 2, at=at, routed_day=str(day), model=MODEL)
            put_label(self.s3, self.bucket, replace(label, **more), withdrawn=withdrawn)

    def look(self, until: date = TODAY, before=None, table: str | None = None):
        sample = BlindSample(self.s3, self.bucket, self.table if table is None else table, TODAY)
        return sample.look(MODEL, until, 0.98, 0.005, before)


@pytest.fixture
def place(aws, monkeypatch, cloud_variables):
    for name, value in cloud_variables.items():
        monkeypatch.setenv(name, value)
    return Place(aws)


def test_a_week_s_labels_are_weighed_by_what_the_model_routed(place):
    place.route(DAYS[0], 40)
    place.route(DAYS[6], 10)
    place.label(DAYS[0], 5)
    place.label(DAYS[6], 5, label="motorcycle")
    found = place.look()
    assert (found.since, found.until) == (str(DAYS[0]), str(DAYS[6]))
    assert (found.judged, found.wrong) == (10, 5)
    assert found.accuracy.value == pytest.approx(0.8)
    assert found.routed == {str(day): {DAYS[0]: 40, DAYS[6]: 10}.get(day, 0) for day in DAYS}


def test_what_was_chosen_what_people_routed_and_what_drivers_objected_to_is_not_what_the_sample_stands_for(
    place,
):
    place.route(DAYS[3], 20)
    place.route(DAYS[3], 5, folder="incoming/evaluation")
    place.route(DAYS[3], 5, folder="incoming/verify")
    place.route(DAYS[3], 5, by="person")
    place.route(DAYS[3], 4, objected_at="2026-11-23T12:00:00.000Z")
    place.route(TODAY, 50)
    place.route(DAYS[0] - timedelta(days=1), 50)
    found = place.look()
    assert {day: n for day, n in found.routed.items() if n} == {str(DAYS[3]): 20}
    assert found.objected == {str(DAYS[3]): 4}


def test_a_label_that_is_withdrawn_counts_no_more(place):
    place.route(DAYS[3], 20)
    place.label(DAYS[3], 8)
    place.label(DAYS[3], 2, withdrawn="a child played", label="motorcycle")
    assert (place.look().judged, place.look().accuracy.value) == (8, 1)


def test_days_long_over_are_counted_once_and_yesterday_again(place):
    place.route(DAYS[3], 20)
    place.route(DAYS[6], 20)
    first = place.look()
    place.route(DAYS[3], 5)
    place.route(DAYS[6], 5)
    again = place.look(before=first)
    assert (again.routed[str(DAYS[3])], again.routed[str(DAYS[6])]) == (20, 25)


def test_without_a_register_there_is_no_truth(place):
    assert place.look(table="") is None


def test_an_hour_of_days_ago_has_the_week_before_it(place):
    place.route(DAYS[3], 20)
    place.label(DAYS[3], 6)
    assert place.look(until=DAYS[3]).judged == 0
    assert place.look(until=DAYS[4]).judged == 6
