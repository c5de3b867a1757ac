"""Errands: each runs at once, on a thread that has run others if there is one, and whatever becomes of it."""

import threading
from uuid import UUID

import pytest

from localcloud import defects, errands, identifiers
from localcloud.errands import Errand

SECONDS = 10


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch):
    """Threads of other tests stay where they are."""
    monkeypatch.setattr(errands, "_idle", type(errands._idle)())


def rest() -> None:
    """Until the last errand's thread waits for the next: it says that it is done a moment before."""
    while not errands._idle:
        threading.Event().wait(0.001)


def run(work) -> None:
    errand = Errand(work)
    errand.start()
    errand.join(SECONDS)
    assert not errand.is_alive()
    rest()


def test_one_after_the_other_runs_on_the_same_thread():
    seen = []
    for _ in range(5):
        run(lambda: seen.append(threading.get_ident()))
    assert len(seen) == 5
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


def test_none_waits_for_another():
    everybody = threading.Barrier(20)
    started = [Errand(everybody.wait, args=(SECONDS,)) for _ in range(20)]
    for errand in started:
        errand.start()
    for errand in started:
        errand.join(SECONDS)
    assert not any(errand.is_alive() for errand in started)
    assert not everybody.broken


def test_who_joins_waits_no_longer_than_asked():
    go = threading.Event()
    errand = Errand(go.wait, args=(SECONDS,))
    errand.start()
    errand.join(0.01)
    assert errand.is_alive()
    go.set()
    errand.join(SECONDS)
    assert not errand.is_alive()


def test_one_that_fails_is_a_defect_and_its_thread_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(defects, "_log", tmp_path / "log")
    seen = []

    def fail() -> None:
        seen.append(threading.get_ident())
        raise ValueError("no such photo")

    run(fail)
    assert "ValueError: no such photo" in capsys.readouterr().err
    run(lambda: seen.append(threading.get_ident()))
    assert seen[0] == seen[1]


def test_identifiers_are_of_the_fourth_kind_and_differ():
    drawn = {identifiers.make() for _ in range(1000)}
    assert len(drawn) == 1000
    assert {it.version for it in drawn} == {4}
    assert all(UUID(str(it)) == it for it in drawn)
    assert {len(identifiers.digits(24)) for _ in range(1000)} == {24}
