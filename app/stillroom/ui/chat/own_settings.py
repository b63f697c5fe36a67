"""What one conversation asks for: its settings, and the model it is held with."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from stillroom.chat.conversation import ChatSettings
from stillroom.errors import StillroomError
from stillroom.ui.chat.settings_dialog import SettingsDialog, schemas_of
from stillroom.ui.chat.shown import ShownConversation
from stillroom.ui.model_loading import ModelLoading
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation


class OwnSettings(QObject):
    """The own settings of the conversation that is shown."""

    def __init__(self, page: ShownConversation, parts: Parts, loading: ModelLoading) -> None:
        super().__init__(page)
        self._page, self._parts, self._loading = page, parts, loading

    def ask(self) -> None:
        """Let the person change the settings, and use them from the next answer on."""
        page, loading = self._page, self._loading
        usual = page.conversation.settings if page.conversation else ChatSettings()
        names = [model.name for model in self._parts.models.installed()]
        dialog = SettingsDialog(page, usual, schemas_of(self._parts.templates), loading.model, names, loading.wanted)
        file = loading.loaded_file()
        if loading.model is not None and file is not None:
            options = loading.model.options
            self._parts.tasks.start(
                Operation(lambda _: self._parts.models.memory_by_context(file, options), "memory", owner=dialog)
                .success(dialog.use_memory)
                .failure(lambda _error: None)  # the sentence about the context does without the memory
            )
        if dialog.exec():
            self._use(dialog.settings())

    def _use(self, settings: ChatSettings) -> None:
        page, model = self._page, self._loading.model
        if page.conversation is None:
            page.conversation = page.store.create()
        page.store.set_settings(page.number, settings)
        page.show_list()
        page.show_branch()
        if settings.model and settings.model != self._loading.wanted:
            self._load(settings.model, settings.context_tokens)
        elif settings.context_tokens and model and settings.context_tokens != model.context_tokens:
            self._loading.with_context(settings.context_tokens)

    def use_model(self, name: str) -> None:
        """Load a model, and hold the conversation that is shown with it from now on."""
        page = self._page
        if page.conversation is not None:
            page.store.set_settings(page.number, replace(page.conversation.settings, model=name))
            page.show_branch()
        self._load(name, page.conversation.settings.context_tokens if page.conversation else 0)
        page.banners.withdraw("own model")
        page.composer.editor.setFocus()

    def offer(self) -> None:
        """Where another model is loaded than the conversation is held with, or a shorter context: say so, and offer to load it."""
        page = self._page
        page.banners.withdraw("own model")
        settings = page.conversation.settings if page.conversation else ChatSettings()
        loaded = self._loading.model
        if not settings.model or settings.model == self._loading.wanted or not self._loading.wanted:
            if loaded is not None and settings.context_tokens > loaded.context_tokens:
                self._offer_context(settings.context_tokens, loaded.context_tokens)
            return
        text = self.tr("This conversation is held with %1; %2 is loaded, and would answer.")
        text = text.replace("%1", settings.model).replace("%2", self._loading.wanted)
        load = (
            self.tr("Load %1").replace("%1", settings.model),
            lambda: self._load(settings.model, settings.context_tokens),
        )
        page.banners.show_message(text, "info", [load], key="own model")

    def _offer_context(self, wanted: int, there: int) -> None:
        text = self.tr("This conversation is held with a context of %1 tokens; the model has %2 now.")
        text = text.replace("%1", f"{wanted:,}").replace("%2", f"{there:,}")
        load = (self.tr("Load it with %1").replace("%1", f"{wanted:,}"), lambda: self._loading.with_context(wanted))
        self._page.banners.show_message(text, "info", [load], key="own model")

    def _load(self, name: str, context_tokens: int) -> None:
        found = next((model for model in self._parts.models.installed() if model.name == name), None)
        if found is None:
            self._page.failed(StillroomError(f"The model {name} is not on this machine any more. Choose another one."))
            return
        self._loading.choose(found, context_tokens)
