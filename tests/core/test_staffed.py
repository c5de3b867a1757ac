"""When a driver may decide: by the clock of the place, and by how long they have waited."""

from datetime import datetime, timedelta

import pytest

from core.contract.staffed import driver_may_decide

HOURS = {"from": "06:00", "until": "22:00", "time_zone": "UTC"}
NIGHT = {"from": "22:00", "until": "06:00", "time_zone": "UTC"}
BERLIN = {"from": "06:00", "until": "22:00", "time_zone": "Europe/Berlin"}
ALWAYS = {"from": "00:00", "until": "00:00", "time_zone": "UTC"}


@pytest.mark.parametrize(
    ("now", "hours", "may"),
    [
        ("2026-11-27T05:59:59Z", HOURS, True),
        ("2026-11-27T06:00:00Z", HOURS, False),
        ("2026-11-27T21:59:59Z", HOURS, False),
        ("2026-11-27T22:00:00Z", HOURS, True),
        ("2026-11-27T23:00:00Z", NIGHT, False),
        ("2026-11-27T05:59:00Z", NIGHT, False),
        ("2026-11-27T12:00:00Z", NIGHT, True),
        ("2026-11-27T05:30:00Z", BERLIN, False),  # half past six there
        ("2026-07-27T04:30:00Z", BERLIN, False),  # in summer, too
        ("2026-07-27T20:30:00Z", BERLIN, True),
        ("2026-11-27T07:30:00+02:00", HOURS, True),
        ("2026-11-27T00:00:00Z", ALWAYS, False),
    ],
)
def test_a_driver_who_has_just_come_decides_only_while_nobody_is_there(now, hours, may):
    at = datetime.fromisoformat(now)
    assert driver_may_decide(at, at, {"minutes": 10, "staffed_hours": hours}) is may


@pytest.mark.parametrize(("waited", "may"), [(599, False), (600, True), (-3600, False)])
def test_a_driver_who_has_waited_long_enough_decides_at_any_time(waited, may):
    noon = datetime.fromisoformat("2026-11-27T12:00:00Z")
    review = {"minutes": 10, "staffed_hours": HOURS}
    assert driver_may_decide(noon - timedelta(seconds=waited), noon, review) is may
