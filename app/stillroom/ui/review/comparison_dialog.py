"""Two tables beside each other: the values in which they differ, and the way to each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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

from stillroom.review.reviews import TableInfo
from stillroom.ui.controls import Button, ComboBox, label
from stillroom.ui.tasks import Operation, Tasks
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, when_text

if TYPE_CHECKING:
    from stillroom.workspace.runs import Comparison

_PLACE = Qt.ItemDataRole.UserRole
_NAMES = 4  # of documents that are told by name


def table_text(table: TableInfo) -> str:
    """A table, told from others of its name."""
    return f"{table.title} · {when_text(table.created)}"


class ComparisonDialog(QDialog):
    """What two tables say differently of the same files, as they were extracted.

    Signals:
        cell_wanted(int, int, str): the run, the position of the document in it, the name of the field.
    """

    cell_wanted = Signal(int, int, str)

    def __init__(
        self,
        compare: Callable[[int, int], Comparison],
        tasks: Tasks,
        left: TableInfo,
        right: TableInfo,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self._tables = left, right
        self._found: Comparison | None = None
        self.setWindowTitle(self.tr("Compare two tables"))
        self.resize(860, 480)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self.said = label(self.tr("The tables are being compared…"), wrap=True)
        column.addWidget(self.said)
        self.fields = ComboBox()
        self.fields.setAccessibleName(self.tr("Field"))
        self.fields.activated.connect(lambda _: self._fill())
        self.fields.hide()
        column.addWidget(self.fields)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("Values that differ"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        sides = [self.tr("First: %1"), self.tr("Second: %1")]
        heads = [text.replace("%1", table_text(table)) for text, table in zip(sides, self._tables, strict=True)]
        self.list.setHeaderLabels([self.tr("Document"), self.tr("Field"), *heads])
        for number, width in enumerate((200, 150, 230)):
            self.list.setColumnWidth(number, width)
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        self.list.itemActivated.connect(lambda _item, column: self._emit(1 if column == 3 else 0))
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.show_left = Button(self.tr("Show in the first"), "primary", action=lambda: self._emit(0))
        self.show_right = Button(self.tr("Show in the second"), action=lambda: self._emit(1))
        for button, table in ((self.show_left, left), (self.show_right, right)):
            button.setToolTip(table_text(table))
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(Button(self.tr("Close"), action=self.reject))
        column.addLayout(row)
        self._show_buttons()
        work = Operation(lambda _: compare(left.run, right.run), "compare", owner=self)
        tasks.start(work.success(self._show).failure(self._failed))

    def _show(self, found: Comparison) -> None:
        self._found = found
        different = len(found.differences)
        self.said.setText(self._summary(found))
        self.fields.addItem(counted(different, self.tr("All fields (1)"), self.tr("All fields (%1)")), "")
        for name, count in found.fields.items():
            if count.different:
                self.fields.addItem(f"{self._heading(name)} ({count.different})", name)
        self.fields.setVisible(self.fields.count() > 2)
        self._fill()
        self.list.setFocus()

    def _summary(self, found: Comparison) -> str:
        if not found.documents:
            return self.tr("The two tables have no file in common.")
        parts = [
            counted(found.documents, self.tr("1 document is in both."), self.tr("%1 documents are in both.")),
            counted(
                len(found.differences), self.tr("One of %2 values differs."), self.tr("%1 of %2 values differ.")
            ).replace("%2", str(found.same + len(found.differences))),
        ]
        for names, text in (
            (found.only_left, self.tr("Only in the first: %1.")),
            (found.only_right, self.tr("Only in the second: %1.")),
            (
                tuple(self._heading(name) for name in found.missing),
                self.tr("Only one of them asks for: %1."),
            ),
        ):
            if names:
                shown = ", ".join(names[:_NAMES]) + (", …" if len(names) > _NAMES else "")
                parts.append(text.replace("%1", shown))
        return " ".join(parts) + " " + self.tr("Compared is what was extracted, before any verdict.")

    def _fill(self) -> None:
        self.list.clear()
        wanted = self.fields.currentData() or ""
        found = self._found
        differences = [each for each in found.differences if wanted in ("", each.field)] if found is not None else []
        for each in differences:
            place = self._heading(each.field)
            if each.item > 1 or each.column:
                place += f" {each.item}"
            place += f" · {each.column}" if each.column else ""
            texts = ["–" if value is None else " ".join(value.split()) for value in (each.left, each.right)]
            item = QTreeWidgetItem([each.file, place, *texts])
            item.setData(0, _PLACE, (each.left_row, each.right_row, each.field))
            self.list.addTopLevelItem(item)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)
        self._show_buttons()

    def _heading(self, field: str) -> str:
        return self._found.headings.get(field, field) if self._found is not None else field

    def _emit(self, side: int) -> None:
        item = self.list.currentItem()
        if item is not None:
            *rows, field = item.data(0, _PLACE)
            self.cell_wanted.emit(self._tables[side].run, rows[side], field)
            self.accept()

    def _show_buttons(self) -> None:
        for button in (self.show_left, self.show_right):
            button.setEnabled(self.list.currentItem() is not None)

    def _failed(self, error: Exception) -> None:
        self.said.setText(sentence(error))
