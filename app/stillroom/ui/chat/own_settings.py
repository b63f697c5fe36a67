"""What one conversation asks for: its settings, and the model it is held with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from stillroom.chat.conversation import ChatSettings
from stillroom.errors import StillroomError
from stillroom.ui.chat.controller import ChatController
from stillroom.ui.chat.notices import Choice, Notice, Subject
from stillroom.ui.model_loading import ModelLoading

if TYPE_CHECKING:
    from stillroom.ui.parts import Parts


class OwnSettings(QObject):
    """The own settings of the conversation that is shown."""

    def __init__(self, chat: ChatController, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(chat)
        self._chat, self._parts, self._loading = chat, parts, loading
        chat.opened.connect(self.offer)

    def settings(self) -> ChatSettings:
        """Those of the conversation that is shown."""
        return self._chat.conversation.settings if self._chat.conversation else ChatSettings()

    def use(self, settings: ChatSettings) -> None:
        """Hold the conversation by these from the next answer on."""
        chat, model = self._chat, self._loading.model
        chat.store.set_settings(chat.begin().id, settings)
        chat.conversations_changed.emit()
        chat.look()
        if settings.model and settings.model != self._loading.wanted:
            self._load(settings.model, settings.context_tokens)
        elif settings.context_tokens and model and settings.context_tokens != model.context_tokens:
            self._loading.with_context(settings.context_tokens)

    def use_model(self, name: str) -> None:
        """Load a model, and hold the conversation that is shown with it from now on."""
        chat = self._chat
        if chat.conversation is not None:
            chat.store.set_settings(chat.number, replace(chat.conversation.settings, model=name))
            chat.look()
        self._load(name, self.settings().context_tokens)
        chat.withdrawn.emit(Subject.OWN_MODEL)
        chat.keyboard_wanted.emit()

    def offer(self) -> None:
        """Where another model is loaded than the conversation is held with, or a shorter context: say so, and offer to load it."""
        self._chat.withdrawn.emit(Subject.OWN_MODEL)
        settings, loaded = self.settings(), self._loading.model
        if settings.model and self._loading.wanted and settings.model != self._loading.wanted:
            text = self.tr("This conversation is held with %1; %2 is loaded, and would answer.")
            text = text.replace("%1", settings.model).replace("%2", self._loading.wanted)
            load = Choice(
                self.tr("Load %1").replace("%1", settings.model),
                partial(self._load, settings.model, settings.context_tokens),
            )
            self._chat.noticed.emit(Notice(Subject.OWN_MODEL, text, choices=(load,)))
        elif loaded is not None and settings.context_tokens > loaded.context_tokens:
            self._offer_context(settings.context_tokens, loaded.context_tokens)

    def _offer_context(self, wanted: int, there: int) -> None:
        text = self.tr("This conversation is held with a context of %1 tokens; the model has %2 now.")
        text = text.replace("%1", f"{wanted:,}").replace("%2", f"{there:,}")
        title = self.tr("Load it with %1").replace("%1", f"{wanted:,}")
        load = Choice(title, lambda: self._loading.with_context(wanted))
        self._chat.noticed.emit(Notice(Subject.OWN_MODEL, text, choices=(load,)))

    def _load(self, name: str, context_tokens: int) -> None:
        found = next((model for model in self._parts.models.installed() if model.name == name), None)
        if found is None:
            self._chat.fail(StillroomError(f"The model {name} is not on this machine any more. Choose another one."))
            return
        self._loading.choose(found, context_tokens)
