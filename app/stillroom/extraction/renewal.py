"""A table extracted again with a template that was changed: only the fields that changed are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.extraction.result import DocumentResult, DocumentStatus, FieldResult
from stillroom.extraction.rules import apply_rules, without_rules
from stillroom.templates.template import Template

if TYPE_CHECKING:
    from stillroom.extraction.run import DocumentExtractor


class ChangedFields:
    """An extractor that keeps what was found of the fields that did not change, and has the others asked.

    A document without an earlier row, or one of which a part was not read, is extracted as a whole.
    """

    def __init__(
        self,
        extractor: DocumentExtractor,
        earlier: Mapping[str, DocumentResult],
        old: Template,
        changed: tuple[str, ...],
    ) -> None:
        """``earlier``: rows by the SHA-256 of their file; ``old``: their template; ``changed``: names of fields."""
        self._extractor = extractor
        self._earlier = earlier
        self._old = old
        self._changed = changed

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        """As every extractor does. Raises EngineError, Cancelled."""
        known = self._earlier.get(document.sha256)
        if known is None or known.status is not DocumentStatus.DONE:
            return self._extractor.extract(document, template, file=file, cancellation=cancellation)
        wanted = tuple(
            field for field in template.fields if field.name in self._changed or field.name not in known.fields
        )
        fresh = replace(known, file=file, template_version=template.version, seconds=0.0)
        asked: dict[str, FieldResult] = {}
        if wanted:
            part = replace(template, fields=wanted, rules=())
            fresh = self._extractor.extract(document, part, file=file, cancellation=cancellation)
            asked = dict(fresh.fields)
        kept = without_rules(self._old, known.fields)
        fields = {
            field.name: asked[field.name] if field.name in asked else kept[field.name] for field in template.fields
        }
        return replace(fresh, fields=apply_rules(template, fields), template_version=template.version)
