"""What was seen of a document is kept small, and decides its fields again as extraction does."""

from __future__ import annotations

import dataclasses
import hashlib
import zlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.extraction.scripted_engine import INFO, LARGE, ScriptedEngine

from stillroom.documents.document import Box, Boxes, Document, Page, Span, Stated
from stillroom.engine.protocol import ModelInfo
from stillroom.extraction import kept_seen, kept_text
from stillroom.extraction.candidates.candidate import Candidate, KeptCandidates, other_readings_of, values_of
from stillroom.extraction.choices import TYPES
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import DocumentResult, result_from_json, result_to_json
from stillroom.extraction.subject import Embed, Embedding
from stillroom.learning.memory import TemplateMemory
from stillroom.learning.run_evidence import likely_values
from stillroom.templates.template import Field, FieldType, Option, Template

TEMPLATE = Template(
    "slip", 1, "Slip", "A slip.",
    (
        Field("shop", FieldType.ORGANISATION, required=True),
        Field("day", FieldType.DATE),
        Field("total", FieldType.MONEY),
        Field("tax", FieldType.MONEY),
        Field("words", FieldType.TEXT),
        Field("people", FieldType.LIST, of=FieldType.NAME, required=True),
        Field("currency", FieldType.CHOICE, options=(Option("EUR", synonyms=("€",)), Option("USD", synonyms=("$",)))),
        Field("paid", FieldType.YES_NO),
        Field("gist", FieldType.SUMMARY),
        Field("lines", FieldType.TABLE, columns=(Field("what", FieldType.LINE), Field("price", FieldType.MONEY))),
    ),
)  # fmt: skip
# There are two totals, and no amount is another with the tax: the page is not sure, and the model is asked, taught or not.
TEXT = "NORTH WIND LTD\nDate 03/04/2025\nMary Smith\nWhat  Price\nTea  3.00\nCake  4.50\nTax 1.10\nTotal € 7.50\nTotal given 10.00\n"


def slip(number: int = 0, *, boxes: bool = True, stated: tuple[Stated, ...] = ()) -> Document:
    text = TEXT.replace("7.50", f"{7 + number}.50")
    placed = Boxes(Box(7.0 * at, 10.0, 7.0 * at + 6.5, 20.0) for at in range(len(text))) if boxes else None
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(f"{number}.txt", "txt", digest, (Page(1, text, 500, 500, placed),), 1, ("A note.",), stated=stated)


def recognised(document: Document) -> Document:
    """The document as if it had been recognised, with a day of which one letter is hard to read."""
    (page,) = document.pages
    certainty = bytearray([98] * len(page.text))
    certainty[page.text.index("/2025") - 1] = 55
    return dataclasses.replace(
        document, pages=(dataclasses.replace(page, ocr_confidence=0.97, certainty=bytes(certainty)),)
    )


def as_kept(result: DocumentResult) -> DocumentResult:
    return result_from_json(result_to_json(result))


def again(result: DocumentResult, content: bytes, memory: TemplateMemory | None = None) -> DocumentResult:
    seen = kept_seen.Unpacker(TEMPLATE).unpack(content)
    assert seen is not None
    fields, notes = decide(seen, TEMPLATE, memory.learned() if memory is not None else None)
    return as_kept(dataclasses.replace(result, fields=fields, notes=notes))


@pytest.mark.parametrize("model", [INFO, LARGE])
@pytest.mark.parametrize(
    "document",
    [
        slip(),
        slip(boxes=False),
        slip(stated=(Stated("BT-112", "total", "Total", "9.99", "9.99"), Stated("BT-2", "day", "Day", "2025-04-03", "2025-04-03"))),
        Document("none.txt", "txt", "0" * 64, (Page(1, ""),), 2),
        dataclasses.replace(slip(), notes=("2 pictures were not read.",)),
        recognised(slip()),
    ],
)  # fmt: skip
def test_deciding_again_gives_what_extraction_gave(model: ModelInfo, document: Document) -> None:
    extractor = Extractor(ScriptedEngine(info=model))
    result, content = extractor.extract_and_keep(document, TEMPLATE, file="a")
    assert 0 < len(content) < 8000
    assert as_kept(extractor.extract(document, TEMPLATE, file="a")).fields == as_kept(result).fields
    assert again(result, content) == as_kept(result)


