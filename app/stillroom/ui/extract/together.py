"""What the documents of a run decided together: said until it is closed, with the way to each value, and to each document's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from stillroom.extraction.result import DocumentResult
from stillroom.ui.changed_dialog import changed_values, way_to
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row
from stillroom.ui.extract.sheet_runs import SheetRuns
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted
from stillroom.workspace.runs import DecidedAgain

Choose = Callable[[int, int, str], None]
Say = Callable[[str, str, object], None]


def tr(text: str) -> str:
    return QCoreApplication.translate("together", text)


class DecidedTogether:
    """Values of one table that came out otherwise once all documents of their run were known."""

    def __init__(
        self,
        owner: QWidget,
        parts: Parts,
        model: ResultModel,
        runs: SheetRuns,
        choose: Choose,
        say: Say,
        failed: Callable[[Exception], object],
    ) -> None:
        """``choose(run, position, field)`` makes a value the current cell; ``say(text, kind, actions)`` shows a message."""
        self._owner, self._parts, self._model, self._runs = owner, parts, model, runs
        self._choose, self._say, self._failed = choose, say, failed

    def tell(self, found: DecidedAgain) -> None:
        """Say which values are others now, with a way to each and a way back."""
        files = {row.position: row.path.name for row in self._model.rows if _of(row, found.run)}
        values = [
            value
            for place in sorted(found.after)
            for value in changed_values(
                found.run, place, files.get(place, ""), self._model.template, found.changed(place),
                (found.before[place], found.after[place]),
            )
        ]  # fmt: skip
        if not values:
            return
        text = counted(
            len(values),
            tr("The documents were compared with each other when all were read: 1 value is another one now (%2)."),
            tr("The documents were compared with each other when all were read: %1 values are others now (%2)."),
        )
        said = text.replace("%2", ", ".join(dict.fromkeys(value.heading for value in values)))
        actions = [
            way_to(values, said, self._choose, lambda: self._say(said, "keep", actions), self._owner),
            (tr("Undo"), partial(self._as_each_alone, found)),
        ]
        self._say(said, "keep", actions)

    def _as_each_alone(self, found: DecidedAgain) -> None:
        """The values that each document had by itself; where a person said something since, or it was read again, nothing changes."""
        shown = {row.position: row.proposed for row in self._model.rows if _of(row, found.run)}
        own = {place: found.before[place] for place, after in found.after.items() if shown.get(place) == after}

        def work(_: object) -> dict[int, DocumentResult]:
            judged = self._parts.reviews.verdicts(self._model.template, own.values())
            rows = {place: row for place, row in own.items() if row.sha256 not in judged}
            self._parts.runs.put(found.run, rows)
            return rows

        def done(rows: dict[int, DocumentResult]) -> None:
            self._runs.show(found.run, rows)
            left = len(found.after) - len(rows)
            text = tr("The values are what each document says by itself.")
            if left:
                text += " " + counted(
                    left,
                    tr("1 document keeps its values: it was reviewed, read again or removed since."),
                    tr("%1 documents keep their values: they were reviewed, read again or removed since."),
                )
            self._say(text, "info", [])

        self._parts.tasks.start(Operation(work, "each alone", owner=self._owner).success(done).failure(self._failed))


def _of(row: Row, run_id: int) -> bool:
    return row.run is not None and row.run.batch is not None and row.run.batch.run_id == run_id
