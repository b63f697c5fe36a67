"""Whose turn it is: an answer goes before a batch, which does not stand still beside it where its steps are short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillroom.worker import scheduler
from stillroom.worker.scheduler import Scheduler, Task

TOKEN = 0.015


class Bench:
    """A scheduler whose steps take time on a clock of their own; ``done`` names each step in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.done: list[str] = []
        self.scheduler = Scheduler()
        monkeypatch.setattr(scheduler.time, "monotonic", lambda: self.now)

    def add(self, name: str, count: int, seconds: float, *, interactive: bool) -> None:
        def steps() -> Iterator[str | None]:
            for _ in range(count):
                self.now += seconds
                self.done.append(name)
                yield None
            yield name

        self.scheduler.add(Task(len(self.done), steps(), interactive, lambda _result, _error: None))

    def run(self, steps: int) -> list[str]:
        self.done.clear()
        for _ in range(steps):
            self.scheduler.step()
        return self.done


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_a_batch_goes_on_beside_an_answer_a_step_at_a_time(bench: Bench) -> None:
    bench.add("batch", 1000, 0.1, interactive=False)
    bench.run(3)
    bench.add("answer", 1000, TOKEN, interactive=True)
    done = bench.run(400)
    batch = done.count("batch")
    assert 0.15 < batch * 0.1 / (batch * 0.1 + (400 - batch) * TOKEN) < 0.3
    assert "batch batch" not in " ".join(done), "a token waits for one step at most"


def test_a_batch_of_long_steps_waits_for_the_answer(bench: Bench) -> None:
    bench.add("batch", 1000, 0.3, interactive=False)
    bench.run(3)
    bench.add("answer", 100, TOKEN, interactive=True)
    assert set(bench.run(100)) == {"answer"}
    bench.run(1)  # the answer's end
    assert set(bench.run(5)) == {"batch"}


def test_a_batch_that_comes_later_waits_too_as_nothing_is_known_of_it(bench: Bench) -> None:
    bench.add("answer", 100, TOKEN, interactive=True)
    bench.run(10)
    bench.add("batch", 100, 0.01, interactive=False)
    assert set(bench.run(90)) == {"answer"}
