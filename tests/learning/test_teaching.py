"""What a model is taught: questions with the answers of labels; taken only where documents held out are right more often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.engine.protocol import Piece
from stillroom.errors import StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.extraction.extractor import Extractor
from stillroom.learning.teaching import HeldOut, Judged, TaughtField, examples_of, hold_out, judged, look_at
from stillroom.templates.template import Field, FieldType, Template

TEMPLATE = Template(
    "shift",
    1,
    "Shift",
    "A shift of work.",
    (
        Field("handover", FieldType.TIME, "when the shift is handed over"),
        Field("code", FieldType.IDENTIFIER),
        Field("times", FieldType.LIST, of=FieldType.TIME),
        Field("remark", FieldType.TEXT),
    ),
)


class Letters:
    """An engine whose tokens are letters."""

    def tokens(self, pieces: Sequence[Piece]) -> list[list[int]]:
        return [[ord(letter) for letter in piece.text] for piece in pieces]


def document(text: str) -> Document:
    return Document("a.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


def labelled(name: str = "a.txt", **fields: str | tuple[str, ...] | None) -> LabelledDocument:
    return LabelledDocument(1, name, Path(name), dict(fields))


def told(tokens: Sequence[int]) -> str:
    return "".join(map(chr, tokens))


def asked_of(text: str, label: LabelledDocument) -> list[tuple[str, str]]:
    """Questions and answers about a text, by what stands between the passage and the answer."""
    extractor = Extractor(ScriptedEngine(), words={})
    (example,) = examples_of(extractor, Letters(), document(text), TEMPLATE, label)
    assert told(example.prefix).endswith(text.strip())
    return [(told(each.suffix), told(each.answer)) for each in example.branches]


def test_a_value_is_the_answer_as_it_stands_on_the_page() -> None:
    ((question, answer),) = asked_of("Handed over at 2.40 pm\nCode AX-1\n", labelled(handover="14:40"))
    assert answer == '2.40 pm"'
    assert "when the shift is handed over" in question
    assert question.endswith('Handover: "')


def test_what_is_not_there_is_answered_by_none_and_what_was_not_labelled_is_not_asked() -> None:
    answers = asked_of("Handed over at 14:40\n", labelled(handover="14:40", code=None))
    assert [answer for _, answer in answers] == ['14:40"', 'none"']


def test_a_label_that_does_not_stand_there_teaches_nothing() -> None:
    answers = asked_of("Handed over at 14:40\n", labelled(handover="14:40", code="ZZ-9"))
    assert [answer for _, answer in answers] == ['14:40"']


def test_every_item_of_a_list_and_quoted_words_are_answers() -> None:
    text = "From 6:15 to 14:40\nThe lift  was\nout of order all day.\n"
    answers = asked_of(text, labelled(times=("06:15", "14:40"), remark="The lift was out of order"))
    assert [answer for _, answer in answers] == ['6:15"', '14:40"', 'The lift was out of order"']


def test_held_out_documents_are_the_same_every_time_and_are_not_trained_on() -> None:
    labels = [labelled(f"{number}.txt", code="A-1") for number in range(40)]
    train, held = hold_out(labels)
    assert len(held) == 12
    assert len(train) == 28
    assert not {each.file for each in train} & {each.file for each in held}
    assert hold_out(labels[::-1]) == (train, held)
    assert len(hold_out(labels, 20)[1]) == 20
    with pytest.raises(StillroomError, match="too few"):
        hold_out(labels[:19])
    with pytest.raises(StillroomError, match="5 to 35 can be held out"):
        hold_out(labels, 39)


def looked(says_right: float, words: dict[str, float] | None) -> list[HeldOut]:
    """Documents with two codes of which nothing on the page tells the right one; a model's word for it is this much stronger."""
    template = Template("codes", 1, "", "", (Field("code", FieldType.IDENTIFIER),))
    texts = {f"{number}.txt": f"AX-{100 + number}\nCX-{300 + number}\n" for number in range(20)}
    labels = [labelled(name, code=text.split()[number % 2]) for number, (name, text) in enumerate(texts.items())]
    right = {str(each.fields["code"]) for each in labels}
    engine = ScriptedEngine(lambda _question, text: says_right if text in right else 0.0)
    extractor = Extractor(engine, words=words or {})
    return look_at(extractor, lambda each: document(texts[each.file]), labels, template)


def codes() -> Template:
    return Template("codes", 1, "", "", (Field("code", FieldType.IDENTIFIER),))


def test_a_word_that_is_right_counts_from_then_on() -> None:
    found = judged(looked(0, None), looked(8.0, {"code": 1.0}), codes())
    assert found.fields["code"].after > found.fields["code"].before
    assert found.words["code"] > 0
    assert found.holds


def test_a_word_that_is_wrong_counts_for_nothing() -> None:
    found = judged(looked(0, None), looked(-8.0, {"code": 1.0}), codes())
    assert found.words == {}
    assert (found.better, found.worse) == (0, 0)
    assert not found.holds


@pytest.mark.parametrize(
    ("better", "worse", "holds"), [(0, 0, False), (1, 0, False), (3, 0, True), (9, 5, True), (9, 6, False)]
)
def test_chance_is_not_taken_for_a_gain(better: int, worse: int, holds: bool) -> None:
    field = TaughtField(100, 50, 50 + better - worse, 0.2)
    assert Judged(30, {"code": field}, better, worse).holds is holds
