"""The form for one field of a template."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from stillroom.templates.template import Field, FieldType, Option
from stillroom.ui.controls import ComboBox, describe
from stillroom.ui.templates.kinds import kind_text, kinds
from stillroom.ui.theme import GRID

_ITEMS = tuple(
    kind
    for kind in FieldType
    if not kind.generated and kind not in (FieldType.LIST, FieldType.TABLE, FieldType.CHOICE, FieldType.YES_NO)
)
_DATES = (None, True, False)


class FieldForm(QWidget):
    """What a field is, to be changed. A change is told when an entry is left or Enter is pressed.

    Signals:
        edited(str, Field): the field of this name is to be as given.
        typed: something is being written that was not told yet.
    """

    edited = Signal(str, Field)
    typed = Signal()

    def __init__(self, kind_called: Callable[[str], FieldType] = lambda _: FieldType.TEXT) -> None:
        """``kind_called``: the type of a column of which none is said, by its heading."""
        super().__init__()
        self._kind_called = kind_called
        self._field: Field | None = None
        self._filling = False
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form = form
        self.label = QLineEdit()
        self.kind = ComboBox()
        for kind, (name, example) in kinds().items():
            self.kind.addItem(f"{name}   ({example})" if example else name, kind)
        self.item = ComboBox()
        for kind in _ITEMS:
            self.item.addItem(kinds()[kind][0], kind)
        self.description = QLineEdit()
        self.near = QLineEdit()
        self.avoid = QLineEdit()
        self.options = QPlainTextEdit()
        self.options.setTabChangesFocus(True)
        self.options.setFixedHeight(96)
        self.options.setPlaceholderText(
            self.tr("One a line, as:\nbilling = it is about money; invoice, refund\ntechnical\nother")
        )
        self.pattern = QLineEdit()
        self.columns = QPlainTextEdit()
        self.columns.setTabChangesFocus(True)
        self.columns.setFixedHeight(96)
        self.columns.setPlaceholderText(self.tr("One a line, as:\nDescription\nQuantity = number\nPrice = money"))
        self.order = ComboBox()
        for words in (
            self.tr("As the document shows"),
            self.tr("Day first (3/4 is 3 April)"),
            self.tr("Month first (3/4 is March 4)"),
        ):
            self.order.addItem(words)
        for box in (self.kind, self.item, self.order):
            box.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(12)
        self.required = QCheckBox(self.tr("Every document has it"))
        rows = (
            (self.tr("Heading"), self.label, self.tr("What stands above its column")),
            (self.tr("What it is"), self.kind, self.tr("How its value looks")),
            (self.tr("Each of them"), self.item, self.tr("How each of the values looks")),
            (
                self.tr("In words"),
                self.description,
                self.tr("What is meant, and what is not: the model reads this, too"),
            ),
            (
                self.tr("Words beside it"),
                self.near,
                self.tr("Words that stand to its left or above it, with commas between"),
            ),
            (
                self.tr("Not beside"),
                self.avoid,
                self.tr("Words beside values that look alike and are not meant, with commas between"),
            ),
            (self.tr("Options"), self.options, self.tr("One a line: option = what it means; words that speak for it")),
            (
                self.tr("Columns"),
                self.columns,
                self.tr(
                    "One a line: heading = type, as money, date, number; without a type it follows from the heading"
                ),
            ),
            (self.tr("Form"), self.pattern, self.tr("A regular expression that it matches as a whole; empty for any")),
            (self.tr("3/4/2025 is"), self.order, self.tr("How to read a date that can be read in two ways")),
        )
        for name, control, tip in rows:
            describe(control, name, tip)
            form.addRow(name, control)
        form.addRow("", self.required)
        describe(self.required, self.required.text(), self.tr("Where it is missing, the document needs a look"))
        for entry in (self.label, self.description, self.near, self.avoid, self.pattern):
            entry.editingFinished.connect(self.take_typed)
            entry.textEdited.connect(lambda _: self.typed.emit())
        for lines in (self.options, self.columns):
            lines.textChanged.connect(lambda: None if self._filling else self.typed.emit())
        for box in (self.kind, self.item, self.order):
            box.activated.connect(self.take_typed)
        self.required.clicked.connect(self.take_typed)
        self.options.installEventFilter(self)
        self.columns.installEventFilter(self)
        self.show_field(None)

    def show_field(self, field: Field | None) -> None:
        """This field, or none."""
        if field is not None and field == self._field:
            return
        self._filling = True
        self._field = field
        self.setEnabled(field is not None)
        shown = field or Field("", FieldType.LINE)
        self.label.setText(shown.label)
        self.kind.setCurrentIndex(self.kind.findData(shown.type))
        self.item.setCurrentIndex(max(0, self.item.findData(shown.of or FieldType.LINE)))
        self.description.setText(shown.description)
        self.near.setText(", ".join(shown.near))
        self.avoid.setText(", ".join(shown.avoid))
        self.pattern.setText(shown.pattern)
        self._fill_lines(shown)
        self.order.setCurrentIndex(_DATES.index(shown.day_first))
        self.required.setChecked(shown.required)
        for entry in (self.label, self.description, self.near, self.avoid, self.pattern):
            entry.setCursorPosition(0)
        self._show_rows(shown.type)
        self._filling = False

    def _fill_lines(self, field: Field) -> None:
        """What has a line each, as it was understood."""
        self.options.setPlainText("\n".join(map(_option_line, field.options)))
        self.columns.setPlainText("\n".join(f"{column.heading} = {kind_text(column.type)}" for column in field.columns))

    def value(self) -> Field | None:
        """The field as the form says; None while none is shown."""
        if self._field is None:
            return None
        kind = FieldType(self.kind.currentData())
        container = kind is FieldType.LIST
        options = tuple(filter(None, map(_option, self.options.toPlainText().splitlines())))
        columns = tuple(map(self._column, filter(str.strip, self.columns.toPlainText().splitlines())))
        return dataclasses.replace(
            self._field,
            label=self.label.text().strip(),
            type=kind,
            of=FieldType(self.item.currentData()) if container else None,
            description=self.description.text().strip(),
            near=_words(self.near.text()),
            avoid=_words(self.avoid.text()),
            options=(options or (Option("yes"), Option("no"))) if kind is FieldType.CHOICE else (),
            columns=(columns or (self._column("Item = text"),)) if kind is FieldType.TABLE else (),
            pattern=self.pattern.text().strip() if kind is FieldType.IDENTIFIER else "",
            day_first=_DATES[self.order.currentIndex()] if kind is FieldType.DATE else None,
            required=self.required.isChecked(),
        )

    def eventFilter(self, watched: object, event: object) -> bool:  # noqa: N802
        from PySide6.QtCore import QEvent

        if (
            isinstance(event, QEvent)
            and event.type() == QEvent.Type.FocusOut
            and watched in (self.options, self.columns)
        ):
            self.take_typed()
        return False

    def take_typed(self) -> None:
        """Tell what is written, as when the entry is left."""
        field = self.value()
        if self._filling or field is None or self._field is None or field == self._field:
            return
        name, self._field = self._field.name, field
        self._show_rows(field.type)
        self._filling = True
        self._fill_lines(field)
        self._filling = False
        self.edited.emit(name, field)

    def _column(self, line: str) -> Field:
        """A column that a line describes; one that there is keeps what else is known of it."""
        from stillroom.templates.editing import name_from

        heading, says, kind = (part.strip() for part in line.rpartition("=")) if "=" in line else (line.strip(), "", "")
        called = [each for each in self._columns() if each.heading == heading]
        known = next(iter(called or (each for each in self._columns() if each.name == name_from(heading))), None)
        of = _kind_named(kind) if says and kind else known.type if known is not None else self._kind_called(heading)
        made = known or Field(name_from(heading), FieldType.TEXT)
        # A column without a label of its own is called by its name, and stays so where it is only looked at.
        return dataclasses.replace(made, type=of, label=made.label if heading == made.heading else heading)

    def _columns(self) -> tuple[Field, ...]:
        return self._field.columns if self._field is not None else ()

    def _show_rows(self, kind: FieldType) -> None:
        shown = {
            self.item: kind is FieldType.LIST,
            self.options: kind is FieldType.CHOICE,
            self.columns: kind is FieldType.TABLE,
            self.pattern: kind is FieldType.IDENTIFIER,
            self.order: kind is FieldType.DATE,
            self.near: not kind.generated,
            self.avoid: not kind.generated,
        }
        for control, wanted in shown.items():
            self._form.setRowVisible(control, wanted)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def _option_line(option: Option) -> str:
    words = "; ".join(filter(None, (option.description, ", ".join(option.synonyms))))
    return f"{option.value} = {words}" if words else option.value


def _option(line: str) -> Option | None:
    value, _, words = line.partition("=")
    description, _, synonyms = words.partition(";")
    return Option(value.strip(), description.strip(), _words(synonyms)) if value.strip() else None


def _kind_named(words: str) -> FieldType:
    """The type that is called so, in the file's words or in plain ones; a text where none is."""
    wanted = words.casefold()
    cells = [kind for kind in FieldType if kind not in (FieldType.LIST, FieldType.TABLE)]
    names = {str(kind): kind for kind in cells} | {kind_text(kind).casefold(): kind for kind in cells}
    beginning = [kind for name, kind in names.items() if wanted and name.startswith(wanted)]
    return names.get(wanted) or (beginning[0] if beginning else FieldType.TEXT)
