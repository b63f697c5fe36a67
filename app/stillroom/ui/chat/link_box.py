"""What happens when an address in an answer is clicked: nothing is opened, it can be copied."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget


def tr(text: str) -> str:
    return QCoreApplication.translate("link", text)


def show_link(parent: QWidget, address: str) -> None:
    """Show an address that a model wrote."""
    box = QMessageBox(parent)
    box.setWindowTitle(tr("Link"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(tr("The model wrote this address. Stillroom does not open it; you can copy it.") + f"\n\n{address}")
    copy = box.addButton(tr("Copy"), QMessageBox.ButtonRole.ActionRole)
    box.addButton(QMessageBox.StandardButton.Close)
    copy.clicked.connect(lambda: QApplication.clipboard().setText(address))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.show()
