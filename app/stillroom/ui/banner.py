"""A line across the page that says one thing and offers what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from stillroom.ui.controls import Button, IconButton, label
from stillroom.ui.theme import GRID

_BESIDE, _A_ROW = 2, 3  # actions beside the text, and in a row below it
_LONG = 120  # letters of a text that two actions beside it would squeeze
_LETTERS = 64  # that the actions of a row have together, so that none is cut in a narrow window


def _rows(buttons: Sequence[Button]) -> list[list[Button]]:
    rows: list[list[Button]] = []
    for button in buttons:
        last = rows[-1] if rows else []
        if not last or len(last) == _A_ROW or sum(len(each.text()) for each in (*last, button)) > _LETTERS:
            rows.append([button])
        else:
            last.append(button)
    return rows


class Banner(QFrame):
    """One message. ``kind``: ``info``, ``warn`` or ``bad``. It goes when one of its actions is taken."""

    def __init__(
        self,
        text: str,
        kind: str = "info",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        closable: bool = True,
    ) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        column.addLayout(row)
        self.message = label(text, wrap=True, selectable=True)
        row.addWidget(self.message, 1)
        self.buttons = []
        many = len(actions) > _BESIDE or (len(actions) == _BESIDE and len(text) > _LONG)
        for position, (title, action) in enumerate(actions):
            button = Button(title, "" if position == 0 else "link")
            button.clicked.connect(lambda _checked=False, action=action: self._take(action))
            self.buttons.append(button)
            if not many:
                row.addWidget(button)
        if closable:
            close = IconButton("close", self.tr("Close this message"))
            close.clicked.connect(self._go)
            row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        if many:  # beside the text they would leave it no room
            for buttons in _rows(self.buttons):
                below = QHBoxLayout()
                below.setSpacing(GRID)
                for button in buttons:
                    below.addWidget(button)
                below.addStretch(1)
                column.addLayout(below)

    def _take(self, action: Callable[[], None]) -> None:
        self._go()
        action()

    def _go(self) -> None:
        self.hide()
        self.deleteLater()


class BannerArea(QWidget):
    """Where banners are shown, newest below. A banner with a key takes the place of an older one with the same key."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._keyed: dict[str, Banner] = {}

    def show_message(
        self,
        text: str,
        kind: str = "info",
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
        *,
        key: str = "",
        seconds: float = 0.0,
        closable: bool = True,
    ) -> Banner:
        """Show ``text``; with ``seconds`` it goes by itself."""
        self.withdraw(key)
        banner = Banner(text, kind, actions, closable)
        if key:
            self._keyed[key] = banner
            banner.destroyed.connect(lambda: self._forget(key, banner))
        self._column.addWidget(banner)
        if seconds:
            QTimer.singleShot(round(seconds * 1000), banner, banner._go)
        return banner

    def withdraw(self, key: str) -> None:
        """Take the banner with this key away, if it is there."""
        banner = self._keyed.pop(key, None)
        if banner is not None:
            banner._go()

    def _forget(self, key: str, banner: Banner) -> None:
        if self._keyed.get(key) is banner:
            del self._keyed[key]
