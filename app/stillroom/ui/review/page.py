"""The Review page: the document at the left, its values at the right, worst first, all of it by keyboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from stillroom.documents.document import Document, Span
from stillroom.extraction.result import DocumentResult, FieldValue, Progress
from stillroom.review import marked_value
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.duplicates import differences, sender_of
from stillroom.review.line_items import Swap, cells_of, columns_swapped, fresh_number, places_of, rows_added, swapped
from stillroom.review.marked_value import FieldReader, ReadValue
from stillroom.review.reviews import Reviews
from stillroom.review.verdict import ADDED, Given, Subject, Verdict, VerdictKind
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui.banner import BannerArea
from stillroom.ui.changed_dialog import ChangedValue, changed_values, way_to
from stillroom.ui.controls import (
    Button,
    ComboBox,
    ElidedLabel,
    IconButton,
    describe,
    label,
    plain_tip,
    restyle,
    set_role,
)
from stillroom.ui.extract.cell import one_line
from stillroom.ui.failures import show_failure
from stillroom.ui.questions import file_to_write
from stillroom.ui.review import filters, wording
from stillroom.ui.review.desk import ReviewDesk
from stillroom.ui.review.field_list import FieldList, FieldModel
from stillroom.ui.review.filters import Wanted
from stillroom.ui.review.lessons import Lesson, Lessons
from stillroom.ui.review.page_view import Light, PageView
from stillroom.ui.review.pictures import PagePictures, Texts
from stillroom.ui.review.promise_dialog import PromiseDialog
from stillroom.ui.review.table_panel import TablePanel
from stillroom.ui.review.text_view import TextView
from stillroom.ui.review.thumbnails import Thumbnails
from stillroom.ui.review.value_card import ValueCard
from stillroom.ui.tasks import Operation, Tasks
from stillroom.ui.theme import GRID
from stillroom.ui.window_memory import WindowMemory
from stillroom.ui.wording import counted, sentence, when_text
from stillroom.workspace.row_files import PageSizes, RowFiles
from stillroom.workspace.runs import DecidedAgain, changed_fields

_TEMPLATE = "template:"  # before the name of one, in the place of a table's number
_WIDE_FROM = 860  # pixels of the page's width; below, what is said elsewhere too makes room
_NOTE_LINES = 3
_LESSON_SECONDS = 12.0
_MARKED_SHOWN = 60  # letters of a mark that was not taken


class ReviewPage(QWidget):
    """One document at a time, out of one table or all of them.

    Signals:
        extract_wanted: there is nothing to review, and a table is to be made.
    """

    extract_wanted = Signal()

    def __init__(
        self,
        reviews: Reviews,
        tasks: Tasks,
        memory: WindowMemory,
        files: RowFiles,
        lessons: Lessons | None = None,
    ) -> None:
        """``lessons``: what templates learn of approvals; nothing is learned without."""
        super().__init__()
        self.setObjectName("reviewPage")
        self.setAccessibleName(self.tr("Review"))
        self._tasks = tasks
        self._memory = memory
        self._files = files
        self.desk = ReviewDesk(reviews, tasks)
        self._texts = Texts(files, tasks)
        self._pictures = PagePictures(files, tasks)
        self._shown: list[ReviewedDocument] = []
        self._document: ReviewedDocument | None = None
        self._wanted_run = 0
        self._offered_run = 0
        self._all_if_done = False
        self._nothing_left = False  # the last open value of the document was answered a moment ago
        self._text: Document | None = None
        self._reader: FieldReader | None = None
        self._adding: tuple[Subject, Field] | None = None
        self._suggesting: Operation[list[ReadValue]] | None = None
        self._build()
        self._back: QWidget = self.list  # where the keyboard returns to when a value was written
        self._connect()
        self._lessons = lessons
        self._wanted_value: tuple[int, Path, str] | None = None
        self._before_again: dict[tuple[int, int], DocumentResult] = {}
        self._lesson: Lesson | None = None
        if lessons is not None:
            lessons.setParent(self)
            self.desk.changed.connect(lessons.look)
            lessons.learned.connect(self._learned)
            lessons.decided.connect(self._take_decided)
            lessons.failed.connect(self._failed)
            lessons.progressed.connect(self._show_looking)
            lessons.looked_again.connect(self._looked_again)

    # ---- how it is built

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(self._head())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(GRID)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._left())
        self.splitter.addWidget(self._right())
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([560, 380])
        self.banners = BannerArea(self, self.views)  # what is pressed next, and the rows, stay in sight
        self.stack = QStackedWidget()
        self.stack.addWidget(self._empty())
        self.stack.addWidget(self.splitter)
        self._show_head(False)
        column.addWidget(self.stack, 1)

    def _empty(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setSpacing(2 * GRID)
        column.addStretch(1)
        words = label(
            self.tr("Nothing to review yet. Extract a table first; its values come here."), "muted", wrap=True
        )
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(words)
        self.extract_button = Button(self.tr("Extract documents"), "primary", "extract", self.extract_wanted.emit)
        column.addWidget(self.extract_button, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        return side

    def _show_head(self, shown: bool) -> None:
        """What chooses among tables, documents and values; without any there is nothing to choose."""
        for each in (self.tables, self.which, self.fields, self.dial, self.keys):
            each.setVisible(shown)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        self.title = label(self.tr("Review"), "title")
        row.addWidget(self.title)
        row.addSpacing(GRID)
        self.tables = ComboBox()
        self.tables.setAccessibleName(self.tr("Table"))
        self.tables.setMinimumWidth(90)
        self.tables.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which = ComboBox()
        self.which.setAccessibleName(self.tr("Which documents"))
        self.which.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumWidth(90)
        self.fields = ComboBox()
        self.fields.setAccessibleName(self.tr("Field"))
        self.fields.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.fields.setMinimumWidth(80)
        for words, data in filters.choices():
            self.which.addItem(words, data)
        self.senders = ComboBox()
        self.senders.setAccessibleName(self.tr("Sender"))
        self.senders.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.senders.setMinimumWidth(80)
        self.senders.hide()
        for box, stretch in ((self.tables, 8), (self.which, 4), (self.fields, 4), (self.senders, 5)):
            row.addWidget(box, stretch)
        self.dial = Button(self.tr("Pass unseen: nothing"))
        describe(self.dial, self.tr("What may pass unseen"))
        row.addWidget(self.dial)
        self.keys = IconButton("unsure", self.tr("Keys"))
        describe(self.keys, self.tr("Keys"), self.tr("All keys (?)"))
        row.addWidget(self.keys)
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Where it is narrow the page goes without its name, which the navigation has, and without the signs for the keys of zoom."""
        super().resizeEvent(event)
        for each in (self.title, self.zoom_out, self.zoom_in):
            each.setVisible(event.size().width() >= _WIDE_FROM)

    def _left(self) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.previous = IconButton("back", self.tr("Previous document"))
        describe(self.previous, self.tr("Previous document"), self.tr("Previous document (K)"))
        self.documents = ComboBox()
        self.documents.setAccessibleName(self.tr("Document"))
        self.documents.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.next = IconButton("next", self.tr("Next document"))
        describe(self.next, self.tr("Next document"), self.tr("Next document (J)"))
        self.zoom_out = IconButton("absent", self.tr("Smaller"))
        self.zoom_in = IconButton("plus", self.tr("Larger"))
        describe(self.zoom_out, self.tr("Smaller"), self.tr("Smaller"), "Ctrl+-")
        describe(self.zoom_in, self.tr("Larger"), self.tr("Larger"), "Ctrl++")
        self.zoom = Button(self.tr("Width"), "link")
        describe(self.zoom, self.tr("Zoom"), self.tr("Fit the width, or the whole page"), "Ctrl+0")
        self.finder = QLineEdit()
        self.finder.setAccessibleName(self.tr("Find in the document"))
        self.finder.setPlaceholderText(self.tr("Find"))
        self.finder.setMaximumWidth(110)
        row.addWidget(self.previous)
        row.addWidget(self.documents, 1)
        row.addWidget(self.next)
        for widget in (self.zoom_out, self.zoom, self.zoom_in, self.finder):
            row.addWidget(widget)
        column.addLayout(row)
        self.view = PageView(self._pictures)
        self.text_view = TextView()
        self.views = QStackedWidget()
        self.thumbnails = Thumbnails(PagePictures(self._files, self._tasks))
        beside = QWidget()
        line = QHBoxLayout(beside)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID // 2)
        line.addWidget(self.thumbnails)
        line.addWidget(self.view, 1)
        self.views.addWidget(beside)
        self.views.addWidget(self.text_view)
        self.table_panel = TablePanel()
        self.left = QSplitter(Qt.Orientation.Vertical)
        self.left.setHandleWidth(GRID)
        self.left.addWidget(self.views)
        self.left.addWidget(self.table_panel)
        self.left.setStretchFactor(0, 3)
        self.left.setStretchFactor(1, 2)
        self.left.setSizes([360, 210])
        self.left.setCollapsible(0, False)
        column.addWidget(self.left, 1)
        return side

    def _right(self) -> QWidget:
        side = QWidget()
        side.setMinimumWidth(320)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self.state = ElidedLabel("", "figure")
        self.no_copy = Button(self.tr("No copy"), "link")
        describe(self.no_copy, self.tr("No copy"), self.tr("This document is one of its own"))
        self.no_copy.hide()
        self.other = Button(self.tr("Show the other"), "link", action=self.show_other)
        self.other.hide()
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.other)
        row.addWidget(self.no_copy)
        column.addLayout(row)
        self.notes = label("", "muted", wrap=True)
        self.notes.setAccessibleName(self.tr("What was said when the document was read"))
        self.notes.setMaximumHeight(_NOTE_LINES * self.notes.fontMetrics().lineSpacing())
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.notes.hide()
        column.addWidget(self.notes)
        self.model = FieldModel()
        self.list = FieldList(self.model)
        column.addWidget(self.list, 1)
        self.card = ValueCard()
        column.addWidget(self.card)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.approve = Button(self.tr("Approve"), "primary", "sure")
        describe(self.approve, self.tr("Approve"), self.tr("Answer for all values of this document (A)"))
        self.reject = Button(self.tr("Reject…"))
        describe(self.reject, self.tr("Reject…"), self.tr("This document does not belong here (R)"))
        self.undo = Button(self.tr("Undo"))
        describe(self.undo, self.tr("Undo"), self.tr("Take the last verdict back (U)"))
        row.addWidget(self.approve)
        row.addWidget(self.reject)
        self.report = Button(self.tr("Report…"), "link")
        describe(self.report, self.tr("Report…"), self.tr("This document as PDF, its values boxed, with who said what"))
        row.addStretch(1)
        row.addWidget(self.report)
        row.addWidget(self.undo)
        column.addLayout(row)
        return side

    def _connect(self) -> None:
        desk, keys, card = self.desk, self.list, self.card
        desk.tables_changed.connect(self._show_tables)
        desk.opened.connect(self._opened)
        desk.changed.connect(self._changed)
        desk.weighed.connect(self._weighed)
        desk.failed.connect(self._failed)
        self.tables.activated.connect(lambda _: self._open_table())
        self.which.activated.connect(lambda _: self._filter())
        self.fields.activated.connect(lambda _: self._filter())
        self.senders.activated.connect(lambda _: self._filter())
        self.documents.activated.connect(lambda place: self.show_document(self._shown[place]))
        for box in (self.tables, self.which, self.fields, self.senders, self.documents):
            box.chosen.connect(self.take_keyboard)  # a verdict's key pressed there would ask for other documents
        self.previous.clicked.connect(lambda: self.step_document(-1))
        self.next.clicked.connect(lambda: self.step_document(1))
        self.zoom_in.clicked.connect(lambda: self.view.zoom_by(1.25))
        self.zoom_out.clicked.connect(lambda: self.view.zoom_by(0.8))
        self.zoom.clicked.connect(lambda: self.view.toggle_fit())
        self.view.zoomed.connect(self.zoom.setText)
        self.view.page_seen.connect(self.thumbnails.mark)
        self.thumbnails.page_chosen.connect(self.view.show_page)
        self.finder.returnPressed.connect(self._find)
        for view in (self.view, self.text_view):
            view.span_chosen.connect(self.take_span)
            view.row_chosen.connect(self.take_rows)
        self.view.nothing_chosen.connect(self._say_no_text)
        panel = self.table_panel
        panel.cell_chosen.connect(self._choose)
        panel.written.connect(self.write_cell)
        panel.add_wanted.connect(self.add_row)
        panel.remove_wanted.connect(self._remove_item)
        panel.swap_wanted.connect(self.swap_columns)
        panel.key.connect(keys.keyPressEvent)
        self._texts.ready.connect(self._text_ready)
        self._texts.sized.connect(self._sized)
        self._texts.failed.connect(self._text_failed)
        self._pictures.failed.connect(lambda text: self.banners.show_message(text, "warn", key="page"))
        keys.value_chosen.connect(self._value_chosen)
        keys.accept.connect(self.accept)
        keys.absent.connect(lambda: self.say(VerdictKind.ABSENT))
        keys.unreadable.connect(lambda: self.say(VerdictKind.UNREADABLE))
        keys.remove.connect(self.remove)
        keys.add.connect(self.add_item)
        keys.undo.connect(self.take_back)
        keys.next_open.connect(lambda: self.step_open(1))
        keys.previous_open.connect(lambda: self.step_open(-1))
        keys.next_document.connect(lambda: self.step_document(1))
        keys.previous_document.connect(lambda: self.step_document(-1))
        keys.approve.connect(self.approve_document)
        keys.reject.connect(self.reject_document)
        keys.help.connect(self.show_keys)
        keys.runner_up.connect(self.take_runner_up)
        keys.edit_wanted.connect(self.begin_edit)
        card.accept.connect(self.accept)
        card.absent.connect(lambda: self.say(VerdictKind.ABSENT))
        card.edit.connect(lambda: self.begin_edit(""))
        card.runner_up.connect(self.take_runner_up)
        card.suggest.connect(self._suggest)
        card.typed.connect(self._take_typed)
        card.value_chosen.connect(lambda found: self._take_value(found, VerdictKind.CORRECTED))
        card.edit_ended.connect(self._edit_ended)
        self.approve.clicked.connect(self.approve_document)
        self.no_copy.clicked.connect(self.keep)
        self.reject.clicked.connect(self.reject_document)
        self.undo.clicked.connect(self.take_back)
        self.report.clicked.connect(self.ask_report)
        self.keys.clicked.connect(self.show_keys)
        self.dial.clicked.connect(self.show_dial)
        for sequence, slot in (
            ("Ctrl+F", lambda: self.finder.setFocus()),
            ("F6", lambda: (self.view if self.list.hasFocus() else self.list).setFocus()),
        ):
            shortcut = QShortcut(QKeySequence(sequence), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # ---- tables and documents

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.desk.look()

    def show_run(self, run: int) -> None:
        """Review this table, whatever was offered: what is to be checked in it, or all of it where that is nothing."""
        self._wanted_run, self._offered_run = run, 0
        self._all_if_done = True
        self.desk.look()

    def offer_run(self, run: int) -> None:
        """Go on with this table when the page is shown next, as soon as one of its documents is done."""
        self._offered_run = run

    def run_ended(self, run: int) -> None:
        """Where a run ended that is being reviewed already, offer what came since its table was read."""
        shown = self.desk.documents
        if self.isVisible() and any(each.run == run for each in shown):
            text = self.tr(
                "The run of this table has ended: it may have more documents, and values that they decided together."
            )
            self.banners.show_message(text, "info", [(self.tr("Show them"), self._open_table)], key="ended")

    def show_value(self, run: int, path: Path, field: str) -> None:
        """Review this table, at a value of one of its documents."""
        self._wanted_value = (run, path, field)
        self.show_run(run)

    def _turn_to_wanted(self) -> None:
        wanted, self._wanted_value = self._wanted_value, None
        if wanted is None:
            return
        run, path, field = wanted
        document = next((each for each in self.desk.documents if (each.run, each.path) == (run, path)), None)
        if document is not None:
            self._turn_to(document, field)

    def _turn_to(self, document: ReviewedDocument, field: str) -> None:
        """To a field of a document, which is listed then, whatever was asked for."""
        if document not in self._shown:
            self._show_everything()
        self.show_document(document)
        row = next((row for row, value in enumerate(self.model.values) if value.subject.field == field), None)
        if row is not None:
            self.list.choose(row)

    def _show_tables(self) -> None:
        if not self._wanted_run and any(
            table.run == self._offered_run and table.finished for table in self.desk.tables
        ):
            self._wanted_run = self._offered_run
        if self._wanted_run == self._offered_run:
            self._offered_run = 0
        kept = self._wanted_run or self.tables.currentData()
        fresh = kept is None
        self.tables.blockSignals(True)
        self.tables.clear()
        begun = [table for table in self.desk.tables if table.finished]
        if len(begun) > 1:
            self.tables.addItem(self.tr("All tables"), 0)
        of_templates = Counter(table.template_name for table in begun)
        for name, count in of_templates.items():
            if 1 < count < len(begun):
                title = next(table.template_title for table in begun if table.template_name == name)
                self.tables.addItem(self.tr("All tables of %1").replace("%1", title), f"{_TEMPLATE}{name}")
        for table in begun:
            text = f"{table.title} · {table.documents} · {when_text(table.created)}"
            self.tables.addItem(text, table.run)
        place = self.tables.findData(kept)
        if place < 0:
            place = next((at for at in range(self.tables.count()) if self.tables.itemData(at) == begun[0].run), 0)
        self.tables.setCurrentIndex(max(0, place))
        self.tables.blockSignals(False)
        led = self.window().focusWidget() in (self.extract_button, self.list)
        self.stack.setCurrentIndex(1 if begun else 0)
        self._show_head(bool(begun))
        if led:
            self.take_keyboard()
        if fresh or self._wanted_run or not self.desk.saving:
            self._wanted_run = 0
            self._open_table()

    def _open_table(self) -> None:
        run = self.tables.currentData()
        if run is None:
            return
        wanted = str(run).removeprefix(_TEMPLATE)
        of_template = [table.run for table in self.desk.tables if not run or table.template_name == wanted]
        self.desk.open(of_template if not run or isinstance(run, str) else [run])

    def _opened(self) -> None:
        self.banners.withdraw("ended")
        names: dict[str, str] = {}
        for document in self.desk.documents:
            for each in document.template.fields:
                names.setdefault(each.name, each.heading)
        kept = self.fields.currentData()
        self.fields.clear()
        self.fields.addItem(self.tr("All fields"), "")
        for name, title in names.items():
            self.fields.addItem(title, name)
        self.fields.setCurrentIndex(max(0, self.fields.findData(kept)))
        self._list_senders()
        self._list_rules()
        self._show_dial_text()
        old, value = self._document, self.list.value
        self._filter()
        if self._all_if_done and not self._shown:
            self._show_everything()
        self._all_if_done = False
        if old is not None:
            same = next((each for each in self._shown if (each.run, each.position) == (old.run, old.position)), None)
            if same is not None:
                self.show_document(same)
                self._choose_again(value)
        self._say_what_changed()
        self._turn_to_wanted()
        runs = {each.run for each in self.desk.documents if each.approval is None}
        if self._lessons is not None and len(runs) == 1:
            self._lessons.get_ready(runs.pop())

    def _choose_again(self, value: ReviewedValue | None) -> None:
        """The value that was current before the table was read again."""
        subjects = [each.subject for each in self.model.values]
        if value is not None and value.subject in subjects:
            self.list.choose(subjects.index(value.subject))

    def _list_senders(self) -> None:
        """Who sent the documents; offered where there are several."""
        kept = self.senders.currentData()
        names = sorted({name for each in self.desk.documents if (name := sender_of(each))}, key=str.casefold)
        self.senders.clear()
        self.senders.addItem(self.tr("All senders"), "")
        for name in names:
            self.senders.addItem(one_line(name), name)
        self.senders.setCurrentIndex(max(0, self.senders.findData(kept)))
        self.senders.setVisible(len(names) > 1)

    def _list_rules(self) -> None:
        """The checks that failed here, each to be gone through by itself."""
        kept, fixed = self.which.currentData(), len(filters.choices())
        while self.which.count() > fixed:
            self.which.removeItem(fixed)
        for words, data in filters.failed_rules(self.desk.documents):
            self.which.addItem(words, data)
        self.which.setCurrentIndex(max(0, self.which.findData(kept)))

    def _filter(self) -> None:
        """The documents that are asked for, worst first."""
        wanted = Wanted(self.which.currentData(), self.fields.currentData() or "", self.senders.currentData() or "")
        chosen = [document for document in self.desk.documents if wanted.takes(document, self.desk)]
        ordered: list[ReviewedDocument] = []
        for name, queue in self.desk.queues.items():
            ordered += queue.worst_first([each for each in chosen if each.template.name == name])
        self._shown = ordered
        self._list_documents()
        if self._shown:
            self.show_document(self._shown[0])
            if not self._nothing_left:
                self.banners.withdraw("left")  # of what was asked for before
        elif self.desk.documents and wanted.which != filters.EVERYTHING:
            self._show_nothing_left()
        else:
            self.banners.withdraw("left")
            self.show_document(None)

    def _show_nothing_left(self) -> None:
        """Nothing is left of what was asked for. It stays said: without it the page is empty for no reason."""
        self.banners.show_message(
            self.tr("Nothing is left to check here."), "info", key="left", closable=False,
            actions=[(self.tr("Show all documents"), self._show_everything)],
        )  # fmt: skip
        self.show_document(None)

    def _show_everything(self) -> None:
        self.which.setCurrentIndex(self.which.findData(filters.EVERYTHING))
        self.fields.setCurrentIndex(0)
        self.senders.setCurrentIndex(0)
        self._filter()

    def _list_documents(self) -> None:
        self.documents.blockSignals(True)
        self.documents.clear()
        for number, document in enumerate(self._shown, 1):
            self.documents.addItem(self._document_line(number, document))
            self.documents.setItemData(number - 1, plain_tip(str(document.path)), Qt.ItemDataRole.ToolTipRole)
        self.documents.blockSignals(False)

    def _document_line(self, number: int, document: ReviewedDocument) -> str:
        state = wording.document_word(document, self.desk.count(document))
        place = self.tr("%1 of %2").replace("%1", str(number)).replace("%2", str(len(self._shown)))
        return f"{place} · {document.path.name} · {state}"

    def show_document(self, document: ReviewedDocument | None) -> None:
        """Turn to a document."""
        if self._nothing_left:
            self.banners.withdraw("left")
        if document is not self._document:
            self.banners.withdraw("reading")  # what was said of the one before
            self.banners.withdraw("unapproved")
        self._document = document
        self._nothing_left = False
        self._show_notes(document)
        self._text = self._reader = None
        for widget in (self.approve, self.reject, self.undo, self.report):
            widget.setEnabled(document is not None)
        if document is None:
            self.model.show(None, (), {})
            self.card.show_value(None, None, None)
            self.table_panel.show_document(None, {})
            self.state.setText("")
            self.view.say(self.tr("No document"))
            self.thumbnails.hide()
            self.views.setCurrentIndex(0)
            return
        if document in self._shown:
            self.documents.setCurrentIndex(self._shown.index(document))
        self.documents.setToolTip(plain_tip(str(document.path)))
        self.views.setCurrentIndex(0)
        self.view.say(self.tr("Reading the document…"))
        self._pictures.show(document.path, document.result.sha256)
        queue = self.desk.queue(document)
        reasons = self.desk.reasons(document)
        self.model.show(document, queue.ordered(document), reasons)
        self.table_panel.show_document(document, reasons)
        self._doubted = set(reasons)
        self._fold()
        self._show_state()
        self._texts.want(document.path, document.result.sha256, (document.run, document.position))
        wanted = self.fields.currentData()
        row = next((row for row, value in enumerate(self.model.values) if value.subject.field == wanted), 0)
        self.list.choose(row if wanted else 0)
        if not self.model.values:
            self._value_chosen(None)

    def _show_notes(self, document: ReviewedDocument | None) -> None:
        """What was left out or guessed when the document was read, or why it could not be: who approves it should know."""
        notes = document.result.notes if document is not None else ()
        if document is not None and document.failed:
            notes = (document.result.error,) if document.result.error else ()
        self.notes.setText(" ".join(notes))
        self.notes.setToolTip(plain_tip("\n".join(notes)))
        self.notes.setVisible(bool(notes))

    def _fold(self) -> None:
        """Cells of tables that nobody has to look at are in their table only, and not among the values as well; but for rows that
        a person added, which are written one cell after the other."""
        doubted = self._doubted
        self.list.fold(
            lambda value: value.subject.column != "" and value.subject.item <= ADDED and value.subject not in doubted
        )

    _doubted: AbstractSet[Subject] = frozenset()

    def step_document(self, by: int) -> None:
        """To the next document, or one before."""
        if self._document is None or not self._shown:
            return
        place = self._shown.index(self._document) if self._document in self._shown else -1
        if 0 <= place + by < len(self._shown):
            self.show_document(self._shown[place + by])
        else:
            self._say_end()

    def _say_end(self) -> None:
        left = sum(self.desk.count(document) > 0 for document in self._shown)
        if left:
            text = counted(left, self.tr("1 document is left to check."), self.tr("%1 documents are left to check."))
        else:
            text = self.tr("Nothing is left to check here.")
        others = len(self.desk.documents) - len(self._shown)
        ways = [(self.tr("Show all documents"), self._show_everything)] if others and not left else []
        self.banners.show_message(text, "info", ways, key="left", seconds=6.0)

    def step_open(self, by: int) -> None:
        """To the next value that is to be looked at, of this document or of the next that has one."""
        values = self.model.values
        current = self.list.currentIndex().row()
        order = range(current + 1, len(values)) if by > 0 else range(current - 1, -1, -1)
        for row in order:
            if self._open(values[row]):
                self.list.choose(row)
                return
        if by < 0:
            return
        earlier = next((row for row in range(max(0, current)) if self._open(values[row])), None)
        if earlier is not None:
            self.list.choose(earlier)
            return
        self._to_next_open()

    def _open(self, value: ReviewedValue) -> bool:
        wanted = self.fields.currentData()
        return self.model.doubt(value) is not None and (not wanted or value.subject.field == wanted)

    def _to_next_open(self) -> None:
        if self._document is None or not self._shown:
            return
        place = self._shown.index(self._document) if self._document in self._shown else -1
        for document in (*self._shown[place + 1 :], *self._shown[: max(0, place)]):
            if self.desk.count(document):
                self.show_document(document)
                return
        self._say_end()

    def take_keyboard(self) -> None:
        """The keyboard goes to the values, also while there are none: documents are gone through from there."""
        (self.list if self.stack.currentIndex() else self.extract_button).setFocus()

    # ---- the document as it looks

    def _is_shown(self, path: Path, sha256: str) -> bool:
        document = self._document
        return document is not None and (document.path, document.result.sha256) == (path, sha256)

    def _sized(self, path: Path, sha256: str, sizes: PageSizes) -> None:
        if self._is_shown(path, sha256) and sizes.kind:
            self.views.setCurrentIndex(0)
            self.view.show_pages(sizes.sizes)
            self.thumbnails.show_pages(path, sha256, sizes.sizes)
            if self._text is not None:
                self.view.show_words(self._text)
            self._light()

    def _text_ready(self, path: Path, sha256: str, text: Document) -> None:
        if not self._is_shown(path, sha256):
            return
        self._text, self._reader = text, FieldReader(text)
        if not self.card.editing:
            self._show_value(self.list.value)
        if text.kind == "pdf" or any(page.boxes is not None for page in text.pages):
            self.view.show_words(text)
        elif any(page.text.strip() for page in text.pages):
            self.text_view.show_document(text)
            self.views.setCurrentIndex(1)
            self._light()
        else:
            self.view.say(" ".join(text.notes) or self.tr("There is no text in this document."))

    def _text_failed(self, path: Path, sha256: str, text: str) -> None:
        if self._is_shown(path, sha256):
            self.view.say(text or self.tr("The document could not be read again."))

    def _light(self) -> None:
        """Light the values of the document, the current one most."""
        document, current = self._document, self.list.value
        if document is None:
            return
        if self.views.currentIndex() == 1:
            spans = [
                (span, current is not None and value.subject == current.subject)
                for value in document.values
                for span in value.current.parts or (value.current.span,)
            ]
            self.text_view.light([(span, strong) for span, strong in spans if span is not None])
            return
        lights = []
        for value in document.values:
            span = value.current.span
            if span is not None and value.current.boxes:
                strong = current is not None and value.subject == current.subject
                lights.append(Light(span.page, value.current.boxes, wording.value_name(value, document), strong))
        self.view.light(lights)

    def _find(self) -> None:
        """Show the next place that says what is looked for."""
        words = self.finder.text().strip()
        if not words or self._text is None:
            return
        found = marked_value.occurrences(self._text, words, 500)
        if not found:
            self.banners.show_message(self.tr("The document does not say this."), "info", key="find", seconds=4.0)
            return
        after = self._found if self._found in found else None
        self._found = found[(found.index(after) + 1) % len(found)] if after else found[0]
        if self.views.currentIndex() == 1:
            self.text_view.light([(self._found, True)])
        else:
            self.view.light([Light(self._found.page, tuple(self._text.boxes(self._found)), words, True)])

    _found: Span | None = None

    # ---- values

    def _value_chosen(self, value: ReviewedValue | None) -> None:
        self._adding = None
        self._nothing_left = False
        self._show_value(value)
        if value is not None:
            self.table_panel.choose(value.subject)
            if self.table_panel.grid.hasFocus() and not value.subject.column:
                self.list.setFocus()
        self._light()

    def _show_value(self, value: ReviewedValue | None) -> None:
        doubt = self.model.doubt(value) if value else None
        hard = wording.hard_to_read(value, self._text) if value else ""
        self.card.show_value(self._document, value, doubt, hard)

    def _choose(self, subject: Subject) -> None:
        """Make a value of this document the current one."""
        row = next((row for row, each in enumerate(self.model.values) if each.subject == subject), None)
        if row is not None:
            self.list.choose(row)

    def _give(self, document: ReviewedDocument, *entries: Verdict) -> None:
        """Take entries. Where they end an approval it is said, with the way back: one press on the page is enough for that."""
        approved = document.approval is not None
        self.desk.give(document, *entries)
        if approved and document.approval is None:
            text = self.tr("This document was approved. Now that it is changed it needs to be approved again.")
            self.banners.show_message(text, "warn", [(self.tr("Undo"), self.take_back)], key="unapproved", seconds=12.0)

    def say(self, kind: VerdictKind, after: Given | None = None) -> None:
        """A verdict on the current value; then the next that is to be looked at."""
        document, value = self._document, self.list.value
        if document is None or value is None:
            return
        if self._adding is not None:
            subject, self._adding = self._adding[0], None
            self._give(document, document.verdict(kind, subject, after))
            self._choose(subject)
            return
        self._give(document, document.verdict(kind, value.subject, after))
        self._after_verdict(document)

    def _after_verdict(self, document: ReviewedDocument) -> None:
        """On to what is to be looked at next; where that would be another document, this one stays until it is approved or left: the
        key that approves would else mean a document that nobody has seen."""
        through = bool(self.fields.currentData()) or self.desk.decided(
            document
        )  # one field is gone through in all documents
        if through or any(self._open(value) for value in self.model.values):
            self.step_open(1)
            return
        self._nothing_left = True
        text = self.tr("Nothing is left to check in this document. A approves it and goes on, Enter goes on without.")
        self.banners.show_message(text, "info", key="left")

    def accept(self) -> None:
        """The value as it stands is right; where the last one was answered and the document is still there, on to the next one."""
        if self._nothing_left:
            self._to_next_open()
        else:
            self.say(VerdictKind.ACCEPTED)

    def keep(self) -> None:
        """No copy, whatever it looks like."""
        if self._document is not None:
            self.desk.keep(self._document)
            self.list.setFocus()

    def show_other(self) -> None:
        """The document that this one looks like a copy of, at the first value in which they differ."""
        document = self._document
        other = document.duplicate_of if document is not None else None
        if document is None or other is None:
            return
        its = differences(document)
        field = its[0].field.name if its else ""
        if other in self.desk.documents:
            self._turn_to(other, field)
        else:
            self.show_value(other.run, other.path, field)

    def take_runner_up(self, number: int) -> None:
        value = self.list.value
        if value is None or number > len(value.current.candidates):
            return
        other = value.current.candidates[number - 1]
        kind = VerdictKind.REREAD if other.span == value.current.span else VerdictKind.CORRECTED
        self.say(kind, Given(other.value or other.text, other.text, other.span, other.boxes))

    def begin_edit(self, first: str) -> None:
        value = self.list.value
        if value is not None:
            self.card.begin_edit(value.current.value or "", first)

    def remove(self) -> None:
        """The item or row does not belong there."""
        document, value = self._document, self.list.value
        if document is not None and value is not None and value.subject.item:
            self._remove_item(value.subject)

    def _remove_item(self, subject: Subject) -> None:
        if self._document is not None:
            whole = Subject(subject.field, subject.item)
            self._give(self._document, self._document.verdict(VerdictKind.REMOVED, whole))

    def add_item(self) -> None:
        """Another item of the list, or row of the table, that the current value belongs to: typed, or marked on the page."""
        document, value = self._document, self.list.value
        if document is None or value is None:
            return
        field = document.template.field(value.subject.field)
        if field.type not in (FieldType.LIST, FieldType.TABLE):
            return
        column = value.subject.column or (field.columns[0].name if field.columns else "")
        wanted = next((each for each in field.columns if each.name == column), field)
        self._back = self.table_panel.grid if self.table_panel.grid.hasFocus() else self.list
        self._adding = Subject(field.name, fresh_number(document, field.name), column), wanted
        self.card.begin_edit("", "")
        if column:
            text = self.tr("Type what the first cell says, or drag over the whole row on the page.")
            self.banners.show_message(text, "info", key="adding", seconds=8.0)

    def _edit_ended(self) -> None:
        self._adding = None
        self.banners.withdraw("adding")
        self._back.setFocus()

    @property
    def _wanted(self) -> Field | None:
        """The field that is being given a value."""
        value = self.list.value
        return self._adding[1] if self._adding is not None else value.field if value is not None else None

    def take_span(self, span: Span) -> None:
        """What was marked on the page becomes the current value, read by its type."""
        document, value, reader, wanted = self._document, self.list.value, self._reader, self._wanted
        if document is None or value is None or wanted is None:
            return
        if self._adding is not None and self._adding[0].column:
            self.take_rows(span)
            return
        if reader is None:
            self._say_reading()
            return

        def done(found: ReadValue) -> None:
            if self._document is document and self.list.value is not None and self.list.value.subject == value.subject:
                if found.of_type:
                    self._take_value(found, VerdictKind.CORRECTED)
                else:
                    self._refuse_marked(found)

        self._tasks.start(Operation(lambda _: reader.read_span(wanted, span), "span", owner=self).success(done))

    def _refuse_marked(self, found: ReadValue) -> None:
        """A mark beside the value meant: nobody would see the words in a date's place once the next document is shown."""
        marked = found.given.text or ""
        marked = marked if len(marked) <= _MARKED_SHOWN else marked[:_MARKED_SHOWN].rstrip() + "…"
        text = self.tr("“%1” was not taken. %2 Mark another place, or type the value.")
        text = text.replace("%2", " ".join(found.problems)).replace("%1", marked)
        self.banners.show_message(text, "warn", key="reading", seconds=8.0)

    def _say_no_text(self) -> None:
        if self.list.value is not None and self._reader is not None:
            text = self.tr("There is no text to take there. Mark words, or type the value.")
            self.banners.show_message(text, "info", key="span", seconds=4.0)

    def _say_reading(self) -> None:
        text = self.tr("The text of this page is still being read. Try it in a moment.")
        self.banners.show_message(text, "info", key="span", seconds=4.0)

    def _take_value(self, found: ReadValue, kind: VerdictKind) -> None:
        self._tell_problems(found.problems)
        self.say(kind, found.given)
        self.card.end_edit(tell=False)
        self._back.setFocus()
        self._back = self.list

    def _take_typed(self, text: str) -> None:
        wanted = self._wanted
        if wanted is not None:
            self._take_value(marked_value.read_typed(wanted, text), VerdictKind.CORRECTED)

    def _suggest(self, typed: str) -> None:
        wanted, reader = self._wanted, self._reader
        if wanted is None or reader is None:
            return
        if self._suggesting is not None:
            self._suggesting.cancellation.request()

        def done(found: list[ReadValue]) -> None:
            if self._suggesting is operation and self.card.line.text() == typed:
                self.card.show_suggestions(found)

        operation = Operation(lambda _: reader.suggest(wanted, typed), "suggest", owner=self).success(done)
        self._suggesting = operation
        self._tasks.start(operation)

    # ---- tables

    def _table(self) -> Field | None:
        """The table that is worked on: of the current value, else the one that is shown."""
        value, shown = self.list.value, self.table_panel.model.field
        if self._document is not None and value is not None and shown is not None:
            own = self._document.template.field(value.subject.field)
            return own if own.type is FieldType.TABLE else shown
        return shown

    def add_row(self, name: str) -> None:
        """Another row of a table: its first cell typed, or the whole of it marked on the page."""
        document = self._document
        first = (
            next((each.subject for each in document.values if each.subject.field == name), None) if document else None
        )
        if first is not None:
            self._choose(first)
            self.table_panel.grid.setFocus()
            self.add_item()

    def take_rows(self, span: Span) -> None:
        """What was marked on the page becomes rows of the table."""
        document, reader, field = self._document, self._reader, self._table()
        if document is None or field is None:
            self.take_span(span)
            return
        if reader is None:
            self._say_reading()
            return
        known = places_of(document, field.name)

        def done(rows: list[dict[str, FieldValue]]) -> None:
            if self._document is not document:
                return
            entries = rows_added(document, field.name, rows)
            if not entries:
                text = self.tr("No row could be read there. Drag from its first word to its last.")
                self.banners.show_message(text, "warn", key="reading")
                return
            self._adding = None
            self.banners.withdraw("reading")
            self.banners.withdraw("adding")
            self._give(document, *entries)
            self.card.end_edit(tell=False)
            self._choose(entries[0].subject)
            self.table_panel.grid.setFocus()

        work = Operation(lambda _: reader.read_rows(field, span, known), "rows", owner=self)
        self._tasks.start(work.success(done).failure(self._failed))

    def write_cell(self, subject: Subject, text: str) -> None:
        """A cell says this: where the page says it, of several places in its row; else it stands nowhere."""
        document, reader = self._document, self._reader
        if document is None:
            return
        if not text.strip():
            self._give(document, document.verdict(VerdictKind.ABSENT, subject))
            return
        cell = document.value(subject)
        row = cells_of(document, subject.field)[subject.item].values()
        near = next((each.current.span for each in row if each.current.span is not None), None)

        def read(_: Operation[ReadValue]) -> ReadValue:
            if reader is None:
                return marked_value.read_typed(cell.field, text)
            return reader.read_written(cell.field, text, near)

        def done(found: ReadValue) -> None:
            self._tell_problems(found.problems)
            self._give(document, document.verdict(VerdictKind.CORRECTED, subject, found.given))

        self._tasks.start(Operation(read, "cell", owner=self).success(done).failure(self._failed))

    def swap_columns(self, name: str, one: str, other: str) -> None:
        """Two columns of a table change places, every cell read anew."""
        document, reader = self._document, self._reader
        if document is None:
            return
        columns = {each.name: each for each in document.template.field(name).columns}
        rows = list(cells_of(document, name).values())

        def done(swaps: list[Swap]) -> None:
            if self._document is not document or not swaps:
                return
            self._give(document, *columns_swapped(document, swaps))
            text = self.tr("%1 and %2 have changed places.")
            text = text.replace("%1", columns[one].heading).replace("%2", columns[other].heading)
            self.banners.show_message(text, "info", [(self.tr("Undo"), self.take_back)], key="swap", seconds=8.0)
            problems = [problem for each in swaps if each.reading is not None for problem in each.reading.problems]
            self._tell_problems(dict.fromkeys(problems))

        work = Operation(lambda _: swapped(reader, rows, columns[one], columns[other]), "columns", owner=self)
        self._tasks.start(work.success(done).failure(self._failed))

    def _tell_problems(self, problems: Iterable[str]) -> None:
        text = " ".join(problems)
        if text:
            self.banners.show_message(text, "warn", key="reading")
        else:
            self.banners.withdraw("reading")

    def take_back(self) -> None:
        """Undo, wherever it was."""
        self._nothing_left = False
        self.banners.withdraw("left")
        self.banners.withdraw("unapproved")
        document = self.desk.undo(self._document)
        if document is None:
            self.banners.show_message(self.tr("There is nothing to take back."), "info", key="undo", seconds=3.0)
            return
        undone = document.entries[-1].subject
        if document is not self._document:
            self.show_document(document)
        row = next((row for row, value in enumerate(self.model.values) if value.subject == undone), None)
        if row is not None:
            self.list.choose(row)

    # ---- documents as a whole

    def approve_document(self) -> None:
        document = self._document
        if document is None or document.failed:
            return
        if self.desk.approve(document):
            self._to_next(document)

    def reject_document(self) -> None:
        if self._document is None:
            return
        reason, given = QInputDialog.getText(
            self, self.tr("Reject the document"), self.tr("Why it does not belong here (may be left empty):")
        )
        if given:
            document = self._document
            self.desk.reject(document, reason.strip())
            self._to_next(document)

    def _to_next(self, done: ReviewedDocument) -> None:
        """From a document that is approved or rejected to the next with something to check; where whole documents are gone through, to
        the next that is not approved.
        """
        whole = self.which.currentData() in filters.WHOLE and not self.fields.currentData()
        place = self._shown.index(done) if done in self._shown else -1
        after = [*self._shown[place + 1 :], *self._shown[: max(0, place)]]
        left = [each for each in after if each.approval is None and each.rejection is None and not each.failed]
        if whole and left and not any(self.desk.count(each) for each in left):
            self.show_document(left[0])
        else:
            self._to_next_open()

    # ---- a report

    def ask_report(self) -> None:
        """Choose a file, and write there what this document is, and who said what of it."""
        document = self._document
        if document is None:
            return
        proposal = Path(self._memory.folder("folder/export")) / f"{document.path.stem}-review.pdf"
        target = file_to_write(self, self.tr("Report"), proposal, {".pdf": "PDF"})
        if target is not None:
            self._memory.set("folder/export", str(target.parent))
            self.write_report(target)

    def write_report(self, target: Path) -> None:
        """The report of the document that is shown."""
        document, text = self._document, self._text
        if document is None:
            return
        if text is None:
            self._say_reading()
            return

        def write(operation: Operation[None]) -> None:
            from stillroom.ui.review.report import write_report

            write_report(document, target, self._files, lambda: text, operation.cancellation)

        def done(_: None) -> None:
            said = self.tr("The report was written to %1.").replace("%1", target.name)
            opened = (self.tr("Open it"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(target))))
            self.banners.show_message(said, "info", [opened], key="report", seconds=10.0)

        self._tasks.start(Operation(write, "report", owner=self).success(done).failure(self._failed))

    # ---- what templates learn

    def _learned(self, lesson: Lesson) -> None:
        """A template learned: say so, and decide what nobody looked at by that."""
        self._lesson = lesson
        self._show_lesson(lesson)
        rows: dict[int, list[int]] = {}
        for each in self._unseen(lesson.template):
            rows.setdefault(each.run, []).append(each.position)
        if rows and self._lessons is not None:
            self._lessons.decide_again(rows)

    def _show_lesson(
        self, lesson: Lesson, more: str = "", actions: Sequence[tuple[str, Callable[[], None]]] = ()
    ) -> None:
        """What approving taught, in numbers, and what came of it (``more``)."""
        title = lesson.template.title or lesson.template.name
        if not lesson.documents:
            text = self.tr("%1 has forgotten what it learned.").replace("%1", title)
            self.banners.show_message(
                f"{text} {more}".strip(), "info", actions, key="lesson", seconds=0.0 if more else 8.0
            )
            return
        text = counted(
            lesson.documents,
            self.tr("%2 has learned from 1 document."),
            self.tr(
                "%2 has learned from %1 documents: of %3 values %4 were right before, and %5 are now, each document left out in turn."
            ),
        )
        for mark, words in (
            ("%2", title),
            ("%3", str(lesson.values)),
            ("%4", str(lesson.before)),
            ("%5", str(lesson.after)),
        ):
            text = text.replace(mark, words)
        shown = [*actions, (self.tr("More…"), lambda: self._show_learned(lesson.template))]
        # What asks for nothing goes by itself: it lies over the page.
        seconds = 0.0 if actions else _LESSON_SECONDS
        self.banners.show_message(f"{text} {more}".strip(), "info", shown, key="lesson", seconds=seconds)

    def _take_decided(self, found: Sequence[DecidedAgain]) -> None:
        """Rows came out otherwise by what was learned: show and keep them, but for those that a person said something of meanwhile."""
        lesson, lessons = self._lesson, self._lessons
        if lesson is None or lessons is None:
            return
        changed: list[ChangedValue] = []
        for each in found:
            taken = {document.position: document for document in self.desk.set_results(each.run, each.after)}
            lessons.put(each.run, {place: each.after[place] for place in taken}, each.seen)
            for place, document in taken.items():
                changed += changed_values(
                    document.run, document.position, document.path.name, document.template, each.changed(place),
                    (each.before[place], each.after[place]),
                )  # fmt: skip
        actions: list[tuple[str, Callable[[], None]]] = []
        left = sum(len(each.left) for each in found)
        if left and lesson.after > lesson.before:
            words = counted(left, self.tr("Look at 1 other again"), self.tr("Look at %1 others again"))
            actions.append(
                (
                    words,
                    lambda: self._look_again(
                        lesson.template, {(each.run, place) for each in found for place in each.left}
                    ),
                )
            )
        if changed:
            said = self._what_changed(changed)
            actions = [
                way_to(changed, said, self._turn_to_row, lambda: self._show_lesson(lesson, said, actions), self),
                (self.tr("Undo"), lambda: self._undo_decided(found)),
                *actions,
            ]
            self._show_lesson(lesson, said, actions)
        elif actions:
            self._show_lesson(lesson, "", actions)

    def _undo_decided(self, found: Sequence[DecidedAgain]) -> None:
        """The proposals as they were before, but for those that a person said something of since."""
        if self._lessons is None:
            return
        for each in found:
            taken = self.desk.set_results(each.run, each.before)
            self._lessons.put(each.run, {document.position: document.result for document in taken}, {})
        text = self.tr("The values are what they were. The next approval decides them again.")
        self.banners.show_message(text, "info", key="lesson", seconds=8.0)

    def _turn_to_row(self, run: int, position: int, field: str) -> None:
        document = next((each for each in self.desk.documents if (each.run, each.position) == (run, position)), None)
        if document is not None:
            self._turn_to(document, field)
            self.take_keyboard()

    def _what_changed(self, changed: Sequence[ChangedValue]) -> str:
        """In how many values documents differ now, and in which fields."""
        text = counted(
            len(changed),
            self.tr("1 value of the documents that nobody looked at changed (%2)."),
            self.tr("%1 values of the documents that nobody looked at changed (%2)."),
        )
        return text.replace("%2", ", ".join(dict.fromkeys(each.heading for each in changed)))

    def _unseen(self, template: Template) -> list[ReviewedDocument]:
        """Documents of this table's template that nobody said anything of."""
        return [
            each
            for each in self.desk.documents
            if each.template.name == template.name and not each.entries and not each.failed
        ]

    def _look_again(self, template: Template, wanted: Container[tuple[int, int]]) -> None:
        rest = [each for each in self._unseen(template) if (each.run, each.position) in wanted]
        if self._lessons is not None and rest:
            run = rest[0].run
            own = [each for each in rest if each.run == run]
            self._before_again = {(each.run, each.position): each.result for each in own}
            self._lessons.look_again(run, [each.position for each in own])

    def _show_looking(self, progress: Progress) -> None:
        text = self.tr("Looking again: %1 of %2").replace("%1", str(progress.done)).replace("%2", str(progress.total))
        self.banners.show_message(text, "info", key="lesson")

    def _looked_again(self) -> None:
        self.banners.withdraw("lesson")
        self._open_table()

    def _say_what_changed(self) -> None:
        """Where documents were looked at again: how many values are others now, and the way to the first."""
        before, self._before_again = self._before_again, {}
        if not before:
            return
        changed: list[ChangedValue] = []
        for each in self.desk.documents:
            earlier = before.get((each.run, each.position))
            if earlier is not None:
                changed += changed_values(
                    each.run, each.position, each.path.name, each.template, changed_fields(earlier, each.result),
                    (earlier, each.result),
                )  # fmt: skip
        if not changed:
            text = self.tr("Looked again: every value is what it was.")
            self.banners.show_message(text, "info", key="again", seconds=8.0)
            return
        said = self._what_changed(changed)

        def say() -> None:
            self.banners.show_message(said, "info", [way], key="again")

        way = way_to(changed, said, self._turn_to_row, say, self)
        say()

    def _show_learned(self, template: Template) -> None:
        if self._lessons is not None:
            self._lessons.dialog(template, self).exec()

    # ---- what happens meanwhile

    def _changed(self, document: ReviewedDocument) -> None:
        if document is self._document:
            row = self.list.currentIndex().row()
            reasons = self.desk.reasons(document)
            self.model.refresh(reasons)
            self.table_panel.refresh(reasons)
            self._fold()
            if not self.list.currentIndex().isValid() and self.model.values:
                self.list.choose(min(max(0, row), len(self.model.values) - 1))
            value = self.list.value
            if not self.card.editing:
                self._show_value(value)
            self._light()
            self._show_state()
        if document in self._shown:
            place = self._shown.index(document)
            self.documents.setItemText(place, self._document_line(place + 1, document))

    def _weighed(self) -> None:
        self._show_dial_text()
        if self._document is not None:
            self._changed(self._document)

    def _show_state(self) -> None:
        document = self._document
        if document is None:
            return
        text, colour = wording.document_state(document, self.desk.count(document))
        self.state.setText(text[:1].upper() + text[1:])
        set_role(self.state, {"bad": "bad", "warn": "warn"}.get(colour, "figure"))
        restyle(self.state)
        refusal = self.desk.no_approval(document)
        self.approve.setEnabled(not document.failed and document.approval is None and not refusal)
        self.approve.setToolTip(refusal or self.tr("Answer for all values of this document (A)"))
        undecided = document.duplicate_of is not None and not self.desk.decided(document)
        self.no_copy.setVisible(undecided)
        self.other.setVisible(undecided)

    def _show_dial_text(self) -> None:
        promises = {queue.promise.wrong if queue.promise else 0.0 for queue in self.desk.queues.values()}
        if promises == {0.0} or not promises:
            text = self.tr("Pass unseen: nothing")
        elif len(promises) == 1:
            text = self.tr("At most %1 wrong").replace("%1", wording.share_text(promises.pop()))
        else:
            text = self.tr("Pass unseen…")
        self.dial.setText(text)
        self.dial.setEnabled(bool(self.desk.queues))

    def show_dial(self) -> None:
        """What may pass unseen, by template."""
        PromiseDialog(self.desk, self._document.template.name if self._document else "", self).exec()

    def show_keys(self) -> None:
        """The card of keys."""
        dialog = QDialog(self)
        dialog.setWindowTitle(self.tr("Keys"))
        form = QFormLayout(dialog)
        form.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        form.setHorizontalSpacing(3 * GRID)
        for keys, text in self._key_card():
            form.addRow(label(keys, "figure"), label(text))
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(Button(self.tr("Close"), "primary", action=dialog.accept))
        form.addRow(end)
        dialog.exec()

    def _key_card(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Enter"), self.tr("Accept the value, and go to the next; after the last to the next document")),
            ("1 – 9", self.tr("Take this candidate")),
            (self.tr("E, F2 or a letter"), self.tr("Write another value; arrows choose a place on the page")),
            ("N", self.tr("Not in the document")),
            ("X", self.tr("Cannot be read")),
            (self.tr("Del, +"), self.tr("Take the item or row out; put another one in")),
            (self.tr("Click, or drag"), self.tr("Take these words of the page")),
            (self.tr("Shift and drag"), self.tr("Take these words as rows of the table")),
            ("U, Ctrl+Z", self.tr("Take the last verdict back")),
            (self.tr("Tab, Shift+Tab"), self.tr("Next and previous value to check")),
            ("J, K", self.tr("Next and previous document")),
            ("A", self.tr("Approve the document")),
            ("R", self.tr("Reject the document")),
            ("Ctrl+F", self.tr("Find in the document")),
            ("Ctrl +, Ctrl -, Ctrl 0", self.tr("Zoom")),
            ("F6", self.tr("Between the page and the values")),
            (self.tr("Ctrl+Tab"), self.tr("Out of the list of values")),
        ]

    def _failed(self, error: Exception) -> None:
        self.banners.show_message(
            sentence(error), "bad", [(self.tr("Details"), lambda: show_failure(self, error))], key="failed"
        )
