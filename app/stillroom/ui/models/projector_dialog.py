"""With what one model sees pictures: its projector, those beside it, another file, or none."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from stillroom.models.model_file import ModelFile
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.models.attaching_dialog import AttachingDialog
from stillroom.ui.parts import Parts
from stillroom.ui.wording import size_text


class ProjectorDialog(AttachingDialog):
    """The projector in use first, then those that lie beside the model."""

    def __init__(self, parent: QWidget, parts: Parts, model: ModelFile) -> None:
        what = self.tr(
            "A model sees pictures with a projector: a second GGUF file, usually with “mmproj” in its name, that was made for "
            "it and comes with it on the hub. Without one, pictures in a chat are given as the text in them."
        )
        title = self.tr("Pictures for %1").replace("%1", model.name)
        super().__init__(parent, parts, model, title=title, what=what, choose=self.tr("Attach a projector"))

    def attached(self) -> Path | None:
        return self.models.projector(self.model)

    def attach(self, file: Path) -> None:
        self.told(lambda: self.models.attach_projector(self.model, file))

    def fill(self) -> None:
        used = self.attached()
        known = self.models.projectors(self.model)
        if not known:
            self.grid.addWidget(label(self.tr("None is attached, and none lies beside the model."), ""), 0, 0)
        for row, (file, size) in enumerate(known):
            words = f"{file.stem} · {size_text(size)}"
            self.grid.addWidget(label(words, "", selectable=True), row, 0)
            if file == used:
                button = Button(
                    self.tr("Detach"), "", "remove", lambda: self.told(lambda: self.models.detach_projector(self.model))
                )
                describe(button, self.tr("Detach %1").replace("%1", file.stem), self.tr("Its file stays"))
            else:
                button = Button(self.tr("Use"), "", "plus", partial(self.attach, file))
                describe(button, self.tr("Use %1").replace("%1", file.stem), self.tr("In the place of the one in use"))
            self.grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)
