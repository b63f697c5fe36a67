"""The table: shows a ResultModel, keeps the order and the filter, copies, and moves by key."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSignalBlocker,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QMenu, QStyleOptionViewItem, QTableView

from stillroom.templates.template import FieldType
from stillroom.ui.extract.copying import as_text
from stillroom.ui.extract.result_delegate import ResultDelegate
from stillroom.ui.extract.result_model import FIRST_FIELD, Column, ResultModel, Role
from stillroom.ui.extract.row import Row, RowState

_ROWS_MEASURED = 50

# Types whose values are short whatever the document.
_SHORT = frozenset(
    {
        FieldType.DATE,
        FieldType.TIME,
        FieldType.DURATION,
        FieldType.MONEY,
        FieldType.NUMBER,
        FieldType.INTEGER,
        FieldType.PERCENT,
        FieldType.CHOICE,
        FieldType.YES_NO,
    }
)


class ShownRows(QSortFilterProxyModel):
    """All rows or only those that need a look, in the order of a column.

    Attributes:
        current: the row that is worked on. While it is extracted again it stays in sight, whether or not it needs a look.
    """

    def __init__(self, model: ResultModel) -> None:
        super().__init__()
        self._only_looks = False
        self._wanted: list[str] = []
        self.current: Row | None = None
        self.setSortRole(Role.SORT)
        self.setSourceModel(model)

    @property
    def source(self) -> ResultModel:
        """The model whose rows are filtered."""
        model = self.sourceModel()
        assert isinstance(model, ResultModel)
        return model

    @property
    def only_looks(self) -> bool:
        return self._only_looks

    def show_only_looks(self, only: bool) -> None:
        self.beginFilterChange()
        self._only_looks = only
        self.endFilterChange()

    def find(self, words: str) -> None:
        """Only the rows that hold each of these words, in any case; all rows where there are none."""
        self.beginFilterChange()
        self._wanted = words.casefold().split()
        self.endFilterChange()

    def filterAcceptsRow(self, position: int, parent: QModelIndex | QPersistentModelIndex) -> bool:  # noqa: N802, ARG002
        model = self.source
        row = model.rows[position]
        again = row is self.current and row.state in (RowState.WAITING, RowState.WORKING)
        if self._only_looks and not row.looks and not again:
            return False
        if not self._wanted:
            return True
        text = model.words(row)
        return all(word in text for word in self._wanted)

    def lessThan(self, left: QModelIndex | QPersistentModelIndex, right: QModelIndex | QPersistentModelIndex) -> bool:  # noqa: N802
        """Amounts by size: Qt itself knows no decimals."""
        return bool(left.data(Role.SORT) < right.data(Role.SORT))


class ResultTable(QTableView):
    """The table of documents and their values.

    Signals:
        cell_chosen(Row | None, int): the current cell: its row and its field's number (-1: a column in front).
        menu_wanted(QPoint): a context menu, at a place on the screen.
        runner_up(Row, int, int): of a row's field the candidate of this number, from 1, is meant.
        columns_arranged: a column was moved, hidden or shown.
    """

    columns_arranged = Signal()
    runner_up = Signal(Row, int, int)
    cell_chosen = Signal(object, int)
    menu_wanted = Signal(QPoint)

    def __init__(self, model: ResultModel) -> None:
        super().__init__()
        self.shown = ShownRows(model)
        self.setModel(self.shown)
        self.delegate = ResultDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName(self.tr("Results"))
        self.setAccessibleDescription(self.tr("A row for each document, a column for each field of the template"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table; the arrow keys move in it
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 18)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSectionsMovable(True)
        header.setFirstSectionMovable(False)
        header.setToolTip(self.tr("Click to sort, drag to move, right-click to hide or show columns"))
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self.columns_menu().exec(header.mapToGlobal(at)))
        header.sectionMoved.connect(self._columns_changed)
        header.setMinimumSectionSize(72)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self._arrange = QTimer(self)
        self._arrange.setSingleShot(True)
        self._arrange.setInterval(0)
        self._arrange.timeout.connect(self._span_errors)
        self._spanned: set[int] = set()
        self._sized_by_hand = False
        for signal in (self.shown.rowsInserted, self.shown.rowsRemoved, self.shown.dataChanged):
            signal.connect(self._rearrange)
        for signal in (self.shown.modelReset, self.shown.layoutChanged):
            signal.connect(self._rearrange)
        self.shown.modelReset.connect(self._fresh_columns)
        self.selectionModel().currentChanged.connect(self._current_changed)
        model.dataChanged.connect(self._data_changed)
        header.sectionResized.connect(self._section_resized)
        self.size_columns()

    def size_columns(self) -> None:
        """Give each column its share of the width, until the user gives it another."""
        header = self.horizontalHeader()
        character = self.fontMetrics().horizontalAdvance("n")
        # What is in a column, and its heading, go before even shares; of the file's name and of long values a part will do.
        state = self.fontMetrics().horizontalAdvance(self.tr("Approved by anna")) + 44
        wants = [1.0 if field.type in _SHORT else 1.3 for field in self.shown.source.template.fields]
        columns = [Column.DOCUMENT, *range(FIRST_FIELD, FIRST_FIELD + len(wants))]
        narrow = [(11 if field.type in _SHORT else 14) * character for field in self.shown.source.template.fields]
        # A part of a date tells nothing; before values come, and beside a long run, none has been measured.
        date = self.fontMetrics().horizontalAdvance("0000-00-00") + 40  # icon and margins
        for place, field in enumerate(self.shown.source.template.fields):
            if field.type is FieldType.DATE:
                narrow[place] = date
        least = [
            19 * character,
            *(max(width, header.sectionSizeHint(column)) for column, width in zip(columns[1:], narrow, strict=True)),
        ]
        most = [30 * character] + [24 * character] * len(wants)
        good = [
            max(low, min(self._content(column), high)) for column, low, high in zip(columns, least, most, strict=True)
        ]
        room = self.viewport().width() - state
        if sum(least) <= room < sum(good):  # all of them are in sight where each gives way a little
            part = (room - sum(least)) / (sum(good) - sum(least))
            good = [low + int(part * (high - low)) for low, high in zip(least, good, strict=True)]
        spare = max(0, room - sum(good))
        self.setColumnWidth(Column.STATE, state)
        for column, width, want in zip(columns, good, [0.0, *wants], strict=True):
            self.setColumnWidth(column, width + int(spare * want / sum(wants)))
        header.setStretchLastSection(True)

    def fit_columns(self) -> None:
        """After values came: columns as wide as what they hold, unless the user gave them another width."""
        if not self._sized_by_hand:
            self.size_columns()

    def _content(self, column: int) -> int:
        """How wide the first rows are in this column; a document that failed has no values."""
        option = QStyleOptionViewItem()
        option.initFrom(self)
        indexes = (self.shown.index(row, column) for row in range(min(self.shown.rowCount(), _ROWS_MEASURED)))
        rows = [index for index in indexes if column < FIRST_FIELD or index.data(Role.CELL) is not None]
        return max((self.delegate.sizeHint(option, index).width() for index in rows), default=0)

    def columns_menu(self) -> QMenu:
        """Which columns are shown; the document's always is."""
        menu = QMenu(self)
        for column in range(1, self.shown.columnCount()):
            name = str(self.shown.headerData(column, Qt.Orientation.Horizontal))
            action = menu.addAction(name.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(lambda on, column=column: self.show_column(column, on))
        menu.addSeparator()
        menu.addAction(self.tr("All columns, in the template's order"), self.reset_columns)
        return menu

    def show_column(self, column: int, shown: bool) -> None:
        self.setColumnHidden(column, not shown)
        self._columns_changed()

    def reset_columns(self) -> None:
        """Every column shown, where the template has it."""
        self.arrange("")
        self._columns_changed()

    def arrangement(self) -> str:
        """The columns as they stand, a hidden one with a minus: ``0,2,-1``."""
        header = self.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(header.count())]
        return ",".join(f"-{column}" if self.isColumnHidden(column) else str(column) for column in order)

    def arrange(self, arrangement: str) -> None:
        """Put the columns as they stood; where that is of another number of columns, all of them in the template's order."""
        columns = [str(column) for column in range(self.shown.columnCount())]
        parts = arrangement.split(",")
        if sorted(part.removeprefix("-") for part in parts) != sorted(columns):
            parts = columns
        header = self.horizontalHeader()
        with QSignalBlocker(header):
            for place, part in enumerate(parts):
                column = int(part.removeprefix("-"))
                header.moveSection(header.visualIndex(column), place)
                self.setColumnHidden(column, part.startswith("-"))
        self._span_errors()

    def _columns_changed(self, *_: int) -> None:
        self._span_errors()
        self.columns_arranged.emit()

    @property
    def _as_made(self) -> bool:
        header = self.horizontalHeader()
        return not header.sectionsMoved() and not header.sectionsHidden()

    def choose(self, row: Row, field: int = 0) -> None:
        """Make a cell the current one; of a document that failed its name, or the view would go sideways along its sentence."""
        column = Column.DOCUMENT if row.state is RowState.FAILED else FIRST_FIELD + field
        for position in range(self.shown.rowCount()):
            index = self.shown.index(position, column)
            if index.data(Role.ROW) is row:
                # It alone, whatever key is held meanwhile.
                self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
                self.scrollTo(index)
                return

    def selected_rows(self) -> list[Row]:
        """The rows with a selected cell, in the order shown."""
        positions = sorted({index.row() for index in self.selectionModel().selectedIndexes()})
        return [self.shown.index(position, 0).data(Role.ROW) for position in positions]

    def next_look(self) -> bool:
        """Go to the next cell that needs a look, from the current one on and round again. False where there is none."""
        rows, columns = self.shown.rowCount(), self.shown.columnCount()
        current = self.currentIndex()
        start = current.row() * columns + current.column() + 1 if current.isValid() else 0
        for step in range(rows * columns):
            index = self.shown.index(*divmod((start + step) % (rows * columns), columns))
            row, cell = index.data(Role.ROW), index.data(Role.CELL)
            failed = row.state is RowState.FAILED and index.column() == Column.DOCUMENT
            if failed or (cell is not None and row.state is RowState.DONE and cell.level.needs_look):
                self.setCurrentIndex(index)
                self.scrollTo(index)
                return True
        return False

    def copy_cells(self) -> int:
        """The selected cells to the clipboard, tabs between columns; how many there were."""
        indexes = self.selectionModel().selectedIndexes()
        if indexes:
            QApplication.clipboard().setText(as_text(indexes))
        return len(indexes)

    def copy_rows(self) -> int:
        """Whole rows with a line of headings to the clipboard; how many there were."""
        positions = sorted({index.row() for index in self.selectionModel().selectedIndexes()})
        if positions:
            columns = range(self.shown.columnCount())
            indexes = [self.shown.index(position, column) for position in positions for column in columns]
            QApplication.clipboard().setText(as_text(indexes, headings=True))
        return len(positions)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width() and not self._sized_by_hand:
            self.size_columns()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        row = self.currentIndex().data(Role.ROW) if self.currentIndex().isValid() else None
        field = self.currentIndex().column() - FIRST_FIELD
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and row is not None and field >= 0 and Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.runner_up.emit(row, field, event.key() - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.currentIndex().isValid():
            at = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        self.menu_wanted.emit(at)

    def _fresh_columns(self) -> None:
        self._sized_by_hand = False
        self.size_columns()

    def _section_resized(self) -> None:
        if QApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self._sized_by_hand = True

    def _rearrange(self, *_: object) -> None:
        self._arrange.start()

    def _span_errors(self) -> None:
        """A failed document's sentence gets the width of all the fields."""
        fields = self.shown.columnCount() - FIRST_FIELD
        model = self.shown
        source = model.source
        failed = {
            model.mapFromSource(source.index(position, 0)).row()
            for position, row in enumerate(source.rows)
            if row.state is RowState.FAILED
        } - {-1}
        if not self._as_made:
            failed = set()  # cells that stand apart cannot be one
        if fields < 2 or failed == self._spanned:
            return
        for position in self._spanned - failed:
            if position < model.rowCount() and self.columnSpan(position, FIRST_FIELD) > 1:
                self.setSpan(position, FIRST_FIELD, 1, 1)
        for position in failed - self._spanned:
            self.setSpan(position, FIRST_FIELD, 1, fields)
        self._spanned = failed

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.shown.current = current.data(Role.ROW) if current.isValid() else None
        if current.isValid():
            self.cell_chosen.emit(current.data(Role.ROW), current.column() - FIRST_FIELD if current.column() else -1)
        else:
            self.cell_chosen.emit(None, -1)

    def _data_changed(self, *_: object) -> None:
        self._current_changed(self.currentIndex(), QModelIndex())
