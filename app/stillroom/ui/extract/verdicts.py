"""Verdicts given in the table itself. No widgets: tested without a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from stillroom.errors import DocumentError, StillroomError
from stillroom.extraction.result import DocumentResult
from stillroom.review.document import ReviewedDocument
from stillroom.review.verdict import DOCUMENT, Given, Subject, Verdict, VerdictKind
from stillroom.templates.template import Field
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row, RowState
from stillroom.ui.parts import Parts
from stillroom.ui.review.writing import VerdictWriter
from stillroom.ui.tasks import Operation

if TYPE_CHECKING:
    from stillroom.review.marked_value import ReadValue

Found = list[tuple[Row, DocumentResult, list[Verdict]]]


class SheetVerdicts(QObject):
    """What persons said of the rows of one table, and what they say now.

    A verdict is written first and shown then.

    Signals:
        failed(Exception): something could not be read or written.
        said(str): a sentence for the person.
        lapsed(Row): what was said of it last ended its approval.
    """

    failed = Signal(Exception)
    said = Signal(str)
    lapsed = Signal(Row)

    def __init__(self, parts: Parts, model: ResultModel, undo: QUndoStack) -> None:
        super().__init__()
        self._parts = parts
        self._model = model
        self._undo = undo
        self._fresh: list[Row] = []
        self._waiting: dict[str, tuple[Row, ReviewedDocument, Verdict]] = {}
        self._writer = VerdictWriter(lambda: parts.reviews, parts.tasks)
        self._writer.written.connect(self._written)
        self._writer.failed.connect(self._not_written)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._read)
        model.results_set.connect(self._results_set)
        model.written.connect(self.write)

    # ---- what is on disk

    def look(self) -> None:
        """Read the verdicts again: they may have been given elsewhere."""
        self._results_set([row for row in self._model.rows if row.result is not None])

    def _results_set(self, rows: Sequence[Row]) -> None:
        self._fresh += [row for row in rows if row.result is not None and row.result.sha256]
        if self._fresh:
            self._soon.start()

    def _read(self) -> None:
        rows, self._fresh = self._fresh, []
        template = self._model.template
        asked = [(row, row.proposed) for row in rows if row.proposed is not None]

        def read(_operation: Operation[Found]) -> Found:
            results = [result for _, result in asked if result is not None]
            found = self._parts.reviews.verdicts(template, results)
            return [(row, result, found[result.sha256]) for row, result in asked if result and result.sha256 in found]

        def show(found: Found) -> None:
            self._model.set_reviews(
                (row, ReviewedDocument(0, row.position, row.path, template, result, list(entries)))
                for row, result, entries in found
                if row.proposed is result
                and (row.review is None or [each.key for each in row.review.entries] != [each.key for each in entries])
            )

        self._parts.tasks.start(Operation(read, "verdicts of rows", owner=self).success(show).failure(self.failed.emit))

    # ---- what is said now

    def write(self, row: Row, field_number: int, text: str) -> None:
        """Another value for a field, as a person wrote it: the place on the page that says it, else it is not on the page."""
        field = self._model.template.fields[field_number]
        if not text:
            self.say(row, field, VerdictKind.ABSENT)
            return
        review = self._review(row)
        value = review.value(Subject(field.name)) if review is not None else None
        if value is None:
            return
        known = [Given.of(value.proposal)] if value.proposal is not None else []
        known += [Given(each.value, each.text, each.span, each.boxes) for each in value.current.candidates]

        def read(operation: Operation[ReadValue]) -> ReadValue:
            # Imported late, and not on the window's thread: it brings much with it.
            from stillroom.review.marked_value import ReadValue, read_typed

            plain = read_typed(field, text)
            same = next((each for each in known if each.span and each.value == plain.given.value), None)
            return ReadValue(same) if same is not None else self._in_document(row, field, text, plain, operation)

        def done(found: ReadValue) -> None:
            if found.problems:
                self.said.emit(" ".join(found.problems))
            self.say(row, field, VerdictKind.CORRECTED, found.given)

        self._parts.tasks.start(Operation(read, "typed", owner=self).success(done).failure(self.failed.emit))

    def _in_document(
        self, row: Row, field: Field, text: str, plain: ReadValue, operation: Operation[ReadValue]
    ) -> ReadValue:
        """The place of the document that says what was typed; else that, as it is."""
        from stillroom.review.marked_value import FieldReader

        result = row.proposed
        try:
            place = (row.run.batch.run_id, row.position) if row.run is not None and row.run.batch is not None else None
            sha256 = result.sha256 if result else ""
            document = self._parts.row_files.read(row.path, sha256, operation.cancellation, place)
        except DocumentError:  # moved, or changed: what was typed holds all the same
            return plain
        if result is None or document.sha256 != result.sha256:
            return plain
        found = FieldReader(document).suggest(field, text)
        return next((each for each in found if each.given.value == plain.given.value), plain)

    def take_runner_up(self, row: Row, field_number: int, number: int) -> None:
        """The candidate of this number is the value."""
        field = self._model.template.fields[field_number]
        review = self._review(row)
        if review is None:
            return
        value = next((each for each in review.values if each.subject == Subject(field.name)), None)
        if value is None or number > len(value.current.candidates):
            return
        other = value.current.candidates[number - 1]
        kind = VerdictKind.REREAD if other.span == value.current.span else VerdictKind.CORRECTED
        self.say(row, field, kind, Given(other.value or other.text, other.text, other.span, other.boxes))

    def say(self, row: Row, field: Field, kind: VerdictKind, after: Given | None = None) -> None:
        """A verdict on a field of one value."""
        review = self._review(row)
        if review is not None and any(value.subject == Subject(field.name) for value in review.values):
            self._take(row, review, review.verdict(kind, Subject(field.name), after))

    def accept_fields(self, row: Row, fields: Sequence[Field]) -> None:
        """The values of these fields are right, items and rows included."""
        review = self._review(row)
        if review is None:
            return
        names = {field.name for field in fields}
        for value in review.values:
            if value.subject.field in names and not review.decided(value):
                self._take(row, review, review.verdict(VerdictKind.ACCEPTED, value.subject))

    def approve(self, rows: Sequence[Row]) -> None:
        """A person answers for these documents."""
        for row in rows:
            review = self._review(row)
            if review is not None and review.approval is None:
                try:
                    self._parts.reviews.check_approval(review)
                except StillroomError as error:
                    self.failed.emit(error)
                    return
                self._take(row, review, review.document_verdict(VerdictKind.APPROVED))

    def keep(self, rows: Sequence[Row]) -> None:
        """These documents are no copies, whatever they look like."""
        for row in rows:
            review = self._review(row)
            if review is not None:
                self._take(row, review, review.document_verdict(VerdictKind.KEPT))

    def _review(self, row: Row) -> ReviewedDocument | None:
        """The document under review; None where there is nothing to say of it."""
        if row.state is not RowState.DONE or row.result is None or not row.result.sha256:
            return None
        if row.review is not None:
            return row.review
        waiting = next((review for other, review, _ in self._waiting.values() if other is row), None)
        return waiting or ReviewedDocument(0, row.position, row.path, self._model.template, row.result)

    def _take(self, row: Row, review: ReviewedDocument, entry: Verdict) -> None:
        def undo() -> None:
            latest = self._review(row)
            if latest is not None:
                taken = latest.taken_back(entry)
                self._send(row, latest, taken)

        self._send(row, review, entry)
        self._undo.push(_Given(entry, lambda: self._again(row, entry), undo))

    def _again(self, row: Row, entry: Verdict) -> None:
        """Redo: the same said once more."""
        review = self._review(row)
        if review is not None:
            kind = entry.kind
            fresh = (
                review.document_verdict(kind, entry.reason)
                if entry.subject == DOCUMENT
                else review.verdict(kind, entry.subject, entry.after)
            )
            self._send(row, review, fresh)

    def _send(self, row: Row, review: ReviewedDocument, entry: Verdict) -> None:
        self._waiting[entry.key] = (row, review, entry)
        self._writer.write([entry])

    def _written(self, keys: Sequence[str]) -> None:
        touched: dict[int, tuple[Row, ReviewedDocument]] = {}
        for key in keys:
            found = self._waiting.pop(key, None)
            if found is not None:
                row, review, entry = found
                approved = review.approval is not None
                review.add(entry)
                if approved and review.approval is None and entry.kind is not VerdictKind.UNDONE:
                    self.lapsed.emit(row)
                touched[id(row)] = (row, review)
        self._model.set_reviews(touched.values())

    def _not_written(self, error: Exception) -> None:
        self._waiting.clear()
        self._undo.clear()
        self.failed.emit(error)

    def leave(self) -> None:
        """The table is closed; what was said is still written."""
        self._writer.stop()

    @property
    def saving(self) -> bool:
        return bool(self._waiting)


class _Given(QUndoCommand):
    """A verdict that can be taken back; that is an entry of its own. It was given before it was pushed."""

    def __init__(self, entry: Verdict, again: Callable[[], None], undo: Callable[[], None]) -> None:
        super().__init__(QCoreApplication.translate("undo", "a verdict"))
        self._again, self._undo = again, undo
        self._first = entry.key

    def redo(self) -> None:
        if self._first:
            self._first = ""
        else:
            self._again()

    def undo(self) -> None:
        self._undo()
