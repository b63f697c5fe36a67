"""All tables: when each was made, how much of it is left to check; opened, renamed, deleted and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QInputDialog,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.review.reviews import Reviews, TableInfo
from stillroom.ui.controls import Button, label
from stillroom.ui.review.comparison_dialog import table_text
from stillroom.ui.tasks import Operation, Tasks
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, when_text

_RUN = Qt.ItemDataRole.UserRole
_NAME, _LEFT = 0, 4
_MOST_OTHERS = 20


class TablesDialog(QDialog):
    """All tables on disk.

    Signals:
        open_wanted(int), review_wanted(int): the table of the run of this id.
        renamed(int, str): the run, and the name its table was given; empty where it was taken away.
        compare_wanted(TableInfo, TableInfo): these two beside each other.
    """

    open_wanted = Signal(int)
    review_wanted = Signal(int)
    renamed = Signal(int, str)
    compare_wanted = Signal(TableInfo, TableInfo)

    def __init__(self, reviews: Callable[[], Reviews], tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._reviews = reviews
        self._tasks = tasks
        self._deleted: list[int] = []
        self._tables: list[TableInfo] = []
        self.setWindowTitle(self.tr("All tables"))
        self.resize(760, 460)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("All tables"))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHeaderLabels(
            [self.tr("Table"), self.tr("Template"), self.tr("Made"), self.tr("Documents"), self.tr("To check")]
        )
        for number, width in enumerate((230, 150, 130, 95)):
            self.list.setColumnWidth(number, width)
        self.list.itemActivated.connect(lambda _item, _column: self._emit(self.open_wanted))
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        column.addWidget(self.list, 1)
        self.said = label("", "muted", wrap=True)
        column.addWidget(self.said)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.open_button = Button(self.tr("Open"), "primary", action=lambda: self._emit(self.open_wanted))
        self.review = Button(self.tr("Review"), action=lambda: self._emit(self.review_wanted))
        self.compare = Button(self.tr("Compare with…"), action=self._ask_other)
        self.rename = Button(self.tr("Rename…"), action=self._rename)
        self.delete = Button(self.tr("Delete"), action=self._delete)
        self.undo = Button(self.tr("Undo delete"), "link", action=self._take_back)
        self.undo.hide()
        for button in (self.open_button, self.review, self.compare, self.rename, self.delete, self.undo):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(Button(self.tr("Close"), action=self.reject))
        column.addLayout(row)
        for key, slot in (("F2", self._rename), ("Del", self._delete), ("Ctrl+Z", self._take_back)):
            QShortcut(QKeySequence(key), self).activated.connect(slot)
        self._show_buttons()
        self.look()

    def look(self) -> None:
        """Read the list, then count what is left of each table."""
        self._do(lambda: self._reviews().tables(), self._show)

    def _show(self, tables: Sequence[TableInfo]) -> None:
        kept = self._run
        self._tables = list(tables)
        self.list.clear()
        for table in tables:
            done = str(table.documents)
            if table.finished < table.documents:
                done = self.tr("%1 of %2").replace("%1", str(table.finished)).replace("%2", done)
            item = QTreeWidgetItem([table.title, table.template_title, when_text(table.created), done, "…"])
            item.setData(_NAME, _RUN, table.run)
            self.list.addTopLevelItem(item)
            if table.run == kept or self.list.currentItem() is None:
                self.list.setCurrentItem(item)
        self.said.setText("" if tables else self.tr("There are no tables yet."))
        self._show_buttons()
        self._count([table.run for table in tables])

    def _count(self, runs: Sequence[int]) -> None:
        """One table after the other, so that the first are there at once."""

        def count(operation: Operation[None]) -> None:
            tell = operation.to_window(self._counted)
            for run in runs:
                operation.cancellation.raise_if_requested()
                tell(run, self._reviews().to_check(run))

        self._tasks.start(Operation(count, "count", owner=self).failure(self._failed))

    def _counted(self, run: int, left: int) -> None:
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            if item is not None and item.data(_NAME, _RUN) == run:
                done = all(table.finished == table.documents for table in self._tables if table.run == run)
                none = self.tr("nothing") if done else self.tr("nothing yet")
                item.setText(_LEFT, str(left) if left else none)

    # ---- what the person does

    @property
    def _run(self) -> int:
        item = self.list.currentItem()
        return int(item.data(_NAME, _RUN)) if item is not None else 0

    def _emit(self, signal: SignalInstance) -> None:
        if self._run:
            signal.emit(self._run)
            self.accept()

    def others(self) -> QMenu:
        """The tables that the current one can be compared with: of its template first, the newest ones."""
        menu = QMenu(self)
        one = next((table for table in self._tables if table.run == self._run), None)
        if one is not None:
            rest = [table for table in self._tables if table is not one]
            rest.sort(key=lambda table: table.template_name != one.template_name)
            for table in rest[:_MOST_OTHERS]:
                documents = counted(table.documents, self.tr("1 document"), self.tr("%1 documents"))
                text = f"{table_text(table)} · {documents}".replace("&", "&&")
                menu.addAction(text).triggered.connect(partial(self._compare, one, table))
        return menu

    def _ask_other(self) -> None:
        menu = self.others()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.compare.mapToGlobal(self.compare.rect().bottomLeft()))

    def _compare(self, one: TableInfo, other: TableInfo) -> None:
        self.compare_wanted.emit(one, other)
        self.accept()

    def _rename(self) -> None:
        item, run = self.list.currentItem(), self._run
        if item is None:
            return
        text, given = QInputDialog.getText(
            self, self.tr("Rename the table"), self.tr("Its name:"), QLineEdit.EchoMode.Normal, item.text(_NAME)
        )
        if given:

            def done(_: object) -> None:
                self.renamed.emit(run, " ".join(text.split()))
                self.look()

            self._do(lambda: self._reviews().rename(run, text), done)

    def _delete(self) -> None:
        run = self._run
        if not run:
            return

        def done(_: object) -> None:
            self._deleted.append(run)
            self.undo.show()
            self.look()

        self._do(lambda: self._reviews().set_deleted(run, True), done)

    def _take_back(self) -> None:
        if not self._deleted:
            return
        run = self._deleted.pop()
        self.undo.setVisible(bool(self._deleted))
        self._do(lambda: self._reviews().set_deleted(run, False), lambda _: self.look())

    def _show_buttons(self) -> None:
        for button in (self.open_button, self.review, self.rename, self.delete):
            button.setEnabled(self.list.currentItem() is not None)
        self.compare.setEnabled(self.list.currentItem() is not None and len(self._tables) > 1)

    def _do(self, work: Callable[[], object], then: Callable[..., None]) -> None:
        self._tasks.start(Operation(lambda _: work(), "tables", owner=self).success(then).failure(self._failed))

    def _failed(self, error: Exception) -> None:
        self.said.setText(sentence(error))
