"""Draws the cells of the table: an icon for the state, the value, and how sure it is."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from stillroom.ui import icons
from stillroom.ui.extract.cell import Cell
from stillroom.ui.extract.cell_wording import LEVEL_LOOK, placeholder, row_icon, shows_percent
from stillroom.ui.extract.result_model import FIRST_FIELD, Column, Role
from stillroom.ui.extract.row import Remedy, Row, RowState
from stillroom.ui.theme import GRID, Colours, colours
from stillroom.ui.wording import percent_text

_ICON = 16


class ResultDelegate(QStyledItemDelegate):
    """A painter of the cells of a table.

    Signals:
        retry(row): *Retry* was clicked in the row of a failed document. unlock(row): *Password…* was.
    """

    retry = Signal(Row)
    unlock = Signal(Row)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:  # noqa: N802
        text = index.data() or ""
        width = option.fontMetrics.horizontalAdvance(text) + _ICON + 4 * GRID
        if index.column() >= FIRST_FIELD:
            width += option.fontMetrics.horizontalAdvance("100 %")
        return QSize(min(width, 320), option.fontMetrics.height() + 2 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: Row | None = index.data(Role.ROW)
        if row is None:
            return
        shown = colours()
        painter.save()
        rectangle = QRect(option.rect)
        cell: Cell | None = index.data(Role.CELL)
        soft = LEVEL_LOOK[cell.level][2] if cell is not None and row.state is RowState.DONE else ""
        if row.state is RowState.FAILED and index.column() >= FIRST_FIELD:
            soft = "bad_soft"
        if soft:
            painter.fillRect(rectangle, QColor(getattr(shown, soft)))
        if option.state & QStyle.StateFlag.State_Selected:
            # Let through, so that what a cell says of itself is seen while it is selected.
            highlight = QColor(option.palette.highlight().color())
            highlight.setAlpha(110)
            painter.fillRect(rectangle, highlight)
        inner = rectangle.adjusted(GRID, 0, -GRID, 0)
        if index.column() == Column.DOCUMENT:
            self._text(painter, inner, index.data(), shown.text, Qt.TextElideMode.ElideMiddle)
        elif index.column() == Column.STATE:
            name, colour = row_icon(row)
            self._icon(painter, option, inner, name, getattr(shown, colour), shown)
            self._text(painter, inner.adjusted(_ICON + GRID, 0, 0, 0), index.data(), getattr(shown, colour))
        elif row.state is RowState.FAILED:
            self._error(painter, option, inner, row, index.data(), shown)
        elif cell is not None:
            self._value(painter, option, inner, cell, shown)
        painter.setPen(QColor(shown.border))
        painter.drawLine(rectangle.bottomLeft(), rectangle.bottomRight())
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(shown.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)  # the button of a remedy was filled
            painter.drawRect(rectangle.adjusted(0, 0, -1, -1))
        painter.restore()

    def _value(self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, cell: Cell, shown: Colours) -> None:
        name, colour, _soft = LEVEL_LOOK[cell.level]
        if name:
            self._icon(painter, option, inner, name, getattr(shown, colour), shown)
        inner = inner.adjusted(_ICON + GRID, 0, 0, 0)
        if shows_percent(cell) and cell.confidence is not None:
            sure = percent_text(cell.confidence)
            font = QFont(option.font)
            font.setPointSizeF(max(6.5, option.font.pointSizeF() * 0.85))
            painter.setFont(font)
            width = painter.fontMetrics().horizontalAdvance(sure)
            value = option.fontMetrics.horizontalAdvance(cell.text)
            # The value goes first: the share is left out where it would cut the value, or cut it shorter, and says nothing new.
            left = inner.width() - width - GRID
            if value <= left or (value > inner.width() and cell.level.needs_look and left > 4 * GRID):
                painter.setPen(QColor(shown.muted))
                painter.drawText(inner, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), sure)
                inner = inner.adjusted(0, 0, -(width + GRID), 0)
            painter.setFont(option.font)
        if cell.text:
            self._text(painter, inner, cell.text, shown.text)
        else:
            colour = colour if cell.level.needs_look else "muted"
            self._text(painter, inner, placeholder(cell), getattr(shown, colour))

    def _error(
        self, painter: QPainter, option: QStyleOptionViewItem, inner: QRect, row: Row, text: str, shown: Colours
    ) -> None:
        if row.remedy is Remedy.NONE:
            self._text(painter, inner, text, shown.bad)
            return
        words = self._remedy_words(row.remedy)
        button = self.remedy_rectangle(option, row.remedy)
        self._text(painter, inner.adjusted(0, 0, -(button.width() + 2 * GRID), 0), text, shown.bad)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(shown.bad))
        painter.setBrush(QColor(shown.surface))
        painter.drawRoundedRect(button, 5, 5)
        painter.drawText(button, int(Qt.AlignmentFlag.AlignCenter), words)

    def _remedy_words(self, remedy: Remedy) -> str:
        return self.tr("Password…") if remedy is Remedy.PASSWORD else self.tr("Retry")

    def remedy_rectangle(self, option: QStyleOptionViewItem, remedy: Remedy) -> QRect:
        """Where the button of a failed row is."""
        width = option.fontMetrics.horizontalAdvance(self._remedy_words(remedy)) + 3 * GRID
        height = option.fontMetrics.height() + GRID
        right = option.rect.right() - GRID
        return QRect(QPoint(right - width, option.rect.center().y() - height // 2), QSize(width, height))

    def editorEvent(  # noqa: N802
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            row: Row | None = index.data(Role.ROW)
            if (
                row is not None
                and row.remedy is not Remedy.NONE
                and index.column() >= FIRST_FIELD
                and self.remedy_rectangle(option, row.remedy).contains(event.position().toPoint())
            ):
                (self.retry if row.remedy is Remedy.RETRY else self.unlock).emit(row)
                return True
        return super().editorEvent(event, model, option, index)

    @staticmethod
    def _icon(
        painter: QPainter, option: QStyleOptionViewItem, inner: QRect, name: str, colour: str, shown: Colours
    ) -> None:
        ratio = option.widget.devicePixelRatioF() if option.widget is not None else 1.0
        top = inner.center().y() - _ICON // 2 + 1
        painter.drawPixmap(inner.left(), top, icons.pixmap(name, colour, _ICON, ratio, shown.surface))

    @staticmethod
    def _text(
        painter: QPainter, inner: QRect, text: str, colour: str, elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        painter.setPen(QColor(colour))
        text = painter.fontMetrics().elidedText(text or "", elide, inner.width())
        painter.drawText(inner, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
