"""A row of a table: one document, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stillroom.errors import PASSWORD_MISSING, PASSWORD_WRONG
from stillroom.extraction.result import DocumentResult
from stillroom.review.document import ReviewedDocument
from stillroom.ui.extract.cell import Cell
from stillroom.ui.extract.run_queue import Run


class RowState(StrEnum):
    """``ready``: dropped, not started; ``waiting``: in a run; ``stopped``: the run was cancelled before it."""

    READY = "ready"
    WAITING = "waiting"
    WORKING = "working"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


class Remedy(StrEnum):
    """What may help a document that failed. NONE: it did not, or the file itself has to change."""

    NONE = "none"
    RETRY = "retry"
    PASSWORD = "password"


@dataclass(eq=False, slots=True)
class Row:
    """One document.

    Attributes:
        run, position: where its result comes from; None and -1 before it was started.
        result: as it holds after what persons said of it.
        looks: how many things a person should look at.
        review: the verdicts, with the result as it was proposed; None where there are none.
    """

    path: Path
    state: RowState = RowState.READY
    result: DocumentResult | None = None
    run: Run | None = None
    position: int = -1
    cells: list[Cell] = field(default_factory=list)
    looks: int = 0
    review: ReviewedDocument | None = None

    @property
    def remedy(self) -> Remedy:
        if self.state is not RowState.FAILED or self.run is None or self.result is None:
            return Remedy.NONE
        if self.result.error in (PASSWORD_MISSING, PASSWORD_WRONG):
            return Remedy.PASSWORD
        return Remedy.NONE if self.result.lasting else Remedy.RETRY

    @property
    def proposed(self) -> DocumentResult | None:
        """The result as the model gave it."""
        return self.review.result if self.review is not None else self.result
