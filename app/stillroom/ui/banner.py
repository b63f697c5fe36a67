"""A line across the page that says one thing and offers what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from stillroom.ui.controls import Button, IconButton, label
from stillroom.ui.theme import GRID

_FROM_EDGE, _MOST_WIDTH = GRID, 900  # pixels of the area over its page
_BESIDE, _A_ROW = 2, 3  # actions beside the text, and in a row below it
_POINTED_AT = 2.0  # seconds until it is looked again whether the pointer is still there
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
    """One message. ``kind``: ``info``, ``warn`` or ``bad``. It goes when one of its actions is taken.

    Signals:
        gone: it is not shown any more.
    """

    gone = Signal()

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

    def go_after(self, seconds: float) -> None:
        """Go by itself; not from under the pointer, for a press that was meant for it would reach the page behind."""
        QTimer.singleShot(round(seconds * 1000), self, self._go_unless_pointed_at)

    def _go_unless_pointed_at(self) -> None:
        if self.underMouse():
            self.go_after(_POINTED_AT)
        else:
            self._go()

    def _take(self, action: Callable[[], None]) -> None:
        self._go()
        action()

    def _go(self) -> None:
        self.hide()
        self.gone.emit()
        self.deleteLater()


class BannerArea(QWidget):
    """Where banners are shown, newest below: over a part of the page, which does not move for them.

    A banner with a key takes the place of an older one with the same key, and one that says the same of that.
    """

    def __init__(self, page: QWidget, *over: QWidget, at_end: bool = True) -> None:
        """``over``: the parts of the page that are under them, beside each other; none for all of it. ``at_end``: at the lower edge,
        else the upper.
        """
        super().__init__(page)
        self._page, self._over, self._at_end = page, over or (page,), at_end
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._keyed: dict[str, Banner] = {}
        self._shown: list[Banner] = []
        self.hide()
        for part in self._over:
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched in self._over and event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _place(self) -> None:
        """At its edge, as high as what it says; nothing else moves."""
        whole = QRect()
        for part in self._over:
            if part is self._page or not part.isHidden():
                whole = whole.united(part.rect().translated(part.mapTo(self._page, QPoint(0, 0))))
        space = whole.adjusted(_FROM_EDGE, _FROM_EDGE, -_FROM_EDGE, -_FROM_EDGE)
        width = min(space.width(), _MOST_WIDTH)
        height = self._column.totalHeightForWidth(width)
        height = self._column.totalSizeHint().height() if height < 0 else height
        left = space.left() + (space.width() - width) // 2
        top = max(space.top(), space.bottom() - height) if self._at_end else space.top()
        self.setGeometry(left, top, width, height)
        self.raise_()

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
        for same in [each for each in self._shown if each.message.text() == text]:
            same._go()
        banner = Banner(text, kind, actions, closable)
        if key:
            self._keyed[key] = banner
        self._shown.append(banner)
        banner.gone.connect(lambda: self._forget(key, banner))
        self._column.addWidget(banner)
        banner.show()
        self.show()
        self._place()
        if seconds:
            banner.go_after(seconds)
        return banner

    def __contains__(self, key: object) -> bool:
        """Whether a banner with this key is shown."""
        return key in self._keyed

    def withdraw(self, key: str) -> None:
        """Take the banner with this key away, if it is there."""
        banner = self._keyed.pop(key, None)
        if banner is not None:
            banner._go()

    def _forget(self, key: str, banner: Banner) -> None:
        if self._keyed.get(key) is banner:
            del self._keyed[key]
        self._shown = [each for each in self._shown if each is not banner]
        self._column.removeWidget(banner)
        self.setVisible(bool(self._shown))
        self._place()
