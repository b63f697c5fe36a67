"""Small controls used all over the window."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6 import QtGui
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from stillroom.ui.icons import icon, pixmap
from stillroom.ui.theme import colours

PROGRESS_STEPS = 100
"""Of a bar, for each document: a long one moves it, too."""


def set_role(widget: QWidget, role: str) -> None:
    """Choose the rules of the style sheet that apply."""
    widget.setProperty("role", role)


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again after a property it looks at was changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def label(text: str, role: str = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)  # a document's text is never markup
    if role:
        set_role(result, role)
    result.setWordWrap(wrap)
    if selectable:
        result.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    return result


def line() -> QFrame:
    result = QFrame()
    set_role(result, "line")
    return result


def plain_tip(text: str) -> str:
    """A tooltip that shows ``text`` as it is: Qt takes what looks like markup for markup, and fetches its pictures from shares.

    What stands in a document or comes from a server is shown in tooltips, too.
    """
    if not QtGui.Qt.mightBeRichText(text):
        return text
    return f"<qt>{html.escape(text)}</qt>".replace("\n", "<br>")


def describe(widget: QWidget, name: str, tip: str = "", shortcut: QKeySequence | str | None = None) -> None:
    """Accessible name, tooltip and shortcut; the tooltip tells the shortcut."""
    widget.setAccessibleName(name)
    tip = tip or name
    if shortcut is not None:
        sequence = QKeySequence(shortcut)
        if isinstance(widget, QPushButton | QToolButton):
            widget.setShortcut(sequence)
        tip = f"{tip} ({sequence.toString(QKeySequence.SequenceFormat.NativeText)})"
    widget.setToolTip(plain_tip(tip))


if TYPE_CHECKING:
    _Mixed = QAbstractButton  # what the classes below are mixed into
else:
    _Mixed = object


class _Entered(_Mixed):
    """A button whose Enter does what Space does, wherever the button stands: Qt knows it in dialogs only, there for a default one."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            instant = QToolButton.ToolButtonPopupMode.InstantPopup
            opens = isinstance(self, QPushButton) or (isinstance(self, QToolButton) and self.popupMode() is instant)
            if opens and isinstance(self, QPushButton | QToolButton) and self.menu() is not None:
                self.showMenu()
            else:
                self.click()


class _Coloured(_Mixed):
    """A control whose icon keeps the colour of the appearance it is shown in."""

    _icon_size = QSize(18, 18)

    def setIconSize(self, size: QSize) -> None:  # noqa: N802
        self._icon_size = size
        super().setIconSize(size)

    def _set_icon_name(self, name: str, colour: str) -> None:
        self._icon_name, self._icon_colour = name, colour
        self._recolour()

    def _recolour(self) -> None:
        if self._icon_name:
            shown = colours()
            colour = getattr(shown, self._icon_colour)
            said = self.property("role") == "chip"  # it says something, whether it can be pressed or not
            self.setIcon(icon(self._icon_name, colour, colour if said else shown.muted))
            self.setIconSize(self._icon_size)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._recolour()


class Button(_Entered, _Coloured, QPushButton):
    """A push button; role ``primary`` for the one thing to do next, ``link`` for quiet ones."""

    def __init__(
        self, text: str, role: str = "", icon_name: str = "", action: Callable[[], object] | None = None
    ) -> None:
        self._icon_name = ""
        QPushButton.__init__(self, text)
        if role:
            set_role(self, role)
        self.setAccessibleName(text.replace("&", ""))
        self.set_icon_name(icon_name)
        if action is not None:
            self.clicked.connect(lambda: action())

    def setText(self, text: str) -> None:  # noqa: N802
        """Qt takes the shortcut away with the text it had."""
        key = self.shortcut()
        super().setText(text)
        if not key.isEmpty():
            self.setShortcut(key)

    def set_icon_name(self, name: str) -> None:
        colour = {"primary": "on_accent", "link": "accent"}.get(self.property("role") or "", "text")
        self._set_icon_name(name, colour)


