"""The promises of extraction, with an engine whose answers are arbitrary: what it says can never become a value."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.extraction.scripted_engine import LARGE, ScriptedEngine

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Box, Document, Page
from stillroom.errors import Cancelled
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.passages import split
from stillroom.extraction.result import (
    DocumentResult,
    DocumentStatus,
    FieldState,
    FieldValue,
    Step,
    result_from_json,
    result_to_json,
)
from stillroom.templates.template import Example, Field, FieldType, Option, Template

EVERY_SPAN_TYPE = tuple(
    Field(f"f_{kind}", kind)
    for kind in FieldType
    if kind not in (FieldType.CHOICE, FieldType.LIST, FieldType.TABLE, FieldType.YES_NO) and not kind.generated
)
TEMPLATE = Template(
    "everything",
    1,
    "Everything",
    "any document",
    (
        *EVERY_SPAN_TYPE,
        Field("parties", FieldType.LIST, of=FieldType.ORGANISATION),
        Field("currency", FieldType.CHOICE, options=(Option("EUR", synonyms=("€",)), Option("USD", synonyms=("$",)))),
        Field("paid", FieldType.YES_NO),
        Field("gist", FieldType.SUMMARY),
    ),
)
RECEIPT = "NORTH WIND TRADING LTD\n12 Harbour Road, 4021 Port\nDate 5 May 2020\nTotal € 14.10\nCash 20.00\nChange 5.90"


def document(*texts: str, page_count: int | None = None) -> Document:
    pages = tuple(Page(number, text) for number, text in enumerate(texts, 1))
    return Document("made.txt", "txt", "ab" * 32, pages, page_count or len(texts))


def values(result: DocumentResult) -> list[FieldValue]:
    found = []
    for value in result.fields.values():
        found.extend(
            [value] if isinstance(value, FieldValue) else [item for item in value if isinstance(item, FieldValue)]
        )
    return found


def one(result: DocumentResult, name: str) -> FieldValue:
    value = result.fields[name]
    assert isinstance(value, FieldValue)
    return value


@settings(max_examples=60, deadline=None)
@given(
    pages=st.lists(
        st.lists(
            st.sampled_from(
                [
                    "Acme Ltd",
                    "5 May 2020",
                    "€ 14.10",
                    "12 Harbour Road, 4021 Port",
                    "a@b.org",
                    "Zürich 漢字",
                    "\u00adsoft",
                    "x " * 60,
                    "none",
                    "",
                ]
            )
            | st.text(max_size=30),
            max_size=12,
        ).map("\n".join),
        min_size=1,
        max_size=3,
    )
)
def test_every_verbatim_value_is_a_span_of_the_document(pages: list[str]) -> None:
    made = document(*pages)
    result = Extractor(ScriptedEngine()).extract(made, TEMPLATE, file="made.txt")
    for value in values(result):
        if value.span is not None:
            assert made.text(value.span) == value.text
        elif value.state is FieldState.FOUND:
            assert value.value in ("EUR", "USD", "yes", "no")  # an option without words of its own in the text
        else:
            assert value.text == ""
        for runner in value.candidates:
            assert runner.span is None or made.text(runner.span) == runner.text
        assert 0.0 <= value.confidence <= 1.0


def test_the_same_document_gives_the_same_result_and_it_survives_json() -> None:
    made = document(RECEIPT)
    first = Extractor(ScriptedEngine()).extract(made, TEMPLATE, file="made.txt")
    second = Extractor(ScriptedEngine()).extract(made, TEMPLATE, file="made.txt")
    assert result_to_json(first)["fields"] == result_to_json(second)["fields"]
    assert result_to_json(result_from_json(result_to_json(first))) == result_to_json(first)


def test_the_models_favourite_wins_where_the_page_says_little() -> None:
    template = Template("t", 1, "T", "", (Field("when", FieldType.DATE),))
    made = document("alpha 5 May 2020 beta 6 May 2020 gamma 7 May 2020")
    engine = ScriptedEngine(lambda _, candidate: 0.0 if candidate == "6 May 2020" else -30.0, info=LARGE)
    result = Extractor(engine).extract(made, template, file="made.txt")
    assert one(result, "when").value == "2020-05-06"
    assert one(result, "when").text == "6 May 2020"
    assert {runner.value for runner in one(result, "when").candidates} == {"2020-05-05", "2020-05-07"}


def test_absent_is_an_answer() -> None:
    template = Template("t", 1, "T", "", (Field("when", FieldType.DATE, required=True), Field("mail", FieldType.EMAIL)))
    engine = ScriptedEngine(lambda _, candidate: 0.0 if candidate == "none" else -60.0, info=LARGE)
    result = Extractor(engine).extract(document("alpha 5 May 2020 beta"), template, file="made.txt")
    assert one(result, "when").state is FieldState.ABSENT
    assert one(result, "when").value is None
    assert one(result, "when").failed_checks
    assert one(result, "when").candidates[0].value == "2020-05-05"
    assert one(result, "mail").state is FieldState.ABSENT
    assert result.status is DocumentStatus.DONE


def test_what_was_not_read_is_not_absent() -> None:
    template = Template("t", 1, "T", "", (Field("mail", FieldType.EMAIL),))
    result = Extractor(ScriptedEngine()).extract(document("no address here", page_count=3), template, file="made.txt")
    assert one(result, "mail").state is FieldState.UNREAD
    assert result.status is DocumentStatus.PARTIAL
    assert (result.coverage.pages_read, result.coverage.pages) == (1, 3)


def test_the_document_is_read_once_for_all_fields() -> None:
    engine = ScriptedEngine()
    Extractor(engine).extract(document(RECEIPT), TEMPLATE, file="made.txt")
    assert len({request.prefix for request in engine.requests}) == 1  # the same prefix is evaluated once
    assert engine.requests[0].prefix[-1].text == RECEIPT
    assert not engine.requests[0].prefix[-1].special  # control tokens in a document are plain characters


def test_a_long_document_is_covered_whole() -> None:
    made = document(*[f"Page {number}\n" + "Some words of a long paragraph. " * 70 + "\n\nEnd." for number in range(4)])
    engine = ScriptedEngine()
    result = Extractor(engine).extract(made, TEMPLATE, file="made.txt")
    assert len({request.prefix for request in engine.requests}) > 2
    assert result.coverage.complete
    assert result.coverage.chars_read == made.characters


def test_an_option_points_at_its_words() -> None:
    result = Extractor(ScriptedEngine(lambda *_: -1.0)).extract(document(RECEIPT), TEMPLATE, file="made.txt")
    assert (one(result, "currency").value, one(result, "currency").text) == ("EUR", "€")


def test_a_list_holds_each_thing_once() -> None:
    template = Template(
        "t", 1, "T", "", (Field("parties", FieldType.LIST, of=FieldType.ORGANISATION, near=("between",)),)
    )
    text = "between Harbour Biotech, Inc. and Glade GmbH. HARBOUR BIOTECH INC. and Glade GmbH agree."
    engine = ScriptedEngine(lambda _, candidate: -60.0 if candidate == "none" else -len(candidate), info=LARGE)
    result = Extractor(engine).extract(document(text), template, file="made.txt")
    names = [re.sub(r"\W", "", item.value or "").lower() for item in values(result)]
    assert len(names) == len(set(names))
    assert "harbourbiotechinc" in names


def test_boxes_come_with_the_value() -> None:
    text = "Total 14.10"
    page = Page(1, text, 200, 100, tuple(Box(10.0 * index, 5, 10.0 * index + 9, 15) for index in range(len(text))))
    made = Document("made.pdf", "pdf", "", (page,), 1)
    template = Template("t", 1, "T", "", (Field("total", FieldType.MONEY),))
    engine = ScriptedEngine(lambda _, candidate: -20.0 if candidate == "none" else 0.0)
    value = one(Extractor(engine).extract(made, template, file="made.pdf"), "total")
    assert value.boxes == (Box(60, 5, 109, 15),)


def test_each_field_and_each_passage_is_told_before_it_is_begun() -> None:
    template = replace(TEMPLATE, fields=(Field("total", FieldType.MONEY), Field("gist", FieldType.SUMMARY)))
    told: list[Step] = []
    text = "\n\n".join(f"Word {number} of a long text about rain and wind." for number in range(400))
    Extractor(ScriptedEngine()).extract_and_keep(document(text), template, file="a", on_step=told.append)
    assert told[:2] == [Step("Total", 1, 2), Step("Gist", 2, 2)]
    read = [step for step in told if step.is_passage and not step.field]
    written = [step for step in told if step.is_passage and step.field == "Gist"]
    assert [step.number for step in read] == list(range(1, read[0].of + 1))
    assert read[0].of > 1
    assert [step.number for step in written[: read[0].of]] == list(range(1, read[0].of + 1))


def test_cancelling_stops_between_passages() -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        Extractor(ScriptedEngine()).extract(document(RECEIPT), TEMPLATE, file="made.txt", cancellation=cancellation)


@given(
    st.lists(st.text(alphabet=st.sampled_from("ab \n漢"), max_size=400), min_size=1, max_size=4),
    st.integers(min_value=8, max_value=60),
)
def test_passages_hold_every_character_once(texts: list[str], budget: int) -> None:
    made = document(*texts)
    parts = split(made, budget, lambda items: [len(item) // 3 + 1 for item in items])
    covered = [(span.page, index) for part in parts for span in part.spans for index in range(span.start, span.end)]
    assert covered == [(page.number, index) for page in made.pages for index in range(len(page.text))]


def with_examples(count: int, text: str = "SOUTH GATE BAKERY LTD\nTotal 99.95") -> Template:
    fields = (Field("company", FieldType.ORGANISATION), Field("total", FieldType.MONEY))
    example = Example(text, {"company": "SOUTH GATE BAKERY LTD", "total": "99.95"})
    return Template("t", 1, "T", "", fields, examples=(example,) * count)


def test_examples_are_shared_pieces_in_front_and_their_text_is_never_a_value() -> None:
    engine = ScriptedEngine(
        lambda _, candidate: 0.0 if "SOUTH" in candidate or "99.95" in candidate else -5.0, info=LARGE
    )
    made = document(RECEIPT)
    result = Extractor(engine).extract(made, with_examples(2), file="made.txt")
    prefix = engine.requests[0].prefix
    assert [piece.text for piece in prefix if not piece.special] == ["SOUTH GATE BAKERY LTD\nTotal 99.95"] * 2 + [
        RECEIPT
    ]
    assert any("99.95" in piece.text for piece in prefix if piece.special)  # the right answer is shown
    asked = {candidate for request in engine.requests for each in request.questions for candidate in each.candidates}
    assert not any("SOUTH" in candidate or "99.95" in candidate for candidate in asked)
    for value in values(result):
        assert value.span is None or made.text(value.span) == value.text
        assert "SOUTH" not in value.text


def test_examples_that_do_not_fit_are_said() -> None:
    result = Extractor(ScriptedEngine()).extract(document(RECEIPT), with_examples(3, "word " * 1500), file="made.txt")
    assert any("examples" in note for note in result.notes)


def test_a_picture_that_is_hard_to_read_makes_its_values_less_sure() -> None:
    template = Template("t", 1, "T", "", (Field("total", FieldType.MONEY),))
    engine = ScriptedEngine(lambda _, candidate: -20.0 if candidate == "none" else 0.0)

    def confidence(recognised: float | None) -> float:
        page = Page(1, "Total 14.10", ocr_confidence=recognised)
        made = Document("made.png", "png", "", (page,), 1)
        return one(Extractor(engine).extract(made, template, file="made.png"), "total").confidence

    assert confidence(0.5) == pytest.approx(confidence(None) / 2)


def test_a_letter_that_is_hard_to_read_makes_its_value_less_sure_and_no_other() -> None:
    template = Template("t", 1, "T", "", (Field("total", FieldType.MONEY), Field("day", FieldType.DATE)))
    engine = ScriptedEngine(lambda _, candidate: -20.0 if candidate == "none" else 0.0)

    def confidence(text: str, *unsure: str) -> tuple[float, float]:
        certainty = bytearray([100] * len(text))
        for each in unsure:
            certainty[text.index(each) + 1] = 40
        page = Page(1, text, ocr_confidence=0.9, certainty=bytes(certainty))
        made = Extractor(engine).extract(Document("made.png", "png", "", (page,), 1), template, file="made.png")
        return one(made, "total").confidence, one(made, "day").confidence

    text = "Date 2025-03-04\nTotal 14.10"
    clear, hard = confidence(text), confidence(text, "14.10")
    assert hard[0] == pytest.approx((0.4 + 0.88) / 2 * clear[0])
    assert hard[1] == clear[1]
    twice = text + "\nTotal 14.10"
    assert confidence(twice, "14.10") == confidence(twice)  # it stands there again, well legible


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("تاريخ الفاتورة: 5 شوال 1446 هـ", "Islamic calendar (5 شوال 1446)"),
        ("التاريخ 1446/10/05 هـ", "Islamic calendar (1446/10/05 هـ)"),
        ("תאריך: ה' בניסן תשפ\"ה", "Hebrew calendar"),
    ],
)
def test_a_date_that_is_not_reckoned_is_said(text: str, said: str) -> None:
    dated = Template("t", 1, "T", "", (Field("date", FieldType.DATE),))
    (note,) = Extractor(ScriptedEngine()).extract(document(text), dated, file="a.txt").notes
    assert said in note
    other = Template("t", 1, "T", "", (Field("sum", FieldType.MONEY),))
    assert not Extractor(ScriptedEngine()).extract(document(text), other, file="a.txt").notes


def test_a_date_of_the_persian_calendar_is_not_called_islamic() -> None:
    dated = Template("t", 1, "T", "", (Field("date", FieldType.DATE),))
    for text in ("تاریخ: 1404/01/14 ه.ش", "تاریخ: 1404/01/14 هـ.ش"):
        assert not Extractor(ScriptedEngine()).extract(document(text), dated, file="a.txt").notes


TWO = "Green Leaf Ltd\nInvoice number: GL-1\nInvoice date: 3 April 2025\nTotal due: 100.00"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (TWO.replace("GL-1", "GL-2").replace("3 April", "4 April"), True),
        (TWO, False),  # the same once more
        ("Invoice number: GL-1\nPage 2 of 2\nTotal due: 250.00", False),
        ("Order number: PO-2\nInvoice date: 4 April 2025\nTotal due: 120.00", False),
    ],
)
def test_a_second_document_in_the_file_is_not_dropped_in_silence(second: str, said: bool) -> None:
    fields = (
        Field("invoice_number", FieldType.IDENTIFIER, required=True),
        Field("invoice_date", FieldType.DATE),
        Field("total", FieldType.MONEY),
    )
    template = Template("bill", 1, "Bill", "an invoice", fields)
    for pages in ((TWO, second), (f"{TWO}\n\n{second}",)):
        notes = Extractor(ScriptedEngine()).extract(document(*pages), template, file="a.txt").notes
        assert any("more than one document: “GL-1” and “GL-2”" in note for note in notes) == said
