"""Adds or changes a remote engine. It closes when the engine is kept; what is wrong is said in it, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.remote.engines import RemoteEngine, RemoteKind
from stillroom.ui.controls import Button, ComboBox, DoubleSpinBox, SpinBox, describe, label, restyle, set_role
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation

if TYPE_CHECKING:
    from stillroom.workspace.remote_models import Price


class EngineDialog(QDialog):
    """``made`` is the engine as it was kept, once the dialog was accepted."""

    def __init__(self, parent: QWidget | None, parts: Parts, engine: RemoteEngine | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remote model"))
        self.resize(620, 0)
        self._parts, self._before = parts, engine
        self._engine = self.made = shown = engine or RemoteEngine("", "https://")
        column = QVBoxLayout(self)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.name = self._line(form, self.tr("Name"), shown.name, self.tr("Office"))
        self.address = self._line(form, self.tr("Address"), shown.address, "https://server/v1")
        kept = (
            self.tr("kept in memory until Stillroom ends") if parts.secrets.notice else self.tr("goes into the keyring")
        )
        hint = self.tr("unchanged") if engine else self.tr("%1; empty for none").replace("%1", kept)
        self.key = self._line(form, self.tr("Key"), "", hint)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.azure = QCheckBox(self.tr("Azure OpenAI"))
        self.azure.setChecked(shown.kind == RemoteKind.AZURE)
        form.addRow("", self.azure)
        self.model = ComboBox()
        self.model.setEditable(True)
        self.model.setCurrentText(shown.model)
        self.model.setPlaceholderText(self.tr("its name there; for Azure the deployment"))
        line = self.model.lineEdit()
        if line is not None:
            line.setPlaceholderText(self.model.placeholderText())
        describe(self.model, self.tr("Model"))
        models = Button(self.tr("List models"), action=self.list_models)
        describe(
            models, self.tr("Ask the server which models it has"), self.tr("Connects to the server; sends no document")
        )
        models.setAutoDefault(False)
        self._with_button(form, self.tr("Model"), self.model, models)
        hint = self.tr("a file of your office's own; empty for the usual ones")
        self.ca = QLineEdit(shown.ca_file)
        self.ca.setPlaceholderText(hint)
        describe(self.ca, self.tr("Certificates"))
        choose = Button(self.tr("Choose…"), action=self._choose_ca)
        describe(choose, self.tr("Choose a file of certificates"))
        choose.setAutoDefault(False)
        self._with_button(form, self.tr("Certificates"), self.ca, choose)
        self.proxy = self._line(form, self.tr("Proxy"), shown.proxy, self.tr("empty for the system's"))
        self.seconds = self._number(form, self.tr("Seconds to wait"), shown.seconds, 1, 3600)
        self.in_flight = self._number(form, self.tr("Questions at a time"), shown.in_flight, 1, 64)
        self.usual = ComboBox()
        describe(self.usual, self.tr("Usual prices"))
        self._fill_prices()
        self.usual.currentIndexChanged.connect(self._take_prices)
        form.addRow(self.tr("Prices"), self.usual)
        self.price_in = self._price(form, self.tr("A million tokens sent"), shown.price_in)
        self.price_out = self._price(form, self.tr("A million tokens answered"), shown.price_out)
        for row in range(form.rowCount()):  # else they stand at the top of their fields
            words = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
            named = words.widget() if words is not None else None
            if named is not None:
                named.setMinimumHeight(self.name.sizeHint().height())
        column.addLayout(form)
        self.said = label("", wrap=True)
        self.said.hide()
        column.addWidget(self.said)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def engine(self) -> RemoteEngine:
        """As it is shown."""
        return replace(
            self._engine,
            name=self.name.text().strip(),
            address=self.address.text().strip(),
            model=self.model.currentText().strip(),
            kind=str(RemoteKind.AZURE if self.azure.isChecked() else RemoteKind.COMPATIBLE),
            ca_file=self.ca.text().strip(),
            proxy=self.proxy.text().strip(),
            seconds=self.seconds.value(),
            in_flight=self.in_flight.value(),
            price_in=self.price_in.value(),
            price_out=self.price_out.value(),
        )

    def accept(self) -> None:
        """Keep it; what cannot be kept is said, and the dialog stays."""
        made = self.engine()
        try:
            taken = [
                each.name
                for each in self._parts.remote.engines()
                if self._before is None or each.name != self._before.name
            ]
            if made.name in taken:
                raise StillroomError(self.tr("%1 is there already. Choose another name.").replace("%1", made.name))
            self._parts.remote.add(made)
        except StillroomError as error:
            self._say(error.message, "bad")
            return
        self.made = made
        super().accept()

    def list_models(self) -> None:
        """Ask the server, on a thread; the names can be chosen then."""
        engine, typed = self.engine(), self.key.text().strip()

        def work(_operation: Operation[list[str]]) -> list[str]:
            with self._parts.remote.client(engine, key=typed) as client:
                return client.models()

        def listed(names: list[str]) -> None:
            before = self.model.currentText().strip()
            self.model.clear()
            self.model.addItems(names)
            self.model.setCurrentText(before or (names[0] if names else ""))
            text = self.tr("Models at %1: %2").replace("%1", engine.host)
            self._say(text.replace("%2", ", ".join(names[:8]) + (" …" if len(names) > 8 else "") or "–"), "muted")

        self._say(self.tr("Asking %1…").replace("%1", engine.host), "muted")
        self._parts.tasks.start(
            Operation(work, "remote models", owner=self)
            .success(listed)
            .failure(lambda error: self._say(getattr(error, "message", str(error)), "bad"))
        )

    def _say(self, text: str, role: str) -> None:
        self.said.setText(text)
        set_role(self.said, role)
        restyle(self.said)
        self.said.show()

    def _choose_ca(self) -> None:
        kinds = self.tr("Certificates (*.pem *.crt *.cer);;All files (*)")
        file, _ = QFileDialog.getOpenFileName(self, self.tr("A file of certificates"), self.ca.text(), kinds)
        if file:
            self.ca.setText(file)

    def _fill_prices(self) -> None:
        try:
            prices = self._parts.remote.prices()
        except StillroomError:
            return  # the section behind tells why
        self.usual.addItem(self.tr("take them from the list, as of %1…").replace("%1", prices.date), None)
        for price in prices.prices:
            self.usual.addItem(price.name, price)

    def _take_prices(self) -> None:
        price: Price | None = self.usual.currentData()
        if price:
            self.price_in.setValue(price.sent)
            self.price_out.setValue(price.answered)

    def _with_button(self, form: QFormLayout, name: str, field: QWidget, button: Button) -> None:
        row = QHBoxLayout()
        row.addWidget(field, 1)
        row.addWidget(button)
        form.addRow(name, row)

    def _line(self, form: QFormLayout, name: str, text: str, hint: str) -> QLineEdit:
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        describe(made, name)
        form.addRow(name, made)
        return made

    def _number(self, form: QFormLayout, name: str, value: int, least: int, most: int) -> SpinBox:
        made = SpinBox()
        made.setRange(least, most)
        made.setValue(value)
        describe(made, name)
        form.addRow(name, made)
        return made

    def _price(self, form: QFormLayout, name: str, value: float) -> DoubleSpinBox:
        made = DoubleSpinBox()
        made.setRange(0, 10_000)
        made.setDecimals(3)
        made.setPrefix("$ ")
        made.setValue(value)
        describe(made, self.tr("Dollars: %1").replace("%1", name))
        form.addRow(name, made)
        return made
