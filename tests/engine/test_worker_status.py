"""Speeds of this moment."""

from __future__ import annotations

from stillroom.engine.worker_status import SpeedNow


def test_speeds_are_those_since_the_last_look_and_pauses_do_not_count() -> None:
    now = [10.0]
    speed = SpeedNow(lambda: now[0])
    now[0] = 10.5
    assert speed.take(60, 0) == (120.0, 0.0)
    now[0] = 11.0
    assert speed.take(60, 20) == (0.0, 40.0)
    now[0] = 100.0
    speed.begin()
    now[0] = 101.0
    assert speed.take(90, 20) == (30.0, 0.0)
    now[0] = 102.0
    assert speed.take(5, 1) == (5.0, 1.0)  # another model: counted from its load
    assert speed.take(5, 1) == (0.0, 0.0)
