"""The table of a run as an item model: a row a document, a column a field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from stillroom.extraction.result import DocumentResult, DocumentStatus
from stillroom.review.document import ReviewedDocument
from stillroom.templates.template import FieldType, Template
from stillroom.ui.controls import plain_tip
from stillroom.ui.extract import cell_wording
from stillroom.ui.extract.cell import NOTHING, Cell, cells_of, looks_needed, reviewed_cells, sort_value
from stillroom.ui.extract.row import Row, RowState

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns in front of the fields."""

    DOCUMENT = 0
    STATE = 1


FIRST_FIELD = len(Column)


class Role(IntEnum):
    """``ROW``: the Row; ``CELL``: the Cell, None for the columns in front; ``SORT``: what to order by."""

    ROW = Qt.ItemDataRole.UserRole + 1
    CELL = Qt.ItemDataRole.UserRole + 2
    SORT = Qt.ItemDataRole.UserRole + 3


class ResultModel(QAbstractTableModel):
    """Rows of one template.

    Signals:
        results_set(list[Row]): these have other results, as they were proposed.
        written(Row, int, str): a person wrote another value for the field of this number.
        counts_changed: how many rows there are, are done or need a look may have changed.
    """

    counts_changed = Signal()
    results_set = Signal(list)
    written = Signal(Row, int, str)

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._template = template
        self._rows: list[Row] = []

    # ---- Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else FIRST_FIELD + len(self._template.fields)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if section >= FIRST_FIELD:
            wanted = self._template.fields[section - FIRST_FIELD]
            if role == Qt.ItemDataRole.DisplayRole:
                return wanted.heading
            if role == Qt.ItemDataRole.ToolTipRole:
                return plain_tip(wanted.description or wanted.heading)
        elif role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Document") if section == Column.DOCUMENT else self.tr("State")
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        if role == Role.ROW:
            return row
        cell = self._cell(row, index.column())
        if role == Role.CELL:
            return cell
        if role == Role.SORT:
            return self._sort_key(row, index.column(), cell)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(row, index.column(), cell)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._tip(row, index.column(), cell))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(row, index.column(), cell)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() >= FIRST_FIELD and self._rows[index.row()].state is RowState.DONE:
            field = self._template.fields[index.column() - FIRST_FIELD]
            if field.type not in (FieldType.LIST, FieldType.TABLE) and not field.type.generated:
                flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        """What a person wrote is passed on; it is in the table once it is on disk."""
        if role != Qt.ItemDataRole.EditRole or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        row = self._rows[index.row()]
        text = str(value).strip()
        if text != self._text(row, index.column(), self._cell(row, index.column())):
            self.written.emit(row, index.column() - FIRST_FIELD, text)
        return True

    # ---- what the page does with it

    @property
    def template(self) -> Template:
        return self._template

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    def set_template(self, template: Template) -> None:
        """Other columns, for rows that were not started."""
        self.beginResetModel()
        self._template = template
        self.endResetModel()
        self.counts_changed.emit()

    def add(self, rows: Sequence[Row]) -> None:
        if rows:
            self.insert([(len(self._rows) + offset, row) for offset, row in enumerate(rows)])

    def insert(self, placed: Sequence[tuple[int, Row]]) -> None:
        """Put rows in at their positions in the finished table, lowest first."""
        for first, block in _blocks(placed):
            self.beginInsertRows(QModelIndex(), first, first + len(block) - 1)
            self._rows[first:first] = block
            self.endInsertRows()
        self.counts_changed.emit()

    def remove(self, rows: Iterable[Row]) -> list[tuple[int, Row]]:
        """Take rows out; what is returned puts them back with insert()."""
        wanted = set(map(id, rows))
        placed = [(position, row) for position, row in enumerate(self._rows) if id(row) in wanted]
        for first, block in reversed(_blocks(placed)):
            self.beginRemoveRows(QModelIndex(), first, first + len(block) - 1)
            del self._rows[first : first + len(block)]
            self.endRemoveRows()
        self.counts_changed.emit()
        return placed

    def set_state(self, rows: Iterable[Row], state: RowState) -> None:
        """Another state; a result is kept only by ``done`` and ``failed``."""
        touched = set()
        for row in rows:
            row.state = state
            if state not in (RowState.DONE, RowState.FAILED):
                row.result, row.cells, row.looks, row.review = None, [], 0, None
            touched.add(id(row))
        self._changed(touched)

    def set_results(self, results: Iterable[tuple[Row, DocumentResult]]) -> None:
        """Finished documents. A row that was removed meanwhile keeps its result for when it is put back."""
        touched = set()
        fresh = []
        for row, result in results:
            row.result, row.review = result, None
            fresh.append(row)
            row.state = RowState.FAILED if result.status is DocumentStatus.FAILED else RowState.DONE
            row.cells = [] if row.state is RowState.FAILED else cells_of(self._template, result)
            row.looks = looks_needed(result, row.cells)
            touched.add(id(row))
        self._changed(touched)
        self.results_set.emit(fresh)

    def set_reviews(self, reviews: Iterable[tuple[Row, ReviewedDocument]]) -> None:
        """What persons said of documents."""
        touched = set()
        for row, review in reviews:
            row.review = review
            row.result = review.effective()
            if row.state is RowState.DONE:
                row.cells = reviewed_cells(review, row.result)
                done = review.approval is not None or review.rejection is not None
                row.looks = 0 if done else looks_needed(row.result, row.cells)
            touched.add(id(row))
        self._changed(touched)

    def count(self, *states: RowState) -> int:
        return sum(row.state in states for row in self._rows)

    @property
    def finished(self) -> int:
        return self.count(RowState.DONE, RowState.FAILED)

    @property
    def need_look(self) -> int:
        return sum(row.looks > 0 for row in self._rows)

    # ---- inside

    def _changed(self, touched: set[int]) -> None:
        positions = [position for position, row in enumerate(self._rows) if id(row) in touched]
        last_column = self.columnCount() - 1
        for first, last in _ranges(positions):
            self.dataChanged.emit(self.index(first, 0), self.index(last, last_column))
        self.counts_changed.emit()

    def _cell(self, row: Row, column: int) -> Cell | None:
        if column < FIRST_FIELD:
            return None
        position = column - FIRST_FIELD
        return row.cells[position] if position < len(row.cells) else NOTHING

    def _text(self, row: Row, column: int, cell: Cell | None) -> str:
        if column == Column.DOCUMENT:
            return row.path.name
        if column == Column.STATE:
            return cell_wording.row_state(row)
        if row.state is RowState.FAILED and row.result is not None:
            return row.result.error if column == FIRST_FIELD else ""
        return cell.text if cell else ""

    def _tip(self, row: Row, column: int, cell: Cell | None) -> str:
        if column == Column.DOCUMENT:
            return str(row.path)
        if column == Column.STATE or row.state is RowState.FAILED or cell is None:
            return cell_wording.row_details(row)
        return cell_wording.cell_tip(cell)

    def _spoken(self, row: Row, column: int, cell: Cell | None) -> str:
        name = self.headerData(column, Qt.Orientation.Horizontal)
        if column == Column.DOCUMENT:
            return f"{name}: {row.path.name}"
        if cell is None or row.state is RowState.FAILED:
            return f"{name}: {cell_wording.row_details(row)}"
        return f"{name}: {cell_wording.cell_spoken(cell)}"

    def _sort_key(self, row: Row, column: int, cell: Cell | None) -> object:
        if column == Column.DOCUMENT:
            return row.path.name.casefold()
        if column == Column.STATE:
            return f"{9999 - row.looks:04}{row.state}"  # worst first
        return sort_value(self._template.fields[column - FIRST_FIELD], cell) if cell else ""

    def words(self, row: Row) -> str:
        """What a row shows, for finding it: the document's name, its values, or its error."""
        shown = [cell.text for cell in row.cells] or ([row.result.error] if row.result is not None else [])
        return "\n".join([row.path.name, *shown]).casefold()


def _ranges(positions: Sequence[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for position in positions:
        if ranges and ranges[-1][1] == position - 1:
            ranges[-1] = (ranges[-1][0], position)
        else:
            ranges.append((position, position))
    return ranges


def _blocks(placed: Sequence[tuple[int, Row]]) -> list[tuple[int, list[Row]]]:
    blocks: list[tuple[int, list[Row]]] = []
    for position, row in placed:
        if blocks and blocks[-1][0] + len(blocks[-1][1]) == position:
            blocks[-1][1].append(row)
        else:
            blocks.append((position, [row]))
    return blocks
