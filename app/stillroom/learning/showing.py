"""A field made by showing: from a mark on a document its type, its name and the words that stand beside it are proposed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stillroom.documents.document import Document, Page, Span
from stillroom.extraction.candidates.propose import propose
from stillroom.extraction.concepts import key_of, vocabulary
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.editing import name_from
from stillroom.templates.template import Field, FieldType, Template, label_of

# From the narrowest form to the widest: the first whose candidates hold the mark as it is.
_NARROWEST_FIRST = (
    FieldType.IBAN, FieldType.EMAIL, FieldType.URL, FieldType.DATE, FieldType.TIME, FieldType.PERCENT, FieldType.MONEY,
    FieldType.PHONE, FieldType.DURATION, FieldType.INTEGER, FieldType.NUMBER, FieldType.IDENTIFIER, FieldType.ORGANISATION,
    FieldType.NAME, FieldType.ADDRESS, FieldType.LINE,
)  # fmt: skip
_LONGEST_LABEL = 5  # words; more is a sentence, and stands in this document only
_LONGEST_NAME = 4  # words
_CURRENCY = re.compile(r"\s*(?:[A-Z]{0,3}[^\w\s]?|[^\W\d_]{1,3}\.)\s*")  # beside an amount: EUR, US$, руб., or nothing
_SAYS_LABEL = re.compile(r"(?:[:：#=|\t]|\s{3,}|\.{3,})\s*$")
_LABEL_END = re.compile(r"[\s:：#.…·|=>\-–—]+$")
_WORD = re.compile(r"[^\W\d_][\w'’./-]*|№|#")
_CELL = re.compile(r"\t|\s{2,}|\s\|\s")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was marked, and what is proposed of it.

    Attributes:
        field: with type, name, label and the words beside the mark.
        span: the mark without the white space around it.
        kinds: types the mark could be, likeliest first; ``field`` has the first.
    """

    field: Field
    span: Span
    kinds: tuple[FieldType, ...]


def field_from(document: Document, mark: Span, template: Template | None = None, *, name: str = "") -> Shown | None:
    """The field that a mark proposes; ``name``: what the person calls it. None where only white space was marked.

    The words beside it are those to its left on the line, else those right above it.
    """
    page = document.page(mark.page)
    span = _tight(page, mark)
    if span is None:
        return None
    kinds = _kinds(document, span)
    words = label_beside(page, span)
    taken = [field.name for field in template.fields] if template else []
    called = name.strip() or words or label_of(str(kinds[0]))
    kinds = _as_meant(called, kinds)
    made = name_from(called, taken)
    label = called[:1].upper() + called[1:]
    field = Field(
        name=made,
        type=kinds[0],
        label="" if label == label_of(made) else label,
        description=called.lower() if called.isupper() else called,
        near=(words.casefold(),) if words else (),
    )
    return Shown(field, span, kinds)


def value_at(document: Document, field: Field, mark: Span) -> FieldValue | None:
    """The value of a field that a mark shows: the candidate of its type that is what was marked, else the marked words where its type
    is words; None where it can be neither.
    """
    kind = field.of if field.type is FieldType.LIST and field.of else field.type
    span = _tight(document.page(mark.page), mark)
    if span is None:
        return None
    loose = kind is FieldType.MONEY
    fitting = [
        candidate
        for candidate in propose(field, document, kind=kind)
        if candidate.span.page == span.page
        and not candidate.failed
        and _same_words(document, candidate.span, span, loose=loose)
    ]
    if fitting:
        best = max(fitting, key=lambda candidate: (candidate.span == span, candidate.likelihood))
        boxes = tuple(document.boxes(best.span))
        return FieldValue(best.value, best.text, FieldState.FOUND, 1.0, best.span, boxes)
    if kind not in _WORDS:
        return None
    text = " ".join(document.text(span).split())
    return FieldValue(text, document.text(span), FieldState.FOUND, 1.0, span, tuple(document.boxes(span)))


