"""What a person is asked before something is done with a conversation: a name, a file, what of the bin."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from stillroom.chat.conversation import Turn
from stillroom.ui.chat.actions import ConversationAction
from stillroom.ui.chat.bin_dialog import BinDialog
from stillroom.ui.chat.controller import ChatController
from stillroom.ui.chat.conversation_actions import ConversationActions
from stillroom.ui.chat.files import write
from stillroom.ui.chat.notices import Subject, Weight
from stillroom.ui.chat.own_settings import OwnSettings
from stillroom.ui.chat.settings_dialog import SettingsDialog, schemas_of
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation

_DIALOG_WIDTH = 440  # as wide as titles are


class ConversationDialogs(QObject):
    """The dialogs about conversations, over ``parent``."""

    def __init__(self, parent: QWidget, chat: ChatController, actions: ConversationActions, parts: Parts) -> None:
        super().__init__(parent)
        self._parent, self._chat, self._actions, self._parts = parent, chat, actions, parts

    def act(self, number: int, action: ConversationAction) -> None:
        """Do it with the conversation of this number, and ask what is to be known for it."""
        if not number:
            return
        if action is ConversationAction.PIN:
            self._actions.pin(number)
        elif action is ConversationAction.DUPLICATE:
            self._actions.duplicate(number)
        elif action is ConversationAction.DELETE:
            self._actions.delete(number)
        else:
            self._ask_and_act(number, action)

    def _ask_and_act(self, number: int, action: ConversationAction) -> None:
        found = self._chat.store.conversation(number)
        if action is ConversationAction.RENAME:
            title = self._line(self.tr("Rename"), self.tr("Title"), found.title)
            if title:
                self._actions.rename(number, title)
        elif action is ConversationAction.EXPORT:
            write(self._parent, self._parts, found, self._chat.say)
        elif action is ConversationAction.TEMPLATE:
            self.make_template(self._chat.store.branch(found.leaf), found.title)

    def make_template(self, turns: list[Turn], title: str = "") -> None:
        """A template of the fields of the last JSON answer among turns, under a name that the person gives it."""
        problem = self._actions.template_problem(turns)
        if problem:
            self._chat.say(problem, Weight.WARN)
            return
        title = (title or self._chat.title or self.tr("My template")).strip(" …")
        title = self._line(self.tr("Make a template"), self.tr("Its name, as it is shown in Extract"), title)
        if title:
            self._actions.make_template(turns, title)

    def bring(self) -> None:
        """A conversation from a file."""
        folder = self._parts.memory.folder("chat/export")
        chosen, _ = QFileDialog.getOpenFileName(self._parent, self.tr("Import"), folder, "JSON (*.json)")
        if chosen:
            self._actions.bring(Path(chosen))

    def show_bin(self) -> BinDialog:
        """What was deleted, to bring back or to erase."""
        dialog = BinDialog(self._parent, self._chat.store)

        def restored(number: int) -> None:
            self._chat.withdrawn.emit(Subject.DELETED)  # what was said of the bin may be of this one
            self._chat.conversations_changed.emit()
            self._chat.open(number)

        dialog.restored.connect(restored)
        dialog.erased.connect(self._chat.conversations_changed)
        dialog.open()
        return dialog

    def ask_settings(self, own: OwnSettings, loading: ModelLoading) -> None:
        """Let the person change the settings of the conversation that is shown."""
        models = self._parts.models
        dialog = SettingsDialog(
            self._parent,
            own.settings(),
            schemas_of(self._parts.templates),
            loading.model,
            [model.name for model in models.installed()],
            loading.wanted,
        )
        file = loading.loaded_file()
        if loading.model is not None and file is not None:
            options = loading.model.options
            self._parts.tasks.start(
                Operation(lambda _: models.memory_by_context(file, options), "memory", owner=dialog)
                .success(dialog.use_memory)
                .failure(lambda _error: None)  # the sentence about the context does without the memory
            )
        if dialog.exec():
            own.use(dialog.settings())

    def _line(self, heading: str, what: str, text: str) -> str:
        """A line of text; empty where the person left it."""
        dialog = QInputDialog(self._parent)
        dialog.setWindowTitle(heading)
        dialog.setLabelText(what)
        dialog.setTextValue(text)
        dialog.resize(_DIALOG_WIDTH, dialog.sizeHint().height())
        return dialog.textValue().strip() if dialog.exec() else ""
