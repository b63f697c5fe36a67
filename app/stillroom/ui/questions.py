"""A question before something that cannot be taken back; whoever only presses Enter has changed nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


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


def file_to_write(
    parent: QWidget, title: str, proposal: str | Path, kinds: Mapping[str, str], also: Collection[str] = ()
) -> Path | None:
    """Where a person wants something written; None where they do not.

    The dialog asks before it gives a file that is there. It does not know of the ending that a name without one gets here, so what
    that leads to is asked for again.

    Args:
        kinds: what is offered, by its ending (".csv"). also: endings that are taken as they are typed, too.
    """
    filters = {ending: f"{name} (*{ending})" for ending, name in kinds.items()}
    name, picked = QFileDialog.getSaveFileName(parent, title, str(proposal), ";;".join(filters.values()))
    if not name:
        return None
    target = Path(name)
    if target.suffix.lower() in (*kinds, *also):
        return target
    ending = next((each for each, shown in filters.items() if shown == picked), next(iter(kinds)))
    target = target.with_name(f"{target.name}{ending}")
    if not target.exists():
        return target
    tr = QCoreApplication.translate
    question = tr("questions", "%1 is there already. What it says would be lost.").replace("%1", target.name)
    replaced = agreed(parent, title, question, tr("questions", "Replace it"), tr("questions", "Keep it"))
    return target if replaced else None
