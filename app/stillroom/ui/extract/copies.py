"""Copies among the rows of a table: said once, and one decision away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from stillroom.review.document import ReviewedDocument
from stillroom.review.verdict import VerdictKind, live
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row
from stillroom.ui.extract.verdicts import SheetVerdicts
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted

Remove = Callable[[Sequence[Row]], None]
Say = Callable[[str, str, object], None]
_NAMED = 3
"""So many copies are named; of more the first ones."""


def tr(text: str) -> str:
    return QCoreApplication.translate("copies", text)


class Copies:
    """What of one table looks like a copy of another document, here or in an earlier table."""

    def __init__(
        self, owner: QWidget, parts: Parts, model: ResultModel, remove: Remove, verdicts: SheetVerdicts, say: Say
    ) -> None:
        """``remove(rows)`` takes rows out, which can be taken back; ``say(text, kind, actions)`` shows a message above the table."""
        self._owner, self._parts, self._model, self._remove = owner, parts, model, remove
        self._verdicts, self._say = verdicts, say
        self._told: set[int] = set()

    def look(self) -> None:
        """Find copies among the finished rows, off the window's thread, and say those that were not said yet."""
        rows = [row for row in self._model.rows if row.proposed is not None and row.run is not None]

        def find(_: object) -> list[tuple[Row, ReviewedDocument]]:
            results = [row.proposed for row in rows if row.proposed is not None]
            entries = self._parts.reviews.verdicts(self._model.template, results)
            documents = [
                ReviewedDocument(
                    row.run.batch.run_id if row.run is not None and row.run.batch is not None else 0,
                    row.position, row.path, self._model.template, result, list(entries.get(result.sha256, ())),
                )
                for row, result in zip(rows, results, strict=True)
            ]  # fmt: skip
            self._parts.reviews.mark_duplicates(documents)
            return [
                (row, document)
                for row, document in zip(rows, documents, strict=True)
                if document.duplicate_of is not None and not _decided(document)
            ]

        self._parts.tasks.start(Operation(find, "copies", owner=self._owner).success(self._tell))

    def _tell(self, found: Sequence[tuple[Row, ReviewedDocument]]) -> None:
        fresh = [(row, document) for row, document in found if id(row) not in self._told and row in self._model.rows]
        if not fresh:
            return
        self._told |= {id(row) for row, _ in fresh}
        rows = [row for row, _ in fresh]
        names = ", ".join(_name(document) for _, document in fresh[:_NAMED])
        if len(fresh) > _NAMED:
            names += " " + counted(len(fresh) - _NAMED, tr("and 1 other"), tr("and %1 others"))
        text = counted(len(fresh), tr("1 document looks like a copy: %2."), tr("%1 documents look like copies: %2."))
        removing = counted(len(fresh), tr("Remove it"), tr("Remove them"))
        keeping = counted(len(fresh), tr("No copy"), tr("No copies"))
        actions = [
            (removing, lambda: self._remove(rows)),
            (keeping, lambda: self._verdicts.keep(rows)),
        ]
        self._say(text.replace("%2", names), "stay", actions)


def _decided(document: ReviewedDocument) -> bool:
    kept = any(entry.kind is VerdictKind.KEPT for entry in live(document.entries))
    return kept or document.approval is not None or document.rejection is not None


def _name(document: ReviewedDocument) -> str:
    other = document.duplicate_of
    text = tr("%1 (of %2 in %3)") if document.duplicate_in else tr("%1 (of %2)")
    text = text.replace("%1", document.path.name).replace("%3", document.duplicate_in)
    return text.replace("%2", other.path.name if other is not None else "")
