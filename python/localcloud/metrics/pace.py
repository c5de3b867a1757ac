"""How fast CloudWatch's time passes here: with `python -m localcloud --pace 60` a period of a minute takes a second.

AWS has no such setting. It shortens what alarms wait for, and nothing else: their periods, how old a data point is that
was dated into the past, and the waits of an endpoint's update, which its alarms watch.
"""

MINUTE = 60.0

_pace = 1.0


def set_pace(pace: float) -> None:
    global _pace
    _pace = pace


def get_pace() -> float:
    return _pace


def shorten(seconds: float) -> float:
    """How long so many seconds of CloudWatch's take here."""
    return seconds / _pace
