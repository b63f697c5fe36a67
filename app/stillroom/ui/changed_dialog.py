"""The values of other documents that came out otherwise: what each was, what it is, and the way to each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.extraction.result import DocumentResult
from stillroom.templates.template import Template
from stillroom.ui.controls import Button, label
from stillroom.ui.extract.cell import cell_of
from stillroom.ui.theme import GRID
from stillroom.ui.wording import tr

_PLACE = Qt.ItemDataRole.UserRole
_NONE = "–"
_WIDTHS = (190, 130, 210)  # pixels of the columns before the last


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """A value that is another one now.

    Attributes:
        run, position: its document. field: its name, and what it is called.
        before, after: on one line; empty for none.
    """

    run: int
    position: int
    file: str
    field: str
    heading: str
    before: str
    after: str


class ChangedDialog(QDialog):
    """A row a value.

    Signals:
        wanted(int, int, str): the run, the position of the document in it, the name of the field.
    """

    wanted = Signal(int, int, str)

    def __init__(self, said: str, values: Sequence[ChangedValue], parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Values that changed"))
        self.resize(780, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(label(said, wrap=True))
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.windowTitle())
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHeaderLabels([self.tr("Document"), self.tr("Field"), self.tr("Before"), self.tr("Now")])
        for number, width in enumerate(_WIDTHS):
            self.list.setColumnWidth(number, width)
        for value in values:
            texts = (value.before or _NONE, value.after or _NONE)
            item = QTreeWidgetItem([value.file, value.heading, *texts])
            for place, text in enumerate(texts, 2):
                item.setToolTip(place, text)
            item.setData(0, _PLACE, (value.run, value.position, value.field))
            self.list.addTopLevelItem(item)
        self.choose(0)
        self.list.itemActivated.connect(lambda *_: self._show())
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        row.addStretch(1)
        self.show_button = Button(self.tr("Show it"), "primary", action=self._show)
        row.addWidget(self.show_button)
        row.addWidget(Button(self.tr("Close"), action=self.reject))
        column.addLayout(row)
        self.list.setFocus()

    def choose(self, number: int) -> None:
        """Make this value the current one, counted from 0."""
        self.list.setCurrentIndex(self.list.model().index(min(number, self.list.topLevelItemCount() - 1), 0))

    @property
    def current(self) -> int:
        """The number of the current value."""
        return self.list.currentIndex().row()

    def _show(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.accept()
            self.wanted.emit(*item.data(0, _PLACE))


def changed_values(
    run: int,
    position: int,
    file: str,
    template: Template,
    names: Iterable[str],
    results: tuple[DocumentResult, DocumentResult],
) -> list[ChangedValue]:
    """What became of these fields of a document; ``results``: before and after."""
    fields = {field.name: field for field in template.fields}
    return [
        ChangedValue(
            run, position, file, name, fields[name].heading,
            *(cell_of(fields[name], result.fields.get(name)).text for result in results),
        )
        for name in names
        if name in fields
    ]  # fmt: skip


def way_to(
    values: Sequence[ChangedValue],
    said: str,
    choose: Callable[[int, int, str], None],
    say_again: Callable[[], None],
    parent: QWidget,
) -> tuple[str, Callable[[], None]]:
    """The action of a message that leads to these values; ``say_again``: after one of several the next is wanted."""
    if len(values) == 1:
        (only,) = values
        return tr("Show it"), lambda: choose(only.run, only.position, only.field)
    shown = 0

    def show() -> None:
        nonlocal shown
        dialog = ChangedDialog(said, values, parent)
        dialog.choose(shown)
        dialog.wanted.connect(choose)
        if dialog.exec():
            shown = dialog.current + 1
        say_again()

    return tr("Show them…"), show
