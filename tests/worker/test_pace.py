"""Threads by measured speed, on a machine of our own making whose clock is ours too."""

from __future__ import annotations

from collections.abc import Callable

from stillroom.worker.pace import Pace

IDLE = {1: 100.0, 2: 190.0, 4: 340.0}
BUSY = {1: 60.0, 2: 20.0, 4: 5.0}


class Machine:
    def __init__(self) -> None:
        self.now = 0.0
        self.speeds = IDLE

    def work(self, pace: Pace, seconds: float, step: float = 10.0) -> float:
        """Work for some seconds of its time; returns the work done."""
        end, done = self.now + seconds, 0.0
        while self.now < end:
            spent = step / self.speeds[pace.threads]
            self.now += spent
            done += step
            pace.note(step, spent)
        return done


def make(expected: float = 0.0, threads: int = 4) -> tuple[Machine, Pace]:
    machine = Machine()
    clock: Callable[[], float] = lambda: machine.now  # noqa: E731
    return machine, Pace(threads, expected, clock)


def test_an_idle_machine_keeps_all_threads() -> None:
    machine, pace = make(expected=340.0)
    machine.work(pace, 60)
    assert pace.threads == 4


def test_a_busy_machine_gets_fewer_threads_and_an_idle_one_all_again() -> None:
    machine, pace = make(expected=340.0)
    machine.work(pace, 5)
    machine.speeds = BUSY
    machine.work(pace, 15)
    assert pace.threads == 1
    machine.speeds = IDLE
    machine.work(pace, 45)
    assert pace.threads == 4


def test_what_is_lost_on_a_busy_machine_is_little() -> None:
    machine, pace = make(expected=340.0)
    machine.speeds = BUSY
    machine.work(pace, 20)
    assert machine.work(pace, 120) >= 0.9 * 120 * BUSY[1]


def test_a_trial_that_is_worse_is_taken_back() -> None:
    machine, pace = make(expected=1000.0)  # never reached: the text is longer than the one that was measured
    done = machine.work(pace, 120)
    assert pace.threads == 4
    assert done >= 0.95 * 120 * IDLE[4]


def test_a_machine_that_was_busy_from_the_start_is_found_out_without_a_tuning() -> None:
    machine, pace = make()
    machine.speeds = BUSY
    machine.work(pace, 30)
    assert pace.threads < 4


def test_one_thread_is_never_changed() -> None:
    machine, pace = make(expected=340.0, threads=1)
    machine.speeds = BUSY
    machine.work(pace, 60)
    assert pace.threads == 1
