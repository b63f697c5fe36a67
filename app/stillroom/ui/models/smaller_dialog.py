"""Which quantization to write a model in: what each takes, and what it is known to cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from stillroom.ui.controls import describe, label
from stillroom.ui.theme import GRID
from stillroom.ui.wording import size_text

if TYPE_CHECKING:
    from stillroom.workspace.making import ModelMaking, Quantization

_USUAL = "Q4_K_M"


class SmallerDialog(QDialog):
    """A line for each quantization; ``quantization`` is the one that was chosen."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        parameters: int,
        offered: Sequence[Quantization],
        *,
        as_published: bool = False,
    ) -> None:
        """``as_published``: it is converted, and the first that is offered leaves it as it was published."""
        super().__init__(parent)
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        words = self.tr("Fewer bits are smaller and often faster, and cost some accuracy.")
        if not as_published:
            words += " " + self.tr("What is lost is measured on the sample documents when the copy is made, and said.")
        column.addWidget(label(words, "muted", wrap=True))
        self.choices = QTreeWidget()
        self.choices.setRootIsDecorated(False)
        headings = [self.tr("Quantization"), self.tr("About"), self.tr("Perplexity of Llama 3 8B, as llama.cpp says")]
        self.choices.setHeaderLabels(headings)
        self.choices.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        describe(self.choices, self.tr("Quantizations"))
        items: list[QTreeWidgetItem] = []
        for each in offered:
            cost = self.tr("as published") if not each.name else f"+{each.perplexity:.4f}"
            size = size_text(round(parameters * each.bits / 8))
            items.append(QTreeWidgetItem([each.name or self.tr("16 bits"), size, cost]))
        self.choices.addTopLevelItems(items)
        names = [each.name for each in offered]
        self._names = names
        usual = names.index(_USUAL) if _USUAL in names and not as_published else 0
        self.choices.setCurrentItem(items[usual])
        self.choices.itemDoubleClicked.connect(lambda *_: self.accept())
        column.addWidget(self.choices, 1)
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        column.addWidget(box)
        self.resize(560, 380)

    @property
    def quantization(self) -> str:
        return self._names[self.choices.currentIndex().row()]


def ask_for_import(parent: QWidget, making: ModelMaking, title: str, parameters: int) -> str | None:
    """The quantization for a model that is converted: empty for 16 bits; None where it was called off."""
    dialog = SmallerDialog(parent, title, parameters, making.quantizations(), as_published=True)
    return dialog.quantization if dialog.exec() == QDialog.DialogCode.Accepted else None
