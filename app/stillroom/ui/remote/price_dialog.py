"""The price list, to be edited: what a million tokens costs with each model, and when that was looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.ui.controls import Button, DoubleSpinBox, describe, label, set_role

if TYPE_CHECKING:
    from stillroom.workspace.remote_models import Price, PriceList, RemoteModels


class PriceDialog(QDialog):
    """The price list as a form; Ok keeps it."""

    def __init__(self, parent: QWidget | None, remote: RemoteModels, prices: PriceList) -> None:
        super().__init__(parent)
        self._remote = remote
        self.setWindowTitle(self.tr("Prices of remote models"))
        self.resize(560, 360)
        column = QVBoxLayout(self)
        words = self.tr(
            "Dollars a million tokens. The list fills in the prices of an engine you add, and tells what reading here has saved."
        )
        column.addWidget(label(words, "muted", wrap=True))
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels([self.tr("Model"), self.tr("Sent"), self.tr("Answered")])
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        describe(self.table, self.tr("Prices"))
        column.addWidget(self.table, 1)
        row = QHBoxLayout()
        add = Button(self.tr("Add"), "", "plus", self._add)
        describe(add, self.tr("Add a price"))
        remove = Button(self.tr("Remove"), action=self._remove)
        describe(remove, self.tr("Remove the chosen price"))
        row.addWidget(add)
        row.addWidget(remove)
        row.addStretch(1)
        row.addWidget(label(self.tr("Looked up on")))
        self.date = QLineEdit()
        self.date.setFixedWidth(120)
        describe(self.date, self.tr("When these prices were looked up"))
        row.addWidget(self.date)
        today = Button(self.tr("Today"), "link", action=self._today)
        describe(today, self.tr("These prices were looked up today"))
        row.addWidget(today)
        column.addLayout(row)
        self.problem = label("", wrap=True)
        set_role(self.problem, "bad")
        self.problem.hide()
        column.addWidget(self.problem)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        shipped = Button(self.tr("As shipped"), "link", action=lambda: self._show(remote.shipped_prices()))
        describe(shipped, self.tr("Show the prices that come with Stillroom"))
        shipped.setAutoDefault(False)
        buttons.addButton(shipped, QDialogButtonBox.ButtonRole.ResetRole)
        for button in (add, remove, today):
            button.setAutoDefault(False)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self._show(prices)

    def rows(self) -> list[tuple[str, float, float]]:
        """The prices as they are shown: name, sent, answered."""
        return [(self._text(row), self._amount(row, 1), self._amount(row, 2)) for row in range(self.table.rowCount())]

    def _text(self, row: int) -> str:
        item = self.table.item(row, 0)
        return item.text().strip() if item is not None else ""

    def _amount(self, row: int, column: int) -> float:
        spin = self.table.cellWidget(row, column)
        return spin.value() if isinstance(spin, DoubleSpinBox) else 0.0

    def accept(self) -> None:
        try:
            self._remote.keep_prices(self.date.text().strip(), self.rows())
        except (StillroomError, OSError) as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        super().accept()

    def _show(self, prices: PriceList) -> None:
        self.table.setRowCount(0)
        for price in prices.prices:
            self._add(price)
        self.date.setText(prices.date)

    def _add(self, price: Price | None = None) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        item = QTableWidgetItem(price.name if price else "")
        self.table.setItem(row, 0, item)
        for at, value in ((1, price.sent if price else 0.0), (2, price.answered if price else 0.0)):
            spin = DoubleSpinBox()
            spin.setRange(0, 10_000)
            spin.setDecimals(3)
            spin.setPrefix("$ ")
            spin.setValue(value)
            heading = self.table.horizontalHeaderItem(at)
            name = heading.text() if heading is not None else ""
            describe(spin, f"{name}: {price.name}" if price else name)
            self.table.setCellWidget(row, at, spin)
        self.table.resizeRowToContents(row)
        if price is None:
            self.table.setCurrentItem(item)
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            self.table.editItem(item)

    def _remove(self) -> None:
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())

    def _today(self) -> None:
        self.date.setText(QDate.currentDate().toString(Qt.DateFormat.ISODate))
