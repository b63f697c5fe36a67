"""How one conversation goes: what the model is told, how freely it writes, how much it can hold, what its answers must be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.chat.conversation import CHAT_SAMPLING, ChatSettings
from stillroom.engine.protocol import LEAST_CONTEXT_TOKENS, ModelInfo
from stillroom.ui.controls import Button, ComboBox, Slider, SpinBox, describe, label
from stillroom.ui.theme import GRID
from stillroom.ui.wording import size_text
from stillroom.workspace.templates import Templates


class SettingsDialog(QDialog):
    """A form of settings, which gives them back changed.

    Attributes:
        schemas: titles and JSON Schemas that answers can be held to.
    """

    def __init__(
        self,
        parent: QWidget,
        settings: ChatSettings,
        schemas: list[tuple[str, str]],
        model: ModelInfo | None,
        names: Sequence[str],
        loaded: str,
    ) -> None:
        """``names``: of the models that are here; ``loaded``: the one of ``model``."""
        super().__init__(parent)
        self._model = model
        self._memory: Callable[[int], int] | None = None
        self.setWindowTitle(self.tr("Settings of this conversation"))
        self.resize(560, 560)
        self._settings = settings
        column = QVBoxLayout(self)
        column.setSpacing(2 * GRID)
        form = QFormLayout()
        form.setVerticalSpacing(2 * GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.model = ComboBox()
        describe(self.model, self.tr("Model"), self.tr("Who answers in this conversation"))
        now = self.tr("the one that is loaded (%1)").replace("%1", loaded) if loaded else self.tr("the usual one")
        self.model.addItem(now, "")
        for name in dict.fromkeys([*names, *([settings.model] if settings.model else [])]):
            self.model.addItem(name, name)
        form.addRow(self.tr("Model"), self.model)
        self.system = QPlainTextEdit(settings.system)
        self.system.setPlaceholderText(self.tr("For example: You are a careful assistant. Answer in short sentences."))
        describe(self.system, self.tr("What the model is told first"))
        self.system.setTabChangesFocus(True)
        self.system.setFixedHeight(96)
        form.addRow(self.tr("What the model is told first"), self.system)
        self._add_manner(form)
        self.length = SpinBox()
        self.length.setRange(16, 32_768)
        self.length.setSingleStep(128)
        self.length.setSuffix(self.tr(" tokens"))
        describe(self.length, self.tr("Longest answer"), self.tr("A token is about three quarters of a word"))
        form.addRow(self.tr("Longest answer"), self.length)
        self.context = SpinBox()
        self.context.set_range(LEAST_CONTEXT_TOKENS, 1_048_576, or_else=0)
        self.context.setSingleStep(2048)
        self.context.setSuffix(self.tr(" tokens"))
        self.context.setSpecialValueText(self.tr("as usual for the model"))
        describe(
            self.context, self.tr("Context"), self.tr("How much of the conversation and its files the model can hold")
        )
        form.addRow(self.tr("Context"), self.context)
        self.context_words = label("", "muted", wrap=True)
        self.context.valueChanged.connect(self._show_context)
        form.addRow("", self.context_words)
        self._add_shape(form, schemas)
        column.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        usual = Button(self.tr("As usual"), action=lambda: self._show(ChatSettings()))
        describe(usual, self.tr("As usual"), self.tr("Put everything back as it is for a new conversation"))
        buttons.addButton(usual, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self._show(settings)

    def _add_manner(self, form: QFormLayout) -> None:
        """How freely it writes, and how much it avoids repeating itself."""
        self.freedom = Slider(Qt.Orientation.Horizontal)
        self.freedom.setRange(0, 15)
        describe(self.freedom, self.tr("How freely it writes"))
        self.freedom_words = label("", "muted")
        self.freedom.valueChanged.connect(self._show_freedom)
        row = QHBoxLayout()
        row.addWidget(self.freedom, 1)
        row.addWidget(self.freedom_words)
        form.addRow(self.tr("How freely it writes"), row)
        self.repetition = Slider(Qt.Orientation.Horizontal)
        self.repetition.setRange(0, 6)
        describe(self.repetition, self.tr("How much it avoids repeating itself"))
        self.repetition_words = label("", "muted")
        self.repetition.valueChanged.connect(self._show_repetition)
        row = QHBoxLayout()
        row.addWidget(self.repetition, 1)
        row.addWidget(self.repetition_words)
        form.addRow(self.tr("Avoid repetition"), row)

    def _add_shape(self, form: QFormLayout, schemas: list[tuple[str, str]]) -> None:
        """What answers are held to."""
        self.held = ComboBox()
        describe(self.held, self.tr("Answers are held to"))
        self.held.addItem(self.tr("nothing: it answers freely"), "")
        for title, schema in schemas:
            self.held.addItem(title, schema)
        self.held.addItem(self.tr("a JSON Schema of your own"), None)
        self.held.currentIndexChanged.connect(self._show_schema)
        form.addRow(self.tr("Answers are held to"), self.held)
        self.schema = QPlainTextEdit()
        describe(self.schema, self.tr("JSON Schema"))
        self.schema.setTabChangesFocus(True)
        self.schema.setMinimumHeight(90)
        form.addRow("", self.schema)
        self.problem = label("", "bad", wrap=True)
        form.addRow("", self.problem)

    def settings(self) -> ChatSettings:
        """As they are shown."""
        sampling = replace(
            self._settings.sampling,
            temperature=self.freedom.value() / 10,
            repeat_penalty=1 + self.repetition.value() / 20,
            top_p=CHAT_SAMPLING.top_p,
        )
        return replace(
            self._settings,
            model=self.model.currentData(),
            system=self.system.toPlainText().strip(),
            sampling=sampling,
            max_tokens=self.length.value(),
            context_tokens=self.context.value(),
            schema=self.schema.toPlainText().strip() if self.held.currentIndex() else "",
        )

    def use_memory(self, memory: Callable[[int], int]) -> None:
        """Tell what a context costs from now on. ``memory``: bytes the model takes, by the tokens of its context."""
        self._memory = memory
        self._show_context()

    def _show_context(self) -> None:
        model = self._model
        if model is None:
            self.context_words.setText(self.tr("No model is loaded, so what a context costs is not known."))
            return
        said = self.tr("%1 tokens now; the model was made for up to %2.")
        said = said.replace("%1", f"{model.context_tokens:,}").replace("%2", f"{model.trained_context_tokens:,}")
        wanted = self.context.value()
        if 0 < model.trained_context_tokens < wanted:
            said += " " + self.tr("Beyond that it writes nonsense.")
        if self._memory is not None:
            now, then = self._memory(model.context_tokens), self._memory(wanted or model.context_tokens)
            said += " " + self.tr("The model takes %1 of memory").replace("%1", size_text(now))
            if then != now:
                words = self.tr(", with %1 tokens %2 (%3 %4)").replace("%1", f"{wanted:,}")
                more = self.tr("more") if then > now else self.tr("less")
                said += (
                    words.replace("%2", size_text(then)).replace("%3", size_text(abs(then - now))).replace("%4", more)
                )
            said += "."
        self.context_words.setText(said)

    def _show(self, settings: ChatSettings) -> None:
        self.model.setCurrentIndex(max(0, self.model.findData(settings.model)))
        self.system.setPlainText(settings.system)
        self.freedom.setValue(round(settings.sampling.temperature * 10))
        self.repetition.setValue(round((settings.sampling.repeat_penalty - 1) * 20))
        self.length.setValue(settings.max_tokens)
        self.context.setValue(settings.context_tokens)
        place = self.held.findData(settings.schema) if settings.schema else 0
        self.held.setCurrentIndex(place if place >= 0 else self.held.count() - 1)
        self.schema.setPlainText(settings.schema)
        self._show_freedom()
        self._show_repetition()
        self._show_schema()
        self._show_context()

    def _show_freedom(self) -> None:
        value = self.freedom.value()
        words = (
            self.tr("always the likeliest word") if value == 0 else self.tr("careful") if value <= 4
            else self.tr("balanced") if value <= 8 else self.tr("inventive") if value <= 11 else self.tr("wild")
        )  # fmt: skip
        self.freedom_words.setText(words)

    def _show_repetition(self) -> None:
        value = self.repetition.value()
        words = self.tr("not at all") if not value else self.tr("a little") if value <= 2 else self.tr("strongly")
        self.repetition_words.setText(words)

    def _show_schema(self) -> None:
        chosen = self.held.currentData()
        self.schema.setVisible(self.held.currentIndex() > 0)
        if chosen:
            self.schema.setPlainText(chosen)

    def _accept(self) -> None:
        text = self.settings().schema
        if self.held.currentIndex() and not text:
            self.problem.setText(self.tr("Write a JSON Schema, or let the model answer freely."))
            return
        try:
            json.loads(text or "{}")
        except ValueError as error:
            self.problem.setText(self.tr("This is no JSON: %1").replace("%1", str(error)))
            return
        self.accept()


def title_of_schema(schema: str) -> str:
    """What answers are held to, in words."""
    try:
        title = json.loads(schema).get("title", "")
    except (ValueError, AttributeError):
        title = ""
    own = QCoreApplication.translate("SettingsDialog", "a JSON Schema of your own")
    return QCoreApplication.translate("SettingsDialog", "the fields of “%1”").replace("%1", title) if title else own


def schemas_of(templates: Templates) -> list[tuple[str, str]]:
    """What answers can be held to: the fields of each template, as a title and a JSON Schema."""
    title = QCoreApplication.translate("SettingsDialog", "the fields of “%1”")
    return [
        (title.replace("%1", template.title or template.name), json.dumps(templates.schema(template), indent=1))
        for template in templates.templates()
    ]
