"""Learning from approved documents: each one is read again, kept, and what follows is used from the next document on."""

from __future__ import annotations

import threading
from pathlib import Path

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.documents.readers import Readers
from stillroom.errors import StillroomError
from stillroom.extraction.files import file_of
from stillroom.learning.memory import Gain, LearnedTemplate, TemplateMemory, Truth
from stillroom.templates.template import Template


class Learning:
    """The memories of all templates. Safe from any thread; reading and fitting block."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._lock = threading.Lock()
        self._memories: dict[Template, TemplateMemory] = {}

    def memory(self, template: Template) -> TemplateMemory:
        """Of this template, as it is now: a field whose type was changed since has nothing to learn from yet."""
        with self._lock:
            if template not in self._memories:
                self._memories[template] = TemplateMemory(template)
            return self._memories[template]

    def learned(self, template: Template) -> LearnedTemplate | None:
        """What the template learned; None where it knows no document."""
        found = self.memory(template).learned()
        return found if found.fields else None

    def take(
        self, template: Template, path: Path, sha256: str, truth: Truth, cancellation: Cancellation | None = None
    ) -> None:
        """Learn of a document that a person approved. Raises StillroomError where it cannot be read or has changed, Cancelled."""
        document = self._readers.read(file_of(path), cancellation=cancellation)
        self.memory(template).take(_part(document, sha256), truth)

    def forget(self, template: Template, sha256: str = "") -> int:
        """Forget one document or everything; how many documents were forgotten. Raises StillroomError."""
        return self.memory(template).forget(sha256)

    def gains(self, template: Template) -> dict[str, Gain]:
        """By field: what learning was worth, each document left out in turn."""
        return self.memory(template).learned().gains()


def _part(document: Document, sha256: str) -> Document:
    """The document itself, or the one attached to it, that was approved. Raises StillroomError."""
    found = next((part for part in document.walk() if part.sha256 == sha256), None)
    if found is None:
        raise StillroomError(f"{document.name} was changed since it was approved, so nothing is learned of it.")
    return found
