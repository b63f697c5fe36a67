"""The turns of a conversation, one below the other. Only those in sight are widgets: a long conversation opens at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from stillroom.chat.conversation import Attachment, Turn
from stillroom.ui.chat.actions import TurnAction
from stillroom.ui.chat.quotes import Quoted
from stillroom.ui.chat.turn_view import TurnView
from stillroom.ui.theme import GRID

_MOST_WIDTH = 860
_NEAR = 400  # pixels beyond what is in sight that are made ready
_AT_END = 30  # pixels from the end that count as being there


class Transcript(QAbstractScrollArea):
    """Turns by number.

    Signals:
        wanted(int, TurnAction): of a turn. branch_wanted(int), source_wanted(int, int), quote_wanted(int, int), link(str): as of a
            turn's view.
        left_end(bool): whether the end is out of sight.
    """

    wanted = Signal(int, TurnAction)
    branch_wanted = Signal(int)
    source_wanted = Signal(int, int)
    quote_wanted = Signal(int, int)
    link = Signal(str)
    left_end = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("Conversation"))
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QAbstractScrollArea { background: transparent; }")
        self._turns: list[Turn] = []
        self._siblings: dict[int, list[int]] = {}
        self._files: dict[int, Attachment] = {}
        self._heights: list[int] = []
        self._measured: set[int] = set()
        self._views: dict[int, TurnView] = {}
        self._follow = True
        self._laying_out = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._lay_out)
        self.verticalScrollBar().setSingleStep(3 * GRID)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.verticalScrollBar().actionTriggered.connect(lambda _action: QTimer.singleShot(0, self, self._note_place))

    # ---- content

    def show_turns(self, turns: Sequence[Turn], siblings: dict[int, list[int]], *, keep_place: bool = False) -> None:
        """Show a branch; from its end, unless the place is to be kept."""
        self._files = {each.id: each for turn in turns for each in turn.attachments}
        same = [turn.id for turn in turns[: len(self._turns)]] == [turn.id for turn in self._turns]
        for place, turn in enumerate(turns):
            view = self._views.get(turn.id)
            if view is not None and (view.turn != turn or siblings.get(turn.id, []) != view._siblings):
                view.show_turn(turn, siblings.get(turn.id, []), self._quoted(turn))
            if place < len(self._turns) and self._turns[place] != turn:
                self._measured.discard(place)
        for number in set(self._views) - {turn.id for turn in turns}:
            self._drop(number)
        self._siblings = siblings
        if not same:
            self._measured.clear()
            self._heights = []
        self._turns = list(turns)
        self._heights = [*self._heights[: len(turns)], *(self._guess(turn) for turn in turns[len(self._heights) :])]
        self._measured = {place for place in self._measured if place < len(turns)}
        self._follow = self._follow or not keep_place
        self._lay_out()

    def add(self, number: int, thinking: str, said: str) -> None:
        """More of the turn that is being written."""
        view = self._views.get(number)
        if view is not None:
            view.add(thinking, said)
        else:
            for place, turn in enumerate(self._turns):
                if turn.id == number:
                    self._turns[place] = replace(turn, thinking=turn.thinking + thinking, content=turn.content + said)

    def turns(self) -> list[Turn]:
        return list(self._turns)

    def view(self, number: int) -> TurnView | None:
        """The widget of a turn that is in sight."""
        return self._views.get(number)

    def to_end(self) -> None:
        self._follow = True
        self._lay_out()

    def show_turn(self, number: int) -> None:
        """Scroll to a turn."""
        for place, turn in enumerate(self._turns):
            if turn.id == number:
                self._follow = False
                self.verticalScrollBar().setValue(sum(self._heights[:place]))
                self._lay_out()
                self.verticalScrollBar().setValue(sum(self._heights[:place]))

    def show_next(self, words: str, *, backwards: bool = False) -> bool:
        """Show the next turn that holds the words, with them marked. Returns whether there is one."""
        if not words or not self._turns:
            return False
        order = list(range(len(self._turns)))
        here = self._first_in_sight()
        order = order[here + 1 :] + order[: here + 1] if not backwards else (order[:here][::-1] + order[here:][::-1])
        for place in order:
            if words.casefold() in self._turns[place].content.casefold():
                self.show_turn(self._turns[place].id)
                view = self._views.get(self._turns[place].id)
                if view is not None:
                    view.body.moveCursor(view.body.textCursor().MoveOperation.Start)
                    view.body.find(words, QTextDocument.FindFlag(0))
                return True
        return False

    # ---- layout

    def _guess(self, turn: Turn) -> int:
        letters = max(20, self._width() // 8)
        lines = turn.content.count("\n") + len(turn.content) // letters + 1
        return 72 + 19 * lines

    def _width(self) -> int:
        return min(_MOST_WIDTH, max(200, self.viewport().width() - 2 * GRID))

    def _first_in_sight(self) -> int:
        at, total = self.verticalScrollBar().value(), 0
        for place, height in enumerate(self._heights):
            total += height
            if total > at:
                return place
        return max(0, len(self._heights) - 1)

    def _lay_out(self) -> None:
        if self._laying_out:
            return
        self._laying_out = True
        try:
            for _ in range(4):  # heights become measured as widgets are made; that moves others into sight
                if not self._place():
                    break
        finally:
            self._laying_out = False
        self._tell_place()

    def _place(self) -> bool:
        """Place what is in sight. Returns whether a height was not what it was thought to be."""
        bar, sight = self.verticalScrollBar(), self.viewport().height()
        self._set_range()
        if self._follow:
            bar.setValue(bar.maximum())
        top = bar.value()
        left = max(GRID, (self.viewport().width() - self._width()) // 2)
        changed, at, seen = False, 0, set()
        shift = 0
        for place, turn in enumerate(self._turns):
            height = self._heights[place]
            if at + height >= top - _NEAR and at <= top + sight + _NEAR:
                seen.add(turn.id)
                view = self._views.get(turn.id) or self._make(turn)
                if view.width() != self._width():
                    view.setFixedWidth(self._width())
                measured = self._height_of(view)
                if measured != height:
                    self._heights[place] = measured
                    changed = True
                    if at + height <= top:
                        shift += measured - height
                    height = measured
                self._measured.add(place)
                view.setGeometry(left, at - top, self._width(), height)
                view.show()
            at += height
        for number in [number for number in self._views if number not in seen]:
            if not self._views[number].isAncestorOf(self._views[number].focusWidget() or self):
                self._drop(number)
        if changed and not self._follow and shift:
            self._set_range()
            bar.setValue(top + shift)
        return changed

    def _height_of(self, view: TurnView) -> int:
        layout = view.layout()
        view.body.fit()
        if layout is None:
            return view.sizeHint().height()
        layout.activate()
        return (
            layout.totalHeightForWidth(self._width()) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        )

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, sum(self._heights) + 2 * GRID - self.viewport().height()))

    def _make(self, turn: Turn) -> TurnView:
        view = TurnView(turn, self._siblings.get(turn.id, []), self._quoted(turn))
        view.setParent(self.viewport())
        view.setFixedWidth(self._width())
        number = turn.id
        view.wanted.connect(lambda action: self.wanted.emit(number, action))
        view.source_wanted.connect(lambda place: self.source_wanted.emit(number, place))
        view.quote_wanted.connect(lambda place: self.quote_wanted.emit(number, place))
        view.branch_wanted.connect(self.branch_wanted)
        view.link.connect(self.link)
        view.body.resized.connect(self._soon.start)
        view.quotes.resized.connect(self._soon.start)
        view.thinking.resized.connect(self._soon.start)
        view.fold.clicked.connect(self._soon.start)
        self._views[number] = view
        return view

    def _quoted(self, turn: Turn) -> list[Quoted]:
        """The quotes of an answer, in the words of the files of this branch."""
        found = []
        for each in turn.facts.quotes:
            file = self._files.get(each.attachment)
            text = file.pages[each.page - 1][each.start : each.end] if file and each.page <= len(file.pages) else ""
            page = self.tr("%1, page %2").replace("%1", each.name).replace("%2", str(each.page))
            found.append(Quoted(" ".join(text.split()), page if file and len(file.pages) > 1 else each.name))
        return found

    def _drop(self, number: int) -> None:
        view = self._views.pop(number)
        view.hide()
        view.deleteLater()

    # ---- scrolling

    def _scrolled(self, value: int) -> None:
        if not self._laying_out:
            # Before it is laid out: whoever follows the end is brought back to it.
            self._follow = value >= self.verticalScrollBar().maximum() - _AT_END
            self._lay_out()

    def _note_place(self) -> None:
        bar = self.verticalScrollBar()
        self._follow = bar.value() >= bar.maximum() - _AT_END
        self._tell_place()

    def _tell_place(self) -> None:
        bar = self.verticalScrollBar()
        self.left_end.emit(bar.value() < bar.maximum() - _AT_END)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        super().wheelEvent(event)
        self._note_place()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.MoveToEndOfDocument):
            self.to_end()
        elif event.matches(QKeySequence.StandardKey.MoveToStartOfDocument):
            bar.setValue(0)
        else:
            super().keyPressEvent(event)
        self._note_place()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._heights = [self._guess(turn) for turn in self._turns]
            self._measured.clear()
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for view in self._views.values():
                view.restyle()
            self._soon.start()
