"""The preview of a template: one document of the person's own, with the values that the template finds in it."""

from __future__ import annotations

import bisect
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import (
    QCompleter,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.documents.document import Document, Span
from stillroom.errors import StillroomError
from stillroom.extraction.result import FieldResult, FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui.controls import Button, ElidedLabel, describe, label
from stillroom.ui.extract.cell import values_of
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.theme import GRID, colours
from stillroom.ui.wording import counted, sentence
from stillroom.workspace.learning import LearnedTemplate

_BETWEEN_PAGES = "\n\n"
# Thai and Lao, Burmese, Khmer, kana, Chinese characters: written without spaces. Korean has them.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff"
    r"\uff66-\uff9f\U00020000-\U0003ffff]"
)
_PATIENCE = 200  # milliseconds after an edit before the field is asked again


class PageTexts:
    """The text of all pages as one, for a text view, whose positions count UTF-16 units."""

    def __init__(self, document: Document) -> None:
        self.text = _BETWEEN_PAGES.join(page.text for page in document.pages)
        self._numbers = [page.number for page in document.pages]
        self._starts: list[int] = []
        start = 0
        for page in document.pages:
            self._starts.append(start)
            start += len(page.text) + len(_BETWEEN_PAGES)
        self._lengths = [len(page.text) for page in document.pages]

    def positions(self, span: Span) -> tuple[int, int]:
        """Where a span begins and ends in the view."""
        start = self._starts[self._numbers.index(span.page)]
        return self._units(start + span.start), self._units(start + span.end)

    def span(self, first: int, last: int) -> Span | None:
        """The span between two positions of the view; None where they lie on two pages, or nothing is between them."""
        start, end = self._characters(first), self._characters(last)
        place = bisect.bisect_right(self._starts, start) - 1
        if place < 0 or end <= start:
            return None
        begin = self._starts[place]
        if end > begin + self._lengths[place]:
            end = begin + self._lengths[place] if place == bisect.bisect_right(self._starts, end) - 1 else -1
        return Span(self._numbers[place], start - begin, end - begin) if end > start else None

    def whole_words(self, span: Span) -> Span:
        """The span, to the ends of the words and the figures that it begins or ends within: a mouse misses a letter easily."""
        begin = self._starts[self._numbers.index(span.page)]
        start, end, text = begin + span.start, begin + span.end, self.text
        while start > begin and _within(text[start - 1], text[start]):
            start -= 1
        while end < len(text) and _within(text[end - 1], text[end]):
            end += 1
        return Span(span.page, start - begin, end - begin)

    def _units(self, characters: int) -> int:
        return len(self.text[:characters].encode("utf-16-le", "surrogatepass")) // 2

    def _characters(self, units: int) -> int:
        return len(self.text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "surrogatepass"))


def _within(one: str, other: str) -> bool:
    """Whether two characters that follow each other are of one word, or of one figure: in ``EUR100`` the amount may be meant alone.

    Where a script puts no spaces between words, nothing but the mark itself tells where one ends.
    """
    letters = one.isalpha() and other.isalpha() and not _UNSPACED.search(one + other)
    return letters or (one.isdigit() and other.isdigit())


