"""Search the hub, and choose one of the files a repository offers by how it fits this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QListWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.errors import LicenceNeeded
from stillroom.ui.controls import Button, describe, label
from stillroom.ui.models.licence_step import LicenceStep
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import BackgroundWork, Operation
from stillroom.ui.wording import sentence, size_text
from stillroom.workspace.model_list import Verdict

if TYPE_CHECKING:
    from stillroom.workspace.hub import Assessed, FoundModel, Offer

T = TypeVar("T")


class HubDialog(QDialog):
    """The hub as a dialog: search, look, fetch.

    Signals:
        chosen(Offer): to be fetched.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget, parts: Parts, repository: str = "") -> None:
        """``repository``: to show at once; empty to search."""
        super().__init__(parent)
        self._parts = parts
        self._operation: BackgroundWork | None = None
        self._offers: list[Assessed] = []
        self._projector: Offer | None = None
        self._repository = ""
        self._notice = ""  # of a token that is not kept
        self.setWindowTitle(self.tr("Fetch a model"))
        self.resize(940, 560)
        column = QVBoxLayout(self)
        words = self.tr(
            "Searching and fetching connect to %1. The seal is open for as long as that takes, and closes by itself."
        )
        column.addWidget(label(words.replace("%1", parts.hub.host), "muted", wrap=True))
        row = QHBoxLayout()
        self.words = QLineEdit(repository)
        self.words.setPlaceholderText(self.tr("Words, or owner/repository"))
        describe(self.words, self.tr("What to look for on the hub"))
        self.words.returnPressed.connect(self.search)
        row.addWidget(self.words, 1)
        self.search_button = Button(self.tr("Search"), "primary", "search", self.search)
        self.search_button.setAutoDefault(False)
        row.addWidget(self.search_button)
        column.addLayout(row)
        lists = QHBoxLayout()
        self.found = QListWidget()
        self.found.setFixedWidth(320)
        describe(self.found, self.tr("Repositories"))
        self.found.itemActivated.connect(lambda item: self.look(item.text().split("\n")[0]))
        self.found.itemClicked.connect(lambda item: self.look(item.text().split("\n")[0]))
        lists.addWidget(self.found)
        self.files = QTreeWidget()
        self.files.setRootIsDecorated(False)
        self.files.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.files.setHeaderLabels(
            [
                self.tr("Quantization"),
                self.tr("File"),
                self.tr("Memory"),
                self.tr("Longest context"),
                self.tr("Speed"),
                self.tr("Fit"),
            ]
        )
        tips = (
            self.tr(
                "How exactly the weights are kept: more bits (Q8_0) are nearer to the original, fewer (Q4_K_M) smaller"
            ),
            self.tr("Bytes to fetch"),
            self.tr("What it needs with a context of 8,192 tokens"),
            self.tr("Tokens of documents and conversation that fit into the memory at once"),
            self.tr("Tokens a second expected on this machine"),
            self.tr("How it runs on this machine"),
        )
        for column_number, tip in enumerate(tips):
            self.files.headerItem().setToolTip(column_number, tip)
        self.files.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        describe(self.files, self.tr("Files of the repository"))
        self.files.itemSelectionChanged.connect(self._selected)
        lists.addWidget(self.files, 1)
        column.addLayout(lists, 1)
        self.state = label("", "muted", wrap=True, selectable=True)
        column.addWidget(self.state)
        self.eyes = QCheckBox()
        describe(self.eyes, self.tr("Fetch the projector too"), self.tr("With it the model sees pictures in a chat"))
        self.eyes.setVisible(False)
        column.addWidget(self.eyes)
        self.licence = LicenceStep(parts)
        self.licence.kept.connect(self._token_kept)
        column.addWidget(self.licence)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = self.buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setAutoDefault(False)  # Enter in the field is to search; it would close the dialog as well
        self.fetch = Button(self.tr("Fetch"), "primary", "drop", self._fetch)
        self.fetch.setEnabled(False)
        self.fetch.setAutoDefault(False)
        self.buttons.addButton(self.fetch, QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        if repository:
            self.look(repository)

    def search(self) -> None:
        """Look for the words; an owner/repository is shown at once."""
        words = self.words.text().strip()
        if words.count("/") == 1 and " " not in words:
            self.look(words)
            return

        def work(_operation: Operation[list[FoundModel]]) -> list[FoundModel]:
            with self._parts.hub.connected(self.tr("search for models")) as hub:
                return hub.search(words)

        self._ask(self.tr("Searching…"), Operation(work, "hub search", owner=self).success(self._show_found))

    def look(self, repository: str) -> None:
        """Show what a repository offers, each with its fit: only headers are fetched."""
        self._repository = repository
        self.files.clear()
        self._offers = []
        self._show_projector(None)

        def work(operation: Operation[None]) -> None:
            with self._parts.hub.connected(self.tr("look at a repository")) as hub:
                found = hub.repository(repository)
                operation.post(lambda: self._show_projector(found.projector()))
                offers = self._parts.hub.assessed(hub, found, operation.cancellation)
                tell = operation.to_window(self._show_offer)
                for item in offers:
                    tell(item)

        operation = Operation(work, "hub look", owner=self).success(lambda _: self._looked())
        self._ask(self.tr("Reading the headers of its files…"), operation)

    def reject(self) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()
        super().reject()

    def _ask(self, words: str, operation: Operation[T]) -> None:
        if self._operation is not None:
            self._operation.cancellation.request()
        self.licence.setVisible(False)
        self.state.setText(words)
        self._operation = self._parts.tasks.start(operation.failure(self._failed))

    def _show_found(self, found: Sequence[FoundModel]) -> None:
        self._operation = None
        self.found.clear()
        for model in found:
            downloads = QLocale().toString(model.downloads)
            gated = self.tr(" · licence to agree to") if model.gated else ""
            words = self.tr("%1 downloads").replace("%1", downloads)
            self.found.addItem(f"{model.repository}\n{words} · {model.licence or '–'}{gated}")
        self.state.setText("" if found else self.tr("The hub has no model with these words."))

    def _show_offer(self, item: Assessed) -> None:
        self._offers.append(item)
        fit = item.fit
        number = QLocale().toString
        self.files.addTopLevelItem(
            QTreeWidgetItem(
                [
                    item.offer.quantization or item.offer.name,
                    size_text(item.offer.size),
                    size_text(fit.estimate.total) if fit else "–",
                    number(fit.longest_context) if fit else "–",
                    f"{fit.tokens_per_second:.0f} tok/s" if fit and fit.tokens_per_second else "–",
                    str(fit.verdict) if fit else item.problem,
                ]
            )
        )

    def _show_projector(self, projector: Offer | None) -> None:
        """Offer the part with which the models of the repository see pictures."""
        self._projector = projector
        self.eyes.setVisible(projector is not None)
        self.eyes.setChecked(projector is not None)
        if projector is not None:
            words = self.tr("Also %1 (%2), with which it sees pictures").replace("%1", projector.name)
            self.eyes.setText(words.replace("%2", size_text(projector.size)))

    def _looked(self) -> None:
        self._operation = None
        self.state.setText("" if self._offers else self.tr("This repository has no GGUF model."))
        best = [
            place
            for place, item in enumerate(self._offers)
            if item.fit is not None and item.fit.verdict is Verdict.WELL
        ]
        if best:
            place = max(best, key=lambda each: self._offers[each].offer.size)
            self.files.setCurrentIndex(self.files.model().index(place, 0))

    def _selected(self) -> None:
        place = self.files.currentIndex().row()
        self.fetch.setEnabled(place >= 0)
        if place >= 0:
            item = self._offers[place]
            words = item.fit.reason if item.fit is not None else item.problem
            self.state.setText(f"{words} {self._notice}".strip())

    def _fetch(self) -> None:
        place = self.files.currentIndex().row()
        if place >= 0:
            self.chosen.emit(self._offers[place].offer)
            if self._projector is not None and self.eyes.isChecked():
                self.chosen.emit(self._projector)
            self.accept()

    def _failed(self, error: Exception) -> None:
        self._operation = None
        if isinstance(error, LicenceNeeded):
            self.state.setText("")
            self.licence.ask(sentence(error), error.address)
        else:
            self.state.setText(sentence(error))

    def _token_kept(self, notice: str) -> None:
        self._notice = notice
        self.look(self._repository)
