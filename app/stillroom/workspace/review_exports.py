"""Reviewed documents, handed on: as tables that say who answers for what, and as labels; and labels taken back as verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillroom.errors import StillroomError

if TYPE_CHECKING:
    from stillroom.evaluation.labels import LabelledDocument
    from stillroom.extraction.appending import Appended
    from stillroom.review.document import ReviewedDocument
    from stillroom.review.reviews import Reviews

__all__ = ["Appended", "ReviewExports"]


class ReviewExports:
    """The ways of reviewed documents out of a workspace, and of labels in. Methods block, and raise StillroomError."""

    def __init__(self, reviews: Callable[[], Reviews]) -> None:
        self._reviews = reviews

    def write_table(
        self,
        documents: Sequence[ReviewedDocument],
        target: Path,
        *,
        only_approved: bool = False,
        decimal_comma: bool = False,
    ) -> int:
        """Write documents of one template as they hold after the verdicts. Returns how many rows were written.

        Args:
            only_approved: those a person answers for, and no others. decimal_comma: CSV as spreadsheets of such countries read it.
        """
        from stillroom.extraction.export import Notation
        from stillroom.review.queue import Queue
        from stillroom.review.signing import export_reviewed

        if not documents:
            raise StillroomError("No row is finished yet, so there is nothing to write.")
        template = documents[0].template
        queue = Queue(documents, self._reviews().promise(template.name))
        notation = Notation(";", ",") if decimal_comma else Notation()
        return export_reviewed(queue, target, template, only_approved=only_approved, notation=notation)

    def append_table(
        self, documents: Sequence[ReviewedDocument], target: Path, *, only_approved: bool = False
    ) -> Appended:
        """Put documents of one template at the end of a sheet that is there (.csv, .xlsx), by its headings."""
        from stillroom.review.queue import Queue
        from stillroom.review.signing import append_reviewed

        template = documents[0].template
        queue = Queue(documents, self._reviews().promise(template.name))
        return append_reviewed(queue, target, template, only_approved=only_approved)

    def labels_of(self, document: ReviewedDocument) -> dict[str, Any]:
        """What persons answer for of a document, by field name."""
        from stillroom.review.signing import labels_of

        return labels_of(document)

    def labelled(self, template_name: str) -> list[LabelledDocument]:
        """What persons answer for of all documents of a template, in whatever table; of a file in several, by the newest."""
        from stillroom.evaluation.labels import LabelledDocument

        found: dict[Path, LabelledDocument] = {}
        reviews = self._reviews()
        for table in reviews.tables():
            if table.template_name != template_name:
                continue
            for document in reviews.documents(table.run):
                fields = self.labels_of(document)
                if fields and document.path not in found and document.path.exists():
                    found[document.path] = LabelledDocument(len(found) + 1, document.path.name, document.path, fields)
        return list(found.values())

    def reviewed_template(self) -> tuple[str, int] | None:
        """The name of the template whose documents were reviewed last, and how many persons answer for; None where none was."""
        names = dict.fromkeys(table.template_name for table in self._reviews().tables())
        return next(((name, len(found)) for name in names if (found := self.labelled(name))), None)

    def write_labels(self, documents: Sequence[ReviewedDocument], target: Path) -> int:
        """Write verdicts as labels, a line a document. Returns how many lines."""
        from stillroom.review.signing import write_labels

        try:
            return write_labels(documents, target)
        except OSError as error:
            raise StillroomError(f"{target} cannot be written: {error.strerror}. Choose another place.") from error

    def take_labels(self, documents: Sequence[ReviewedDocument], file: Path) -> int:
        """Take the labels of a file as verdicts on documents that were extracted. Returns how many verdicts these were."""
        from stillroom.evaluation.labels import load_labels
        from stillroom.review.signing import verdicts_from_labels

        verdicts = verdicts_from_labels(documents, load_labels(file))
        self._reviews().save(verdicts)
        return len(verdicts)
