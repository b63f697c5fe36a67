"""The models there are and those of the catalog, each with what this machine makes of it; as a table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from stillroom.ui.controls import plain_tip
from stillroom.ui.theme import colours
from stillroom.ui.wording import size_text
from stillroom.workspace.model_list import ModelRow, Place, Verdict

ROW = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1
MEMORY, SPEED, WHERE, LICENCE, BEST_FOR = 2, 3, 4, 5, 6  # columns


class ModelTable(QAbstractTableModel):
    """Rows of models; the columns are those of HEADINGS."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[ModelRow] = []
        self.loaded = ""
        self.headings = [
            self.tr("Model"), self.tr("Fit"), self.tr("Memory"), self.tr("Tok/s"), self.tr("Where"),
            self.tr("Licence"), self.tr("Best for"),
        ]  # fmt: skip
        self.tips = [
            "",
            self.tr("How it runs on this machine"),
            self.tr("What it needs with a context of 8,192 tokens; ~ is a rough figure from the catalog"),
            self.tr("Tokens a second expected on this machine"),
            self.tr("Whether its file is here, in the folder of another program, or still to fetch"),
            self.tr("What its publisher allows; – where it is not known here, then the hub says it"),
            "",
        ]

    def show_rows(self, rows: Sequence[ModelRow]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def show_loaded(self, name: str) -> None:
        """Mark the model that is loaded."""
        if name != self.loaded:
            self.loaded = name
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.headings) - 1))

    def row(self, place: int) -> ModelRow:
        return self._rows[place]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.headings)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.headings[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return self.tips[section]
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == SORT:
            return self._sort_key(row, index.column())
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._text(row, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            words = row.problem or (row.fit.reason if row.fit else row.entry.note if row.entry else "")
            return plain_tip(f"{row.name}\n{words}".strip())  # a long name is cut short in its column
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 1:
            shown = colours()
            colour = {Verdict.WELL: shown.good, Verdict.SLOWLY: shown.warn, Verdict.NO: shown.bad}.get(
                row.verdict or Verdict.NO
            )
            return QColor(colour)
        return None

    def _text(self, row: ModelRow, column: int) -> str:
        if column == 0:
            return row.name
        if column == 1:
            if row.file is not None and row.name == self.loaded:
                return self.tr("loaded")
            words = {
                Verdict.WELL: self.tr("runs well"),
                Verdict.SLOWLY: self.tr("runs slowly"),
                Verdict.NO: self.tr("does not fit"),
            }
            return words[row.verdict] if row.verdict is not None else self.tr("cannot be used")
        if column == 2:
            about = "" if row.fit is not None else "~ "
            return f"{about}{size_text(row.fit.estimate.total if row.fit is not None else row.size)}"
        if column == 3:
            digits = 1 if row.speed and row.speed < 10 else 0
            return QLocale().toString(row.speed, "f", digits) if row.speed else "–"
        if column == WHERE:
            return {Place.HERE: self.tr("here"), Place.ELSEWHERE: row.program, Place.CATALOG: self.tr("to fetch")}[
                row.place
            ]
        if column == LICENCE:
            return (row.entry.licence if row.entry is not None else "") or "–"
        return ", ".join(row.entry.best_for) if row.entry is not None else ""

    def _sort_key(self, row: ModelRow, column: int) -> object:
        verdicts = {Verdict.WELL: 0, Verdict.SLOWLY: 1, Verdict.NO: 2, None: 3}
        return {
            1: verdicts[row.verdict],
            2: row.fit.estimate.total if row.fit is not None else row.size,
            3: -(row.speed or 0.0),
            WHERE: [Place.HERE, Place.ELSEWHERE, Place.CATALOG].index(row.place),
        }.get(column, self._text(row, column).casefold())


class ModelFilter(QSortFilterProxyModel):
    """A filter by words, task, place, and whether it fits."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.task, self.fitting, self.here = "", "", False, False
        self.setSortRole(SORT)
        self.setDynamicSortFilter(True)

    def choose(self, *, words: str, task: str, fitting: bool, here: bool) -> None:
        self.beginResetModel()
        self.words, self.task, self.fitting, self.here = words.casefold(), task, fitting, here
        self.endResetModel()

    def filterAcceptsRow(self, place: int, parent: QModelIndex | QPersistentModelIndex) -> bool:  # noqa: N802
        row: ModelRow = self.sourceModel().index(place, 0, parent).data(ROW)
        if self.here and row.place is Place.CATALOG:
            return False
        if self.fitting and row.verdict is Verdict.NO:
            return False
        if self.task and (row.entry is None or self.task not in row.entry.best_for):
            return False
        text = f"{row.name} {row.entry.repository if row.entry else ''} {row.program}".casefold()
        return all(word in text for word in self.words.split())
