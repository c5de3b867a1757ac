"""The demo's person: which photos are decided, what is shown of them, and what is left to who keeps it running."""

import signal
from typing import Any

import pytest

from operations import console_address, demo_people
from operations.client import Outcome, Photo
from operations.reviewing import Shown
from operations.signed_in import SignedIn

PAGE = "http://localhost:1/api/"
PERSON = SignedIn("Nut-Scone-2026", "token", "s3ssion", "http://127.0.0.1:1/auth/")
BAY = {"loading_bay": "A", "max_distance_km": 3.0}


def outcome(name: str, kind: str) -> Outcome:
    return Outcome(Photo(name, b""), f"incoming/{name}", kind, 1.0, "arn", {}, "", "")


@pytest.fixture
def demo(monkeypatch) -> dict[str, Any]:
    """A demo whose photo b waits for a driver, beside one that nobody has sent in it; what is asked of the person."""
    asked: dict[str, Any] = {}
    outputs = {"api": {"url": "http://localhost:1/api", "console": PAGE}, "routes": {"bicycle": {}}}
    waiting = [{"id": "1", "s3_key": "incoming/b.png"}, {"id": "2", "s3_key": "incoming/verify/c.png"}]

    def decide(person, truth, routes):
        asked.update(token=person.token, truth=truth, routes=routes)
        return [Shown(it, "other", "rickshaw", "person", BAY, 5.1) for it in truth]

    monkeypatch.setattr(demo_people.environment, "outputs", lambda _: outputs)
    monkeypatch.setattr(demo_people.photo_register, "open_table", lambda _: None)
    monkeypatch.setattr(demo_people.photo_register, "list_open", lambda *_: waiting)
    monkeypatch.setattr(console_address, "enter_sample", lambda _: PERSON)
    monkeypatch.setattr(demo_people.reviewing, "decide", decide)
    return asked


def test_what_waits_is_decided_by_what_the_data_set_says_and_shown_with_who_decided(demo, capsys):
    outcomes = [outcome("a.png", "accepted"), outcome("b.png", "review")]
    demo_people.decide(outcomes, {"a.png": "bicycle", "b.png": "rickshaw"})
    assert demo == {"token": "token", "truth": {"1": "rickshaw"}, "routes": {"bicycle": {}}}
    said = " ".join(capsys.readouterr().out.split())
    assert "decided_by" in said
    assert "b.png person rickshaw: loading bay A, orders within 3 km 5.10" in said


def test_where_the_model_was_sure_of_each_it_is_said(demo, capsys):
    demo_people.decide([outcome("a.png", "accepted")], {"a.png": "bicycle"})
    assert (demo, capsys.readouterr().out) == ({}, "none waits: the model was sure of each\n")


def test_who_keeps_it_has_the_addresses_and_what_waits_until_ctrl_c(demo, capsys, monkeypatch):
    def pause() -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(demo_people.signal, "pause", pause)
    demo_people.leave()
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "2 photos wait for you"
    assert f"review:   {PERSON.enter(f'{PAGE}review?enter')}" in printed
    assert f"arrivals: {PERSON.enter(f'{PAGE}?enter')}" in printed
    assert (
        f"sign in as {console_address.SAMPLE} by the password Nut-Scone-2026, or by these links" in printed[3]
    )
    assert printed[-3].startswith("Ctrl-C ends it")
    assert printed[-1] == "nothing is left"
    assert demo == {}
