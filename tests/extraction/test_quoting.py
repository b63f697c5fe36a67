"""What the model quotes becomes a candidate at its own place in the document, beside those that were listed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.engine.protocol import QuotedSpan, SpanRequest, SpanResult
from stillroom.errors import Cancelled
from stillroom.extraction.choosing import prepare
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.passages import Passage, split
from stillroom.extraction.questions import Frame
from stillroom.extraction.quoting import place, quote
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.templates.template import Field, FieldType, Template

DUTY = "deliver forty boxes of green apples to the\nharbour of the buyer before the end of June"
LETTER = f"North Wind Trading Ltd\n\nThe seller shall {DUTY}.\n\nThank you."


class Quoting(ScriptedEngine):
    """Quotes one phrase wherever it stands, and finds it most probable."""

    def __init__(self, phrase: str) -> None:
        single = " ".join(phrase.split())
        super().__init__(lambda _, candidate: 0.0 if candidate == single else -40.0)
        self._phrase = phrase

    def spans(self, request: SpanRequest, *, cancellation: Cancellation | None = None) -> SpanResult:
        super().spans(request, cancellation=cancellation)
        at = request.text.find(self._phrase)
        spans = (QuotedSpan(at, at + len(self._phrase), -1.0),) if at >= 0 else ()
        return SpanResult((spans,) * len(request.questions), 1, 1, 0.001)


def document(*texts: str) -> Document:
    return Document("made.txt", "txt", "ab" * 32, tuple(Page(n, text) for n, text in enumerate(texts, 1)), len(texts))


def whole(made: Document) -> Passage:
    (passage,) = split(made, 10_000, lambda texts: [1] * len(texts))
    return passage


def template(*fields: Field) -> Template:
    return Template("letter", 1, "Letter", "letter", fields)


def test_a_run_of_words_too_long_to_be_listed_is_found() -> None:
    made = document(LETTER)
    field = Field("duty", FieldType.TEXT)
    assert all(candidate.text != DUTY for candidate in prepare(field, made, [whole(made)]).candidates)
    value = Extractor(Quoting(DUTY)).extract(made, template(field), file="made.txt").fields["duty"]
    assert isinstance(value, FieldValue)
    assert (value.state, value.text, value.value) == (FieldState.FOUND, DUTY, " ".join(DUTY.split()))
    assert value.span is not None
    assert made.text(value.span) == DUTY


def test_what_was_listed_and_not_asked_about_is_asked_about_when_quoted() -> None:
    made = document("\n".join(f"word{number} and more" for number in range(40)))
    asked = prepare(Field("what", FieldType.TEXT), made, [whole(made)])
    number = next(number for number in range(len(asked.candidates)) if number not in asked.chosen)
    candidate = asked.candidates[number]
    count = len(asked.candidates)
    quote(Quoting(candidate.text), Frame.plain(), whole(made), 0, [asked], made, None)
    assert number in asked.chosen
    assert candidate.text in asked.texts(0)
    assert (len(asked.candidates), len(asked.signs), len(asked.where)) == (count, count, count)


def test_only_runs_of_words_and_blocks_are_quoted_and_within_their_limits() -> None:
    engine = ScriptedEngine()
    fields = (
        Field("when", FieldType.DATE),
        Field("duty", FieldType.TEXT),
        Field("part", FieldType.BLOCK),
        Field("duties", FieldType.LIST, of=FieldType.TEXT),
        Field("gist", FieldType.SUMMARY),
    )
    Extractor(engine).extract(document(LETTER), template(*fields), file="made.txt")
    (request,) = engine.span_requests
    assert [question.within for question in request.questions] == ["paragraph", "text", "paragraph"]
    assert [question.count for question in request.questions] == [4, 4, 8]
    assert request.prefix == engine.requests[0].prefix  # the same cells
    scored = {question.suffix: question.candidates for question in engine.requests[0].questions}
    for question in request.questions:
        assert " ".join(LETTER.split()) in scored[question.suffix]
        assert question.end
    unasked = ScriptedEngine()
    Extractor(unasked).extract(document(LETTER), template(fields[0]), file="made.txt")
    assert not unasked.span_requests


def test_a_quotation_over_the_end_of_a_page_is_none() -> None:
    made = document("\nfirst page\n", "second page\n")
    passage = whole(made)
    assert passage.text == "first page\nsecond page"
    assert place(passage, made, 0, 10) == Span(1, 1, 11)
    assert place(passage, made, 11, 17) == Span(2, 0, 6)
    assert place(passage, made, 6, 17) is None
    assert place(passage, made, 6, 11) is None


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text("ab \n\n", min_size=1, max_size=20), min_size=1, max_size=4), data=st.data())
def test_a_place_in_a_passage_is_the_same_text_in_the_document(texts: list[str], data: st.DataObject) -> None:
    made = document(*texts)
    for passage in split(made, 4, lambda pieces: [len(piece) // 2 + 1 for piece in pieces]):
        if passage.text:
            start = data.draw(st.integers(0, len(passage.text) - 1))
            end = data.draw(st.integers(start + 1, len(passage.text)))
            span = place(passage, made, start, end)
            if span is not None:
                assert made.text(span) == passage.text[start:end]
                assert passage.holds(span)


def test_a_cancel_ends_the_quoting() -> None:
    made = document(LETTER)
    asked = prepare(Field("duty", FieldType.TEXT), made, [whole(made)])
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        quote(ScriptedEngine(), Frame.plain(), whole(made), 0, [asked], made, cancellation)
