"""The values of one document: an item model, and the list that shows it and takes the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.review.queue import Doubt
from stillroom.review.verdict import Subject
from stillroom.ui import icons
from stillroom.ui.controls import plain_tip
from stillroom.ui.review import wording
from stillroom.ui.theme import GRID, colours

Index = QModelIndex | QPersistentModelIndex
_ICON = 16


class Role(IntEnum):
    """``VALUE``: the ReviewedValue; ``DOUBT``: why it is to be looked at, or None."""

    VALUE = Qt.ItemDataRole.UserRole + 1
    DOUBT = Qt.ItemDataRole.UserRole + 2


class FieldModel(QAbstractListModel):
    """The values of a document in the order they are to be looked at.

    The order is made when the document is shown and kept while it is worked on: nothing jumps away under the hand.
    """

    def __init__(self) -> None:
        super().__init__()
        self.document: ReviewedDocument | None = None
        self._values: list[ReviewedValue] = []
        self._doubts: dict[Subject, Doubt] = {}

    def show(
        self, document: ReviewedDocument | None, ordered: Sequence[ReviewedValue], doubts: dict[Subject, Doubt]
    ) -> None:
        """Another document, or the same in a new order."""
        self.beginResetModel()
        self.document = document
        self._values = list(ordered)
        self._doubts = dict(doubts)
        self.endResetModel()

    def refresh(self, doubts: dict[Subject, Doubt]) -> None:
        """The same document after verdicts: values keep their places, new ones come at the end."""
        document = self.document
        if document is None:
            return
        known = {value.subject: value for value in document.values}
        kept = [known.pop(value.subject) for value in self._values if value.subject in known]
        fresh = [*kept, *known.values()]
        same = [value.subject for value in fresh] == [value.subject for value in self._values]
        self._doubts = dict(doubts)
        if same:
            self._values = fresh
            if fresh:
                self.dataChanged.emit(self.index(0), self.index(len(fresh) - 1))
        else:
            self.beginResetModel()
            self._values = fresh
            self.endResetModel()

    @property
    def values(self) -> Sequence[ReviewedValue]:
        return self._values

    def doubt(self, value: ReviewedValue) -> Doubt | None:
        return self._doubts.get(value.subject)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._values)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._values) or self.document is None:
            return None
        value = self._values[index.row()]
        if role == Role.VALUE:
            return value
        if role == Role.DOUBT:
            return self.doubt(value)
        if role == Qt.ItemDataRole.DisplayRole:
            return wording.value_text(value)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join([value.current.value or "", *self._lines(value)]).strip())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            name = wording.value_name(value, self.document)
            return f"{name}: {wording.value_text(value)}. " + ", ".join(self._lines(value))
        return None

    def _lines(self, value: ReviewedValue) -> list[str]:
        assert self.document is not None
        doubt = self.doubt(value)
        said = [wording.doubt_name(doubt) if doubt else "", wording.verdict_text(value, self.document)]
        return [each for each in (*said, wording.confidence_text(value), *value.failed) if each]


class _Delegate(QStyledItemDelegate):
    """A painter of values in two lines: a name and what is said of it, the value and how sure it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802, ARG002
        return QSize(120, 2 * option.fontMetrics.height() + 2 * GRID + 2)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        value: ReviewedValue | None = index.data(Role.VALUE)
        model = index.model()
        document = model.document if isinstance(model, FieldModel) else None
        if value is None or document is None:
            return
        shown = colours()
        painter.save()
        rect = QRect(option.rect).adjusted(0, 1, 0, -1)
        doubt: Doubt | None = index.data(Role.DOUBT)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(shown.selection))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(shown.accent))
        name, colour = wording.DOUBT_LOOK[doubt] if doubt else ("sure", "good")
        saving = value.verdict is not None and value.verdict.key in document.unsaved
        if saving:
            name, colour = "waiting", "muted"
        elif doubt is None and value.verdict is None and document.approval is None:
            name, colour = ("absent", "muted") if value.current.value is None else ("likely", "muted")
        picture = icons.pixmap(name, getattr(shown, colour), _ICON, painter.device().devicePixelRatioF(), shown.surface)
        inner = rect.adjusted(GRID + 2, GRID // 2, -GRID, -GRID // 2)
        painter.drawPixmap(inner.left(), inner.center().y() - _ICON // 2, picture)
        inner.setLeft(inner.left() + _ICON + GRID)
        height = option.fontMetrics.height()
        upper = QRect(inner.left(), inner.top(), inner.width(), height)
        lower = QRect(inner.left(), inner.bottom() - height, inner.width(), height)
        small = QFont(option.font)
        small.setPointSizeF(max(7.5, option.font.pointSizeF() - 1))
        painter.setFont(small)
        right = wording.verdict_text(value, document) or (wording.doubt_name(doubt) if doubt else "")
        painter.setPen(QColor(getattr(shown, colour if doubt or value.verdict else "muted")))
        metrics = painter.fontMetrics()
        wide = min(metrics.horizontalAdvance(right), upper.width() * 6 // 10)
        painter.drawText(
            upper, Qt.AlignmentFlag.AlignRight, metrics.elidedText(right, Qt.TextElideMode.ElideRight, wide + 2)
        )
        painter.setPen(QColor(shown.muted))
        label = wording.value_name(value, document)
        painter.drawText(
            upper,
            Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(label, Qt.TextElideMode.ElideRight, upper.width() - wide - GRID),
        )
        share = wording.confidence_text(value)
        share_wide = metrics.horizontalAdvance("100 %") + GRID if share else 0
        painter.drawText(lower, Qt.AlignmentFlag.AlignRight, share)
        strong = QFont(option.font)
        strong.setBold(value.current.value is not None)
        painter.setFont(strong)
        painter.setPen(QColor(shown.text if value.current.value is not None else shown.muted))
        text = painter.fontMetrics().elidedText(
            index.data() or "", Qt.TextElideMode.ElideRight, lower.width() - share_wide
        )
        painter.drawText(lower, Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()


class FieldList(QListView):
    """The values of a document as a list.

    Signals:
        value_chosen(ReviewedValue | None): another one is the current one.
        accept, absent, unreadable, undo, next_open, previous_open, next_document, previous_document, approve, reject, help: keys.
        runner_up(int): which one is to be taken, from 1.
        edit(str): another value is to be typed; with its first letter where one was typed.
        remove: the item or row is to be taken out. add: another one is to be put in.
    """

    value_chosen = Signal(object)
    accept = Signal()
    absent = Signal()
    unreadable = Signal()
    undo = Signal()
    next_open = Signal()
    previous_open = Signal()
    next_document = Signal()
    previous_document = Signal()
    approve = Signal()
    reject = Signal()
    help = Signal()
    runner_up = Signal(int)
    edit_wanted = Signal(str)
    remove = Signal()
    add = Signal()

    def __init__(self, model: FieldModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(self.tr("Values of the document"))
        self.setAccessibleDescription(
            self.tr("Enter accepts, digits take another candidate, E edits, ? shows all keys")
        )
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.doubleClicked.connect(lambda _index: self.edit_wanted.emit(""))

    @property
    def value(self) -> ReviewedValue | None:
        """The current one."""
        found = self.currentIndex().data(Role.VALUE)
        return found if isinstance(found, ReviewedValue) else None

    def choose(self, row: int) -> None:
        index = self.model().index(row, 0)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def fold(self, folded: Callable[[ReviewedValue], bool]) -> None:
        """Leave these values out of sight; they can be the current one all the same."""
        model = self.model()
        for row in range(model.rowCount()):
            hidden = folded(model.index(row, 0).data(Role.VALUE))
            if hidden != self.isRowHidden(row):
                self.setRowHidden(row, hidden)

    def _current_changed(self, current: QModelIndex) -> None:
        self.value_chosen.emit(current.data(Role.VALUE) if current.isValid() else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        control = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        simple = {
            Qt.Key.Key_Return: self.accept, Qt.Key.Key_Enter: self.accept, Qt.Key.Key_Tab: self.next_open,
            Qt.Key.Key_Backtab: self.previous_open, Qt.Key.Key_N: self.absent, Qt.Key.Key_X: self.unreadable,
            Qt.Key.Key_U: self.undo, Qt.Key.Key_J: self.next_document, Qt.Key.Key_K: self.previous_document,
            Qt.Key.Key_A: self.approve, Qt.Key.Key_R: self.reject, Qt.Key.Key_Question: self.help,
            Qt.Key.Key_Delete: self.remove, Qt.Key.Key_Plus: self.add,
        }  # fmt: skip
        key = Qt.Key(event.key())
        if not control and key in simple:
            simple[key].emit()
        elif control & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_Z:
            self.undo.emit()
        elif not control and Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.runner_up.emit(int(key) - int(Qt.Key.Key_0))
        elif not control and key in (Qt.Key.Key_E, Qt.Key.Key_F2):
            self.edit_wanted.emit("")
        elif not control and event.text().strip() and event.text().isprintable():
            self.edit_wanted.emit(event.text())
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Qt would take Tab to leave the list before it comes as a key.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                if event.modifiers() & Qt.KeyboardModifier.ControlModifier:  # the way out of the list
                    return self.focusNextPrevChild(key == Qt.Key.Key_Tab)
                self.keyPressEvent(event)
                return True
        return super().event(event)
