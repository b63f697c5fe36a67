"""Lessons from approvals: a document that is approved teaches its template; one whose approval is taken back is forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QDialog, QWidget

from stillroom.extraction.result import DocumentResult, Progress
from stillroom.review.document import ReviewedDocument
from stillroom.templates.template import Template
from stillroom.ui.tasks import Operation, Tasks
from stillroom.workspace.learning import LearnedTemplate, Learning
from stillroom.workspace.runs import DecidedAgain, Runs

if TYPE_CHECKING:
    from stillroom.workspace.evaluations import LabelledDocument

_READY_MS = 800


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a template knows after one more document.

    Attributes:
        documents: that it knows.
        values, before, after: of the values of these documents, how many were right without and with what was learned, each
            document left out in turn.
    """

    template: Template
    documents: int
    values: int
    before: int
    after: int


class Lessons(QObject):
    """What templates learn of approvals.

    Signals:
        learned(Lesson): a template knows one document more or less.
        decided(list[DecidedAgain]): what became of rows that were decided again; nothing of it is on disk yet.
        put_down(int, dict[int, DocumentResult]): rows of a run, by position, that are on disk in the place of others.
        looked_again: the documents that nobody reviewed were extracted again.
        progressed(Progress): of looking again.
        failed(Exception): something could not be learned, or not be looked at again.
    """

    learned = Signal(Lesson)
    decided = Signal(list)
    put_down = Signal(int, object)
    looked_again = Signal()
    progressed = Signal(Progress)
    failed = Signal(Exception)

    def __init__(
        self,
        learning: Callable[[], Learning],
        truth: Callable[[ReviewedDocument], Mapping[str, Any]],
        runs: Callable[[], Runs],
        tasks: Tasks,
        reviewed: Callable[[str], list[LabelledDocument]] | None = None,
    ) -> None:
        """``truth``: what persons answer for in a document; ``reviewed``: in all documents with a template of this name."""
        super().__init__()
        self._learning = learning
        self._truth = truth
        self._runs = runs
        self._reviewed = reviewed
        self._tasks = tasks
        self._known: dict[tuple[str, str], bool] = {}
        self._waiting: deque[ReviewedDocument] = deque()
        self._running = False
        self._deciding: Operation[list[DecidedAgain]] | None = None
        self._ready = 0  # the run that was opened for the first approval

    def look(self, document: ReviewedDocument) -> None:
        """A document's verdicts changed: learn of it where it is approved and on disk, forget it where it no longer is."""
        if document.unsaved or document.failed or not document.result.sha256:
            return
        key = (document.template.name, document.result.sha256)
        approved = document.approval is not None
        if self._known.get(key, False) is approved:
            return
        self._known[key] = approved
        self._waiting.append(document)
        self._next()

    def _next(self) -> None:
        if self._running or not self._waiting:
            return
        self._running = True
        document = self._waiting.popleft()
        approved = document.approval is not None
        truth = dict(self._truth(document)) if approved else {}

        def work(operation: Operation[LearnedTemplate]) -> LearnedTemplate:
            learning = self._learning()
            if not approved:
                learning.forget(document.template, document.result.sha256)
                return learning.memory(document.template).learned()
            return learning.take(document.template, document.run, document.position, truth, operation.cancellation)

        self._tasks.start(
            Operation(work, "learn", owner=self)
            .success(lambda found: self._done(document.template, found))
            .failure(self._failed)
            .cancelled(self._ended)
        )

    def _done(self, template: Template, found: LearnedTemplate) -> None:
        self._ended()
        self._say(template, found)

    def _say(self, template: Template, found: LearnedTemplate) -> None:
        gains = found.gains().values()
        self.learned.emit(
            Lesson(
                template, found.documents, sum(each.values for each in gains), sum(each.before for each in gains),
                sum(each.after for each in gains),
            )
        )  # fmt: skip

    def _failed(self, error: Exception) -> None:
        self._ended()
        self.failed.emit(error)

    def _ended(self) -> None:
        self._running = False
        self._next()

    def dialog(self, template: Template, parent: QWidget) -> QDialog:
        """What a template learned, in figures and as a curve."""
        from stillroom.ui.learned_dialog import LearnedDialog

        dialog = LearnedDialog(
            self._learning, template, self._tasks, parent, self._reviewed, lambda wanted: self._runs().names_of(wanted)
        )
        dialog.forgot.connect(lambda: self._tell(template))
        return dialog

    def _tell(self, template: Template) -> None:
        """What a template knows since something was forgotten; whose approval stands is not learned of again by that alone."""
        self._tasks.start(
            Operation(lambda _: self._learning().memory(template).learned(), "forget", owner=self)
            .success(lambda found: self._say(template, found))
            .failure(self.failed.emit)
        )

    def get_ready(self, run: int) -> None:
        """Open what was seen of a table's rows before the first approval needs it: in a moment, when the page has been drawn."""
        if run == self._ready:
            return
        self._ready = run

        def begin() -> None:
            if run == self._ready:
                self._tasks.start(
                    Operation(lambda operation: self._runs().get_ready(run, operation.cancellation), "ready", owner=self)
                    .failure(lambda _: None)  # who needs it is told then
                )  # fmt: skip

        QTimer.singleShot(_READY_MS, self, begin)

    def decide_again(self, rows: Mapping[int, Sequence[int]]) -> None:
        """Decide rows (positions by run) by what was learned until now, from what was seen of them: nothing is read."""

        def work(operation: Operation[list[DecidedAgain]]) -> list[DecidedAgain]:
            runs = self._runs()
            return [runs.decide_again(run, places, operation.cancellation) for run, places in rows.items()]

        if self._deciding is not None:  # it knew less
            self._deciding.cancellation.request()
        self._deciding = Operation(work, "decide", owner=self).success(self.decided.emit).failure(self.failed.emit)
        self._tasks.start(self._deciding)

    def put(self, run: int, rows: Mapping[int, DocumentResult], seen: Mapping[int, bytes]) -> None:
        """Put rows on disk that were decided again, or those that were there before."""
        if not rows and not seen:
            return
        self._tasks.start(
            Operation(lambda _: self._runs().put(run, rows, seen), "put", owner=self)
            .success(lambda _: self.put_down.emit(run, dict(rows)))
            .failure(self.failed.emit)
        )

    def look_again(self, run: int, positions: Sequence[int]) -> None:
        """Extract these rows anew with what was learned."""

        def work(operation: Operation[None]) -> None:
            runs = self._runs()
            runs.do(
                runs.resume(run),
                again=positions,
                on_progress=operation.to_window(self.progressed.emit),
                cancellation=operation.cancellation,
            )

        self._tasks.start(
            Operation(work, "again", owner=self).success(lambda _: self.looked_again.emit()).failure(self.failed.emit)
        )
