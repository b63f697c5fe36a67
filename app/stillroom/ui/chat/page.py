"""Chat: conversations at the left, the one that is shown, and where to write."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from stillroom.chat.conversation import Attachment, Role, Turn
from stillroom.remote.engines import RemoteEngine
from stillroom.ui.banner import BannerArea
from stillroom.ui.chat.actions import ConversationAction
from stillroom.ui.chat.composer import Composer
from stillroom.ui.chat.context_use import ContextUse
from stillroom.ui.chat.controller import ChatController, Sending
from stillroom.ui.chat.conversation_actions import ConversationActions
from stillroom.ui.chat.conversation_dialogs import ConversationDialogs
from stillroom.ui.chat.conversation_list import ConversationList
from stillroom.ui.chat.drafts import Drafts
from stillroom.ui.chat.edit_dialog import EditDialog
from stillroom.ui.chat.link_box import show_link
from stillroom.ui.chat.notices import Choice, Notice, Subject, Weight
from stillroom.ui.chat.own_settings import OwnSettings
from stillroom.ui.chat.passage_dialog import PassageDialog
from stillroom.ui.chat.prompt_menu import PromptMenu
from stillroom.ui.chat.settings_dialog import title_of_schema
from stillroom.ui.chat.starting import Starting
from stillroom.ui.chat.transcript import Transcript
from stillroom.ui.chat.turn_actions import TurnActions
from stillroom.ui.chat.who_answers import ChatConsent, WhoAnswers
from stillroom.ui.controls import Button, ElidedLabel, IconButton, describe, label
from stillroom.ui.failures import show_failure
from stillroom.ui.model_loading import LoadState, ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.starter import StarterFetch, StarterOffer
from stillroom.ui.theme import GRID
from stillroom.ui.wording import sentence


class ChatPage(QWidget):
    """The page: it builds the views, shows in them what the controller tells, and hands it what they are asked.

    Signals:
        template_made(str, bool): the name of a template that is there now, and whether it is wanted in Extract.
        models_wanted: the page of the models is wanted.
    """

    template_made = Signal(str, bool)
    models_wanted = Signal()

    def __init__(self, parts: Parts, loading: ModelLoading, starter: StarterFetch) -> None:
        super().__init__()
        self._parts, self._loading, self._starter = parts, loading, starter
        self.chat = ChatController(parts, loading, lambda: starter.needed)
        self.chat.setParent(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        row.setSpacing(2 * GRID)
        self.list = ConversationList()
        parts.at_end.append(self.list.stop_searching)
        row.addWidget(self.list)
        row.addLayout(self._build_conversation(), 1)
        self.context_use = ContextUse(self.chat, parts, loading)
        self.own = OwnSettings(self.chat, parts, loading)
        self.drafts = Drafts(self.chat, parts, lambda: (self.composer.text(), self.composer.attachments))
        self.turn_actions = TurnActions(self.chat)
        self.conversation_actions = ConversationActions(self.chat, parts)
        self.dialogs = ConversationDialogs(self, self.chat, self.conversation_actions, parts)
        self._connect_controller()
        self._connect_views()
        self._show_list()
        self.chat.open_latest()
        self._model_changed()

    def _build_conversation(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(GRID)
        column.addLayout(self._build_head())
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

    def _build_head(self) -> QHBoxLayout:
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
            ("export", "export", self.tr("Export this conversation"), None, self._export),
            ("settings", "settings", self.tr("Settings of this conversation"), None, self._ask_settings),
        ):
            button = IconButton(icon, text)
            describe(button, text, text, QKeySequence(key) if key else None)
            button.clicked.connect(lambda _checked=False, action=action: action())
            self.buttons[name] = button
            head.addWidget(button)
        return head

    def _connect_controller(self) -> None:
        chat = self.chat
        chat.opened.connect(self._opened)
        chat.branch_changed.connect(self._show_branch)
        chat.turn_wanted.connect(self.transcript.show_turn)
        chat.conversations_changed.connect(self._show_list)
        chat.titled.connect(self._show_title)
        chat.sent.connect(self._sent)
        chat.attached.connect(self._attached)
        chat.consent_wanted.connect(self._ask_consent)
        chat.answered.connect(lambda: QApplication.alert(self.window()))
        chat.noticed.connect(self._show_notice)
        chat.withdrawn.connect(self.banners.withdraw)
        chat.failed.connect(self._show_failure)
        chat.keyboard_wanted.connect(self.take_keyboard)
        chat.asking.piece.connect(self._add)
        chat.asking.told.connect(self._tell)
        chat.asking.changed.connect(self._show_writing)
        self.drafts.restored.connect(self._restore_draft)
        self.context_use.known.connect(self.composer.show_budget)
        self.context_use.unknown.connect(lambda: self.composer.show_budget(None))
        self.context_use.counted.connect(self.composer.show_counted)
        self.turn_actions.edit_wanted.connect(self._ask_words)
        self.turn_actions.template_wanted.connect(lambda turns: self.dialogs.make_template(turns))
        self.conversation_actions.template_made.connect(self.template_made)
        self._loading.changed.connect(self._model_changed)

    def _connect_views(self) -> None:
        chat = self.chat
        self.list.new_wanted.connect(lambda: chat.open(0))
        self.list.chosen.connect(chat.open)
        self.list.search_wanted.connect(self._search)
        self.list.wanted.connect(self.dialogs.act)
        self.list.import_wanted.connect(self.dialogs.bring)
        self.list.bin_wanted.connect(self.dialogs.show_bin)
        self.transcript.wanted.connect(self.turn_actions.act)
        self.transcript.branch_wanted.connect(self.turn_actions.switch)
        self.transcript.source_wanted.connect(self._show_source)
        self.transcript.quote_wanted.connect(self._show_quote)
        self.transcript.link.connect(lambda address: show_link(self, address))
        self.transcript.left_end.connect(lambda left: self.to_end.setVisible(left and chat.number != 0))
        self.starting.chosen.connect(self.composer.set_text)
        self.composer.send.connect(lambda text: chat.write(text, self.composer.attachments))
        self.composer.stop.connect(chat.asking.stop)
        busy = self.tr("An answer is being written. Your message stays here: send it then, or stop the answer (Esc).")
        self.composer.busy.connect(lambda: chat.say(busy))
        self.composer.files.connect(chat.attach)
        self.composer.attach_wanted.connect(self._choose_files)
        self.composer.prompts_wanted.connect(self._show_prompts)
        self.composer.edit_last.connect(self.turn_actions.edit_last)
        self.composer.given.connect(self.context_use.count)
        self.composer.changed.connect(lambda: self.context_use.write(self.composer.text()))
        self.composer.changed.connect(self.drafts.keep_soon)
        QShortcut(QKeySequence("Esc"), self).activated.connect(chat.asking.stop)
        self.who.chosen.connect(self._choose_who)
        self.who.model_chosen.connect(self.own.use_model)
        self.who.more_wanted.connect(self.models_wanted)

    # ---- what is shown

    def _opened(self) -> None:
        self.transcript.to_end()
        self.list.mark(self.chat.number)

    def _show_branch(self) -> None:
        turns = self.chat.turns
        self.transcript.show_turns(turns, self.chat.siblings)
        self.stack.setCurrentWidget(self.transcript if turns else self.starting)
        self._show_title()
        for button in (self.buttons["export"], self.buttons["search"]):
            button.setEnabled(bool(turns))
        self._show_writing()

    def _show_list(self) -> None:
        """The list, unless what a search found is shown."""
        if not self.list.search.text().strip():
            self.list.show_conversations(self.chat.store.conversations(), self.chat.number)
        self.list.show_bin(len(self.chat.store.bin()))

    def _search(self, words: str) -> None:
        if words:
            self.list.show_hits(self.chat.store.search(words))
        else:
            self._show_list()

    def _show_title(self) -> None:
        self.title.setText(self.chat.title or self.tr("New conversation"))
        schema = self.own.settings().schema
        self.held.setText(self.tr("Answers: %1").replace("%1", title_of_schema(schema)) if schema else "")
        self.held.setVisible(bool(schema))

    def _show_models(self) -> None:
        self.who.look([each.name for each in self._parts.models.installed()], self._loading.wanted)
        model = self._loading.model
        small = model is not None and self._parts.conversations.is_small(model)
        self.starting.show_who(self.who.engine(), model.name if small and model is not None else "")

    def _model_changed(self) -> None:
        if self._loading.state is not LoadState.LOADING or self._loading.progress == 0:
            self._show_models()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._show_models()

    def take_keyboard(self) -> None:
        """To what is being written."""
        self.composer.editor.setFocus()

    def _sent(self, _begun: int) -> None:
        self.composer.clear()
        self.take_keyboard()
        self.transcript.to_end()

    def _restore_draft(self, text: str, attachments: list[Attachment]) -> None:
        self.composer.clear()
        self.composer.set_text(text)
        self.composer.add_attachments(attachments)

    def _attached(self, found: list[Attachment]) -> None:
        self.composer.add_attachments(found)
        self.take_keyboard()
        self.context_use.count()

    def _add(self, number: int, thinking: str, said: str) -> None:
        if self.chat.asking.conversation == self.chat.number:
            self.transcript.add(number, thinking, said)

    def _tell(self, text: str) -> None:
        self.composer.reading.setText(text)
        self.composer.reading.setVisible(bool(text))

    def _show_writing(self) -> None:
        self.composer.set_writing(self.chat.asking.busy)

    def _show_notice(self, notice: Notice) -> None:
        editor = self.composer.editor

        def act(choice: Choice) -> None:
            if notice.subject is Subject.FULL:  # a banner that goes leaves the keyboard nowhere
                editor.setFocus()
            choice.act()

        choices = [(each.title, partial(act, each)) for each in notice.choices]
        banner = self.banners.show_message(
            notice.text, notice.weight, choices, key=notice.subject, seconds=notice.seconds, closable=notice.closable
        )
        if notice.subject is Subject.FULL and banner.buttons and editor.hasFocus() and not editor.toPlainText():
            banner.buttons[0].setFocus()  # nothing goes on without a choice, and the way there is long by key

    def _show_failure(self, error: Exception) -> None:
        details = (self.tr("Details"), lambda: show_failure(self, error))
        self.banners.show_message(sentence(error), Weight.BAD, [details], key=Subject.FAILED)

    # ---- what a person is asked

    def _ask_consent(self, sending: Sending) -> None:
        dialog = ChatConsent(self, sending.engine, sending.leaving)
        if dialog.exec():
            self.chat.send(sending, for_all=dialog.for_all.isChecked())
        else:
            self.chat.send_nothing()

    def _ask_words(self, turn: Turn) -> None:
        """What to say in the place of a turn."""
        dialog = EditDialog(self, turn.content, answered=turn.role is Role.USER)
        good, text = dialog.exec(), dialog.text()
        dialog.deleteLater()
        if good:
            self.turn_actions.say_instead(turn, text)

    def _ask_settings(self) -> None:
        self.dialogs.ask_settings(self.own, self._loading)

    def _choose_who(self, engine: RemoteEngine | None) -> None:
        self.chat.use(engine)
        self._show_models()
        self.context_use.count()

    def _choose_files(self) -> None:
        memory = self._parts.memory
        paths, _ = QFileDialog.getOpenFileNames(self, self.tr("Attach files"), memory.folder("chat/folder"))
        if paths:
            memory.set("chat/folder", str(Path(paths[0]).parent))
            self.chat.attach([Path(path) for path in paths])

    def _show_prompts(self) -> None:
        button = self.composer.prompts
        menu = PromptMenu(self, self._parts.prompts, self.composer.text(), self.composer.set_text, self.chat.say)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(button.rect().topLeft() - QPoint(0, menu.sizeHint().height())))

    def _show_source(self, number: int, place: int) -> None:
        PassageDialog(self, self.chat.turns, number, place).show()

    def _show_quote(self, number: int, place: int) -> None:
        PassageDialog(self, self.chat.turns, number, place, quote=True).show()

    def _export(self) -> None:
        self.dialogs.act(self.chat.number, ConversationAction.EXPORT)

    def _show_find(self) -> None:
        self.finder.setVisible(not self.finder.isVisible())
        if self.finder.isVisible():
            self.finder.setFocus()
            self.finder.selectAll()
