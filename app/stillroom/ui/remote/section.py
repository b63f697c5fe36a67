"""Remote models in Settings: adding, trying and removing them, prices, the month's limit, and what was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from stillroom.engine.protocol import Message
from stillroom.engine.remote import (
    RemoteClient,
    RemoteEngine,
    RemoteKind,
    forget_remote_engine,
    keep_remote_engine,
    remote_engines,
)
from stillroom.errors import StillroomError
from stillroom.privacy.secrets import SecretText
from stillroom.privacy.sending import SendingLog
from stillroom.settings import MONTHLY_CAP
from stillroom.ui.controls import Button, ComboBox, describe, label
from stillroom.ui.parts import Parts
from stillroom.ui.settings.section import Section
from stillroom.ui.tasks import Operation

# Dollars a million tokens, sent and answered, as they were published then; each engine has its own, to be edited.
PRICES_OF = "2026"
PRICES = (("GPT-4o", 2.50, 10.00), ("GPT-5 nano", 0.05, 0.40), ("DeepSeek V3", 0.14, 0.28))


_CHARACTERS_A_TOKEN = 3.5


class RemoteSection(Section):
    """The engines, one a row, and the month's meter."""

    def __init__(self, parts: Parts, say: Callable[[str, str], None]) -> None:
        super().__init__(
            self.tr("Remote models"),
            self.tr(
                "A model of your office or of a cloud, behind an address that speaks OpenAI's protocol. It is asked only when you "
                "agree, after you have seen exactly what would be sent."
            ),
        )
        self._parts, self._say = parts, say
        self._list = QVBoxLayout()
        self.column.addLayout(self._list)
        add = Button(self.tr("Add…"), "", "plus", lambda: self._edit(None))
        describe(add, self.tr("Add a remote model"))
        self.row("", add)
        self.cap = QDoubleSpinBox()
        self.cap.setRange(0, 100_000)
        self.cap.setPrefix("$ ")
        self.cap.setSpecialValueText(self.tr("no limit"))
        self.cap.setValue(parts.settings.get(MONTHLY_CAP) / 100)
        describe(self.cap, self.tr("Most that remote models may cost in a month"))
        self.cap.editingFinished.connect(self._keep_cap)
        self.row(self.tr("Most that remote models may cost in a month"), self.cap)
        self.meter = QProgressBar()
        self.meter.setTextVisible(False)
        self.meter.setRange(0, 1000)
        self.meter.setFixedWidth(180)
        self.meter.setAccessibleName(self.tr("Spent this month"))
        self.spent = label("", "muted")
        self.row(self.tr("Spent this month"), self.spent, self.meter)
        self.saved = label("", "muted")
        self.row(self.tr("Read on this machine this month, at no cost"), self.saved)
        log = Button(self.tr("What was sent…"), "link", action=self._show_log)
        describe(log, self.tr("What was sent"))
        self.row("", log)
        self.look()

    def showEvent(self, event: object) -> None:  # noqa: N802
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """Show what is written down."""
        while self._list.count():
            widget = self._list.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        try:
            engines = remote_engines()
        except StillroomError as error:
            self._say(error.message, "bad")
            engines = []
        for engine in engines:
            self._list.addWidget(_EngineRow(engine, self._edit, self._test, self._remove))
        if not engines:
            self._list.addWidget(label(self.tr("None was added. Everything stays on this machine."), "muted"))
        if self._parts.database is not None:
            spent, cap = (
                SendingLog(self._parts.database).spent_this_month(),
                self._parts.settings.get(MONTHLY_CAP) / 100,
            )
            self.spent.setText(f"${QLocale().toString(spent, 'f', 4)}")
            month = datetime.now(UTC).strftime("%Y-%m")
            documents, characters = self._parts.store.read_here_since(month)
            title, price_in, _ = PRICES[0]
            words = self.tr("%1 documents; reading them with %2 would have cost about $%3")
            cost = characters / _CHARACTERS_A_TOKEN * price_in / 1e6
            words = words.replace("%1", QLocale().toString(documents)).replace("%2", title)
            self.saved.setText(words.replace("%3", QLocale().toString(cost, "f", 4)))
            self.meter.setValue(min(1000, round(1000 * spent / cap)) if cap else 0)

    def _keep_cap(self) -> None:
        try:
            self._parts.settings.set(MONTHLY_CAP, round(self.cap.value() * 100))
        except StillroomError as error:
            self._say(error.message, "bad")
        self.look()

    def _edit(self, engine: RemoteEngine | None) -> None:
        dialog = EngineDialog(self, engine)
        if not dialog.exec():
            return
        made, key = dialog.engine(), dialog.key.text().strip()
        try:
            if engine is not None and engine.name != made.name:
                forget_remote_engine(engine.name)
            keep_remote_engine(made)
        except StillroomError as error:
            self._say(error.message, "bad")
            return
        self.look()
        if key:
            secret = SecretText(key)
            self._parts.tasks.start(
                Operation(lambda _: self._parts.secrets().set(made.key_name, secret), "keyring", owner=self).success(
                    self._kept
                )
            )

    def _kept(self, in_keyring: bool) -> None:
        notice = self._parts.secrets().notice
        self._say(self.tr("The key is in the keyring.") if in_keyring else notice, "info" if in_keyring else "warn")

    def _test(self, engine: RemoteEngine) -> None:
        def work(_operation: Operation) -> str:
            import time

            with RemoteClient(engine, self._parts.secrets(), self._parts.seal) as client:
                models = client.models()
                started = time.monotonic()
                if engine.model:
                    client.complete([Message("user", "Say yes.")], max_tokens=5, reason=f"test of {engine.name}")
                seconds = time.monotonic() - started
            text = self.tr("%1 answered in %2 s. Models there: %3").replace("%1", engine.name)
            return text.replace("%2", f"{seconds:.1f}").replace("%3", ", ".join(models[:8]) or "–")

        self._say(self.tr("Asking %1…").replace("%1", engine.host), "info")
        self._parts.tasks.start(
            Operation(work, "remote test", owner=self)
            .success(lambda text: self._say(text, "info"))
            .failure(lambda error: self._say(getattr(error, "message", str(error)), "bad"))
        )

    def _remove(self, engine: RemoteEngine) -> None:
        try:
            forget_remote_engine(engine.name)
        except StillroomError as error:
            self._say(error.message, "bad")
            return
        self._parts.tasks.start(
            Operation(lambda _: self._parts.secrets().delete(engine.key_name), "keyring", owner=self)
        )
        self.look()
        self._say(self.tr("%1 is removed, and its key.").replace("%1", engine.name), "info")

    def _show_log(self) -> None:
        assert self._parts.database is not None
        rows = SendingLog(self._parts.database).newest()
        dialog = QDialog(self)
        dialog.setWindowTitle(self.tr("What was sent"))
        dialog.resize(820, 420)
        text = QPlainTextEdit(
            "\n".join(
                f"{row.moment.astimezone():%Y-%m-%d %H:%M}  {row.host}  {row.what}  {row.characters:,} characters  "
                f"{row.tokens_in:,} + {row.tokens_out:,} tokens  ${row.cost:.5f}  SHA-256 {row.sha256[:16]}…"
                for row in rows
            )
            or self.tr("Nothing was ever sent.")
        )
        text.setReadOnly(True)
        describe(text, self.tr("What was sent"))
        QVBoxLayout(dialog).addWidget(text)
        dialog.open()


