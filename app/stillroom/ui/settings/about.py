"""Which Stillroom this is, and the licences of what it is made of."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QListWidget, QPlainTextEdit, QVBoxLayout, QWidget

import stillroom
from stillroom.paths import resources_dir
from stillroom.ui.controls import Button, describe
from stillroom.ui.settings.section import Section


class AboutSection(Section):
    """The version, and a way to the licences."""

    def __init__(self, engine_version: str) -> None:
        super().__init__(self.tr("About"))
        licences = Button(self.tr("Licences"), action=lambda: Licences(self).show())
        describe(licences, self.tr("Licences"), self.tr("Of Stillroom and of everything it is made of"))
        version = self.tr("Stillroom %1, engine: llama-cpp-python %2").replace("%1", stillroom.__version__)
        self.row(version.replace("%2", engine_version or "–"), licences)


class Licences(QDialog):
    """The licence texts that come with the application."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Licences"))
        self.resize(860, 560)
        folder = resources_dir() / "licences"
        self._files = sorted(
            [*folder.glob("*.txt"), *(folder / "packages").glob("*.txt")], key=lambda file: file.stem.lower()
        )
        column = QVBoxLayout(self)
        row = QHBoxLayout()
        self.list = QListWidget()
        self.list.setFixedWidth(220)
        describe(self.list, self.tr("What Stillroom is made of"))
        self.list.addItems([file.stem for file in self._files])
        row.addWidget(self.list)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        describe(self.text, self.tr("Licence"))
        row.addWidget(self.text, 1)
        column.addLayout(row, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.list.currentRowChanged.connect(self._show)
        self.list.setCurrentRow(0)

    def _show(self, place: int) -> None:
        if 0 <= place < len(self._files):
            self.text.setPlainText(self._files[place].read_text(encoding="utf-8", errors="replace"))
