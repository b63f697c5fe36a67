"""How far a run is, on standard error: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as RichProgress
from rich.text import Text

from stillroom.cli.text import duration, printable
from stillroom.extraction.result import Progress, Step

_SECONDS_BETWEEN_LINES = 10.0
_NAME_WIDTH = 32


class Display(Protocol):
    """The progress of a run on the terminal. Called on the run's thread."""

    def loading(self, model: str, share: float) -> None: ...

    def documents(self, progress: Progress) -> None: ...


def _bar() -> RichProgress:
    """Standard output is the results', and stays itself."""
    return RichProgress(
        TextColumn("{task.fields[what]}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[far]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False, style="cyan"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )


@contextlib.contextmanager
def display(*, bar: bool) -> Iterator[Display]:
    """A bar (``bar``), or lines."""
    if not bar:
        yield _Lines()
        return
    with _bar() as progress:
        yield _Bar(progress)


@contextlib.contextmanager
def work_display(what: str, *, bar: bool) -> Iterator[Callable[[float, str], None]]:
    """For one piece of work: takes the share done (0–1) and what is being done. A bar (``bar``), or lines now and then."""
    shown = _Work(what)
    if not bar:
        yield shown.line
        return
    with _bar() as progress:
        task = progress.add_task("", total=1.0, what=_fitted(what), far="", left="")

        def tell(share: float, step: str) -> None:
            progress.update(
                task, completed=share, what=_fitted(step or what), far=f"{share:.0%}", left=shown.left(share)
            )

        yield tell


class _Work:
    """Time left of work whose share done is known, and lines about it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.monotonic()
        self._last = self._started - _SECONDS_BETWEEN_LINES

    def left(self, share: float) -> str:
        spent = time.monotonic() - self._started
        if share < 0.05 or share >= 1 or spent < 1:
            return ""
        return f"about {duration(spent * (1 - share) / share)} left"

    def line(self, share: float, step: str) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES:
            return
        self._last = now
        facts = [f"{share:.0%}", step, self.left(share)]
        print(f"{printable(self._what)}: {', '.join(fact for fact in facts if fact)}", file=sys.stderr)


class _Bar:
    def __init__(self, progress: RichProgress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=1.0, what="Starting …", far="", left="")

    def loading(self, model: str, share: float) -> None:
        what = f"Loading {_fitted(model)}"
        self._progress.update(self._task, total=1.0, completed=share, what=what, far=f"{share:.0%}", left="")

    def documents(self, progress: Progress) -> None:
        far = f"{progress.done}/{progress.total}" + (f", {progress.failed} failed" if progress.failed else "")
        self._progress.update(
            self._task,
            total=progress.total,
            completed=progress.done + progress.part,
            what=_fitted(_name(progress)),
            far=far,
            left=_left(progress),
        )


class _Lines:
    def __init__(self) -> None:
        self._last = -_SECONDS_BETWEEN_LINES
        self._loading = False

    def loading(self, model: str, share: float) -> None:
        if not self._loading and share < 1:
            self._loading = True
            print(f"Loading {printable(model)}", file=sys.stderr)

    def documents(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < _SECONDS_BETWEEN_LINES or progress.done == progress.total:
            return
        self._last = now
        left = _left(progress)
        page = f"page {progress.page} of {progress.pages} of the next" if progress.pages else ""
        step = f"{_step(progress.step)} of the next" if progress.step else ""
        facts = [f"{progress.done} of {progress.total} documents", page, step, left]
        print(", ".join(fact for fact in facts if fact), file=sys.stderr)


def _name(progress: Progress) -> str:
    name = PurePath(progress.file).name or "Finishing …"
    if progress.step:
        step = _step(progress.step)
        return f"{step[:1].upper()}{step[1:]}, {name}"
    return f"Page {progress.page} of {progress.pages}, {name}" if progress.pages else name


def _step(step: Step) -> str:
    return f"{'passage' if step.is_passage else 'field'} {step.number} of {step.of}"


def _left(progress: Progress) -> str:
    if progress.seconds_left is None or progress.done == progress.total:
        return ""
    return f"about {duration(progress.seconds_left)} left"


def _fitted(text: str) -> str:
    """Of the same width for every document, so that the bar stands still."""
    shown = Text(printable(text))
    shown.truncate(_NAME_WIDTH, overflow="ellipsis", pad=True)
    return shown.plain
