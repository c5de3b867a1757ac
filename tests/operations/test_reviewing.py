"""The demo's person: each photo that waits is leased and decided once, by what it shows, and followed to its bay."""

import itertools
from email.message import Message
from typing import Any

import pytest

from core.console import UserError
from operations import reviewing
from operations.api_calls import Answer, Caller

ROUTES: dict[str, Any] = {"bicycle": {}, "motorcycle": {}, "other": {}}
BAY = {"loading_bay": "A", "max_distance_km": 3}


class Desk(Caller):
    """An API in which these photos wait, and which answers 503 each time at first."""

    def __init__(self, *photos: str, seconds: int = 1, busy: bool = False) -> None:
        super().__init__("", str)
        self.waiting, self.seconds = list(photos), seconds
        self.decided: dict[str, Any] = {}
        self.busy = itertools.cycle([busy, False])

    def call(self, method: str, path: str, body: Any = None, more: Any = None) -> Answer:  # noqa: ARG002
        headers = Message()
        headers["Retry-After"] = "0"
        if next(self.busy):
            return Answer(503, headers, {})
        match method, path.split("/")[1:]:
            case "POST", ["leases"]:
                taken, self.waiting = self.waiting[:1], self.waiting[1:]
                return Answer(200, headers, {"photos": [{"id": it, "number": 1} for it in taken], "next": []})
            case "PUT", ["photos", photo, "decisions", "1"]:
                self.decided[photo] = [body, self.seconds]
                return Answer(202, headers, {})
            case "GET", ["photos", photo]:
                made, left = self.decided[photo]
                if left:
                    self.decided[photo][1] -= 1
                    return Answer(200, headers, {"id": photo, "state": "waiting"})
                told = {"id": photo, "state": "routed", "decided_by": "person", "assignment": BAY}
                return Answer(
                    200, headers, told | {name: made[name] for name in ("label", "vehicle") if name in made}
                )
        return Answer(404, headers, {})


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(reviewing, "LOOK_SECONDS", 0.01)


@pytest.mark.parametrize("busy", [False, True])
def test_each_that_waits_is_decided_by_what_it_shows(busy):
    desk = Desk("1", "2", "3", busy=busy)
    truth = {"1": "bicycle", "2": "motorcycle", "3": "rickshaw"}
    shown = list(reviewing.decide(desk, truth, ROUTES))
    assert [(it.photo, it.label, it.vehicle, it.decided_by) for it in shown] == [
        ("1", "bicycle", "", "person"),
        ("2", "motorcycle", "", "person"),
        ("3", "other", "rickshaw", "person"),
    ]
    assert desk.decided["3"][0] == {"label": "other", "vehicle": "rickshaw", "seconds": 1}


def test_a_photo_that_is_not_meant_is_not_decided():
    desk = Desk("strange", "1")
    with pytest.raises(UserError, match=r"of 1 photos that wait 0 were leased, and then \['strange'\]"):
        list(reviewing.decide(desk, {"1": "bicycle"}, ROUTES))
    assert desk.decided == {}


def test_one_that_somebody_else_has_is_not_waited_for():
    with pytest.raises(UserError, match="of 2 photos that wait 1 were leased, and then none"):
        list(reviewing.decide(Desk("1"), {"1": "bicycle", "2": "bicycle"}, ROUTES))


def test_a_decision_that_routes_nobody_is_said(monkeypatch):
    monkeypatch.setattr(reviewing, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(UserError, match="photo 1 was decided 0 s ago, and is waiting still"):
        list(reviewing.decide(Desk("1", seconds=99), {"1": "bicycle"}, ROUTES))


def test_a_refusal_is_said(monkeypatch):
    desk = Desk("1")
    refused = Answer(409, Message(), {"type": "urn:scones-unlimited:LeaseLost"})
    original = desk.call
    monkeypatch.setattr(
        desk, "call", lambda method, *more: refused if method == "PUT" else original(method, *more)
    )
    with pytest.raises(UserError, match=r"PUT /photos/1/decisions/1 is answered 409 .*LeaseLost"):
        list(reviewing.decide(desk, {"1": "bicycle"}, ROUTES))


def test_a_person_answers_what_they_are_given_until_so_many_that_are_wanted_have_an_answer():
    desk = Desk("1", "archived", "2", "3", "4")
    truth = dict.fromkeys(("1", "2", "3", "4"), "bicycle") | {"archived": "motorcycle"}
    wanted = ["1", "2", "3", "4"]
    assert reviewing.answer(desk, truth, ROUTES, wanted, most=3) == ["1", "archived", "2", "3"]
    assert desk.decided["archived"][0] == {"label": "motorcycle", "seconds": 1}
    assert desk.waiting == ["4"]


def test_a_person_is_done_when_nothing_more_is_there():
    assert reviewing.answer(Desk("1"), {"1": "bicycle"}, ROUTES, ["1"], most=150) == ["1"]
