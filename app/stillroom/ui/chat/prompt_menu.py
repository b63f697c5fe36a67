"""The prompt library: texts to begin with, those that come with the application and the person's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QInputDialog,
    QMenu,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.ui.chat.notices import Weight
from stillroom.ui.controls import describe

if TYPE_CHECKING:
    from stillroom.workspace.conversations import Prompt, PromptLibrary


def filled(parent: QWidget | None, prompt: Prompt) -> str | None:
    """The text of a prompt, its variables asked for; None where the person left that."""
    if not prompt.variables:
        return prompt.text
    dialog = VariablesDialog(parent, prompt)
    return prompt.filled(dialog.values()) if dialog.exec() else None


class PromptMenu(QMenu):
    """The prompts as a menu, made anew each time it is shown, so that it has what was kept meanwhile."""

    def __init__(
        self,
        parent: QWidget,
        library: PromptLibrary,
        written: str,
        use: Callable[[str], None],
        say: Callable[[str, Weight], None],
    ) -> None:
        """``written``: what may be kept as a prompt. ``use`` gets a chosen text, ``say`` a sentence and its weight."""
        super().__init__(parent)
        self._library, self._use, self._say, self._written = library, use, say, written
        found = library.prompts()
        for prompt in found:
            self.addAction(prompt.title).triggered.connect(lambda _checked=False, prompt=prompt: self._take(prompt))
        self.addSeparator()
        keeping = self.addAction(self.tr("Keep what is written as a prompt…"))
        keeping.setEnabled(bool(written.strip()))
        keeping.setToolTip(self.tr("{{name}} in it is a variable that is asked for each time"))
        keeping.triggered.connect(lambda: self._keep())
        own = [prompt for prompt in found if prompt.own]
        if own:
            removing = self.addMenu(self.tr("Remove one of your own"))
            for prompt in own:
                removing.addAction(prompt.title).triggered.connect(
                    lambda _checked=False, prompt=prompt: self._remove(prompt)
                )
        self.setToolTipsVisible(True)

    def _take(self, prompt: Prompt) -> None:
        text = filled(self.parentWidget(), prompt)
        if text is not None:
            self._use(text)

    def _keep(self) -> None:
        words = self.tr("Its title. {{name}} in the text is a variable that is asked for each time.")
        title, good = QInputDialog.getText(self.parentWidget(), self.tr("Keep as a prompt"), words)
        if not good or not title.strip():
            return
        try:
            self._library.keep(title.strip(), self._written)
        except StillroomError as error:
            self._say(error.message, Weight.BAD)
            return
        self._say(self.tr("“%1” is among the prompts now.").replace("%1", title.strip()), Weight.INFO)

    def _remove(self, prompt: Prompt) -> None:
        try:
            self._library.remove(prompt)
        except StillroomError as error:
            self._say(error.message, Weight.BAD)
            return
        self._say(self.tr("“%1” is not among the prompts any more.").replace("%1", prompt.title), Weight.INFO)


class VariablesDialog(QDialog):
    """A question for what stands in the place of the variables of a prompt."""

    def __init__(self, parent: QWidget | None, prompt: Prompt) -> None:
        super().__init__(parent)
        self.setWindowTitle(prompt.title)
        self.resize(460, 260)
        column = QVBoxLayout(self)
        form = QFormLayout()
        self._editors: dict[str, QPlainTextEdit] = {}
        for name in prompt.variables:
            editor = QPlainTextEdit()
            editor.setTabChangesFocus(True)
            editor.setFixedHeight(96 if name == "text" else 44)
            describe(editor, name)
            form.addRow(name[:1].upper() + name[1:], editor)
            self._editors[name] = editor
        column.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def values(self) -> dict[str, str]:
        """What was written, of those that were not left empty."""
        return {
            name: editor.toPlainText().strip() for name, editor in self._editors.items() if editor.toPlainText().strip()
        }
