"""The demo's loop, part by part; tests/loop/test_whole_loop.py closes it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.console import UserError
from core.contract import register
from operations import demo_loop
from operations.alarms_now import Ringing
from operations.demo_loop import Seen
from operations.loop_figures import Phase

TRUTH = {"1": "bicycle", "2": "bicycle", "3": "motorcycle"}


class Table:
    """A register's table of these items."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = {it["id"]: it for it in items}
        self.looks = 0

    def find(self, photo: str) -> dict[str, Any] | None:
        """Claimed at the first look, and then as it is."""
        self.looks += 1
        return self.items[photo] if self.looks > len(self.items) else {"id": photo, "state": "claimed"}

    def update_item(self, **asked: Any) -> None:
        assert (asked["UpdateExpression"], asked["ExpressionAttributeNames"]) == (
            "SET #day = :before",
            {"#day": "day"},
        )
        self.items[asked["Key"]["id"]]["day"] = asked["ExpressionAttributeValues"][":before"]


@pytest.fixture
def table(monkeypatch):
    found = Table(
        {"id": "1", "state": "routed", "label": "bicycle", "day": "2026-12-01 model"},
        {"id": "2", "state": "routed", "label": "motorcycle", "day": "2026-12-01 model"},
        {"id": "3", "state": "waiting"},
    )
    monkeypatch.setattr(demo_loop, "LOOK_SECONDS", 0)
    monkeypatch.setattr(demo_loop.photo_register, "open_table", lambda _: found)
    monkeypatch.setattr(demo_loop.photo_register, "find", lambda table, photo: table.find(photo))
    return found


def test_photos_are_followed_until_the_model_is_done_with_each(table):
    assert demo_loop.follow(["1", "2", "3"]) == table.items
    assert table.looks == 6


def test_a_photo_that_fails_ends_the_demo_in_one_line(table):
    table.items["3"] |= {"state": register.FAILED, "error": "NotAnImage"}
    with pytest.raises(UserError, match="photo 3 failed by NotAnImage: make photo ID=3"):
        demo_loop.follow(["1", "2", "3"])


@pytest.mark.usefixtures("table")
def test_photos_that_come_to_no_end_are_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(demo_loop, "END_SECONDS", -1)
    with pytest.raises(UserError, match="3 photos have not come to an end"):
        demo_loop.follow(["1", "2", "3"])


def test_what_the_model_routed_is_of_the_day_before_and_nothing_else_is_changed(table, capsys):
    demo_loop.end_the_day(Seen(dict(table.items), TRUTH))
    assert [it.get("day") for it in table.items.values()] == ["2026-11-30 model", "2026-11-30 model", None]
    assert "days that are over" in capsys.readouterr().out


def test_a_phase_counts_what_was_accepted_and_what_of_that_is_right(table):
    assert Seen(table.items, TRUTH).phase("during", "it") == Phase("during", "it", 3, accepted=2, right=1)


def test_the_alarms_that_ring_are_told_once_those_do_that_must(monkeypatch, capsys):
    ring = [Ringing(f"scones-local-{it}", datetime.now(UTC), it, "", "") for it in ("low-coverage", "other")]
    looks = iter([ring[1:], ring, ring])
    monkeypatch.setattr(demo_loop, "LOOK_SECONDS", 0)
    monkeypatch.setattr(demo_loop.boto3, "client", lambda _: None)
    monkeypatch.setattr(demo_loop.terraform, "read_prefix", lambda _: "scones-local")
    monkeypatch.setattr(demo_loop.alarms_now, "find", lambda *_: (next(looks), 40))
    demo_loop.tell_alarms("low-coverage")
    assert "scones-local-low-coverage rings" in capsys.readouterr().out
    assert len([*looks]) == 1


def test_before_it_is_deployed_more_blind_photos_are_asked_for(tmp_path):
    path = tmp_path / "terraform/envs/local.tfvars"
    path.parent.mkdir(parents=True)
    path.write_text('environment = "local"\n')
    demo_loop.prepare(tmp_path)
    assert (
        path.read_text()
        == f'environment = "local"\n\napi = {{ blind_per_day = {demo_loop.BLIND_PER_DAY} }}\n'
    )


@pytest.mark.parametrize(("source", "counts"), [("sample", (240, 140)), ("photos.tar.gz", (150, 70))])
def test_of_photographs_fewer_are_set_aside_since_none_can_be_drawn_anew(
    monkeypatch, tmp_path, source, counts
):
    found = []
    monkeypatch.setattr(demo_loop.dataset, "read_info", lambda _: {"source": source})
    monkeypatch.setattr(demo_loop.other_camera, "set_aside", lambda *asked: found.append(asked))
    demo_loop.set_aside(tmp_path / "data", tmp_path / "aside")
    assert found == [(tmp_path / "data", tmp_path / "aside", *counts)]