@pytest.mark.parametrize("model", [INFO, LARGE])
def test_what_was_learned_meanwhile_counts_as_in_a_new_extraction(model: ModelInfo, tmp_path: Path) -> None:
    unlearned = Extractor(ScriptedEngine(info=model))
    kept = [(number, *unlearned.extract_and_keep(slip(number), TEMPLATE, file="a")) for number in range(10, 14)]
    memory = TemplateMemory(TEMPLATE, tmp_path)
    for number in range(5):  # here the total is what was given in cash, and the tax is none
        memory.take(slip(number), {"total": "10.00", "tax": None, "day": "2025-04-03", "people": ["Mary Smith"]})
    knowing = Extractor(ScriptedEngine(info=model), learned=lambda _: memory.learned())
    changed = 0
    for number, result, content in kept:
        fresh = knowing.extract(slip(number), TEMPLATE, file="a")
        decided = again(result, content, memory)
        for name in ("day", "total", "tax", "people"):
            assert decided.fields[name] == as_kept(fresh).fields[name]
        changed += decided.fields["total"] != as_kept(result).fields["total"]
    assert changed


@pytest.mark.parametrize("document", [slip(), slip(boxes=False), recognised(slip())])
def test_what_an_earlier_version_kept_decides_the_same(document: Document) -> None:
    """It had all columns of signs, and boxes as lists."""
    result, content = Extractor(ScriptedEngine()).extract_and_keep(document, TEMPLATE, file="a")
    kept, behind = kept_seen._decoded(content)
    assert kept is not None
    kept.boxes, kept.box_spans, kept.box_sides = kept.all_boxes(), b"", b""
    assert bool(kept.boxes) is (document.pages[0].boxes is not None)
    for each in kept.asked:
        each.signs, each.same = kept_seen._signs(each, len(each.values)).T.tobytes() if each.values else b"", b""
    earlier = zlib.compress(msgspec.msgpack.encode(kept)) + behind
    assert again(result, earlier) == as_kept(result)
    assert len(earlier) > len(content)


@pytest.mark.parametrize("stated", [(), (Stated("BT-112", "total", "Total", "9.99", "9.99"),)])
def test_values_alone_are_those_that_are_offered_with_others(stated: tuple[Stated, ...]) -> None:
    documents = [
        *(slip(number, stated=stated) for number in range(3)),
        Document("0", "txt", "0" * 64, (Page(1, ""),), 1),
    ]
    for document in documents:
        _, content = Extractor(ScriptedEngine()).extract_and_keep(document, TEMPLATE, file="a")
        seen, alone = (kept_seen.Unpacker(TEMPLATE).unpack(content) for _ in range(2))
        assert seen is not None
        assert alone is not None
        fields, values = decide(seen, TEMPLATE)[0], decide(alone, TEMPLATE, offering=False)[0]
        assert likely_values(values) == likely_values(fields)
        assert bool(likely_values(fields)) is bool(document.pages[0].text)


@pytest.mark.parametrize("document", [slip(), slip(boxes=False), recognised(slip()), slip(3)])
@pytest.mark.parametrize("embeds", [False, True])
def test_what_was_seen_teaches_what_the_document_does(document: Document, embeds: bool, tmp_path: Path) -> None:
    def embedded(text: str, *, examples: str = "", **_: object) -> Embedding:
        return Embedding("m", np.array([len(text) % 7, 1.0, 2.0, float(bool(examples))]))

    names = ("shop", "day", "total", "tax", "people", "currency", "words")
    template = dataclasses.replace(TEMPLATE, fields=tuple(each for each in TEMPLATE.fields if each.name in names))
    truth = {
        "shop": "NORTH WIND LTD", "day": "2025-04-03", "total": "10.00", "tax": None, "people": ["Mary Smith"], "currency": "EUR",
    }  # fmt: skip
    embed = embedded if embeds else None
    _, content = Extractor(ScriptedEngine(), embed=embed).extract_and_keep(document, template, file="a")
    seen = kept_seen.Unpacker(template).unpack(content)
    assert seen is not None
    read, known = (TemplateMemory(template, tmp_path / folder) for folder in ("read", "known"))
    read.take(document, truth, embed)
    assert known.take_seen(seen, truth, embed)
    one, other = (memory.rows(document.sha256).fields for memory in (read, known))
    assert set(one) == set(other) == set(truth) - {"currency"}
    for name, row in one.items():
        own = other[name]
        assert (row.around, row.missing, row.right.tolist()) == (own.around, own.missing, own.right.tolist())
        assert np.array_equal(row.signs, own.signs)
        assert np.allclose(row.base, own.base, atol=1e-6)
        assert row.absent == own.absent
    (text,), (same,) = (memory.rows(document.sha256).choices.values() for memory in (read, known))
    assert (text.right, text.parts, text.model, same.model) == (
        same.right,
        same.parts,
        same.model,
        "m" if embeds else "",
    )
    assert np.array_equal(text.strengths, same.strengths)
    assert np.array_equal(text.embedding, same.embedding)
    assert text.strengths.any()
    assert not known.take_seen(seen, {**truth, "words": "Cake"}), "a model quotes more"