class Preview(QWidget):
    """A document beside a template: what is marked in it becomes a field, what is changed is asked again alone.

    Signals:
        shown(Field): a mark was made a field of.
        told(str): a mark is the value of the field of this name.
        values_changed: other values are known.
        said(str, str): a sentence, and its kind.
    """

    shown = Signal(Field)
    told = Signal(str)
    values_changed = Signal()
    said = Signal(str, str)

    def __init__(self, parts: Parts, loading: ModelLoading, keep: Callable[[], bool]) -> None:
        """``keep``: sees to it that the template is on disk; whether it is."""
        super().__init__()
        self._parts = parts
        self._loading = loading
        self._keep = keep
        self._document: Document | None = None
        self._texts: PageTexts | None = None
        self._template: Template | None = None
        self._asked: dict[str, Field] = {}
        self._told: dict[str, FieldValue] = {}  # what was marked as the value of a field, in this document
        self._lit = ""  # the field that is shown
        self._operation: Operation[Mapping[str, FieldResult]] | None = None
        self.values: dict[str, FieldResult] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        self._title = label(self.tr("On a document of yours"), "section")
        head.addWidget(self._title)
        self.name = ElidedLabel("", "muted", Qt.TextElideMode.ElideMiddle)
        head.addWidget(self.name, 1)
        self.open_button = Button(self.tr("Open a document…"), "", "folder", self.pick)
        describe(self.open_button, self.tr("Open a document"), self.tr("A document that the template is for"), "Ctrl+O")
        head.addWidget(self.open_button)
        column.addLayout(head)
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.view.setAccessibleName(self.tr("Text of the document"))
        self.view.setPlaceholderText(
            self.tr("Open a document, mark a value in it with the mouse, and give it a name: that makes a field.")
        )
        self.view.selectionChanged.connect(self._selected)
        self.view.installEventFilter(self)
        column.addWidget(self.view, 1)
        marking = QHBoxLayout()
        marking.setSpacing(GRID)
        self.called = QLineEdit()
        self.called.setPlaceholderText(self.tr("Its name, such as speaker"))
        describe(self.called, self.tr("Name of the marked value"), self.tr("Empty: as the words beside it"))
        self.called.returnPressed.connect(self.make_field)
        self.called.textChanged.connect(lambda _: self._name_button())
        marking.addWidget(self.called, 1)
        self.make_button = Button(self.tr("Make a field"), "primary", "plus", self.make_field)
        describe(
            self.make_button, self.tr("Make a field of the mark"), self.tr("What is marked becomes a field"), "Ctrl+M"
        )
        marking.addWidget(self.make_button)
        self.right_button = Button(self.tr("All right: learn it"), "", "checked", self.learn)
        describe(
            self.right_button, self.tr("All values are right: learn from this document"),
            self.tr("Mark what is wrong first, and give it the name of its field"), "Ctrl+L",
        )  # fmt: skip
        self.right_button.setEnabled(False)
        column.addLayout(marking)
        end = QHBoxLayout()
        end.setSpacing(GRID)
        self.status = ElidedLabel("", "muted")
        end.addWidget(self.status, 1)
        self.absent_button = Button(self.tr("Not there"), "link", action=self.tell_absent)
        self.absent_button.setEnabled(False)
        end.addWidget(self.absent_button)
        end.addWidget(self.right_button)
        column.addLayout(end)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PATIENCE)
        self._timer.timeout.connect(self._ask)
        loading.changed.connect(self._timer.start)
        self._selected()

    def pick(self) -> None:
        folder = self._parts.memory.folder("folder/open")
        name, _filter = QFileDialog.getOpenFileName(self, self.tr("Open a document"), folder)
        if name:
            self._parts.memory.set("folder/open", str(Path(name).parent))
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Read a document and show it."""
        self.status.setText(self.tr("Reading %1…").replace("%1", path.name))
        self._parts.tasks.start(
            Operation(
                lambda operation: self._parts.readers.read(path, urgent=True, cancellation=operation.cancellation),
                "read",
                owner=self,
            )
            .success(self.show_document)
            .failure(self._failed)
        )

    def show_document(self, document: Document) -> None:
        self._document = document
        self._texts = PageTexts(document)
        self.view.setPlainText(self._texts.text)
        self._title.hide()  # beside it there is no room for the name
        self.name.setText(document.name)
        self._allow_learning()
        self._asked, self.values, self._told = {}, {}, {}
        self.status.setText("")
        self.values_changed.emit()
        self._timer.start()

    def show_template(self, template: Template | None) -> None:
        """The template as it is now: fields that changed are asked again."""
        self._template = template
        completer = QCompleter([field.heading for field in template.fields] if template else [], self.called)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.called.setCompleter(completer)
        names = {field.name for field in template.fields} if template else set()
        for name in set(self._asked) - names:
            self._asked.pop(name)
            self.values.pop(name, None)
        self.called.setPlaceholderText(
            self.tr("A field's name, or a new one") if names else self.tr("Its name, such as speaker")
        )
        self._allow_learning()
        self._name_button()
        self._timer.start()

    def _name_button(self) -> None:
        """Say what the name makes of the mark: a field, or the value of one that is there."""
        known = self._named(self.called.text())
        self.make_button.setText(self.tr("It is this") if known is not None else self.tr("Make a field"))
        self.make_button.set_icon_name("checked" if known is not None else "plus")
        tip = (
            self.tr("What is marked is %1 in this document")
            if known is not None
            else self.tr("What is marked becomes a field")
        )
        heading = known.heading if known is not None else ""
        describe(self.make_button, self.make_button.text(), tip.replace("%1", heading), "Ctrl+M")

    def _allow_learning(self) -> None:
        """Where there is a document, and something to learn of it."""
        fields = self._template.fields if self._template is not None else ()
        self.right_button.setEnabled(self._document is not None and bool(fields))

    def light(self, name: str) -> None:
        """Show where a field's values stand."""
        self._lit = name
        field = self._named(name)
        found = any(value.value is not None for value in values_of(self.values.get(name)))
        self.absent_button.setEnabled(field is not None and found)
        tip = self.tr("This document does not say %1").replace("%1", field.heading if field is not None else "")
        describe(self.absent_button, self.tr("Not in this document"), tip)
        if self._texts is None:
            return
        if lit := self._mark_lit():
            cursor = QTextCursor(lit[0])
            cursor.clearSelection()
            self.view.setTextCursor(cursor)
            if not self.view.viewport().rect().contains(self.view.cursorRect()):
                self.view.centerCursor()

    def _mark_lit(self) -> list[QTextCursor]:
        """Mark where the values stand of the field that is lit; these places."""
        marks, places = [], list[QTextCursor]()
        form = QTextCharFormat()
        form.setBackground(QColor(colours().mark))
        form.setForeground(QColor(colours().text))
        for value in values_of(self.values.get(self._lit)):
            if value.span is not None:
                mark, place = QTextEdit.ExtraSelection(), self._cursor(value.span)
                mark.format, mark.cursor = form, place
                marks.append(mark)
                places.append(place)
        self.view.setExtraSelections(marks)
        return places

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._texts is not None:
            self._mark_lit()

    def make_field(self) -> None:
        """The mark as a field; what it could be is looked for on a thread of its own."""
        span = self._marked()
        document, template, name = self._document, self._template, self.called.text()
        if span is None or document is None:
            self.said.emit(self.tr("Mark a value in the document first, on one page."), "info")
            return
        known = self._named(name)
        if known is not None:
            self._tell(known, document, span)
            return
        self.make_button.setEnabled(False)
        self._parts.tasks.start(
            Operation(
                lambda _: self._parts.learning.field_from(document, span, template, name=name), "mark", owner=self
            )
            .success(lambda made: self._made(made, document, span))
            .failure(self._failed)
        )

    def _made(self, made: Field | None, document: Document, span: Span) -> None:
        self._selected()
        if made is not None:
            self.called.clear()
            self.shown.emit(made)
            self._tell(made, document, span)

    def _named(self, name: str) -> Field | None:
        """The field of the template that is called so already."""
        wanted = name.strip().casefold()
        fields = self._template.fields if self._template is not None else ()
        return next((each for each in fields if wanted in (each.name.casefold(), each.heading.casefold())), None)

    def _tell(self, field: Field, document: Document, span: Span) -> None:
        """What is marked is the value of this field, in this document."""

        def done(found: FieldValue | None) -> None:
            self._selected()
            if document is not self._document:
                return
            if found is None:
                text = self.tr("What is marked cannot be %1: its type is another.").replace("%1", field.heading)
                self.said.emit(text, "info")
                return
            self.called.clear()
            # The preview may have named the field anew.
            self._told[field.name] = found
            self.values |= self._with_told(self.values)
            self.values_changed.emit()
            self.told.emit(field.name)

        self.make_button.setEnabled(False)
        self._parts.tasks.start(
            Operation(lambda _: self._parts.learning.value_at(document, field, span), "mark", owner=self)
            .success(done)
            .failure(self._failed)
        )

    def tell_absent(self) -> None:
        """The document says no value of the field that is shown, whatever was found."""
        field = self._named(self._lit)
        if self._document is None or field is None:
            return
        self._told[field.name] = FieldValue(None, "", FieldState.ABSENT, 1.0)
        self.values |= self._with_told(self.values)
        self.values_changed.emit()
        self.told.emit(field.name)

    def _with_told(self, fields: Mapping[str, FieldResult]) -> dict[str, FieldResult]:
        """These values, and in their place what a person marked."""
        lists = (
            {each.name for each in self._template.fields if each.type is FieldType.LIST} if self._template else set()
        )
        told: dict[str, FieldResult] = {
            name: (value,) if name in lists else value for name, value in self._told.items()
        }
        return {**fields, **told}

    def learn(self) -> None:
        """All values of this document are right as they are shown: the template learns of it."""
        document, template = self._document, self._template
        if document is None or template is None or self._waits():
            self.said.emit(self.tr("Open a document, and wait until its values are found."), "info")
            return
        if not self._keep():  # what it learned would belong to nothing
            return
        template = self._template or template
        fields = self._with_told({name: self.values[name] for name in self._asked if name in self.values})
        self.right_button.setEnabled(False)

        def done(learned: LearnedTemplate) -> None:
            self.right_button.setEnabled(True)
            self.open_button.setFocus()  # another document comes next
            words = counted(
                learned.documents,
                self.tr("Learned: 1 document is known. Open another, and mark what is wrong in it."),
                self.tr("Learned: %1 documents are known. Open another, and mark what is wrong in it."),
            )
            self.said.emit(words, "info")

        def failed(error: Exception) -> None:
            self.right_button.setEnabled(True)
            self._failed(error)

        self._parts.tasks.start(
            Operation(lambda _: self._parts.learning.take_shown(template, document, fields), "learn", owner=self)
            .success(done)
            .failure(failed)
        )

    def _waits(self) -> bool:
        """Whether a value of the template is not known yet."""
        fields = self._template.fields if self._template is not None else ()
        return any(self._asked.get(each.name) != each and each.name not in self._told for each in fields)

    def _marked(self) -> Span | None:
        cursor = self.view.textCursor()
        if self._texts is None or not cursor.hasSelection():
            return None
        span = self._texts.span(cursor.selectionStart(), cursor.selectionEnd())
        return self._texts.whole_words(span) if span is not None else None

    def _cursor(self, span: Span) -> QTextCursor:
        assert self._texts is not None
        first, last = self._texts.positions(span)
        cursor = self.view.textCursor()
        cursor.setPosition(first)
        cursor.setPosition(last, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _selected(self) -> None:
        self.make_button.setEnabled(self._document is not None and self.view.textCursor().hasSelection())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """What is typed once a value is marked is its name."""
        if watched is self.view and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
            if plain and event.text().strip().isprintable() and event.text().strip() and self.make_button.isEnabled():
                self.called.setFocus()
                self.called.insert(event.text())
                return True
        return super().eventFilter(watched, event)

    def _ask(self) -> None:
        document, template = self._document, self._template
        if document is None or template is None:
            return
        if self._loading.state is not LoadState.READY:
            self.status.setText(self.tr("Waiting for the model to load…"))
            return
        changed = [field for field in template.fields if self._asked.get(field.name) != field]
        if not changed:
            return
        if self._operation is not None:
            self._operation.cancellation.request()
        self.status.setText(
            self.tr("Looking for %1…").replace("%1", ", ".join(field.label or field.name for field in changed))
        )
        part = replace(template, fields=tuple(changed), rules=(), examples=())
        started = time.monotonic()

        def work(operation: Operation[Mapping[str, FieldResult]]) -> Mapping[str, FieldResult]:
            return self._parts.extract_hastily(document, part, cancellation=operation.cancellation).fields

        self._operation = self._parts.tasks.start(
            Operation(work, "preview", owner=self)
            .success(lambda fields: self._arrived(changed, fields, time.monotonic() - started))
            .failure(self._failed)
        )

    def _arrived(self, asked: Sequence[Field], fields: Mapping[str, FieldResult], seconds: float) -> None:
        self._operation = None
        self._asked |= {field.name: field for field in asked}
        self.values |= fields
        self.values |= self._with_told(self.values)
        self._say_found(seconds)
        self.values_changed.emit()
        self._timer.start()  # what was changed meanwhile

    def _say_found(self, seconds: float) -> None:
        self.status.setText(self.tr("Found in %1 s").replace("%1", f"{seconds:.1f}"))

    def _failed(self, error: Exception) -> None:
        self._operation = None
        self._selected()
        self.status.setText("")
        self.said.emit(sentence(error) if isinstance(error, StillroomError) else str(error), "bad")
