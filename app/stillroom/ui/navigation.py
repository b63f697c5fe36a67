"""The pages of the window, down its left side."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QButtonGroup, QMenu, QToolButton, QVBoxLayout, QWidget

from stillroom.privacy.seal import Seal
from stillroom.ui.controls import IconButton, describe, restyle
from stillroom.ui.seal_label import SealLabel
from stillroom.ui.theme import GRID, Theme

WIDTH, _COMPACT_WIDTH = 88, 52  # pixels; with names, and with icons alone


class Navigation(QWidget):
    """The names of the pages, at the left.

    Signals:
        chosen(int): the page of this number.

    Attributes:
        panel_button: checked while the side panel is shown.
        seal: tells the seal where the side panel does not.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, seal: Seal) -> None:
        super().__init__()
        self.setObjectName("navigation")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Pages"))
        self.setFixedWidth(WIDTH)
        self._theme = theme
        self._compact = False
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        self._column.setSpacing(GRID // 2)
        self._column.addStretch(1)
        self.seal = SealLabel(seal, narrow=True)
        self.seal.hide()
        self._column.addWidget(self.seal, 0, Qt.AlignmentFlag.AlignHCenter)
        self.panel_button = IconButton("panel", self.tr("Side panel"), "nav", text=self.tr("Panel"))
        self.panel_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.panel_button.setCheckable(True)
        describe(self.panel_button, self.tr("Side panel"), self.tr("Show or hide the side panel"), "F9")
        self._column.addWidget(self.panel_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self._appearance(), 0, Qt.AlignmentFlag.AlignHCenter)

    def add(self, title: str, icon_name: str) -> None:
        """One more page; Alt and its number shows it."""
        number = len(self._group.buttons())
        button = _NavigationButton(icon_name, title, "nav", text=title)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setCheckable(True)
        button.setChecked(number == 0)
        describe(button, title, title, f"Alt+{number + 1}")
        button.clicked.connect(lambda: self.chosen.emit(number))
        self._group.addButton(button, number)
        self._column.insertWidget(number, button, 0, Qt.AlignmentFlag.AlignHCenter)

    def set_compact(self, compact: bool) -> None:
        """Icons alone, where the window is too low or too narrow for their names; the tooltips have them."""
        if compact is self._compact:
            return
        self._compact = compact
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if compact else Qt.ToolButtonStyle.ToolButtonTextUnderIcon
        for button in self.findChildren(QToolButton):
            if button.property("role") == "nav":
                button.setToolButtonStyle(style)
                button.setProperty("compact", "true" if compact else "false")
                restyle(button)
        side = GRID // 2 if compact else GRID
        self._column.setContentsMargins(side, GRID if compact else 2 * GRID, side, GRID)
        self.setFixedWidth(_COMPACT_WIDTH if compact else WIDTH)

    def show_chosen(self, number: int) -> None:
        self._group.button(number).setChecked(True)

    def _appearance(self) -> QToolButton:
        button = IconButton("appearance", self.tr("Appearance"), "nav", text=self.tr("Theme"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setToolTip(self.tr("Light or dark"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        menu = QMenu(button)
        group = QActionGroup(menu)
        names = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for mode in Theme.MODES:
            action = QAction(names[mode], group)
            action.setCheckable(True)
            action.setChecked(self._theme.mode == mode)
            action.triggered.connect(lambda _checked=False, mode=mode: self._theme.set_mode(mode))
            menu.addAction(action)
        button.setMenu(menu)
        return button


class _NavigationButton(IconButton):
    """The icon has the accent's colour while its page is shown."""

    def __init__(self, icon_name: str, name: str, role: str = "flat", *, text: str = "") -> None:
        super().__init__(icon_name, name, role, text=text)
        self.toggled.connect(lambda on: self.set_icon_name(self._icon_name, "accent" if on else "muted"))
        self.setIconSize(QSize(20, 20))
