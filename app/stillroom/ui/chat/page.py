"""Chat: conversations at the left, the one that is shown, and where to write."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
)

from stillroom.chat.conversation import Attachment, Conversation, Turn, TurnState
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.banner import BannerArea
from stillroom.ui.chat.asking import Asking
from stillroom.ui.chat.composer import Composer
from stillroom.ui.chat.context_room import ContextRoom
from stillroom.ui.chat.conversation_actions import ConversationActions
from stillroom.ui.chat.conversation_list import ConversationAction, ConversationList
from stillroom.ui.chat.drafts import Drafts
from stillroom.ui.chat.link_box import show_link
from stillroom.ui.chat.own_settings import OwnSettings
from stillroom.ui.chat.passage_dialog import PassageDialog
from stillroom.ui.chat.prompt_menu import PromptMenu
from stillroom.ui.chat.settings_dialog import title_of_schema
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.chat.starting import Starting
from stillroom.ui.chat.titles import Titles
from stillroom.ui.chat.transcript import Transcript
from stillroom.ui.chat.turn_actions import TurnActions
from stillroom.ui.chat.who_answers import ChatConsent, WhoAnswers
from stillroom.ui.controls import Button, ElidedLabel, IconButton, describe, label
from stillroom.ui.failures import sentence, show_failure
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.starter import StarterFetch, StarterOffer
from stillroom.ui.theme import GRID


class ChatPage(ShownConversation):
    """The page. What is asked of the store takes milliseconds; everything longer is an operation."""

    def __init__(self, parts: Parts, loading: ModelLoading, starter: StarterFetch) -> None:
        super().__init__()
        self._parts, self._loading, self._starter = parts, loading, starter
        self.store = parts.chats
        self.conversation: Conversation | None = None
        self._agreed: set[tuple[int, str]] = set()  # conversation and engine
        self.asking = Asking(parts, self)
        self.titles = Titles(parts, self)
        self.titles.named.connect(self._named)
        self.asking.changed.connect(self.titles.wait)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(2 * GRID)
        self.list = ConversationList()
        row.addWidget(self.list)
        row.addLayout(self._talk(), 1)
        self.context_room = ContextRoom(self, parts, loading)
        self.own = OwnSettings(self, parts, loading)
        self.conversation_actions = ConversationActions(self, parts, self.list, self.banners)
        self.turn_actions = TurnActions(self)
        self.drafts = Drafts(self, parts)
        self._connect()
        self.conversation_actions.refresh()
        found = self.store.conversations()
        self.open(found[0].id if found else 0)
        self._model_changed()

    def _talk(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GRID)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        self.title = ElidedLabel("", "heading")
        head.addWidget(self.title, 1)
        self.held = label("", "muted")
        head.addWidget(self.held)
        self.who = WhoAnswers()
        head.addWidget(self.who)
        self.finder = QLineEdit()
        self.finder.setPlaceholderText(self.tr("Find in this conversation"))
        self.finder.setFixedWidth(200)
        self.finder.setVisible(False)
        describe(self.finder, self.tr("Find in this conversation"))
        self.finder.returnPressed.connect(lambda: self.transcript.show_next(self.finder.text()))
        head.addWidget(self.finder)
        self.buttons: dict[str, IconButton] = {}
        for name, icon, text, key, action in (
            ("search", "search", self.tr("Find in this conversation"), "Ctrl+F", self._show_find),
            (
                "export",
                "export",
                self.tr("Export this conversation"),
                None,
                lambda: self.conversation_actions.act(self.number, ConversationAction.EXPORT),
            ),
            ("settings", "settings", self.tr("Settings of this conversation"), None, lambda: self.own.ask()),
        ):
            button = IconButton(icon, text)
            describe(button, text, text, QKeySequence(key) if key else None)
            button.clicked.connect(lambda _checked=False, action=action: action())
            self.buttons[name] = button
            head.addWidget(button)
        column.addLayout(head)
        column.addWidget(StarterOffer(self._starter))
        self.transcript = Transcript()
        self.starting = Starting(self._parts)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.starting)
        self.stack.addWidget(self.transcript)
        column.addWidget(self.stack, 1)
        self.banners = BannerArea(self, self.stack, at_end=False)
        self.to_end = Button(self.tr("To the end"), "link", "down", self.transcript.to_end)
        self.to_end.setVisible(False)
        column.addWidget(self.to_end, 0, Qt.AlignmentFlag.AlignHCenter)
        self.composer = Composer()
        column.addWidget(self.composer)
        return column

    def _connect(self) -> None:
        self.list.new_wanted.connect(lambda: self.open(0))
        self.list.chosen.connect(self.open)
        self.list.search_wanted.connect(self.conversation_actions.search)
        self.list.wanted.connect(self.conversation_actions.act)
        self.list.import_wanted.connect(self.conversation_actions.bring)
        self.list.bin_wanted.connect(self.conversation_actions.show_bin)
        self.transcript.wanted.connect(self.turn_actions.act)
        self.transcript.branch_wanted.connect(self.turn_actions.switch)
        self.transcript.source_wanted.connect(self._show_source)
        self.transcript.quote_wanted.connect(self._show_quote)
        self.transcript.link.connect(lambda address: show_link(self, address))
        self.transcript.left_end.connect(lambda left: self.to_end.setVisible(left and self.number != 0))
        self.starting.chosen.connect(self.composer.set_text)
        self.composer.send.connect(self._send)
        self.composer.stop.connect(self.asking.stop)
        busy = self.tr("An answer is being written. Your message stays here: send it then, or stop the answer (Esc).")
        self.composer.busy.connect(lambda: self.say(busy, "info"))
        self.composer.files.connect(self.attach)
        self.composer.attach_wanted.connect(self._choose_files)
        self.composer.prompts_wanted.connect(self._show_prompts)
        self.composer.edit_last.connect(self.turn_actions.edit_last)
        self.composer.given.connect(lambda: self.context_room.show_budget())
        stop = QShortcut(QKeySequence("Esc"), self)
        stop.activated.connect(self.asking.stop)
        self.asking.begun.connect(self._begun)
        self.asking.piece.connect(self._piece)
        self.asking.done.connect(self._answered)
        self.asking.full.connect(self.context_room.offer)
        self.asking.failed.connect(self.failed)
        again = self.tr(
            "Stopped: nothing was asked or left out. “Have this answered”, below your message, offers the choice again."
        )
        self.asking.given_up.connect(lambda: self.say(again, "info"))
        self.asking.told.connect(self._told)
        self.asking.changed.connect(self._show_writing)
        self._loading.changed.connect(self._model_changed)
        self.who.chosen.connect(self._choose_who)
        self.who.model_chosen.connect(self.own.use_model)
        self.who.more_wanted.connect(self.models_wanted)

    # ---- conversations

    def open(self, number: int, turn: int = 0) -> None:
        """Show a conversation; 0 for a new one, which is stored when something is said."""
        self.drafts.keep()
        self.banners.withdraw("full")  # its choices are those of the conversation that was shown
        self.conversation = self.store.conversation(number) if number else None
        self.drafts.show()
        if turn:
            self.store.switch(turn)
            self.conversation = self.store.conversation(number)
        self.transcript.to_end()
        self.show_branch()
        if turn:
            self.transcript.show_turn(turn)
        self.list.mark(number)
        self.own.offer()
        self.composer.editor.setFocus()

    def show_branch(self) -> None:
        """What is stored of the conversation that is shown."""
        if self.conversation is not None:
            self.conversation = self.store.conversation(self.conversation.id)
        turns = self.store.branch(self.conversation.leaf) if self.conversation else []
        self.transcript.show_turns(turns, self.store.siblings(self.number) if self.conversation else {})
        self.stack.setCurrentWidget(self.transcript if turns else self.starting)
        self._show_title()
        for button in (self.buttons["export"], self.buttons["search"]):
            button.setEnabled(bool(turns))
        self._show_writing()
        self.context_room.show_budget()

    def show_list(self) -> None:
        self.conversation_actions.refresh()

    def _show_title(self) -> None:
        self.title.setText((self.conversation.title if self.conversation else "") or self.tr("New conversation"))
        schema = self.conversation.settings.schema if self.conversation else ""
        self.held.setText(self.tr("Answers: %1").replace("%1", title_of_schema(schema)) if schema else "")
        self.held.setVisible(bool(schema))

    # ---- turns

    def _send(self, text: str) -> None:
        if self.asking.busy or not self.ready():
            return
        begun = self.number
        if self.conversation is None:
            self.conversation = self.store.create()
        attachments = tuple(self.composer.attachments)
        question = self.asking.session().ask(self.number, self.conversation.leaf, text, attachments)
        self.composer.clear()
        self.composer.editor.setFocus()
        self.drafts.sent(begun)
        self.transcript.to_end()
        self.show_branch()
        self.conversation_actions.refresh()
        self.have_answered(question.id)

    def have_answered(self, question: int) -> None:
        """Have a turn answered; a remote model is sent nothing that the person has not agreed to."""
        engine = self.who.engine()
        if engine is not None and (self.number, engine.name) not in self._agreed:
            dialog = ChatConsent(self, engine, self._parts.conversations.leaving(question))
            if not dialog.exec():
                self.say(
                    self.tr("Nothing was sent. Your message is kept; choose “this machine” to have it answered here."),
                    "info",
                )
                return
            if dialog.for_all.isChecked():
                self._agreed.add((self.number, engine.name))
        self.asking.answer(self.number, question)

    def _choose_who(self, engine: RemoteEngine | None) -> None:
        self.asking.use(engine)
        self._show_models()
        self.context_room.show_budget()

    def _show_models(self) -> None:
        self.who.look([each.name for each in self._parts.models.installed()], self._loading.wanted)
        model = self._loading.model
        small = model is not None and self._parts.conversations.is_small(model)
        self.starting.show_who(self.who.engine(), model.name if small and model is not None else "")

    def take_keyboard(self) -> None:
        """To what is being written."""
        self.composer.editor.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._show_models()

    def ready(self) -> bool:
        if self._loading.model is not None or self.who.engine() is not None:
            return True
        if self._starter.needed and not self._parts.models.installed():
            self.say(self.tr("No model is here yet. Your message stays here; fetch the starter above."), "info")
            return False
        self._loading.start()
        self.say(self.tr("The model is still being loaded. Your message stays here; send it in a moment."), "info")
        return False

    def _begun(self, turn: Turn) -> None:
        if turn.conversation == self.number:
            self.show_branch()

    def _piece(self, number: int, thinking: str, said: str) -> None:
        if self.asking.conversation == self.number:
            self.transcript.add(number, thinking, said)

    def _answered(self, turn: Turn) -> None:
        if turn.conversation == self.number:
            self.show_branch()
        self.conversation_actions.refresh()
        if turn.state is TurnState.COMPLETE:
            self.titles.want(turn.conversation)
            QApplication.alert(self.window())

    def _named(self, conversation: int) -> None:
        self.conversation_actions.refresh()
        if conversation == self.number:
            self.conversation = self.store.conversation(conversation)
            self._show_title()

    def _show_source(self, number: int, place: int) -> None:
        PassageDialog(self, self.transcript.turns(), number, place).show()

    def _show_quote(self, number: int, place: int) -> None:
        PassageDialog(self, self.transcript.turns(), number, place, quote=True).show()

    def read_every_part(self, question: int) -> None:
        self.context_room.read_every_part(question)

    def make_template(self, turns: list[Turn]) -> None:
        self.conversation_actions.make_template(turns)

    # ---- files, settings, model

    def attach(self, paths: list[Path]) -> None:
        """Read files and put them beside what is being written."""
        if not self.ready():
            return

        def show(found: list[Attachment]) -> None:
            self.composer.add_attachments(found)
            self.composer.editor.setFocus()
            self.context_room.show_budget()
            if any(each.picture is not None and not each.seen for each in found):
                words = self.tr("The text in the picture was read. The model gets that text; it does not see pictures.")
                self.say(f"{words} " + self.tr("A projector lets it see: Models, Pictures…"), "info")
            notes = [each.picture.note for each in found if each.picture is not None and each.picture.note]
            if notes:
                self.say(" ".join(notes), "info")

        self.asking.read(list(paths), show)

    def _show_prompts(self) -> None:
        button = self.composer.prompts
        menu = PromptMenu(self, self._parts.prompts, self.composer.text(), self.composer.set_text, self.say)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(button.rect().topLeft() - QPoint(0, menu.sizeHint().height())))

    def _choose_files(self) -> None:
        memory = self._parts.memory
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Attach files"), memory.folder("chat/folder"))
        if paths:
            memory.set("chat/folder", str(Path(paths[0]).parent))
            self.attach([Path(path) for path in paths])

    def _model_changed(self) -> None:
        if self._loading.state is LoadState.FAILED and self._loading.error is not None and not self._loading.none_there:
            error = self._loading.error
            self.banners.show_message(
                sentence(error), "bad", [(self.tr("Try again"), self._loading.start)], key="model", closable=False
            )
        else:
            self.banners.withdraw("model")
        if self._loading.state is LoadState.READY:
            self.context_room.show_budget()
        if self._loading.state is not LoadState.LOADING or self._loading.progress == 0:
            self._show_models()

    def _show_writing(self) -> None:
        self.composer.set_writing(self.asking.busy)

    def _told(self, text: str) -> None:
        self.composer.reading.setText(text)
        self.composer.reading.setVisible(bool(text))

    def _show_find(self) -> None:
        self.finder.setVisible(not self.finder.isVisible())
        if self.finder.isVisible():
            self.finder.setFocus()
            self.finder.selectAll()

    def failed(self, error: Exception) -> None:
        self.banners.show_message(
            sentence(error), "bad", [(self.tr("Details"), lambda: show_failure(self, error))], key="failed"
        )
        self.show_branch()

    def say(self, text: str, kind: str) -> None:
        self.banners.show_message(text, kind, key="said", seconds=8.0 if kind == "info" else 0.0)
