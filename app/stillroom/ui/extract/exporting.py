"""Writing the table to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.failures import sentence
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted


def tr(text: str) -> str:
    return QCoreApplication.translate("exporting", text)


_FILTERS = {
    "csv": "CSV (*.csv)",
    "xlsx": "Excel (*.xlsx)",
    "jsonl": "JSON Lines (*.jsonl)",
    "sqlite": "SQLite (*.sqlite)",
}


class Exporting:
    """Asks where to, writes on a thread, and says what became of it through ``say(text, kind, actions)``."""

    def __init__(self, parent: QWidget, parts: Parts, say: Callable[[str, str, object], None]) -> None:
        self._parent = parent
        self._parts = parts
        self._say = say

    def ask(self, model: ResultModel, suffix: str, *, only_approved: bool = False) -> None:
        """Choose a file and write the finished rows there."""
        folder = Path(self._parts.memory.folder("folder/export"))
        proposal = folder / f"{model.template.name}.{suffix}"
        name, _filter = QFileDialog.getSaveFileName(
            self._parent, tr("Export the table"), str(proposal), _FILTERS[suffix]
        )
        if not name:
            return
        target = Path(name)
        if target.suffix.lower() != f".{suffix}":
            target = target.with_name(f"{target.name}.{suffix}")
        self._parts.memory.set("folder/export", str(target.parent))
        self.write(model, target, only_approved=only_approved)

    def write(self, model: ResultModel, target: Path, *, only_approved: bool = False) -> None:
        """Write the finished rows as they hold, with what persons said of them. ``only_approved``: those that were approved."""
        rows = [row for row in model.rows if row.result is not None]
        placed = [(row.path, row.proposed) for row in rows]
        left = len(model.rows) - len(rows)
        template = model.template

        def write(_operation: Operation[int]) -> int:
            documents = self._parts.reviews.review(template, [result for _, result in placed if result is not None])
            for document, (path, _) in zip(documents, placed, strict=True):
                document.path = path
            return self._parts.review_exports.write_table(
                documents, target, only_approved=only_approved, decimal_comma=QLocale().decimalPoint() == ","
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
