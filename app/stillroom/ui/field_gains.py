"""The table of what each field gained: how many values it was measured on, how many were right before, and how many are now."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem


class FieldGains(QTableWidget):
    """A row a field."""

    def __init__(self, name: str, counted: str, before: str, now: str) -> None:
        """``name``: for a screen reader. The others: headings of what was counted, and of what was right before and is now."""
        super().__init__(0, 4)
        self.setHorizontalHeaderLabels([self.tr("Field"), counted, before, now])
        self.setAccessibleName(name)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def show_fields(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """What a field is called, and its three figures."""
        rows = list(rows)
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for place, text in enumerate(texts):
                self.setItem(row, place, QTableWidgetItem(text))
