"""One turn as it is shown: who, what was thought, what was said, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCursor, QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QTextBrowser, QToolTip, QVBoxLayout, QWidget

from stillroom.chat.conversation import MERGED, Attachment, Role, Source, Turn, TurnState
from stillroom.ui.chat import json_answer
from stillroom.ui.chat.actions import TurnAction
from stillroom.ui.chat.quotes import Quoted, Quotes
from stillroom.ui.chat.thumbnail import Thumbnail
from stillroom.ui.controls import Button, IconButton, describe, label, take_away
from stillroom.ui.markdown.render import Rendered, render
from stillroom.ui.theme import GRID, colours
from stillroom.ui.wording import counted, speed_text

_FRAME_SECONDS = 0.08
_THUMBNAIL = 160  # pixels
_COST = 8  # at most an eighth of the time goes into rendering what is being written


def copy(widget: QWidget, text: str) -> None:
    """Put text on the clipboard, and say so where the person looks."""
    QApplication.clipboard().setText(text)
    QToolTip.showText(QCursor.pos(), widget.tr("Copied"), widget)


class Body(QTextBrowser):
    """Markdown as high as it is, without scroll bars of its own. Links go to ``link`` and are never followed by it.

    Signals:
        link(str): an address that was clicked. source_chosen(int): a source that was.
        resized: its height has changed.
    """

    link = Signal(str)
    source_chosen = Signal(int)
    resized = Signal()

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        """``quiet``: of less weight than what is said."""
        super().__init__()
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._quiet = quiet
        self.setStyleSheet(
            f"QTextBrowser {{ background: transparent; border: none; padding: 0 0 0 {GRID if quiet else 0}px; }}"
        )
        self.document().setDocumentMargin(0)
        self.setTabChangesFocus(True)
        self.rendered = Rendered("", ())
        self.sources = 0
        self.doubtful: tuple[str, ...] = ()
        self._text = ""
        self.anchorClicked.connect(self._clicked)

    def show_text(self, text: str) -> None:
        self._text = text
        self.rendered = render(text, colours(), self.tr("Copy"), self.sources, self.doubtful)
        quiet = f"p, li {{ color: {colours().muted}; }} " if self._quiet else ""
        self.document().setDefaultStyleSheet(
            f"{quiet}p {{ margin-top: 4px; margin-bottom: 6px; }} li {{ margin-bottom: 2px; }} "
            "h1 { font-size: x-large; } h2 { font-size: large; } h3, h4 { font-size: medium; }"
        )
        self.setHtml(self.rendered.html)
        self.fit()

    def restyle(self) -> None:
        self.show_text(self._text)

    def loadResource(self, kind: int, name: QUrl | str) -> None:  # noqa: N802, ARG002
        """Nothing is ever fetched for a document."""
        return

    def fit(self) -> None:
        self.document().setTextWidth(max(50, self.viewport().width()))
        height = round(self.document().size().height()) + 2
        if height != self.height():
            self.setFixedHeight(height)
            self.resized.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        event.ignore()  # the transcript scrolls

    def _clicked(self, address: QUrl) -> None:
        text = address.toString()
        if text.startswith("copy:") and text[5:].isdigit() and int(text[5:]) < len(self.rendered.code):
            copy(self, self.rendered.code[int(text[5:])])
            return
        if text.startswith("source:") and text[7:].isdigit():
            self.source_chosen.emit(int(text[7:]))
            return
        self.link.emit(text)


class TurnView(QWidget):
    """A turn.

    Signals:
        wanted(TurnAction): is to be done with this turn.
        branch_wanted(int): number of the sibling to show.
        source_wanted(int): place of a source. quote_wanted(int): place of a quote.
        link(str): an address that was clicked.
    """

    wanted = Signal(TurnAction)
    branch_wanted = Signal(int)
    source_wanted = Signal(int)
    quote_wanted = Signal(int)
    link = Signal(str)

    def __init__(self, turn: Turn, siblings: list[int], quotes: Sequence[Quoted] = ()) -> None:
        super().__init__()
        self.turn = turn
        self._siblings = siblings
        self._content, self._thinking = turn.content, turn.thinking
        self._rendered_at = self._took = 0.0
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.timeout.connect(self._render)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("turn")
        self.setProperty("speaker", str(turn.role))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID // 2)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        names = {Role.USER: self.tr("You"), Role.ASSISTANT: turn.model or self.tr("Model"), Role.NOTE: self.tr("Note")}
        self._name = label(names[turn.role], "section")
        head.addWidget(self._name)
        self._state = label("", "small")
        head.addWidget(self._state, 1)
        column.addLayout(head)
        self._files: list[QLabel] = []
        for attachment in turn.attachments:
            self._add_attachment(column, attachment)
        self.fold = Button("", "link", action=self._toggle)
        self.fold.setVisible(False)
        column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        self.thinking = Body(self.tr("What the model thought"), quiet=True)
        self.thinking.setVisible(False)
        column.addWidget(self.thinking)
        self.body = Body(names[turn.role])
        self.body.link.connect(self.link)
        self.body.source_chosen.connect(self.source_wanted)
        column.addWidget(self.body)
        self.quotes = Quotes()
        self.quotes.wanted.connect(self.quote_wanted)
        column.addWidget(self.quotes)
        self._remarks = label("", "warn", wrap=True, selectable=True)
        column.addWidget(self._remarks)
        self._read_all = Button(self.tr("Read every part"), "", "search", lambda: self._act(TurnAction.EVERY_PART))
        describe(
            self._read_all,
            self.tr("Read every part"),
            self.tr("Ask about every passage of the files, one after the other, and put together what is found"),
        )
        column.addWidget(self._read_all, 0, Qt.AlignmentFlag.AlignLeft)
        self._template = Button(
            self.tr("Make a template of these fields"), "", "extract", lambda: self._act(TurnAction.TEMPLATE)
        )
        describe(
            self._template,
            self._template.text(),
            self.tr("Find the same fields in any number of documents, in Extract"),
        )
        column.addWidget(self._template, 0, Qt.AlignmentFlag.AlignLeft)
        self._cited = QWidget()
        self._cited_row = QHBoxLayout(self._cited)
        self._cited_row.setContentsMargins(0, 0, 0, 0)
        self._cited_row.setSpacing(GRID // 2)
        self._cited_now: tuple[Source, ...] | None = None
        column.addWidget(self._cited)
        column.addLayout(self._actions())
        self.show_turn(turn, siblings, quotes)

    def _add_attachment(self, column: QVBoxLayout, attachment: Attachment) -> None:
        if attachment.picture is not None:
            thumbnail = Thumbnail(attachment.picture, attachment.name, _THUMBNAIL)
            column.addWidget(thumbnail, 0, Qt.AlignmentFlag.AlignLeft)
        self._files.append(label("", "muted", wrap=True))
        column.addWidget(self._files[-1])

    def _show_attachments(self) -> None:
        """What the model is given of them may change after they were attached."""
        for shown, attachment in zip(self._files, self.turn.attachments, strict=True):
            size = counted(attachment.given_tokens, self.tr("1 token"), self.tr("%1 tokens"))
            how, mark = "", "▤ "
            if attachment.given:
                part = bool(self.turn.facts.passages)
                how = self.tr(", given in part") if part else self.tr(", given as summaries of its parts")
            if attachment.picture is not None:
                mark = ""
                how = self.tr(", given as a picture") if attachment.seen else self.tr(", given as its text")
            shown.setText(f"{mark}{attachment.name} · {size}{how}")

    def _show_sources(self) -> None:
        shown = self.turn.facts.sources if self.turn.role is Role.ASSISTANT else ()
        self.body.sources = len(shown)
        if shown == self._cited_now:
            return
        self._cited_now = shown
        row = self._cited_row
        while row.count():
            take_away(row)
        self._cited.setVisible(bool(shown))
        if shown:
            row.addWidget(label(self.tr("Passages:"), "small"))
        for place, source in enumerate(shown[:8]):
            button = Button(f"{place + 1}", "link", action=partial(self.source_wanted.emit, place))
            describe(
                button,
                self.tr("Passage %1: %2, page %3")
                .replace("%1", str(place + 1))
                .replace("%2", source.name)
                .replace("%3", str(source.page)),
            )
            row.addWidget(button)
        if len(shown) > 8:
            more = Button(
                self.tr("all %1").replace("%1", str(len(shown))), "link", action=lambda: self.source_wanted.emit(-1)
            )
            row.addWidget(more)
        left = self.turn.facts.passages - self.turn.facts.passages_read
        if shown and left > 0 and self.turn.facts.stop_reason != MERGED:
            out = Button(
                self.tr("%1 left out").replace("%1", str(left)), "link",
                action=lambda: self.source_wanted.emit(len(shown)),
            )  # fmt: skip
            describe(out, out.text(), self.tr("Show what of the files the model was not given"))
            row.addWidget(out)
        row.addStretch(1)

    def _actions(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self._buttons: dict[TurnAction, IconButton] = {}
        offered = [(TurnAction.COPY, "copy", self.tr("Copy"))]
        if self.turn.role is not Role.NOTE:
            offered.append((TurnAction.EDIT, "generated", self.tr("Edit: makes another branch")))
        if self.turn.role is Role.USER:
            offered.append((TurnAction.AGAIN, "retry", self.tr("Have this answered: makes another branch")))
        if self.turn.role is Role.ASSISTANT:
            offered.append((TurnAction.AGAIN, "retry", self.tr("Answer again: makes another branch")))
            offered.append((TurnAction.GO_ON, "play", self.tr("Go on with this answer")))
        offered.append((TurnAction.DELETE, "remove", self.tr("Delete this turn and all after it")))
        for action, icon, tip in offered:
            button = IconButton(icon, tip)
            button.setIconSize(QSize(14, 14))
            button.clicked.connect(lambda _checked=False, action=action: self._act(action))
            self._buttons[action] = button
            row.addWidget(button)
        self._back = IconButton("back", self.tr("Earlier branch"))
        self._on = IconButton("next", self.tr("Later branch"))
        self._place = label("", "small")
        for button, step in ((self._back, -1), (self._on, 1)):
            button.setIconSize(QSize(14, 14))
            button.clicked.connect(lambda _checked=False, step=step: self._step(step))
        for widget in (self._back, self._place, self._on):
            row.addWidget(widget)
        row.addStretch(1)
        self._facts = label("", "small")
        row.addWidget(self._facts)
        return row

    # ---- what it shows

    def show_turn(self, turn: Turn, siblings: list[int], quotes: Sequence[Quoted] = ()) -> None:
        """The turn as it is stored. ``quotes``: those of its facts, in words."""
        self.turn, self._siblings = turn, siblings
        self._content, self._thinking = turn.content, turn.thinking
        writing = turn.state is TurnState.STREAMING
        said = {
            TurnState.STREAMING: self.tr("writing…"),
            TurnState.STOPPED: self.tr("stopped"),
            TurnState.INTERRUPTED: self.tr("interrupted: Stillroom ended while this was written"),
            TurnState.FAILED: self.tr("failed"),
        }
        self._state.setText(said.get(turn.state, ""))
        notes = turn.facts.remarks if turn.role is Role.ASSISTANT else ()
        if turn.facts.stop_reason == "length" and turn.state is TurnState.COMPLETE:
            notes = (*notes, self.tr("The answer was as long as allowed; it may go on."))
        if turn.facts.stop_reason == "context":
            notes = (*notes, self.tr("The context was full, so the answer ends here."))
        remarks = "\n".join((*notes, *((turn.error,) if turn.error else ())))
        self._remarks.setText(remarks)
        self._remarks.setVisible(bool(remarks))
        early = turn.facts.stop_reason == "length" or (
            turn.facts.stop_reason != MERGED
            and turn.state in (TurnState.STOPPED, TurnState.INTERRUPTED, TurnState.FAILED)
        )
        for action, button in self._buttons.items():
            button.setVisible(not writing and (action is not TurnAction.GO_ON or early))
        partly = turn.role is Role.ASSISTANT and (
            turn.facts.countable or turn.facts.passages_read < turn.facts.passages
        )
        self._read_all.setVisible(partly and not writing)
        self._template.setVisible(not writing and bool(turn.json_object))
        self._show_sources()
        self.quotes.show_quotes(() if writing else quotes)
        self.body.doubtful = () if writing else turn.facts.unfounded
        self._show_attachments()
        several = len(siblings) > 1 and turn.id in siblings
        for widget in (self._back, self._place, self._on):
            widget.setVisible(several and not writing)
        if several:
            self._place.setText(f"{siblings.index(turn.id) + 1}/{len(siblings)}")
        facts = turn.facts
        if facts.tokens and turn.role is Role.ASSISTANT:
            words = counted(facts.tokens, self.tr("1 token"), self.tr("%1 tokens"))
            first = self.tr("first after %1 s").replace("%1", f"{facts.first_token_seconds:.1f}")
            self._facts.setText(f"{words} · {speed_text(facts.speed)} · {first}")
        self._render()

    def add(self, thinking: str, said: str) -> None:
        """More of an answer that is being written."""
        self._thinking += thinking
        self._content += said
        pause = max(_FRAME_SECONDS, _COST * self._took)
        if time.monotonic() - self._rendered_at >= pause:
            self._render()
        elif not self._late.isActive():
            self._late.start(round(pause * 1000))

    def restyle(self) -> None:
        self._render()

    def text(self) -> str:
        return self._content

    def _render(self) -> None:
        self._late.stop()
        started = time.monotonic()
        self.fold.setVisible(bool(self._thinking))
        if self._thinking:
            shown = self.thinking.isVisibleTo(self)
            words = counted(len(self._thinking.split()), self.tr("1 word"), self.tr("%1 words"))
            fold = self.tr("Hide what it thought") if shown else self.tr("What it thought (%1)").replace("%1", words)
            self.fold.setText(("▾ " if shown else "▸ ") + fold)
            self.fold.setAccessibleName(fold)
            if shown:
                self.thinking.show_text(self._thinking)
        if self._content or self.turn.state is not TurnState.STREAMING:
            writing = self.turn.state is TurnState.STREAMING
            self.body.show_text(self._content if writing else json_answer.shown(self._content))
        else:
            self.body.show_text("…")
        self._rendered_at = time.monotonic()
        self._took = self._rendered_at - started

    def _toggle(self) -> None:
        self.thinking.setVisible(not self.thinking.isVisibleTo(self))
        self._render()

    def _act(self, action: TurnAction) -> None:
        if action is TurnAction.COPY:
            copy(self, self._content)
            return
        self.wanted.emit(action)

    def _step(self, step: int) -> None:
        place = self._siblings.index(self.turn.id) + step
        if 0 <= place < len(self._siblings):
            self.branch_wanted.emit(self._siblings[place])
