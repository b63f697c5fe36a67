"""The tables of a document as tables: cells to edit, rows to add and remove, columns to change, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.line_items import Sum, cells_of, sums
from stillroom.review.queue import Doubt
from stillroom.review.verdict import Subject
from stillroom.templates.template import Field, FieldType
from stillroom.ui import icons
from stillroom.ui.controls import Button, ComboBox, ElidedLabel, describe, label, plain_tip, restyle, set_role
from stillroom.ui.extract.cell import one_line
from stillroom.ui.review import wording
from stillroom.ui.theme import GRID, colours

Index = QModelIndex | QPersistentModelIndex
_NUMERIC = (FieldType.MONEY, FieldType.NUMBER, FieldType.INTEGER, FieldType.PERCENT)
_ICON = 14


class TableModel(QAbstractTableModel):
    """The rows and columns of one table of a document.

    Signals:
        written(Subject, str): a cell is to say this.
    """

    written = Signal(Subject, str)

    def __init__(self) -> None:
        super().__init__()
        self.document: ReviewedDocument | None = None
        self.field: Field | None = None
        self._numbers: list[int] = []
        self._cells: dict[int, dict[str, ReviewedValue]] = {}
        self._doubts: dict[Subject, Doubt] = {}

    def show(self, document: ReviewedDocument | None, field: Field | None, doubts: dict[Subject, Doubt]) -> None:
        """Another table."""
        self.beginResetModel()
        self.document, self.field = document, field
        self._read(doubts)
        self.endResetModel()

    def refresh(self, doubts: dict[Subject, Doubt]) -> None:
        """The same table after verdicts."""
        if self.document is None or self.field is None:
            return
        if list(cells_of(self.document, self.field.name)) != self._numbers:
            self.show(self.document, self.field, doubts)
            return
        self._read(doubts)
        if self._numbers:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._numbers) - 1, self.columnCount() - 1))

    def _read(self, doubts: dict[Subject, Doubt]) -> None:
        known = self.document is not None and self.field is not None
        self._cells = cells_of(self.document, self.field.name) if known and self.document and self.field else {}
        self._numbers = list(self._cells)
        self._doubts = doubts

    @property
    def columns(self) -> Sequence[Field]:
        return self.field.columns if self.field is not None else ()

    def value(self, index: Index) -> ReviewedValue | None:
        if not index.isValid() or index.row() >= len(self._numbers):
            return None
        return self._cells[self._numbers[index.row()]].get(self.columns[index.column()].name)

    def place(self, subject: Subject) -> QModelIndex:
        """Where a cell is; an invalid index where it is none of this table's."""
        names = [column.name for column in self.columns]
        known = self.field is not None and subject.field == self.field.name and subject.item in self._numbers
        if not known or subject.column not in names:
            return QModelIndex()
        return self.index(self._numbers.index(subject.item), names.index(subject.column))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._numbers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].heading
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(self._side(section))
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        right = self.columns[column].type in _NUMERIC
        return (Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        value = self.value(index)
        if value is None or self.document is None:
            return None
        if role == Qt.ItemDataRole.EditRole:
            return value.current.value or ""
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(value.current.value) if value.current.value is not None else "–"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(self._side(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{wording.value_name(value, self.document)}: {wording.value_text(value)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            doubt = self._doubts.get(value.subject)
            said = [value.current.value or "", wording.doubt_name(doubt) if doubt else ""]
            said += [wording.verdict_text(value, self.document), *value.failed]
            return plain_tip("\n".join(each for each in said if each))
        return self._look(value, role)

    def _look(self, value: ReviewedValue, role: int) -> object:
        """What is known of a cell, by colour and sign."""
        shown = colours()
        doubt = self._doubts.get(value.subject)
        if role == Qt.ItemDataRole.BackgroundRole and doubt is not None:
            return QColor(shown.warn_soft)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(shown.muted if value.current.value is None else shown.text)
        if role == Qt.ItemDataRole.DecorationRole:
            name, colour = wording.DOUBT_LOOK[doubt] if doubt else ("sure", "good")
            if doubt is None and value.verdict is None:
                return None
            return icons.pixmap(name, getattr(shown, colour), _ICON, 1.0, shown.surface)
        return None

    def setData(self, index: Index, text: object, role: int = Qt.ItemDataRole.EditRole) -> bool:  # noqa: N802
        value = self.value(index)
        if value is None or role != Qt.ItemDataRole.EditRole or text == (value.current.value or ""):
            return False
        self.written.emit(value.subject, str(text))
        return True


class TableGrid(QTableView):
    """A table of a document as cells to edit.

    Signals:
        key(QKeyEvent): one that is no movement and no writing: it means here what it means in the list of values.
    """

    key = Signal(QKeyEvent)

    def __init__(self, model: TableModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName(self.tr("Rows of the table"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        head = self.horizontalHeader()
        head.setMinimumSectionSize(56)
        model.modelReset.connect(self._share_width)
        head.setSectionsClickable(True)
        head.setToolTip(self.tr("Click: this column is another field"))
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + GRID)

    def _share_width(self) -> None:
        """Numbers take what they need, texts the rest."""
        model, head = self.model(), self.horizontalHeader()
        columns = model.columns if isinstance(model, TableModel) else ()
        texts = [place for place, column in enumerate(columns) if column.type not in _NUMERIC]
        for place in range(len(columns)):
            stretches = place in texts or not texts
            head.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        meant = (
            Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_N, Qt.Key.Key_X, Qt.Key.Key_U, Qt.Key.Key_J, Qt.Key.Key_K,
            Qt.Key.Key_A, Qt.Key.Key_R, Qt.Key.Key_Question, Qt.Key.Key_Delete, Qt.Key.Key_Plus, Qt.Key.Key_Tab,
            Qt.Key.Key_Backtab,
        )  # fmt: skip
        key = Qt.Key(event.key())
        control = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        if self.state() == QAbstractItemView.State.EditingState:  # Return comes here too when a cell was written
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_E and not control:
            self.edit(self.currentIndex())
        elif (not control and (key in meant or Qt.Key.Key_1 <= key <= Qt.Key.Key_9)) or (
            control and key == Qt.Key.Key_Z
        ):
            self.key.emit(event)
        else:
            super().keyPressEvent(event)


class TablePanel(QWidget):
    """A table of a document, with its sums.

    Signals:
        cell_chosen(Subject): another cell is the current one.
        written(Subject, str): a cell is to say this.
        add_wanted(str), remove_wanted(Subject): a row of a table is to come, or go.
        swap_wanted(str, str, str): of a table, two columns are to change places.
        key(QKeyEvent): as in TableGrid.
    """

    cell_chosen = Signal(Subject)
    written = Signal(Subject, str)
    add_wanted = Signal(str)
    remove_wanted = Signal(Subject)
    swap_wanted = Signal(str, str, str)
    key = Signal(QKeyEvent)

    def __init__(self) -> None:
        super().__init__()
        self._doubts: dict[Subject, Doubt] = {}
        self._quiet = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        self.model = TableModel()
        self.grid = TableGrid(self.model)
        self.name = label("", "section")
        self.which = ComboBox()
        self.which.setAccessibleName(self.tr("Which table"))
        self.total = ElidedLabel("", "figure")
        self.add = Button(self.tr("Add a row"))
        describe(
            self.add, self.tr("Add a row"), self.tr("Then type, or drag over the row on the page (+; Shift and drag)")
        )
        self.remove = Button(self.tr("Remove"))
        describe(self.remove, self.tr("Remove"), self.tr("This row is none of the table (Del)"))
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.name)
        row.addWidget(self.which)
        row.addWidget(self.total, 1)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        self.grid.key.connect(self.key)
        self.model.written.connect(self.written)
        self.grid.selectionModel().currentChanged.connect(self._current_changed)
        self.grid.horizontalHeader().sectionClicked.connect(self._ask_column)
        self.which.activated.connect(lambda _: self._show_table(self.which.currentData()))
        self.add.clicked.connect(lambda: self.add_wanted.emit(self.model.field.name if self.model.field else ""))
        self.remove.clicked.connect(self._remove)
        self.setVisible(False)

    @property
    def current(self) -> ReviewedValue | None:
        """The current cell."""
        return self.model.value(self.grid.currentIndex())

    def show_document(self, document: ReviewedDocument | None, doubts: dict[Subject, Doubt]) -> None:
        """The tables of another document; hidden where its template has none."""
        self._doubts = doubts
        tables = [] if document is None else [each for each in document.template.fields if each.type is FieldType.TABLE]
        usable = bool(tables) and document is not None and not document.failed
        self.setVisible(usable)
        kept = self.which.currentData()
        self.which.clear()
        for each in tables:
            self.which.addItem(each.heading, each.name)
        self.which.setVisible(len(tables) > 1)
        self.name.setVisible(len(tables) == 1)
        self.which.setCurrentIndex(max(0, self.which.findData(kept)))
        field = next((each for each in tables if each.name == self.which.currentData()), None)
        self._quietly(lambda: self.model.show(document if usable else None, field, doubts))
        self.name.setText(field.heading.upper() if field else "")
        self._show_sums()

    def refresh(self, doubts: dict[Subject, Doubt]) -> None:
        """The same after verdicts: the current cell stays the current one."""
        self._doubts = doubts
        kept, place = self.current, self.grid.currentIndex()
        self._quietly(lambda: self.model.refresh(doubts))
        if kept is not None and not self.grid.currentIndex().isValid():
            index = self.model.place(kept.subject)
            if not index.isValid() and self.model.rowCount():
                index = self.model.index(min(place.row(), self.model.rowCount() - 1), place.column())
            self._quietly(lambda: self.grid.setCurrentIndex(index))
        self._show_sums()

    def choose(self, subject: Subject) -> None:
        """Make this cell the current one; nothing happens where it is no cell of a table here."""
        known = self.model.field
        if known is not None and subject.field != known.name and self.which.findData(subject.field) >= 0:
            self._show_table(subject.field)
        index = self.model.place(subject)
        self._quietly(lambda: self.grid.setCurrentIndex(index))
        if index.isValid():
            self.grid.scrollTo(index)

    def _show_table(self, name: str) -> None:
        document = self.model.document
        if document is not None:
            self.which.setCurrentIndex(self.which.findData(name))
            self._quietly(lambda: self.model.show(document, document.template.field(name), self._doubts))
            self._show_sums()

    def _quietly(self, do: Callable[[], None]) -> None:
        """Without telling that another cell is the current one: nobody chose it."""
        self._quiet, before = True, self._quiet
        do()
        self._quiet = before

    def _current_changed(self, current: QModelIndex) -> None:
        value = self.model.value(current)
        self.remove.setEnabled(value is not None)
        if value is not None and not self._quiet:
            self.cell_chosen.emit(value.subject)

    def _remove(self) -> None:
        if self.current is not None:
            self.remove_wanted.emit(self.current.subject)

    # ---- columns

    def column_menu(self, section: int) -> QMenu:
        """What a column may be in truth."""
        menu = QMenu(self)
        field = self.model.field
        if field is None or not 0 <= section < len(field.columns):
            return menu
        own = field.columns[section]
        title = menu.addAction(self.tr("What stands under %1 is:").replace("%1", own.heading))
        title.setEnabled(False)
        for other in field.columns:
            if other is not own:
                action = menu.addAction(other.heading)
                action.setData(other.name)
                action.triggered.connect(partial(self.swap_wanted.emit, field.name, own.name, other.name))
        return menu

    def _ask_column(self, section: int) -> None:
        head = self.grid.horizontalHeader()
        menu = self.column_menu(section)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(head.mapToGlobal(QPoint(head.sectionViewportPosition(section), head.height())))

    # ---- sums

    def _show_sums(self) -> None:
        document, field = self.model.document, self.model.field
        found = sums(document, field.name) if document is not None and field is not None else []
        found.sort(key=lambda each: each.stated is None or each.holds)  # what does not add up is what has to be seen
        texts = [self._sum_text(each) for each in found]
        self.total.setText("   ".join(texts))
        self.total.setToolTip(plain_tip("\n".join(texts)))
        stated = [each for each in found if each.stated is not None]
        set_role(self.total, "figure" if all(each.holds for each in stated) else "warn")
        restyle(self.total)

    def _sum_text(self, each: Sum) -> str:
        text = f"Σ {each.column.heading} {_plain(each.total)}"
        if each.field is None or each.stated is None:
            return text
        if each.holds:
            return f"{text} = {each.field.heading} ✓"
        text += f" ≠ {each.field.heading} {_plain(each.stated)}"
        return text + " " + self.tr("(%1)").replace("%1", f"{_plain(each.missing, sign=True)}")


def _plain(number: Decimal, *, sign: bool = False) -> str:
    given, needed = (max(0, -int(each.as_tuple().exponent)) for each in (number, number.normalize()))
    places = max(needed, min(2, given))
    return f"{number:+.{places}f}" if sign else f"{number:.{places}f}"
