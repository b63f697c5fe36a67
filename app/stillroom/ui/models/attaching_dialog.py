"""The frame of a dialog in which files are attached to a model and detached: what is there, a button for more, what went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QGridLayout, QVBoxLayout, QWidget

from stillroom.models.model_file import ModelFile
from stillroom.ui.controls import Button, label, take_away
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID
from stillroom.ui.wording import sentence


class AttachingDialog(QDialog):
    """What is done in it holds at once; ``changed`` says whether the model has to be loaded again.

    A kind of attachment is a subclass: ``attached()`` says what is there now, ``attach(file)`` adds one, ``fill()`` lays what is
    there into ``grid``.
    """

    def __init__(self, parent: QWidget, parts: Parts, model: ModelFile, *, title: str, what: str, choose: str) -> None:
        """``what``: a paragraph on what such a file is; ``choose``: the title of the choice of one."""
        super().__init__(parent)
        self._parts, self.models, self.model = parts, parts.models, model
        self._choice_title = choose
        self._before = self.attached()
        self.setWindowTitle(title)
        self.setMinimumWidth(520)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addWidget(label(what, "muted", wrap=True))
        self.grid = QGridLayout()
        self.grid.setColumnStretch(0, 1)
        column.addLayout(self.grid)
        self.problem = label("", "", wrap=True, selectable=True)
        column.addWidget(self.problem)
        column.addStretch(1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.add = Button(self.tr("Attach a file…"), "primary", "plus", self._choose)
        box.addButton(self.add, QDialogButtonBox.ButtonRole.ActionRole)
        box.rejected.connect(self.reject)
        column.addWidget(box)
        self.show_again()

    def attached(self) -> object:
        """What is attached now."""
        return None

    def attach(self, file: Path) -> None:
        """Attach a file."""

    def fill(self) -> None:
        """Lay what is there into ``grid``."""

    @property
    def changed(self) -> bool:
        return self.attached() != self._before

    def show_again(self) -> None:
        while self.grid.count():
            take_away(self.grid)
        self.fill()

    def told(self, work: Callable[[], object]) -> None:
        """Do it, or say why not."""
        self.problem.setText("")
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, it is told here
            self.problem.setText(sentence(error))
        self.show_again()

    def _choose(self) -> None:
        memory = self._parts.memory
        name, _ = QFileDialog.getOpenFileName(self, self._choice_title, memory.folder("models/folder"), "GGUF (*.gguf)")
        if name:
            memory.set("models/folder", str(Path(name).parent))
            self.attach(Path(name))
