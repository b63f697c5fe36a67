"""Documents with the sender and number of another that say something else: what differs, beside each other.

It stays over the table while its documents are looked at, until each pair is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.review.document import ReviewedDocument
from stillroom.review.duplicates import Difference
from stillroom.ui.controls import Button, label, plain_tip
from stillroom.ui.theme import GRID

_PAIR, _FIELD = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class SameNumberDialog(QDialog):
    """Pairs of documents, and for each of them the decision: both are of their own, or the one is taken out.

    Signals:
        cell_wanted(int, int, str): the run, the position of the document in it, the name of the field.
        no_copy(ReviewedDocument), remove_wanted(ReviewedDocument): the document.
    """

    cell_wanted = Signal(int, int, str)
    no_copy = Signal(ReviewedDocument)
    remove_wanted = Signal(ReviewedDocument)

    def __init__(
        self, pairs: Sequence[tuple[ReviewedDocument, Sequence[Difference]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._pairs = list(pairs)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Same sender and number"))
        self.resize(860, 440)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self.said = label(
            self.tr(
                "One may correct the other, the number may have been given twice, or one may be a copy that was read"
                " otherwise. Look at the pages before you decide."
            ),
            wrap=True,
        )
        column.addWidget(self.said)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("What differs"))
        self.list.setHeaderLabels([self.tr("Field"), self.tr("This document"), self.tr("The other")])
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setColumnWidth(0, 240)
        self.list.setColumnWidth(1, 280)
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        self.list.itemActivated.connect(lambda _item, place: self._show(other=place == 2))
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.show_own = Button(self.tr("Show this document"), "primary", action=lambda: self._show(other=False))
        self.show_other = Button(self.tr("Show the other"), action=lambda: self._show(other=True))
        self.keep = Button(self.tr("Both stay"), action=lambda: self._decide(self.no_copy))
        self.remove = Button(self.tr("Remove this document"), "link", action=lambda: self._decide(self.remove_wanted))
        for button in (self.show_own, self.show_other, self.keep, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(Button(self.tr("Close"), action=self.reject))
        column.addLayout(row)
        self._fill()

    def _fill(self) -> None:
        self.list.clear()
        for number, (document, its) in enumerate(self._pairs):
            other = document.duplicate_of
            name = other.path.name if other is not None else ""
            if document.duplicate_in:
                name = self.tr("%1, in %2").replace("%1", name).replace("%2", document.duplicate_in)
            pair = QTreeWidgetItem([self.tr("Document"), document.path.name, name])
            for place in (1, 2):
                pair.setToolTip(place, plain_tip(pair.text(place)))
            pair.setData(0, _PAIR, number)
            self.list.addTopLevelItem(pair)
            for each in its:
                of_several = each.own is None and each.other is None
                none = self.tr("other entries") if of_several else self.tr("not in the document")
                texts = [none if value is None else " ".join(value.split()) for value in (each.own, each.other)]
                item = QTreeWidgetItem([each.field.heading, *texts])
                item.setData(0, _PAIR, number)
                item.setData(0, _FIELD, each.field.name)
                pair.addChild(item)
            pair.setExpanded(True)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)
        self._show_buttons()

    def _current(self) -> tuple[ReviewedDocument, str] | None:
        item = self.list.currentItem()
        if item is None:
            return None
        document, its = self._pairs[item.data(0, _PAIR)]
        return document, item.data(0, _FIELD) or (its[0].field.name if its else "")

    def _show(self, *, other: bool) -> None:
        current = self._current()
        shown = (
            current[0].duplicate_of if current is not None and other else current[0] if current is not None else None
        )
        if current is not None and shown is not None:
            self.cell_wanted.emit(shown.run, shown.position, current[1])

    def _decide(self, decided: SignalInstance) -> None:
        current = self._current()
        if current is None:
            return
        decided.emit(current[0])
        self._pairs = [pair for pair in self._pairs if pair[0] is not current[0]]
        if self._pairs:
            self._fill()
        else:
            self.accept()

    def _show_buttons(self) -> None:
        for button in (self.show_own, self.show_other, self.keep, self.remove):
            button.setEnabled(self.list.currentItem() is not None)
