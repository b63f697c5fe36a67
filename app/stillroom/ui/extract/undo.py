"""Changes to a table that can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QUndoCommand

from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row
from stillroom.ui.wording import counted


class RemoveRows(QUndoCommand):
    """Rows go from the table; the files and the results on disk stay. ``note`` is told which, and whether they went."""

    def __init__(self, model: ResultModel, rows: Sequence[Row], note: Callable[[Sequence[Row], bool], None]) -> None:
        one = QCoreApplication.translate("undo", "removing 1 row")
        many = QCoreApplication.translate("undo", "removing %1 rows")
        super().__init__(counted(len(rows), one, many))
        self._model, self._note = model, note
        self._rows = list(rows)
        self._placed: list[tuple[int, Row]] = []

    def redo(self) -> None:
        self._placed = self._model.remove(self._rows)
        self._note(self._rows, True)

    def undo(self) -> None:
        self._model.insert(self._placed)
        self._note(self._rows, False)
