"""The adapters (LoRA) of one model: attach, how much of each, detach."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QVBoxLayout,
    QWidget,
)

from stillroom.engine.protocol import Adapter
from stillroom.models.adapters import attach, attached, detach
from stillroom.models.library import ModelFile
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.failures import sentence
from stillroom.ui.parts import Parts
from stillroom.ui.theme import GRID


class AdaptersDialog(QDialog):
    """What is done in it holds at once; ``changed`` says whether the model has to be loaded again."""

    def __init__(self, parent: QWidget, parts: Parts, model: ModelFile) -> None:
        super().__init__(parent)
        self._parts, self._model = parts, model
        self._before = attached(model.path)
        self.setWindowTitle(self.tr("Adapters of %1").replace("%1", model.name))
        self.setMinimumWidth(460)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        what = self.tr(
            "An adapter (LoRA, a small GGUF file) is training added to a model, for example on your kind of documents. "
            "It must have been made for this model."
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
        return attached(self._model.path) != self._before

    def _show(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            item.widget().deleteLater()
        there = attached(self._model.path)
        if not there:
            self._grid.addWidget(label(self.tr("None is attached."), ""), 0, 0)
        for row, adapter in enumerate(there):
            name = Path(adapter.path).stem
            self._grid.addWidget(label(name, "", selectable=True), row, 0)
            scale = QDoubleSpinBox()
            scale.setRange(0.05, 8.0)
            scale.setSingleStep(0.05)
            scale.setValue(adapter.scale)
            describe(scale, self.tr("How much of %1").replace("%1", name), self.tr("1 is as it was trained"))
            scale.editingFinished.connect(lambda adapter=adapter, scale=scale: self._scaled(adapter, scale.value()))
            self._grid.addWidget(scale, row, 1)
            away = Button(self.tr("Detach"), "", "remove", lambda name=name: self._detach(name))
            describe(away, self.tr("Detach %1").replace("%1", name), self.tr("Its file stays"))
            self._grid.addWidget(away, row, 2, Qt.AlignmentFlag.AlignRight)

    def _choose(self) -> None:
        memory = self._parts.memory
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Attach an adapter"), memory.folder("models/folder"), "GGUF (*.gguf)"
        )
        if name:
            memory.set("models/folder", str(Path(name).parent))
            self.attach(Path(name))

    def attach(self, file: Path, scale: float = 1.0) -> None:
        """Attach a file, or say why not."""
        self.problem.setText("")
        try:
            attach(self._model, file, scale)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file, it is told here
            self.problem.setText(sentence(error))
        self._show()

    def _scaled(self, adapter: Adapter, scale: float) -> None:
        if scale != adapter.scale:
            self.attach(Path(adapter.path), scale)

    def _detach(self, name: str) -> None:
        detach(self._model, name)
        self._show()