class IconButton(_Entered, _Coloured, QToolButton):
    """A tool button that shows an icon (and a text, if it has one)."""

    def __init__(self, icon_name: str, name: str, role: str = "flat", *, text: str = "", colour: str = "muted") -> None:
        self._icon_name = ""
        QToolButton.__init__(self)
        set_role(self, role)
        if text:
            self.setText(text)
            self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        describe(self, name)
        self._set_icon_name(icon_name, colour)

    def set_icon_name(self, name: str, colour: str = "muted") -> None:
        self._set_icon_name(name, colour)


class ElidedLabel(QLabel):
    """One line that ends in … where there is no room; the tooltip has the whole."""

    def __init__(self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            set_role(self, role)
        self._mode = mode
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:  # noqa: N802
        self._full = text
        self.setToolTip(plain_tip(text))
        self.setAccessibleName(text)
        self._fit()

    def full_text(self) -> str:
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        super().setText(self.fontMetrics().elidedText(self._full, self._mode, max(0, self.width())))


class _Unwheeled:
    """A control that leaves the mouse wheel to the page: who scrolls past must not change what it says, a limit of spending least."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        event.ignore()


_NUMBER_MARGIN = 6  # a style sheet's padding does not reach the text of a spin box


class SpinBox(_Unwheeled, QSpinBox):
    """A whole number."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_NUMBER_MARGIN, 0, _NUMBER_MARGIN, 0)

    def set_range(self, least: int, most: int, *, or_else: int) -> None:
        """Take numbers from ``least`` to ``most``, and ``or_else``, which may lie below; one between them becomes the nearer."""
        self.setRange(min(least, or_else), most)

        def settle() -> None:
            if or_else < self.value() < least:
                self.setValue(least if 2 * self.value() > least + or_else else or_else)

        self.editingFinished.connect(settle)


class DoubleSpinBox(_Unwheeled, QDoubleSpinBox):
    """A number."""

    def __init__(self) -> None:
        super().__init__()
        self.lineEdit().setTextMargins(_NUMBER_MARGIN, 0, _NUMBER_MARGIN, 0)


class Slider(_Unwheeled, QSlider):
    """A number, by feeling."""


_ARROW_ROOM = 48  # pixels of a combo box that its text does not have


class ComboBox(_Unwheeled, QComboBox):
    """A combo box with an arrow in the colour of the appearance: a style sheet can only name a picture's file. What it shows ends in
    … where there is no room.

    Signals:
        chosen: an entry was taken from the open list, which is closed again. Arrow keys go through the entries without.
    """

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._open = False
        self.activated.connect(self._took)
        self.setMaxVisibleItems(20)  # all templates there are, without a scroll bar

    def shown_text(self) -> str:
        """The chosen entry, as far as there is room for it."""
        room = max(0, self.width() - _ARROW_ROOM)
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)

    def showPopup(self) -> None:  # noqa: N802
        """The entries are read whole, however narrow the box is."""
        view = self.view()
        view.setMinimumWidth(min(view.sizeHintForColumn(0) + _ARROW_ROOM, self.window().width() * 2 // 3))
        self._open = True
        super().showPopup()

    def hidePopup(self) -> None:  # noqa: N802
        super().hidePopup()
        QTimer.singleShot(0, self, self._closed)  # what was taken is said after it

    def _took(self) -> None:
        if self._open:
            self._open = False
            QTimer.singleShot(0, self, self.chosen.emit)

    def _closed(self) -> None:
        self._open = self.view().isVisible()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self.shown_text()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        arrow = pixmap("down", colours().muted, 16, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 25, (self.height() - 16) // 2, arrow)


def scrolled(content: QWidget) -> QScrollArea:
    """``content`` where it can be moved as soon as there is less room than it asks for. The keyboard goes past to what is in it."""
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    content.setAutoFillBackground(False)  # what is behind it stays what is behind it
    area.viewport().setAutoFillBackground(False)
    return area


def take_away(layout: QLayout, place: int = 0) -> None:
    """Take what stands at a place out of a layout, and delete it."""
    item = layout.takeAt(place)
    widget = item.widget() if item is not None else None
    if widget is not None:
        widget.hide()
        widget.deleteLater()
