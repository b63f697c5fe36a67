"""A question before something that cannot be taken back; whoever only presses Enter has changed nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def agreed(parent: QWidget, title: str, question: str, do: str, leave: str) -> bool:
    """Whether the person chose ``do``. ``leave`` is what Enter and Escape choose."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    chosen = box.addButton(do, QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(leave, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.exec()
    return box.clickedButton() is chosen
