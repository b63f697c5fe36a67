"""What was sent off this machine, request by request: when, where to, how much, at what cost; never the text itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.ui.controls import Button, describe, label

if TYPE_CHECKING:
    from stillroom.workspace.remote_models import Sending, SendingLog

_SHOWN = 1000


class LogDialog(QDialog):
    """The newest first. More than is shown can be copied."""

    def __init__(self, parent: QWidget | None, log: SendingLog) -> None:
        super().__init__(parent)
        self._log = log
        self.setWindowTitle(self.tr("What was sent"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(940, 460)
        column = QVBoxLayout(self)
        count = log.count()
        words = self.tr(
            "The texts themselves are not kept; the SHA-256 of a text that you have tells whether it was sent."
        )
        if not count:
            words = self.tr("Nothing was ever sent.")
        elif count > _SHOWN:
            some = self.tr("The newest %1 of %2 are shown; “Copy all” copies all of them.")
            words += " " + some.replace("%1", QLocale().toString(_SHOWN)).replace("%2", QLocale().toString(count))
        self.words = label(words, "muted", wrap=True)
        column.addWidget(self.words)
        self.table = QTableWidget(0, 0)
        describe(self.table, self.tr("What was sent"))
        self._fill(log.newest(_SHOWN))
        column.addWidget(self.table, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = Button(self.tr("Copy all"), "", "copy", self._copy)
        describe(self.copy, self.tr("Copy all"), self.tr("As lines that a spreadsheet takes"))
        self.copy.setAutoDefault(False)
        self.copy.setEnabled(bool(count))
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _headings(self) -> list[str]:
        return [
            self.tr("When"), self.tr("To"), self.tr("For"), self.tr("Characters"), self.tr("Tokens sent"),
            self.tr("Tokens answered"), self.tr("Cost"), self.tr("SHA-256"),
        ]  # fmt: skip

    def _fill(self, sendings: list[Sending]) -> None:
        headings, table = self._headings(), self.table
        table.setColumnCount(len(headings))
        table.setHorizontalHeaderLabels(headings)
        table.verticalHeader().hide()
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setShowGrid(False)
        table.setStyleSheet("QTableView::item { padding: 0 8px; }")
        table.setRowCount(len(sendings))
        number = QLocale().toString
        for row, each in enumerate(sendings):
            cost = f"${number(each.cost, 'f', 4)}"
            answered = number(each.tokens_out)
            if not each.tokens_out:
                answered, cost = self.tr("no answer"), f"≤ {cost}" if each.cost else cost
            texts = [
                f"{each.moment.astimezone():%Y-%m-%d %H:%M}", f"{each.engine} ({each.host})", self._purpose(each.what),
                number(each.characters), number(each.tokens_in), answered, cost, each.sha256,
            ]  # fmt: skip
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if 3 <= place <= 6:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if place == 7:
                    item.setToolTip(each.sha256)
                elif place == 6 and not each.tokens_out and each.cost:
                    item.setToolTip(self.tr("It left, and no whole answer came: what it may have cost at most"))
                table.setItem(row, place, item)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def _purpose(self, what: str) -> str:
        names = {"extraction": self.tr("a document"), "chat": self.tr("a chat"), "test": self.tr("a try")}
        return names.get(what, what)

    def _copy(self) -> None:
        lines = ["\t".join(self._headings())]
        for each in self._log.newest(self._log.count()):
            fields = (
                each.moment.isoformat(), f"{each.engine} ({each.host})", each.what, each.characters, each.tokens_in,
                each.tokens_out, f"{each.cost:.6f}", each.sha256,
            )  # fmt: skip
            lines.append("\t".join(str(field).replace("\t", " ") for field in fields))
        QApplication.clipboard().setText("\n".join(lines))