def test_what_other_fields_or_signs_saw_or_is_damaged_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    _, content = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    other = dataclasses.replace(TEMPLATE, fields=(*TEMPLATE.fields[:-1], Field("lines", FieldType.LINE)))
    assert kept_seen.Unpacker(other).unpack(content) is None
    for damaged in (b"", content[: len(content) // 2], content[:50] + b"\0\0\0" + content[53:], b"x" * 100):
        assert kept_seen.Unpacker(TEMPLATE).unpack(damaged) is None
    monkeypatch.setattr(kept_seen, "sign_names", lambda: ("another",))
    assert kept_seen.Unpacker(TEMPLATE).unpack(content) is None


def test_what_was_recognised_is_kept_with_all_its_places(monkeypatch: pytest.MonkeyPatch) -> None:
    document = recognised(slip())
    _, content = Extractor(ScriptedEngine()).extract_and_keep(document, TEMPLATE, file="a")
    kept = kept_text.recognised(content)
    assert kept is not None
    assert kept.pages == document.pages
    assert (kept.sha256, kept.kind, kept.page_count) == (document.sha256, document.kind, document.page_count)
    _, written = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    assert kept_text.recognised(written) is None, "to read it again takes no time"
    assert kept_text.recognised(b"x" * 100) is None
    own = zlib.decompressobj()
    own.decompress(content)
    monkeypatch.setattr(kept_seen, "MOST_BYTES", len(content) - len(own.unused_data) - 1)
    _, smaller = Extractor(ScriptedEngine()).extract_and_keep(document, TEMPLATE, file="a")
    assert smaller, "deciding again is worth more than the places"
    assert kept_text.recognised(smaller) is None
    text = kept_text.text_of(smaller)
    assert text is not None
    assert text.pages[0].text == document.pages[0].text


def test_choices_that_were_kept_without_what_is_near_behind_the_options_are_read() -> None:
    _, content = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    kept = msgspec.msgpack.decode(zlib.decompressobj().decompress(content))
    choices = {field.name for field in TEMPLATE.fields if field.type in TYPES}
    looked = next(each for each in kept if isinstance(each, list) and each and each[0] and each[0][0] in choices)
    for look in looked:
        del look[10:]
    seen = kept_seen.Unpacker(TEMPLATE).unpack(zlib.compress(msgspec.msgpack.encode(kept)))
    assert seen is not None
    assert {name: len(each.look.behind) for name, each in seen.looked.items()} == {
        name: len(each.look.options) for name, each in seen.looked.items()
    }


def test_more_than_may_be_kept_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_seen, "MOST_BYTES", 100)
    result, content = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    assert content == b""
    assert result.fields


def test_an_embedding_is_asked_for_once() -> None:
    seen = kept_seen.Unpacker(TEMPLATE).unpack(
        Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")[1]
    )
    assert seen is not None
    asked = []

    class Told:
        """What a template learned: it asks for the embedding of each choice, and knows nothing."""

        moves = confidence = staticmethod(lambda *_: None)

        @staticmethod
        def option(_name: str, _document: Document, _strengths: np.ndarray, embed: Embed) -> None:
            asked.append(embed("text"))

    calls: list[str] = []

    def embed(text: str, *, lasting: bool = False) -> Embedding:
        assert not lasting
        calls.append(text)
        return Embedding("m", np.ones(4))

    decide(seen, TEMPLATE, Told(), embed)
    assert len(calls) == 1
    assert len(asked) == 2
    kept = kept_seen.Unpacker(TEMPLATE).unpack(kept_seen.pack(seen, {}))
    assert kept is not None
    assert kept.embedding is not None
    assert kept.embedding[0] == "m"
    assert kept.embedding[1].tolist() == [1.0] * 4


def test_what_a_text_is_about_behind_options_is_asked_for_once_and_kept() -> None:
    desk = Field("desk", FieldType.CHOICE, options=(Option("garden"), Option("boats")), required=True)
    template = dataclasses.replace(TEMPLATE, fields=(desk,))
    read: list[str] = []

    def embed(_text: str, *, lasting: bool = False, examples: str = "") -> Embedding:
        if not lasting:
            read.append(examples)
        return Embedding("m", np.ones(3) + len(examples))

    _, content = Extractor(ScriptedEngine(), embed=embed).extract_and_keep(slip(), template, file="a")
    assert len(read) == 2
    seen = kept_seen.Unpacker(template).unpack(content)
    assert seen is not None
    assert seen.among["desk"].vector.tolist() == [1.0 + len(read[1])] * 3

    class Told:
        """What a template learned of the choice, behind its options."""

        moves = confidence = staticmethod(lambda *_: None)

        @staticmethod
        def option(_name: str, _document: Document, _strengths: np.ndarray, embed: Embed) -> None:
            assert embed("text", examples=read[1]) is not None

    decide(seen, template, Told(), embed)
    assert len(read) == 2
    seen.among = {}
    decide(seen, template, Told(), embed)
    assert read[2:] == [read[1]]
    assert kept_seen.Unpacker(template).unpack(kept_seen.pack(seen, {})).among["desk"].model == "m"  # type: ignore[union-attr]


def test_what_is_held_in_memory_is_as_it_was_unpacked() -> None:
    result, content = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    unpacker = kept_seen.Unpacker(TEMPLATE, hold=True)
    first, other = unpacker.unpack(content), unpacker.unpack(content)
    assert first is not None
    assert other is not None
    assert first.document is other.document
    for asked in first.asked:
        asked.moves, asked.chosen, asked.sure = (np.full(len(asked.candidates), 9.0), -9.0), [], True
    first.embedding = Embedding("m", np.ones(3))
    for seen in (other, unpacker.unpack(content)):
        assert seen is not None
        fields, notes = decide(seen, TEMPLATE)
        assert as_kept(dataclasses.replace(result, fields=fields, notes=notes)) == as_kept(result)
        assert seen.embedding is None


def test_kept_candidates_are_as_those_they_were_made_of() -> None:
    text = "03/04/2025 to 04/03/2025, or 2025-04-03; 3 April 2025"
    spans = [(1, 0, 10), (1, 0, 10), (1, 14, 24), (1, 14, 24), (1, 29, 39), (1, 41, 53)]
    values = ["2025-04-03", "2025-03-04", "2025-03-04", "2025-04-03", "2025-04-03", "2025-04-03"]
    readings = {0: "day_first", 1: "month_first", 2: "day_first", 3: "month_first"}
    plain = [
        Candidate(
            Span(*span), "third" if number == 5 else text[span[1] : span[2]], values[number],
            failed=("no such day",) if number == 4 else (), reading=readings.get(number, ""), likelihood=0.5 + number / 20,
        )
        for number, span in enumerate(spans)
    ]  # fmt: skip
    for read in (readings, {}):
        own = [dataclasses.replace(each, reading=read.get(number, "")) for number, each in enumerate(plain)]
        kept = KeptCandidates(
            np.array(spans, np.int32),
            {1: text},
            {5: "third"},
            values,
            [each.likelihood for each in own],
            read,
            {4: ("no such day",)},
        )
        assert list(kept) == own
        assert (kept[-1], kept[1:3], len(kept)) == (own[-1], own[1:3], len(own))
        assert kept[2] is kept[2]
        with pytest.raises(IndexError):
            kept[6]
        assert list(values_of(kept)) == list(values_of(own)) == values
        for value in (*values, "2025-01-01", None):
            assert other_readings_of(kept, value) == other_readings_of(own, value)
    assert other_readings_of(plain, "2025-04-03") == {"2025-04-03", "2025-03-04"}
    assert other_readings_of(plain, "2025-01-01") == {"2025-01-01"}


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        ((2, 0, 3), True), ((5, 3, 3), True), ((2, 0, 4), False), ((3, 0, 1), False), ((9, 0, 1), False), ((0, 0, 0), False),
        ((2, -1, 2), False), ((2, 3, 2), False),
    ],
)  # fmt: skip
def test_candidates_that_stand_in_no_text_are_damage(place: tuple[int, int, int], fits: bool) -> None:
    document = Document("d.txt", "txt", "", (Page(2, "abc"), Page(5, "abc")), 5)
    assert kept_seen._on_the_pages(np.array([(2, 1, 2), place], np.int32), document) is fits


def test_what_was_kept_of_candidates_behind_the_text_is_not_used() -> None:
    _, content = Extractor(ScriptedEngine()).extract_and_keep(slip(), TEMPLATE, file="a")
    kept, _ = kept_seen._decoded(content)
    assert kept is not None
    asked = next(each for each in kept.asked if each.spans)
    places = np.frombuffer(asked.spans, np.int32).copy()
    assert kept_seen.Unpacker(TEMPLATE).unpack(kept_seen._packed(kept)) is not None
    places[2] = 10_000
    asked.spans = places.tobytes()
    assert kept_seen.Unpacker(TEMPLATE).unpack(kept_seen._packed(kept)) is None
