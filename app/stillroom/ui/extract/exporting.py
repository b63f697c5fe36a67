"""Writing the table to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.sheet_bar import APPEND
from stillroom.ui.parts import Parts
from stillroom.ui.questions import file_to_write
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, sentence

if TYPE_CHECKING:
    from stillroom.review.document import ReviewedDocument
    from stillroom.workspace.review_exports import Appended


def tr(text: str) -> str:
    return QCoreApplication.translate("exporting", text)


_KINDS = {"csv": "CSV", "xlsx": "Excel", "jsonl": "JSON Lines", "sqlite": "SQLite"}
_ENDINGS = [f".{suffix}" for suffix in _KINDS]


class Exporting:
    """The way of a table to a file: asks where to, writes on a thread, and says what became of it through ``say(text, kind, actions)``."""

    def __init__(self, parent: QWidget, parts: Parts, say: Callable[[str, str, object], None]) -> None:
        self._parent = parent
        self._parts = parts
        self._say = say

    def ask(self, model: ResultModel, suffix: str, *, only_approved: bool = False) -> None:
        """Choose a file and write the finished rows there."""
        folder = Path(self._parts.memory.folder("folder/export"))
        if suffix == APPEND:
            name, _filter = QFileDialog.getOpenFileName(
                self._parent, tr("Add to a sheet"), str(folder), tr("Sheets (*.xlsx *.csv)")
            )
            if name:
                self._parts.memory.set("folder/export", str(Path(name).parent))
                self.append(model, Path(name), only_approved=only_approved)
            return
        proposal = folder / f"{model.template.name}.{suffix}"
        # Whoever types the name of another form wants that one.
        target = file_to_write(self._parent, tr("Export the table"), proposal, {f".{suffix}": _KINDS[suffix]}, _ENDINGS)
        if target is None:
            return
        self._parts.memory.set("folder/export", str(target.parent))
        self.write(model, target, only_approved=only_approved)

    def append(self, model: ResultModel, target: Path, *, only_approved: bool = False) -> None:
        """Put the finished rows at the end of a sheet that is there, each value under the heading that names it."""

        def done(appended: Appended) -> None:
            text = counted(appended.rows, tr("1 row was added to %2."), tr("%1 rows were added to %2."))
            text = text.replace("%2", target.name)
            if appended.known:
                text += " " + counted(
                    appended.known, tr("1 document was there already."), tr("%1 documents were there already.")
                )
            if appended.unplaced:
                text += " " + tr("The sheet has no column for: %1.").replace("%1", ", ".join(appended.unplaced))
            self._say(
                text, "info", [(tr("Open it"), lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(target))))]
            )

        self._parts.tasks.start(
            Operation(
                lambda _: self._parts.review_exports.append_table(
                    self._documents(model), target, only_approved=only_approved
                ),
                "append",
                owner=self._parent,
            )
            .success(done)
            .failure(lambda error: self._say(sentence(error), "bad", []))
        )

    def _documents(self, model: ResultModel) -> list[ReviewedDocument]:
        """The finished rows with the verdicts on them."""
        placed = [(row.path, row.proposed) for row in model.rows if row.proposed is not None]
        documents = self._parts.reviews.review(model.template, [result for _, result in placed if result is not None])
        for document, (path, _) in zip(documents, placed, strict=True):
            document.path = path
        return documents

    def write(self, model: ResultModel, target: Path, *, only_approved: bool = False) -> None:
        """Write the finished rows as they hold, with what persons said of them. ``only_approved``: those that were approved."""
        rows = [row for row in model.rows if row.result is not None]
        left = len(model.rows) - len(rows)

        def write(_operation: Operation[int]) -> int:
            return self._parts.review_exports.write_table(
                self._documents(model),
                target,
                only_approved=only_approved,
                decimal_comma=QLocale().decimalPoint() == ",",
            )

        def done(written: int) -> None:
            text = counted(written, tr("1 row was written to %2."), tr("%1 rows were written to %2."))
            text = text.replace("%2", target.name)
            if only_approved and written < len(rows):
                rest = len(rows) - written
                text += " " + counted(rest, tr("1 is not approved."), tr("%1 are not approved."))
            if left:
                text += " " + counted(left, tr("1 is not finished."), tr("%1 are not finished."))
            folder = QUrl.fromLocalFile(str(target.parent))
            self._say(text, "info", [(tr("Open folder"), lambda: QDesktopServices.openUrl(folder))])

        self._parts.tasks.start(
            Operation(write, "export", owner=self._parent)
            .success(done)
            .failure(lambda error: self._say(sentence(error), "bad", []))
        )
