"""The adapters (LoRA) of one model: attach, how much of each, detach."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from stillroom.engine.protocol import Adapter
from stillroom.models.model_file import ModelFile
from stillroom.ui.controls import Button, DoubleSpinBox, describe, label
from stillroom.ui.models.attaching_dialog import AttachingDialog
from stillroom.ui.parts import Parts


class AdaptersDialog(AttachingDialog):
    """Each with how much of it is added."""

    def __init__(self, parent: QWidget, parts: Parts, model: ModelFile) -> None:
        what = self.tr(
            "An adapter (LoRA, a small GGUF file) is training added to a model, for example on your kind of documents. "
            "It must have been made for this model."
        )
        title = self.tr("Adapters of %1").replace("%1", model.name)
        super().__init__(parent, parts, model, title=title, what=what, choose=self.tr("Attach an adapter"))

    def attached(self) -> tuple[Adapter, ...]:
        return self.models.adapters(self.model)

    def attach(self, file: Path, scale: float = 1.0) -> None:
        self.told(lambda: self.models.attach_adapter(self.model, file, scale))

    def fill(self) -> None:
        there = self.attached()
        if not there:
            self.grid.addWidget(label(self.tr("None is attached."), ""), 0, 0)
        for row, adapter in enumerate(there):
            name = Path(adapter.path).stem
            self.grid.addWidget(label(name, "", selectable=True), row, 0)
            scale = DoubleSpinBox()
            scale.setRange(0.05, 8.0)
            scale.setSingleStep(0.05)
            scale.setValue(adapter.scale)
            describe(scale, self.tr("How much of %1").replace("%1", name), self.tr("1 is as it was trained"))
            scale.editingFinished.connect(lambda adapter=adapter, scale=scale: self._scaled(adapter, scale.value()))
            self.grid.addWidget(scale, row, 1)
            away = Button(
                self.tr("Detach"),
                "",
                "remove",
                partial(self.told, partial(self.models.detach_adapter, self.model, name)),
            )
            describe(away, self.tr("Detach %1").replace("%1", name), self.tr("Its file stays"))
            self.grid.addWidget(away, row, 2, Qt.AlignmentFlag.AlignRight)

    def _scaled(self, adapter: Adapter, scale: float) -> None:
        if scale != adapter.scale:
            self.attach(Path(adapter.path), scale)
