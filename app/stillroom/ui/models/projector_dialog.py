"""With what one model sees pictures: its projector, those beside it, another file, or none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QGridLayout, QVBoxLayout, QWidget

from stillroom.models.library import ModelFile
from stillroom.models.projectors import (
    attach_projector,
    detach_projector,
    projector_bytes,
    projector_of,
    projectors_beside,
)
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.failures import sentence
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID
from stillroom.ui.wording import size_text


class ProjectorDialog(QDialog):
    """What is done in it holds at once; ``changed`` says whether the model has to be loaded again."""

    def __init__(self, parent: QWidget, parts: Parts, model: ModelFile) -> None:
        super().__init__(parent)
        self._parts, self._model = parts, model
        self._before = projector_of(model.path)
        self.setWindowTitle(self.tr("Pictures for %1").replace("%1", model.name))
        self.setMinimumWidth(520)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        what = self.tr(
            "A model sees pictures with a projector: a second GGUF file, usually with “mmproj” in its name, that was made for "
            "it and comes with it on the hub. Without one, pictures in a chat are given as the text in them."
        )
        column.addWidget(label(what, "muted", wrap=True))
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        column.addLayout(self._grid)
        self.problem = label("", "", wrap=True, selectable=True)
        column.addWidget(self.problem)
        column.addStretch(1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.add = Button(self.tr("Attach a file…"), "primary", "plus", self._choose)
        box.addButton(self.add, QDialogButtonBox.ButtonRole.ActionRole)
        box.rejected.connect(self.reject)
        column.addWidget(box)
        self._show()

    @property
    def changed(self) -> bool:
        return projector_of(self._model.path) != self._before

    def _show(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().deleteLater()
        used = projector_of(self._model.path)
        known = [*([used] if used else []), *(each for each in projectors_beside(self._model.path) if each != used)]
        if not known:
            self._grid.addWidget(label(self.tr("None is attached, and none lies beside the model."), ""), 0, 0)
        for row, file in enumerate(known):
            words = f"{file.stem} · {size_text(projector_bytes(file))}"
            self._grid.addWidget(label(words, "", selectable=True), row, 0)
            if file == used:
                button = Button(self.tr("Detach"), "", "remove", self._detach)
                describe(button, self.tr("Detach %1").replace("%1", file.stem), self.tr("Its file stays"))
            else:
                button = Button(self.tr("Use"), "", "plus", lambda file=file: self.attach(file))
                describe(button, self.tr("Use %1").replace("%1", file.stem), self.tr("In the place of the one in use"))
            self._grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)

    def _choose(self) -> None:
        memory = self._parts.memory
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Attach a projector"), memory.folder("models/folder"), "GGUF (*.gguf)"
        )
        if name:
            memory.set("models/folder", str(Path(name).parent))
            self.attach(Path(name))

    def attach(self, file: Path) -> None:
        """Attach a file, or say why not."""
        self.problem.setText("")
        try:
            attach_projector(self._model, file)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, it is told here
            self.problem.setText(sentence(error))
        self._show()

    def _detach(self) -> None:
        detach_projector(self._model)
        self._show()
