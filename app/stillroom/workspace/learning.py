"""Learning from approved documents: each one is read again, kept, and what follows is used from the next document on."""

from __future__ import annotations

import threading
from collections.abc import Callable

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.learning.memory import Gain, LearnedTemplate, TemplateMemory, Truth
from stillroom.templates.template import Template

Read = Callable[[int, int, Cancellation | None], Document]
"""The document of a row: run, position, cancellation."""


class Learning:
    """The memories of all templates. Safe from any thread; reading and fitting block."""

    def __init__(self, read: Read) -> None:
        self._read = read
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
        self, template: Template, run: int, position: int, truth: Truth, cancellation: Cancellation | None = None
    ) -> LearnedTemplate:
        """Learn of a row that a person approved; what is known then. Raises StillroomError where its file cannot be read, Cancelled."""
        memory = self.memory(template)
        memory.take(self._read(run, position, cancellation), truth)
        return memory.learned()

    def forget(self, template: Template, sha256: str = "") -> int:
        """Forget one document or everything; how many documents were forgotten. Raises StillroomError."""
        return self.memory(template).forget(sha256)

    def gains(self, template: Template) -> dict[str, Gain]:
        """By field: what learning was worth, each document left out in turn."""
        return self.memory(template).learned().gains()
