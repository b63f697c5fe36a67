"""The table of models: what matters first is always in sight, the rest as there is room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from stillroom.ui.controls import describe
from stillroom.ui.models.rows import BEST_FOR, LICENCE, WHERE, ModelFilter

_ROOM = {LICENCE: 500, BEST_FOR: 680}  # the width from which on a column is shown; the detail says both at any width


class ModelView(QTableView):
    """Never scrolls sideways: the name takes what the other columns leave."""

    def __init__(self, shown: ModelFilter) -> None:
        super().__init__()
        self.setModel(shown)
        self.setSortingEnabled(True)
        self.sortByColumn(WHERE, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(LICENCE, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(LICENCE, 80)
        header.setSectionResizeMode(BEST_FOR, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(BEST_FOR, 190)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        describe(self, self.tr("Models"))
        self.setTabKeyNavigation(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        for column, width in _ROOM.items():
            self.setColumnHidden(column, event.size().width() < width)
        super().resizeEvent(event)
