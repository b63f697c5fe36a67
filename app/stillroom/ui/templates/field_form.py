"""The form for one field of a template."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit, QPlainTextEdit, QWidget

from stillroom.templates.template import Field, FieldType, Option
from stillroom.ui.controls import ComboBox, describe
from stillroom.ui.templates.kinds import kinds
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
    """

    edited = Signal(str, Field)

    def __init__(self) -> None:
        super().__init__()
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
        self.pattern = QLineEdit()
        self.columns = QPlainTextEdit()
        self.columns.setTabChangesFocus(True)
        self.columns.setFixedHeight(96)
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
            (self.tr("Columns"), self.columns, self.tr("One a line: heading = type, as money, date, text, number")),
            (self.tr("Form"), self.pattern, self.tr("A regular expression that it matches as a whole; empty for any")),
            (self.tr("3/4/2025 is"), self.order, self.tr("How to read a date that can be read in two ways")),
        )
        for name, control, tip in rows:
            describe(control, name, tip)
            form.addRow(name, control)
        form.addRow("", self.required)
        describe(self.required, self.required.text(), self.tr("Where it is missing, the document needs a look"))
        for entry in (self.label, self.description, self.near, self.avoid, self.pattern):
            entry.editingFinished.connect(self._tell)
        for box in (self.kind, self.item, self.order):
            box.activated.connect(self._tell)
        self.required.clicked.connect(self._tell)
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
        self.options.setPlainText("\n".join(map(_option_line, shown.options)))
        self.columns.setPlainText(
            "\n".join(f"{column.label or column.name} = {column.type}" for column in shown.columns)
        )
        self.order.setCurrentIndex(_DATES.index(shown.day_first))
        self.required.setChecked(shown.required)
        for entry in (self.label, self.description, self.near, self.avoid, self.pattern):
            entry.setCursorPosition(0)
        self._show_rows(shown.type)
        self._filling = False

    def value(self) -> Field | None:
        """The field as the form says; None while none is shown."""
        if self._field is None:
            return None
        kind = FieldType(self.kind.currentData())
        container = kind is FieldType.LIST
        options = tuple(filter(None, map(_option, self.options.toPlainText().splitlines())))
        columns = tuple(_column(line, self._field) for line in self.columns.toPlainText().splitlines() if line.strip())
        return dataclasses.replace(
            self._field,
            label=self.label.text().strip(),
            type=kind,
            of=FieldType(self.item.currentData()) if container else None,
            description=self.description.text().strip(),
            near=_words(self.near.text()),
            avoid=_words(self.avoid.text()),
            options=(options or (Option("yes"), Option("no"))) if kind is FieldType.CHOICE else (),
            columns=(columns or (_column("item = text", self._field),)) if kind is FieldType.TABLE else (),
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
            self._tell()
        return False

    def _tell(self) -> None:
        field = self.value()
        if self._filling or field is None or self._field is None or field == self._field:
            return
        name, self._field = self._field.name, field
        self._show_rows(field.type)
        self.edited.emit(name, field)

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


def _column(line: str, table: Field) -> Field:
    from stillroom.templates.editing import name_from

    heading, _, kind = line.partition("=")
    name = name_from(heading)
    known = next((column for column in table.columns if column.name == name), None)
    try:
        of = FieldType(kind.strip() or "text")
    except ValueError:
        of = FieldType.TEXT
    made = known or Field(name, of, label=heading.strip())
    return dataclasses.replace(made, type=of)
