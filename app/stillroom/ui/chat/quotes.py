"""Quotes below an answer: the words of the files that it comes from, each a way to its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from stillroom.ui.controls import Button, describe, label, take_away
from stillroom.ui.theme import GRID


@dataclass(frozen=True, slots=True)
class Quoted:
    """The words of a quote, and where they stand."""

    text: str
    place: str


class QuoteButton(Button):
    """One line of a quote that ends in … where there is no room."""

    def __init__(self, quote: Quoted) -> None:
        super().__init__("", "quote")
        self._quote = quote
        describe(self, f"“{quote.text}” {quote.place}", f"“{quote.text}”\n{quote.place}")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        metrics, behind = self.fontMetrics(), f"”  ·  {self._quote.place}"
        space = self.width() - 4 * GRID - metrics.horizontalAdvance(f"“{behind}")
        shown = metrics.elidedText(self._quote.text, Qt.TextElideMode.ElideRight, max(60, space))
        self.setText(f"“{shown}{behind}".replace("&", "&&"))


class Quotes(QWidget):
    """The passages an answer comes from.

    Signals:
        wanted(int): the place of a quote that is to be seen on its page. resized: its height may be another.
    """

    wanted = Signal(int)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, GRID // 2, 0, GRID // 2)
        self._column.setSpacing(GRID // 2)
        self._shown: Sequence[Quoted] = ()
        self.setVisible(False)

    def show_quotes(self, quotes: Sequence[Quoted]) -> None:
        """Show these, and nothing where there are none."""
        if quotes == self._shown:
            return
        self._shown = quotes
        while self._column.count():
            take_away(self._column)
        self.setVisible(bool(quotes))
        if quotes:
            self._column.addWidget(label(self.tr("In the files:"), "small"))
        for number, quote in enumerate(quotes):
            button = QuoteButton(quote)
            button.clicked.connect(partial(self.wanted.emit, number))
            self._column.addWidget(button)
        self._column.activate()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # fonts are known once it is shown
            self.resized.emit()
        return super().event(event)
