"""Learning from approved documents: each one is read again, kept, and what follows is used from the next document on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Span
from stillroom.documents.readers import Readers
from stillroom.errors import DocumentError, StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.extraction.choosing import Embed
from stillroom.learning.memory import Gain, LearnedTemplate, TemplateMemory, Truth
from stillroom.templates.template import Field, Template

__all__ = ["LearnedTemplate", "Learning"]

Read = Callable[[int, int, Cancellation | None], Document]
"""The document of a row: run, position, cancellation."""


class Learning:
    """The memories of all templates. Safe from any thread; reading and fitting block."""

    def __init__(self, read: Read, readers: Readers, embed: Embed | None = None) -> None:
        """``embed``: by the loaded model, for choices."""
        self._embed = embed
        self._read = read
        self._readers = readers
        self._lock = threading.Lock()
        self._memories: dict[Template, TemplateMemory] = {}

    def memory(self, template: Template) -> TemplateMemory:
        """Of this template, as it is now: a field whose type was changed since has nothing to learn from yet."""
        with self._lock:
            if template not in self._memories:
                self._memories[template] = TemplateMemory(template)
            return self._memories[template]

    def let_go(self) -> None:
        """Hold nothing of any template in memory; the files are for the caller to erase."""
        with self._lock:
            self._memories.clear()

    def learned(self, template: Template) -> LearnedTemplate | None:
        """What the template learned; None where it knows no document."""
        found = self.memory(template).learned()
        return found if found.fields or found.choices else None

    def take(
        self, template: Template, run: int, position: int, truth: Truth, cancellation: Cancellation | None = None
    ) -> LearnedTemplate:
        """Learn of a row that a person approved; what is known then. Raises StillroomError where its file cannot be read, Cancelled."""
        memory = self.memory(template)
        memory.take(self._read(run, position, cancellation), truth, self._embed)
        return memory.learned()

    def take_labels(
        self,
        template: Template,
        labels: Sequence[LabelledDocument],
        on_document: Callable[[LabelledDocument, StillroomError | None], None],
        cancellation: Cancellation | None = None,
    ) -> LearnedTemplate:
        """Learn of labelled documents; each is told when it was taken, or why it could not be read. Raises Cancelled, StillroomError."""
        memory = self.memory(template)
        for labelled in labels:
            failure: StillroomError | None = None
            try:
                document = self._readers.read(labelled.path, cancellation=cancellation)
            except DocumentError as error:
                failure = error
            else:
                memory.take(document, _truth(labelled), self._embed)
            on_document(labelled, failure)
        return memory.learned()

    def field_from(
        self, document: Document, mark: Span, template: Template | None = None, *, name: str = ""
    ) -> Field | None:
        """The field a mark on a document proposes; ``name``: what the person calls it. None where only white space was marked."""
        from stillroom.learning.showing import field_from

        shown = field_from(document, mark, template, name=name)
        return shown.field if shown is not None else None

    def forget(self, template: Template, sha256: str = "") -> int:
        """Forget one document or everything; how many documents were forgotten. Raises StillroomError."""
        return self.memory(template).forget(sha256)

    def gains(self, template: Template) -> dict[str, Gain]:
        """By field: what learning was worth, each document left out in turn."""
        return self.memory(template).learned().gains()


def _truth(labelled: LabelledDocument) -> dict[str, str | list[str] | None]:
    """The labels of fields that are values of the page: a table's rows teach nothing yet."""
    truth: dict[str, str | list[str] | None] = {}
    for name, label in labelled.fields.items():
        if label is None or isinstance(label, str):
            truth[name] = label
        elif all(isinstance(item, str) for item in label):
            truth[name] = [item for item in label if isinstance(item, str)]
    return truth