class _EngineRow(QWidget):
    def __init__(
        self,
        engine: RemoteEngine,
        edit: Callable[[RemoteEngine], None],
        test: Callable[[RemoteEngine], None],
        remove: Callable[[RemoteEngine], None],
    ) -> None:
        super().__init__()
        where = self.tr("local network") if engine.is_local else self.tr("cloud")
        inner = Section("")
        inner.row(
            f"{engine.name} · {engine.model or '–'}\n{engine.host}, {where}",
            *(
                self._button(text, name, lambda action=action: action(engine), engine)
                for text, name, action in (
                    (self.tr("Try"), self.tr("Try %1"), test),
                    (self.tr("Edit…"), self.tr("Edit %1"), edit),
                    (self.tr("Remove"), self.tr("Remove %1"), remove),
                )
            ),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(inner)
        inner.column.itemAt(0).widget().hide()

    def _button(self, text: str, name: str, action: Callable[[], None], engine: RemoteEngine) -> Button:
        button = Button(text, action=action)
        describe(button, name.replace("%1", engine.name))
        return button


class EngineDialog(QDialog):
    """Adds or changes an engine."""

    def __init__(self, parent: QWidget, engine: RemoteEngine | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Remote model"))
        self.resize(560, 0)
        self._engine = engine or RemoteEngine("", "https://")
        shown = self._engine
        column = QVBoxLayout(self)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.name = self._line(form, self.tr("Name"), shown.name, self.tr("Office"))
        self.address = self._line(form, self.tr("Address"), shown.address, "https://server/v1")
        self.model = self._line(
            form, self.tr("Model"), shown.model, self.tr("its name there; for Azure the deployment")
        )
        hint = self.tr("unchanged") if engine else self.tr("goes into the keyring; empty for none")
        self.key = self._line(form, self.tr("Key"), "", hint)
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.azure = QCheckBox(self.tr("Azure OpenAI"))
        self.azure.setChecked(shown.kind == RemoteKind.AZURE)
        form.addRow("", self.azure)
        self.ca = self._line(
            form,
            self.tr("Certificates"),
            shown.ca_file,
            self.tr("a file of your office's own; empty for the usual ones"),
        )
        self.proxy = self._line(form, self.tr("Proxy"), shown.proxy, self.tr("empty for the system's"))
        self.seconds = self._number(form, self.tr("Seconds to wait"), shown.seconds, 1, 3600)
        self.in_flight = self._number(form, self.tr("Questions at a time"), shown.in_flight, 1, 64)
        self.usual = ComboBox()
        describe(self.usual, self.tr("Usual prices"))
        self.usual.addItem(self.tr("prices of… (as of %1)").replace("%1", PRICES_OF), None)
        for title, price_in, price_out in PRICES:
            self.usual.addItem(title, (price_in, price_out))
        self.usual.currentIndexChanged.connect(self._take_prices)
        form.addRow(self.tr("Dollars a million tokens"), self.usual)
        self.price_in = self._price(form, self.tr("sent"), shown.price_in)
        self.price_out = self._price(form, self.tr("answered"), shown.price_out)
        column.addLayout(form)
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
            model=self.model.text().strip(),
            kind=str(RemoteKind.AZURE if self.azure.isChecked() else RemoteKind.COMPATIBLE),
            ca_file=self.ca.text().strip(),
            proxy=self.proxy.text().strip(),
            seconds=self.seconds.value(),
            in_flight=self.in_flight.value(),
            price_in=self.price_in.value(),
            price_out=self.price_out.value(),
        )

    def _take_prices(self) -> None:
        prices: Sequence[float] | None = self.usual.currentData()
        if prices:
            self.price_in.setValue(prices[0])
            self.price_out.setValue(prices[1])

    def _line(self, form: QFormLayout, name: str, text: str, hint: str) -> QLineEdit:
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        describe(made, name)
        form.addRow(name, made)
        return made

    def _number(self, form: QFormLayout, name: str, value: int, least: int, most: int) -> QSpinBox:
        made = QSpinBox()
        made.setRange(least, most)
        made.setValue(value)
        describe(made, name)
        form.addRow(name, made)
        return made

    def _price(self, form: QFormLayout, name: str, value: float) -> QDoubleSpinBox:
        made = QDoubleSpinBox()
        made.setRange(0, 10_000)
        made.setDecimals(3)
        made.setPrefix("$ ")
        made.setValue(value)
        describe(made, f"{self.tr('Dollars a million tokens')}: {name}")
        form.addRow(name, made)
        return made
