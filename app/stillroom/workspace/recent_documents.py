"""Documents that were read a moment ago: whoever looks at a value of one does not wait for its file to be read again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stillroom.cancellation import Cancellation
    from stillroom.documents.document import Document
    from stillroom.extraction.result import DocumentResult, OnStep
    from stillroom.extraction.run import DocumentExtractor
    from stillroom.templates.template import Template

_MOST = 200
_MOST_CHARACTERS = 4_000_000  # some hundred bytes each, with their places on the page


class RecentDocuments:
    """The documents read last, by the digest of their files; in memory only. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def add(self, document: Document) -> None:
        """Keep a document, in the place of those that were not asked for longest."""
        if not document.sha256 or document.characters > _MOST_CHARACTERS:
            return
        with self._lock:
            before = self._kept.pop(document.sha256, None)
            self._characters += document.characters - (before.characters if before is not None else 0)
            self._kept[document.sha256] = document
            while len(self._kept) > _MOST or self._characters > _MOST_CHARACTERS:
                self._characters -= self._kept.popitem(last=False)[1].characters

    def get(self, sha256: str) -> Document | None:
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
            return self._kept.get(sha256)

    def clear(self) -> None:
        """Forget them all: what was kept of documents is erased."""
        with self._lock:
            self._kept.clear()
            self._characters = 0


class RememberingExtractor:
    """An extractor whose documents are kept among the recent ones."""

    def __init__(self, extractor: DocumentExtractor, recent: RecentDocuments) -> None:
        self._extractor, self._recent = extractor, recent

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        self._recent.add(document)
        return self._extractor.extract(document, template, file=file, cancellation=cancellation)

    def extract_and_keep(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        cancellation: Cancellation | None = None,
        on_step: OnStep = lambda _: None,
    ) -> tuple[DocumentResult, bytes]:
        """The same, and what was seen of the document where the extractor gives that."""
        from stillroom.extraction.run import KeepingExtractor

        if not isinstance(self._extractor, KeepingExtractor):
            return self.extract(document, template, file=file, cancellation=cancellation), b""
        self._recent.add(document)
        return self._extractor.extract_and_keep(
            document, template, file=file, cancellation=cancellation, on_step=on_step
        )
