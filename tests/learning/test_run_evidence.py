"""The documents of a run speak for each other: what is sure in most of them tells where the value of the others stands."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.cancellation import Cancellation, Cancelled
from stillroom.documents.document import Document, Page
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.kept_seen import Unpacker
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.learning.memory import TemplateMemory
from stillroom.learning.run_evidence import LEAST_DOCUMENTS, RunEvidence, evidence_of
from stillroom.templates.toml_file import parse_template

TEMPLATE = parse_template(
    'name = "order"\nversion = 1\n[[fields]]\nname = "order_number"\ntype = "identifier"\n[[fields]]\nname = "due"\ntype = "date"\n', "t"
)  # fmt: skip
# The number stands behind a word that nobody knows; in most documents a label that is known stands before that, in others only before
# another number.
_LABELLED = "Sheet {0}\nNumber CX-33{0}0\nDroo BX-12{0}0\nOrder number Plim AX-47{0}1\nQuendle 12\n"
_BARE = "Sheet {0}\nNumber CX-33{0}0\nDroo BX-12{0}0\nPlim AX-47{0}1\nQuendle 12\n"


def order(number: int, *, bare: bool = False) -> Document:
    text = (_BARE if bare else _LABELLED).format(number)
    return Document(f"{number}.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


def seen_of(*documents: Document) -> list[bytes]:
    extractor = Extractor(ScriptedEngine())
    return [extractor.extract_and_keep(each, TEMPLATE, file=each.name)[1] for each in documents]


def number_of(content: bytes, evidence: RunEvidence | None = None, memory: TemplateMemory | None = None) -> FieldValue:
    seen = Unpacker(TEMPLATE).unpack(content)
    assert seen is not None
    fields, _ = decide(seen, TEMPLATE, memory.learned() if memory is not None else None, evidence=evidence)
    value = fields["order_number"]
    assert isinstance(value, FieldValue)
    if value.state is FieldState.FOUND:
        assert value.span is not None
        assert seen.document.text(value.span).strip() == value.value  # it is a span of the page, whoever spoke for it
    return value


def test_a_document_without_the_label_is_told_by_the_others() -> None:
    labelled = seen_of(*(order(number) for number in range(8)))
    (bare,) = seen_of(order(9, bare=True))
    assert number_of(bare).value == "CX-3390"
    evidence = evidence_of([*labelled, bare], TEMPLATE)
    assert number_of(bare, evidence).value == "AX-4791"
    for at, each in enumerate(labelled):
        assert number_of(each, evidence).value == f"AX-47{at}1"


def test_a_document_without_the_value_gets_none_from_the_others() -> None:
    labelled = seen_of(*(order(number) for number in range(8)))
    text = "Sheet 9\nDear Sir, we write to you about the room and the garden.\n"
    (letter,) = seen_of(Document("9.txt", "txt", "9" * 64, (Page(1, text),), 1))
    assert number_of(letter, evidence_of([*labelled, letter], TEMPLATE)).state is FieldState.ABSENT


def test_what_was_learned_is_asked_of_a_document_once() -> None:
    (bare,) = seen_of(order(9, bare=True))
    unpacker = Unpacker(TEMPLATE, hold=True)
    told: list[FieldValue] = []
    for value in ("CX-3390", "AX-4791"):
        memory = TemplateMemory(TEMPLATE)
        for number in range(4):
            memory.take(order(number, bare=True), {"order_number": value.replace("9", str(number), 1)})
        learned = memory.learned()
        moves = []
        for _ in range(2):
            seen = unpacker.unpack(bare)
            assert seen is not None
            value_now = decide(seen, TEMPLATE, learned)[0]["order_number"]
            assert isinstance(value_now, FieldValue)
            told.append(value_now)
            moves.append(next(each.moves for each in seen.asked if each.field.name == "order_number"))
        assert moves[0] is not None
        assert moves[0] is moves[1]
    assert [each.value for each in told] == ["CX-3390", "CX-3390", "AX-4791", "AX-4791"]


def test_few_documents_say_nothing_of_each_other() -> None:
    assert evidence_of(seen_of(*(order(number) for number in range(LEAST_DOCUMENTS - 1))), TEMPLATE) is None
    assert evidence_of([b""] * 20, TEMPLATE) is None
    blank = Document("b.txt", "txt", "b" * 64, (Page(1, "Nothing.\n"),), 1)
    assert evidence_of(seen_of(*[blank] * 8), TEMPLATE) is None


def test_what_a_person_taught_is_not_overruled_by_the_others() -> None:
    labelled = seen_of(*(order(number) for number in range(8)))
    memory = TemplateMemory(TEMPLATE)
    for number in range(4):
        memory.take(order(number), {"order_number": f"BX-12{number}0"})
    alone = number_of(labelled[6], None, memory)
    assert alone.value == "BX-1260"
    without = evidence_of(labelled, TEMPLATE)
    for evidence in (without, evidence_of(labelled, TEMPLATE, memory.learned())):
        assert evidence is not None
        assert number_of(labelled[6], evidence, memory).value == "BX-1260"
    # What was drawn before anybody taught speaks for the others: the value is less sure than what was taught alone makes it.
    assert number_of(labelled[6], without, memory).confidence < alone.confidence


def test_a_first_corrected_document_takes_nothing_from_the_others() -> None:
    labelled = seen_of(*(order(number) for number in range(8)))
    (bare,) = seen_of(order(9, bare=True))
    memory = TemplateMemory(TEMPLATE)
    memory.take(order(0), {"order_number": "AX-4701"})
    assert memory.learned().documents_of("order_number") == 1
    assert memory.learned().documents_of("due") == 0
    evidence = evidence_of([*labelled, bare], TEMPLATE, memory.learned())
    assert evidence is not None
    assert "order_number" in evidence.fields
    seen = Unpacker(TEMPLATE).unpack(bare)
    assert seen is not None
    asked = next(each for each in seen.asked if each.field.name == "order_number")
    decide(seen, TEMPLATE, evidence=evidence)
    untaught = asked.together
    decide(seen, TEMPLATE, memory.learned(), evidence=evidence)
    taught = asked.together
    assert untaught is not None
    assert taught is not None
    assert 0 < np.ptp(taught) < np.ptp(untaught)  # the more is taught, the less the others say
    assert number_of(bare, evidence, memory).value == "AX-4791"
    decide(seen, TEMPLATE, memory.learned())
    assert asked.together is None
    assert asked.alone is None


def test_it_can_be_stopped() -> None:
    cancellation = Cancellation()
    cancellation.request()
    with pytest.raises(Cancelled):
        evidence_of(seen_of(*(order(number) for number in range(8))), TEMPLATE, cancellation=cancellation)