_WORDS = (FieldType.LINE, FieldType.TEXT, FieldType.BLOCK, FieldType.NAME, FieldType.ORGANISATION, FieldType.ADDRESS)


def label_beside(page: Page, span: Span) -> str:
    """The words that seem to name what stands at a span: to its left on the line, else on the line above; empty for none."""
    start = page.text.rfind("\n", 0, span.start) + 1
    left = _last_words(page.text[start : span.start])
    if left:
        return left
    if page.text[start : span.start].strip():
        return ""  # something stands to the left, and it names nothing
    above = page.text[:start].rstrip("\n").rpartition("\n")[2]
    words = _last_words(above)
    # A value above is no label of what stands below it.
    return words if words and not any(character.isdigit() for character in above) else ""


def _last_words(text: str) -> str:
    cell = _CELL.split(_LABEL_END.sub("", text))[-1]
    said = bool(_SAYS_LABEL.search(text))
    if "," in cell or ";" in cell:
        cell = re.split(r"[,;]", cell)[-1]
    words = _WORD.findall(cell)
    # With a figure in it, it is a sentence or another value.
    if not words or len(words) > _LONGEST_LABEL or any(map(str.isdigit, cell)):
        return ""
    # The middle of a sentence names nothing: a label ends in a mark or a gap, or begins as a heading does.
    if not said and cell.strip()[:1].islower():
        return ""
    return " ".join(words)


def _tight(page: Page, mark: Span) -> Span | None:
    text = page.text[mark.start : mark.end]
    start = mark.start + len(text) - len(text.lstrip())
    end = mark.end - (len(text) - len(text.rstrip()))
    return Span(mark.page, start, end) if start < end else None


def _kinds(document: Document, span: Span) -> tuple[FieldType, ...]:
    text = document.text(span)
    fitting = [kind for kind in _NARROWEST_FIRST if is_one(document, span, kind)]
    if "\n" in text and FieldType.ADDRESS not in fitting:
        fitting.append(FieldType.BLOCK)
    words = text.split()
    if not fitting and len(words) <= _LONGEST_NAME and all(word[:1].isupper() for word in words):
        fitting.append(FieldType.NAME)
    if not fitting:
        fitting.append(FieldType.BLOCK if "\n" in text else FieldType.TEXT)
    return tuple(fitting)


def _as_meant(called: str, kinds: tuple[FieldType, ...]) -> tuple[FieldType, ...]:
    """The types, those first that what it is called has elsewhere: a speaker is a person, though the words could be a company."""
    known = vocabulary()
    concepts = [known.concepts[name] for name in known.phrases.get(key_of(called), ())]
    meant = {kind for concept in concepts for kind in concept.types}
    if not any("person" in (concept.name, concept.under) for concept in concepts):
        meant.discard(FieldType.NAME)  # of a place too every word is capital
    if any(FieldType.NAME in concept.types for concept in concepts):
        meant.discard(FieldType.ADDRESS)  # one room has a number as a street has, the next has a name only
    return tuple(sorted(kinds, key=lambda kind: kind not in meant))


def is_one(document: Document, span: Span, kind: FieldType) -> bool:
    """Whether a candidate of this type is what stands at the span, but for what is at its edges."""
    for candidate in propose(Field("shown", kind), document):
        own = candidate.span
        loose = kind is FieldType.MONEY
        if own.page == span.page and _same_words(document, own, span, loose=loose) and not candidate.failed:
            return True
    return False


def _same_words(document: Document, one: Span, other: Span, *, loose: bool) -> bool:
    """Whether two spans hold the same letters and figures; ``loose``: but for a sign or code of a currency."""
    if one.end <= other.start or other.end <= one.start:
        return False
    text = document.page(one.page).text
    before = text[min(one.start, other.start) : max(one.start, other.start)]
    behind = text[min(one.end, other.end) : max(one.end, other.end)]
    if loose:
        return all(_CURRENCY.fullmatch(edge) for edge in (before, behind))
    return not any(map(str.isalnum, before + behind))
