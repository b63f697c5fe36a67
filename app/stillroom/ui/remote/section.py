"""Remote models in Settings: adding, trying and removing them, prices, the month's limit, and what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QLocale
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import StillroomError
from stillroom.remote.engines import RemoteEngine
from stillroom.settings import MONTHLY_CAP
from stillroom.ui.controls import Button, DoubleSpinBox, describe, label, take_away
from stillroom.ui.parts import Parts
from stillroom.ui.questions import agreed
from stillroom.ui.remote.engine_dialog import EngineDialog
from stillroom.ui.remote.log_dialog import LogDialog
from stillroom.ui.remote.price_dialog import PriceDialog
from stillroom.ui.settings.section import NUMBER_WIDTH, Section
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, sentence

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
        self._shown: list[RemoteEngine] | None = None
        self._list = QVBoxLayout()
        self.add = Button(self.tr("Add…"), "", "plus", lambda: self._edit(None))
        describe(self.add, self.tr("Add a remote model"))
        self.row(self.tr("Models that can be asked"), self.add)
        self.column.addLayout(self._list)
        self.cap = DoubleSpinBox()
        self.cap.setRange(0, 100_000)
        self.cap.setPrefix("$ ")
        self.cap.setFixedWidth(NUMBER_WIDTH)
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
        self.price_date = label("", "muted")
        prices = Button(self.tr("Edit…"), action=self._edit_prices)
        describe(prices, self.tr("Edit the price list"))
        self.row(self.tr("Price list, to compare with and to choose from"), self.price_date, prices)
        log = Button(self.tr("What was sent…"), "link", action=self._show_log)
        describe(log, self.tr("What was sent"))
        self.row(self.tr("Every request that left this machine, and what it cost"), log)
        self.look()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.look()

    def look(self) -> None:
        """Show what is written down."""
        try:
            engines = self._parts.remote.engines()
        except StillroomError as error:
            self._say(error.message, "bad")
            engines = []
        if engines != self._shown:  # a row that is made anew loses the click that is on its way to it
            self._show_engines(engines)
        self._show_spent()
        month = datetime.now(UTC).strftime("%Y-%m")
        documents, characters = self._parts.store.read_here_since(month)
        self._show_saved(documents, characters)

    def _show_engines(self, engines: list[RemoteEngine]) -> None:
        self._shown = engines
        while self._list.count():
            take_away(self._list)
        before: QWidget = self.add
        for engine in engines:
            row = _EngineRow(engine, self._edit, self._test, self._remove)
            self._list.addWidget(row)
            for button in row.findChildren(Button):  # Tab reaches them where they stand, not where they were made
                QWidget.setTabOrder(before, button)
                before = button
        if not engines:
            self._list.addWidget(label(self.tr("None was added. Everything stays on this machine."), "muted"))

    def _show_spent(self) -> None:
        spent, cap = self._parts.remote.log.spent_this_month(), self._parts.remote.monthly_cap
        text = f"${QLocale().toString(spent, 'f', 4)}"
        if cap:
            text = self.tr("%1 of %2").replace("%1", text).replace("%2", f"${QLocale().toString(cap, 'f', 2)}")
        self.spent.setText(text)
        self.meter.setVisible(bool(cap))
        self.meter.setValue(min(1000, round(1000 * spent / cap)) if cap else 0)

    def _show_saved(self, documents: int, characters: int) -> None:
        try:
            prices = self._parts.remote.prices()
        except StillroomError as error:
            self._say(error.message, "bad")
            return
        self.price_date.setText(self.tr("as of %1").replace("%1", prices.date))
        if not prices.prices:
            self.saved.setText(counted(documents, self.tr("1 document"), self.tr("%1 documents")))
            return
        first = prices.prices[0]
        words = counted(documents, self.tr("1 document"), self.tr("%1 documents")) + self.tr(
            "; reading with %2 would have cost about $%3"
        )
        cost = characters / _CHARACTERS_A_TOKEN * first.sent / 1e6
        self.saved.setText(words.replace("%2", first.name).replace("%3", QLocale().toString(cost, "f", 4)))

    def _edit_prices(self) -> None:
        try:
            prices = self._parts.remote.prices()
        except StillroomError as error:
            self._say(error.message, "bad")
            return
        if PriceDialog(self, self._parts.remote, prices).exec():
            self.look()

    def _keep_cap(self) -> None:
        try:
            self._parts.settings.set(MONTHLY_CAP, round(self.cap.value() * 100))
        except StillroomError as error:
            self._say(error.message, "bad")
        self._show_spent()

    def _edit(self, engine: RemoteEngine | None) -> None:
        dialog = EngineDialog(self, self._parts, engine)
        if not dialog.exec():
            return
        made, typed = dialog.made, dialog.key.text().strip()
        renamed = engine if engine is not None and engine.name != made.name else None
        if not typed and renamed is None:
            self.look()
            return

        def work(_operation: Operation[str | None]) -> str | None:
            return self._parts.remote.take_over(made, renamed, typed)

        self._parts.tasks.start(
            Operation(work, "keyring", owner=self)
            .success(self._kept)
            .failure(lambda error: self._say(sentence(error), "bad"))
        )

    def _kept(self, notice: str | None) -> None:
        """``notice``: why the key is not in the keyring; None where there is none to keep."""
        self.look()
        if notice is not None:
            self._say(notice or self.tr("The key is in the keyring."), "warn" if notice else "info")

    def _test(self, engine: RemoteEngine) -> None:
        def work(_operation: Operation[str]) -> str:
            seconds = 0.0
            with self._parts.remote.client(engine) as client:
                models = client.models()
                if engine.model:
                    seconds = self._parts.remote.try_out(client)
            text = self.tr("%1 can be reached. Choose one of its models: %3")
            if engine.model:
                text = self.tr("%1 answered in %2 s. Models there: %3").replace("%2", f"{seconds:.1f}")
            return text.replace("%1", engine.name).replace("%3", ", ".join(models[:8]) or "–")

        self._say(self.tr("Asking %1…").replace("%1", engine.host), "stay")
        self._parts.tasks.start(
            Operation(work, "remote test", owner=self)
            .success(lambda text: self._tried(text, "info"))
            .failure(lambda error: self._tried(getattr(error, "message", str(error)), "bad"))
        )

    def _tried(self, text: str, kind: str) -> None:
        self._say(text, kind)
        self._show_spent()

    def _remove(self, engine: RemoteEngine) -> None:
        question = self.tr("Remove %1 and its key? What was sent stays written down.").replace("%1", engine.name)
        if not agreed(self, self.tr("Remove"), question, self.tr("Remove"), self.tr("Keep it")):
            return
        removed = self.tr("%1 is removed, and its key.").replace("%1", engine.name)

        def gone(_: None) -> None:
            self.look()
            self._say(removed, "info")

        self._parts.tasks.start(
            Operation(lambda _: self._parts.remote.forget(engine), "keyring", owner=self)
            .success(gone)
            .failure(lambda error: self._say(sentence(error), "bad"))
        )

    def _show_log(self) -> None:
        LogDialog(self, self._parts.remote.log).open()


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
                self._button(text, name, partial(action, engine), engine)
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
        take_away(inner.column)

    def _button(self, text: str, name: str, action: Callable[[], None], engine: RemoteEngine) -> Button:
        button = Button(text, action=action)
        describe(button, name.replace("%1", engine.name))
        return button
