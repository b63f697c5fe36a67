"""The table of models: what matters first is always in sight, the rest as there is room."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from stillroom.ui.controls import describe
from stillroom.ui.models.model_table import BEST_FOR, LICENCE, MEMORY, SPEED, WHERE, ModelFilter

# The width from which on a column is shown, or a name would be cut to its ends; the detail says all of them at any width.
_ROOM = {MEMORY: 430, SPEED: 490, LICENCE: 590, BEST_FOR: 770}

_AROUND = 22  # pixels beside a text, with those for the arrow of the column that is sorted by


class ModelView(QTableView):
    """A table that never scrolls sideways: the name takes what the other columns leave."""

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
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # a name's end says its quantization
        self.verticalHeader().hide()
        self.setStyleSheet("QTableView::item { padding: 0 5px; }")  # so that words stand under their heading
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        # No wider than what stands in them: what is left is for the name.
        for column, widest in enumerate(("runs slowly", "~ 99.9 GB", "Tok/s.", "LM Studio", "apache-2.0"), 1):
            header.resizeSection(column, self.fontMetrics().horizontalAdvance(widest) + _AROUND)
        header.resizeSection(BEST_FOR, 190)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        describe(self, self.tr("Models"))
        self.setTabKeyNavigation(False)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        for column, width in _ROOM.items():
            self.setColumnHidden(column, event.size().width() < width)
        super().resizeEvent(event)
