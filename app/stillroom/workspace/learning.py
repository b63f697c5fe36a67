"""Learning from approved documents: what was seen of each is kept with what is right, and what follows is used from the next one on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stillroom import atomic
from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Span
from stillroom.documents.reader_pool import ReaderPool
from stillroom.errors import DocumentError, StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.extraction.deciding import Seen
from stillroom.extraction.result import FieldResult, FieldValue
from stillroom.extraction.subject import Embed
from stillroom.learning.memory import CurvePoint, Gain, LearnedTemplate, TemplateMemory, Truth
from stillroom.learning.sharing import pack, unpack
from stillroom.templates.template import Field, FieldType, Template
from stillroom.templates.toml_file import parse_template
from stillroom.templates.toml_writing import template_to_toml
from stillroom.workspace.templates import Templates

__all__ = ["CurvePoint", "Gain", "LearnedTemplate", "Learning"]
_MOST_SHARED = 64 << 20  # bytes of a file

Read = Callable[[int, int, Cancellation | None], Document]
"""The document of a row: run, position, cancellation."""
SeenOf = Callable[[int, int, Template], Seen | None]
"""What was seen of a row's document by the fields of this template: run, position; None where that was not kept."""


class Learning:
    """The memories of all templates. Safe from any thread; reading and fitting block."""

    def __init__(self, read: Read, readers: ReaderPool, embed: Embed | None = None, seen: SeenOf | None = None) -> None:
        """``embed``: by the loaded model, for choices."""
        self._embed = embed
        self._seen = seen
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
        """Learn of a row that a person approved; what is known then. Its file is read again only where what was seen of it is not
        enough. Raises StillroomError where that cannot be read, Cancelled.
        """
        memory = self.memory(template)
        seen = self._seen(run, position, template) if self._seen is not None else None
        if seen is None or not memory.take_seen(seen, truth, self._embed):
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
                memory.take(document, truth_of(labelled), self._embed)
            on_document(labelled, failure)
        return memory.learned()

    def field_from(
        self, document: Document, mark: Span, template: Template | None = None, *, name: str = ""
    ) -> Field | None:
        """The field a mark on a document proposes; ``name``: what the person calls it. None where only white space was marked."""
        from stillroom.learning.showing import field_from

        shown = field_from(document, mark, template, name=name)
        return shown.field if shown is not None else None

    def fields_from_sentence(self, sentence: str) -> list[Field]:
        """The fields that a sentence asks for ("who spoke, where and when"), to be checked."""
        from stillroom.learning.asking import fields_from

        return fields_from(sentence)

    def kind_called(self, heading: str) -> FieldType:
        """The type that a field of this heading has elsewhere."""
        from stillroom.learning.asking import kind_called

        return kind_called(heading)

    def fields_from_table(self, document: Document) -> list[Field]:
        """A field for each column that a table names, of the type that its heading or its values tell; to be checked."""
        from stillroom.learning.table_heading import fields_from_table

        return fields_from_table(document)

    def value_at(self, document: Document, field: Field, mark: Span) -> FieldValue | None:
        """The value of a field that a mark shows; None where it can be none."""
        from stillroom.learning.showing import value_at

        return value_at(document, field, mark)

    def take_shown(self, template: Template, document: Document, fields: Mapping[str, FieldResult]) -> LearnedTemplate:
        """Learn of a document whose values a person looked at and found right. Raises StillroomError."""
        truth: dict[str, str | list[str] | None] = {}
        for name, result in fields.items():
            if isinstance(result, FieldValue):
                truth[name] = result.value
            elif all(isinstance(item, FieldValue) for item in result):
                truth[name] = [item.value for item in result if isinstance(item, FieldValue) and item.value is not None]
        memory = self.memory(template)
        memory.take(document, truth, self._embed)
        return memory.learned()

    def forget(self, template: Template, sha256: str = "") -> int:
        """Forget one document or everything; how many documents were forgotten. Raises StillroomError."""
        return self.memory(template).forget(sha256)

    def share(self, template: Template, target: Path, *, learned: bool = True, with_text: bool = False) -> int:
        """Write a template and what it learned into one file; of how many documents that tells.

        ``with_text``: words and values of these documents go along; else forms, places and words that several have. Raises StillroomError.
        """
        try:
            documents = self.memory(template).kept() if learned else []
            with atomic.replacing(target) as temporary:
                temporary.write_bytes(pack(template_to_toml(template), documents, with_text=with_text))
        except OSError as error:
            raise StillroomError(f"{target} cannot be written: {error.strerror}. Choose another place.") from error
        return len(documents)

    def take_shared(self, file: Path, templates: Templates) -> tuple[Template, int]:
        """Keep the template of a shared file among one's own, with what it learned; the template, under its name here, and the number of
        documents that it knows. Raises StillroomError.
        """
        try:
            if file.stat().st_size > _MOST_SHARED:
                raise StillroomError(f"{file.name} is too large for a shared template. It is left alone.")
            shared = unpack(file.read_bytes())
        except OSError as error:
            raise StillroomError(f"{file} cannot be read: {error.strerror}.") from error
        template, _ = templates.keep_new(parse_template(shared.toml, file.name))
        self.memory(template).put(shared.documents)
        return template, len(self.memory(template).documents())

    def curve(self, template: Template, cancellation: Cancellation | None = None) -> list[CurvePoint]:
        """What learning is worth over the number of corrected documents. Raises Cancelled."""
        return self.memory(template).curve(cancellation)

    def gains(self, template: Template) -> dict[str, Gain]:
        """By field: what learning was worth, each document left out in turn."""
        return self.memory(template).learned().gains()


def truth_of(labelled: LabelledDocument) -> dict[str, str | list[str] | None]:
    """The labels of fields that are values of the page: a table's rows teach nothing yet."""
    truth: dict[str, str | list[str] | None] = {}
    for name, label in labelled.fields.items():
        if label is None or isinstance(label, str):
            truth[name] = label
        elif all(isinstance(item, str) for item in label):
            truth[name] = [item for item in label if isinstance(item, str)]
    return truth
