"""The desk: the documents under review, and verdicts on their way to the disk. Knows nothing of how they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult
from stillroom.review.acceptance import Promise
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.queue import Doubt, Queue
from stillroom.review.reviews import Reviews, TableInfo
from stillroom.review.verdict import Subject, Verdict, VerdictKind
from stillroom.ui.review.writing import VerdictWriter
from stillroom.ui.tasks import Operation, Tasks

_AGAIN = 100  # milliseconds

_Opened = tuple[list[ReviewedDocument], dict[str, Queue]]


class ReviewDesk(QObject):
    """The documents under review, and the verdicts on them.

    Signals:
        tables_changed: the list of tables was read.
        opened: other documents are here.
        changed(ReviewedDocument): its verdicts are on disk, or what is to be looked at of it is another.
        weighed: what may pass unseen was decided anew.
        failed(Exception): something could not be read, or a verdict not be written.

    Attributes:
        tables: on disk, the newest first.
        documents: that are open, in the order of their tables.
        queues: by the template's name.
    """

    tables_changed = Signal()
    opened = Signal()
    changed = Signal(ReviewedDocument)
    weighed = Signal()
    failed = Signal(Exception)

    def __init__(self, reviews: Reviews, tasks: Tasks) -> None:
        super().__init__()
        self._reviews = reviews
        self._tasks = tasks
        self.tables: list[TableInfo] = []
        self.documents: list[ReviewedDocument] = []
        self.queues: dict[str, Queue] = {}
        self._by_file: dict[tuple[str, str], list[ReviewedDocument]] = {}
        self._given: list[tuple[ReviewedDocument, Verdict]] = []
        self._taken = 0  # how often something was said
        self._writer = VerdictWriter(lambda: self._reviews, tasks)
        self._writer.written.connect(self._written)
        self._writer.failed.connect(self._not_written)
        self._weighing = QTimer(self)
        self._weighing.setSingleShot(True)
        self._weighing.setInterval(300)
        self._weighing.timeout.connect(self._weigh)

    # ---- what is on disk

    def look(self) -> None:
        """Read the list of tables again."""
        self._tasks.start(
            Operation(lambda _: self._reviews.tables(), "tables", owner=self)
            .success(self._found)
            .failure(self.failed.emit)
        )

    def _found(self, tables: Sequence[TableInfo]) -> None:
        self.tables = list(tables)
        self.tables_changed.emit()

    def open(self, runs: Sequence[int]) -> None:
        """Read the documents of these tables and the verdicts on them."""

        def read(_: Operation[_Opened]) -> _Opened:
            documents: list[ReviewedDocument] = []
            for run in runs:
                documents.extend(self._reviews.documents(run))
            self._reviews.mark_duplicates(documents)
            queues = {}
            for name in dict.fromkeys(document.template.name for document in documents):
                own = [each for each in documents if each.template.name == name]
                queues[name] = Queue(own, self._reviews.promise(name), self._reviews.earlier(name, own))
            return documents, queues

        taken = self._taken

        def shown(found: _Opened) -> None:
            if self.saving or self._taken != taken:  # what was said meanwhile may not have been read
                QTimer.singleShot(_AGAIN, self, lambda: self.open(runs))
            else:
                self._show(*found)

        self._tasks.start(Operation(read, "review", owner=self).success(shown).failure(self.failed.emit))

    def _show(self, documents: list[ReviewedDocument], queues: dict[str, Queue]) -> None:
        self.documents = documents
        self._given = []
        self._by_file = {}
        for document in documents:
            self._by_file.setdefault((document.template.name, document.result.sha256), []).append(document)
        self.queues = queues
        self.opened.emit()

        def prepare(_: Operation[None]) -> None:
            # Not when the first document is approved, or the first date typed: the window would stand still for it.
            import stillroom.review.signing  # noqa: F401
            from stillroom.review import marked_value

            marked_value.prepare({document.template.name: document.template for document in documents}.values())

        self._tasks.start(Operation(prepare, "prepare", owner=self).failure(self.failed.emit))

    def set_results(self, run: int, rows: Mapping[int, DocumentResult]) -> list[ReviewedDocument]:
        """Other proposals for documents that nobody said anything of; those that took them. The others keep theirs."""
        found = [each for each in self.documents if each.run == run and each.position in rows and not each.entries]
        for each in found:
            each.result = rows[each.position]
            each.refresh()
        if found:
            self._weigh()
        for each in found:
            self.changed.emit(each)
        return found

    # ---- what is to be looked at

    def queue(self, document: ReviewedDocument) -> Queue:
        return self.queues[document.template.name]

    def count(self, document: ReviewedDocument) -> int:
        """How many things of a document are to be looked at."""
        return self.queue(document).count(document)

    def reasons(self, document: ReviewedDocument) -> dict[Subject, Doubt]:
        """Why each value that is to be looked at is, by its subject."""
        return {value.subject: doubt for doubt, value in self.queue(document).to_check(document)}

    def no_promise(self, wrong: float) -> str:
        """Why this share may not be promised; empty where it may."""
        return self._reviews.no_promise(wrong)

    def promise(self, template_name: str, promise: Promise | None) -> None:
        """Promise another share, or nothing; kept on disk."""
        queue_ = self.queues[template_name]

        def done(_: None) -> None:
            queue_.promise = promise
            self._weigh()

        self._tasks.start(
            Operation(lambda _: self._reviews.set_promise(template_name, promise), "promise", owner=self)
            .success(done)
            .failure(self.failed.emit)
        )

    def _weigh(self) -> None:
        for each in self.queues.values():
            each.weigh()
        self.weighed.emit()

    # ---- verdicts

    def give(self, document: ReviewedDocument, *given: Verdict) -> None:
        """Take entries: they count at once, and are shown as given when they are on disk."""
        queue = self.queue(document)
        entries = [
            replace(entry, proposed=replace(entry.proposed, passed=True))
            if queue.passes(document, entry.subject)
            else entry
            for entry in given
        ]
        for entry in entries:
            self._given.append((document, entry))
        self._take(document, entries)

    def undo(self, document: ReviewedDocument | None) -> ReviewedDocument | None:
        """Take back what was given last here; else the last of this document. Returns the document that it was on."""
        while self._given:
            owner, entry = self._given.pop()
            last = owner.latest()
            if last is not None and last.key == entry.key:
                document = owner
                break
        if document is None:
            return None
        undone = document.undo()
        if not undone:
            return None
        self._take(document, undone)
        return document

    def _take(self, document: ReviewedDocument, entries: Sequence[Verdict]) -> None:
        self._taken += 1
        for each in self._same(document):
            each.unsaved.update(entry.key for entry in entries)
            each.add(*entries)
            self.changed.emit(each)
        self._writer.write(entries)
        if any(VerdictKind.KEPT in (entry.kind, self._kind_of(document, entry.undoes)) for entry in entries):
            for each in self._same(document):
                each.duplicate_of = None
                self.changed.emit(each)
            documents = self.documents

            def marked(_: None) -> None:
                for each in documents:
                    if each.duplicate_of is not None:
                        self.changed.emit(each)

            work = Operation(lambda _: self._reviews.mark_duplicates(documents), "copies", owner=self)
            self._tasks.start(work.success(marked).failure(self.failed.emit))

    @staticmethod
    def _kind_of(document: ReviewedDocument, key: str) -> VerdictKind | None:
        return next((entry.kind for entry in document.entries if key and entry.key == key), None)

    def _same(self, document: ReviewedDocument) -> list[ReviewedDocument]:
        """The document wherever it is open: the same file may be in several tables."""
        if not document.result.sha256:
            return [document]
        return self._by_file.get((document.template.name, document.result.sha256), [document])

    def _written(self, keys: Iterable[str]) -> None:
        wanted = set(keys)
        for document in self.documents:
            if document.unsaved & wanted:
                document.unsaved -= wanted
                self.changed.emit(document)
        if any(each.promise is not None for each in self.queues.values()):
            self._weighing.start()

    def _not_written(self, error: Exception) -> None:
        """What is not on disk does not hold: it is taken out again, and said."""
        for document in self.documents:
            if document.unsaved:
                document.entries = [entry for entry in document.entries if entry.key not in document.unsaved]
                document.unsaved = set()
                document.refresh()
                self.changed.emit(document)
        self._given = []
        self.failed.emit(error)

    @property
    def saving(self) -> bool:
        """Whether a verdict is on its way."""
        return any(document.unsaved for document in self.documents)

    def decided(self, document: ReviewedDocument) -> bool:
        """Whether a person is done with a document."""
        return document.approval is not None or document.rejection is not None

    def no_approval(self, document: ReviewedDocument) -> str:
        """Why the person at this machine does not approve it; empty where they may."""
        return self._reviews.no_approval(document)

    def done_with(self, document: ReviewedDocument, value: ReviewedValue) -> bool:
        """Whether a person is done with a value."""
        return document.decided(value) or document.rejection is not None

    def approve(self, document: ReviewedDocument) -> bool:
        """Returns false where the office lets somebody else do it, which is told."""
        try:
            self._reviews.check_approval(document)
        except StillroomError as error:
            self.failed.emit(error)
            return False
        self.give(document, document.document_verdict(VerdictKind.APPROVED))
        return True

    def keep(self, document: ReviewedDocument) -> None:
        """It is no copy, whatever it looks like."""
        self.give(document, document.document_verdict(VerdictKind.KEPT))

    def reject(self, document: ReviewedDocument, reason: str) -> None:
        self.give(document, document.document_verdict(VerdictKind.REJECTED, reason))
