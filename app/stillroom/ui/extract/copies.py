"""Copies among the rows of a table: said once, and one decision away.

Where two have the same sender and number but not the same values, nothing is offered but to look at both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from stillroom.review.document import ReviewedDocument
from stillroom.review.duplicates import Difference, differences
from stillroom.review.verdict import VerdictKind, live
from stillroom.ui.extract.result_model import ResultModel
from stillroom.ui.extract.row import Row
from stillroom.ui.extract.same_number_dialog import SameNumberDialog
from stillroom.ui.extract.verdicts import SheetVerdicts
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Operation
from stillroom.ui.wording import counted, filled

Remove = Callable[[Sequence[Row]], None]
Show = Callable[[int, int, str], None]
Found = tuple[Row, ReviewedDocument, Sequence[Difference]]
Say = Callable[[str, str, object], None]
_NAMED = 3
"""So many copies are named; of more the first ones."""


def tr(text: str) -> str:
    return QCoreApplication.translate("copies", text)


class Copies:
    """What of one table looks like a copy of another document, here or in an earlier table."""

    def __init__(
        self,
        owner: QWidget,
        parts: Parts,
        model: ResultModel,
        remove: Remove,
        verdicts: SheetVerdicts,
        show: Show,
        say: Say,
    ) -> None:
        """``remove(rows)`` takes rows out, which can be taken back; ``show(run, position, field)`` turns to a value of any table;
        ``say(text, kind, actions)`` shows a message above the table."""
        self._owner, self._parts, self._model, self._remove = owner, parts, model, remove
        self._verdicts, self._show, self._say = verdicts, show, say
        self._told: set[int] = set()

    def look(self) -> None:
        """Find copies among the finished rows, off the window's thread, and say those that were not said yet."""
        rows = [row for row in self._model.rows if row.proposed is not None and row.run is not None]

        def find(_: object) -> list[Found]:
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
                (row, document, differences(document))
                for row, document in zip(rows, documents, strict=True)
                if document.duplicate_of is not None and not _decided(document)
            ]

        self._parts.tasks.start(Operation(find, "copies", owner=self._owner).success(self._tell))

    def _tell(self, found: Sequence[Found]) -> None:
        fresh = [each for each in found if id(each[0]) not in self._told and each[0] in self._model.rows]
        self._told |= {id(row) for row, _, _ in fresh}
        copies, others = [each for each in fresh if not each[2]], [each for each in fresh if each[2]]
        if copies:
            rows = [row for row, _, _ in copies]
            text = counted(
                len(copies), tr("1 document looks like a copy: %2."), tr("%1 documents look like copies: %2.")
            )
            removing = counted(len(copies), tr("Remove it"), tr("Remove them"))
            keeping = counted(len(copies), tr("No copy"), tr("No copies"))
            actions = [(removing, lambda: self._remove(rows)), (keeping, lambda: self._verdicts.keep(rows))]
            self._say(text.replace("%2", _names(copies)), "stay", actions)
        if others:
            own = [row for row, _, _ in others]
            text = counted(
                len(others),
                tr("1 document has the sender and number of another, but says something else: %2."),
                tr("%1 documents have the sender and number of others, but say something else: %2."),
            )
            looking = [
                (tr("Compare them"), lambda: self.compare(others)),
                (tr("All stay"), lambda: self._verdicts.keep(own)),
            ]
            self._say(text.replace("%2", _names(others)), "keep", looking)

    def compare(self, pairs: Sequence[Found]) -> SameNumberDialog:
        """Documents beside those whose sender and number they have."""
        dialog = SameNumberDialog([(document, its) for _, document, its in pairs], self._owner)
        rows = {id(document): row for row, document, _ in pairs}
        dialog.cell_wanted.connect(self._show)
        dialog.no_copy.connect(lambda document: self._verdicts.keep([rows[id(document)]]))
        dialog.remove_wanted.connect(lambda document: self._remove([rows[id(document)]]))
        dialog.show()
        return dialog


def _decided(document: ReviewedDocument) -> bool:
    kept = any(entry.kind is VerdictKind.KEPT for entry in live(document.entries))
    return kept or document.approval is not None or document.rejection is not None


def _names(found: Sequence[Found]) -> str:
    names = ", ".join(_name(document, its) for _, document, its in found[:_NAMED])
    if len(found) > _NAMED:
        names += " " + counted(len(found) - _NAMED, tr("and 1 other"), tr("and %1 others"))
    return names


def _name(document: ReviewedDocument, its: Sequence[Difference]) -> str:
    other = document.duplicate_of
    differing = ""
    text = tr("%1 (of %2 in %3)") if document.duplicate_in else tr("%1 (of %2)")
    if its:
        text = tr("%1 (%2 in %3: %4)") if document.duplicate_in else tr("%1 (%2: %4)")
        headings = [each.field.heading for each in its]
        more = [counted(len(its) - _NAMED, tr("1 more"), tr("%1 more"))] if len(its) > _NAMED else []
        differing = ", ".join([*headings[:_NAMED], *more])
    of = other.path.name if other is not None else ""
    return filled(text, document.path.name, of, document.duplicate_in, differing)
