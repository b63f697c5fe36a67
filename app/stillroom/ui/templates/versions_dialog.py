"""The versions of a template: what each changed, what makes two differ, and the tables that were made with an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from stillroom.templates.template import Template
from stillroom.ui.controls import Button, label
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.templates.kinds import kind_text
from stillroom.ui.theme import GRID
from stillroom.ui.wording import counted, sentence, when_text

_DATA = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class TouchedTable:
    """A table that was made with another version of a template.

    Attributes:
        text: its name, version, size and time. fields: headings of those that the template asks otherwise now.
    """

    run: int
    text: str
    documents: int
    fields: tuple[str, ...]


def touched_tables(parts: Parts, template: Template) -> list[TouchedTable]:
    """The tables of a template whose values may be others with it as it is now, the newest first; but for those that were extracted
    again since. Blocks. Raises StillroomError.
    """
    found = []
    renewed = parts.runs.renewed()
    for table in parts.reviews.tables():
        if table.template_name != template.name or table.run in renewed:
            continue
        made = parts.reviews.template(table.run)
        changed = parts.templates.differences(made, template).fields
        if changed:
            text = f"{table.title} · v{made.version} · {table.documents} · {when_text(table.created)}"
            headings = tuple(template.field(name).heading for name in changed)
            found.append(TouchedTable(table.run, text, table.documents, headings))
    return found


class VersionsDialog(QDialog):
    """Every version, the newest first.

    Signals:
        taken(Template): an earlier version is wanted again.
        table_wanted(int): the table of this run is to be opened, where its changed fields can be extracted again.
    """

    taken = Signal(Template)
    table_wanted = Signal(int)

    def __init__(self, versions: Sequence[Template], parts: Parts, parent: QWidget | None) -> None:
        """``versions``: the oldest first; at least one."""
        super().__init__(parent)
        self._parts = parts
        self._versions = list(versions)
        newest = versions[-1]
        self.setWindowTitle(self.tr("Versions of %1").replace("%1", newest.title or newest.name))
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        kept = counted(len(versions), self.tr("1 version is kept."), self.tr("%1 versions are kept."))
        if len(versions) > 1:
            kept += " " + self.tr("Choose two (Ctrl and click) to see what makes them differ.")
        column.addWidget(label(kept, "muted", wrap=True))
        self.list = QListWidget()
        self.list.setAccessibleName(self.windowTitle())
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setWordWrap(True)
        before: Template | None = None
        for version in versions:
            what = self._what(before, version) if before is not None else self.tr("The first that is kept.")
            text = self.tr("Version %1: %2").replace("%1", str(version.version)).replace("%2", what)
            item = QListWidgetItem(text)
            item.setData(_DATA, version)
            self.list.insertItem(0, item)
            before = version
        column.addWidget(self.list, 2)
        self.said = label("", wrap=True)
        column.addWidget(self.said)
        self.tables_said = label("", "muted", wrap=True)
        column.addWidget(self.tables_said)
        self.tables = QListWidget()
        self.tables.setAccessibleName(self.tr("Tables made with an earlier version"))
        self.tables.itemActivated.connect(lambda _: self._open())
        self.tables.hide()
        column.addWidget(self.tables, 1)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        self.take_button = Button(self.tr("Take this version"), action=self._take)
        row.addWidget(self.take_button)
        self.open_button = Button(self.tr("Open the table"), action=self._open)
        self.open_button.hide()
        row.addWidget(self.open_button)
        row.addStretch(1)
        row.addWidget(Button(self.tr("Close"), action=self.reject))
        column.addLayout(row)
        self.resize(620, 460)
        self.list.itemSelectionChanged.connect(self._show)
        self.list.setCurrentRow(0)
        self.list.setFocus()
        work = Operation(lambda _: touched_tables(parts, newest), "tables", owner=self)
        parts.tasks.start(
            work.success(self._show_tables).failure(lambda error: self.tables_said.setText(sentence(error)))
        )

    def _what(self, old: Template, new: Template) -> str:
        sentences = self._parts.templates.differences(old, new, kind_text).sentences
        return " ".join(sentences) or self.tr("They give the same values.")

    def _chosen(self) -> list[Template]:
        """The oldest first."""
        chosen = [item.data(_DATA) for item in self.list.selectedItems()]
        return sorted(chosen, key=self._versions.index)

    def _show(self) -> None:
        chosen = self._chosen()
        self.take_button.setEnabled(len(chosen) == 1)
        pair = chosen if len(chosen) == 2 else [*chosen, self._versions[-1]] if len(chosen) == 1 else []
        if len(pair) == 2 and pair[0] is not pair[1]:
            text = self.tr("From version %1 to %2: %3")
            numbers = (str(pair[0].version), str(pair[1].version), self._what(*pair))
            for mark, words in zip(("%1", "%2", "%3"), numbers, strict=True):
                text = text.replace(mark, words)
            self.said.setText(text)
        else:
            self.said.setText("")
        self.said.setVisible(bool(self.said.text()))

    def _show_tables(self, found: Sequence[TouchedTable]) -> None:
        if not found:
            self.tables_said.setText(self.tr("No table has values that it would ask otherwise now."))
            return
        text = counted(
            len(found),
            self.tr("1 table (%2) has values that would be asked otherwise now. Open it to extract them again:"),
            self.tr("%1 tables (%2) have values that would be asked otherwise now. Open one to extract them again:"),
        )
        rows = sum(table.documents for table in found)
        self.tables_said.setText(text.replace("%2", counted(rows, self.tr("1 document"), self.tr("%1 documents"))))
        for table in found:
            item = QListWidgetItem(f"{table.text}: {', '.join(table.fields)}")
            item.setData(_DATA, table.run)
            self.tables.addItem(item)
        self.tables.setCurrentRow(0)
        self.tables.show()
        self.open_button.show()

    def _take(self) -> None:
        chosen = self._chosen()
        if len(chosen) == 1:
            self.accept()
            self.taken.emit(chosen[0])

    def _open(self) -> None:
        item = self.tables.currentItem()
        if item is not None:
            self.accept()
            self.table_wanted.emit(item.data(_DATA))
