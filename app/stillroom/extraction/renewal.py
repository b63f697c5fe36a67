"""A table extracted again with a template that was changed: only the fields that changed are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.extraction import kept_seen
from stillroom.extraction.result import DocumentResult, DocumentStatus, FieldResult, OnStep, unheard
from stillroom.extraction.rules import apply_rules, without_rules
from stillroom.extraction.run import DocumentExtractor, KeepingExtractor
from stillroom.templates.template import Template


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
        seen: Callable[[str], bytes] = lambda _: b"",
    ) -> None:
        """``earlier``: rows by the SHA-256 of their file; ``old``: their template; ``changed``: names of fields; ``seen``: what is kept of
        what was seen of a file, by its SHA-256.
        """
        self._extractor = extractor
        self._earlier = earlier
        self._old = old
        self._changed = changed
        self._seen = seen

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        """As every extractor does. Raises EngineError, Cancelled."""
        return self._extract(document, template, file, cancellation, unheard, keep=False)[0]

    def extract_and_keep(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        cancellation: Cancellation | None = None,
        on_step: OnStep = unheard,
    ) -> tuple[DocumentResult, bytes]:
        """The same, and what was seen of all fields, then and now; empty where either is not known. Raises EngineError, Cancelled."""
        return self._extract(document, template, file, cancellation, on_step, keep=True)

    def _extract(
        self,
        document: Document,
        template: Template,
        file: str,
        cancellation: Cancellation | None,
        on_step: OnStep,
        *,
        keep: bool,
    ) -> tuple[DocumentResult, bytes]:
        known = self._earlier.get(document.sha256)
        if known is None or known.status is not DocumentStatus.DONE:
            return self._asked(document, template, file, cancellation, on_step, keep=keep)
        wanted = tuple(
            field for field in template.fields if field.name in self._changed or field.name not in known.fields
        )
        fresh = replace(known, file=file, template_version=template.version, seconds=0.0)
        asked: dict[str, FieldResult] = {}
        parts = [(self._seen(document.sha256), self._old)] if keep else []
        if wanted:
            part = replace(template, fields=wanted, rules=())
            fresh, seen = self._asked(document, part, file, cancellation, on_step, keep=keep)
            asked = dict(fresh.fields)
            parts.append((seen, part))
        kept = without_rules(self._old, known.fields)
        fields = {
            field.name: asked[field.name] if field.name in asked else kept[field.name] for field in template.fields
        }
        result = replace(fresh, fields=apply_rules(template, fields), template_version=template.version)
        return result, kept_seen.merged(template, *parts) if keep and all(seen for seen, _ in parts) else b""

    def _asked(
        self,
        document: Document,
        template: Template,
        file: str,
        cancellation: Cancellation | None,
        on_step: OnStep,
        *,
        keep: bool,
    ) -> tuple[DocumentResult, bytes]:
        if keep and isinstance(self._extractor, KeepingExtractor):
            return self._extractor.extract_and_keep(
                document, template, file=file, cancellation=cancellation, on_step=on_step
            )
        return self._extractor.extract(document, template, file=file, cancellation=cancellation), b""
