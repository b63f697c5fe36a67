"""What is ticked on a form is what a choice is, whichever signs and whichever side its boxes have."""

from __future__ import annotations

import time

import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.documents.document import Document, Page
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.kept_seen import Unpacker
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.extraction.ticks import Ticks
from stillroom.templates.template import Field, FieldType, Option, Template

FORM = Template(
    "form", 1, "Form", "A form with boxes.",
    (
        Field("us_citizen", FieldType.YES_NO, "whether the applicant is a citizen"),
        Field("has_children", FieldType.YES_NO, near=("Kinder",)),
        Field("report_kind", FieldType.CHOICE, options=(Option("interim"), Option("final"))),
        Field("delivery", FieldType.CHOICE, options=(Option("courier"), Option("post", synonyms=("mail",)), Option("pick-up"))),
    ),
)  # fmt: skip


def extracted(text: str) -> dict[str, FieldValue]:
    document = Document("form.txt", "txt", "0" * 64, (Page(1, text),), 1)
    result, content = Extractor(ScriptedEngine(lambda *_: 0.0)).extract_and_keep(document, FORM, file="form.txt")
    seen = Unpacker(FORM).unpack(content)
    assert seen is not None
    decided, _ = decide(seen, FORM)
    for name, value in result.fields.items():
        assert isinstance(value, FieldValue)
        assert decided[name] == value
        assert value.span is None or document.text(value.span) == value.text
    return {name: value for name, value in result.fields.items() if isinstance(value, FieldValue)}


def ticked(text: str) -> dict[str, str | None]:
    """What is as sure as a tick makes it."""
    return {name: value.value for name, value in extracted(text).items() if value.confidence >= 0.8}


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("US citizen:  [X] Yes   [ ] No", "us_citizen", "yes"),
        ("US citizen:  [ ] Yes   [x] No", "us_citizen", "no"),
        ("US citizen  Yes ___ No _X_", "us_citizen", "no"),
        ("Are you a US citizen?  ☐ Yes  ☑ No", "us_citizen", "no"),
        ("Kinder: Ja ○  Nein ●", "has_children", "no"),
        ("US citizen: Nein", "us_citizen", "no"),
        ("☐ Courier ☐ Post ☒ Pick-up ☐ Other ______", "delivery", "pick-up"),
        ("[x] Courier  [ ] Post  [ ] Other: ________", "delivery", "courier"),
        ("Delivery: ☒ Courier to the address ______  ☐ Post", "delivery", "courier"),
        ("Are you a US citizen? Y", "us_citizen", "yes"),
        ("[x] US citizen", "us_citizen", "yes"),
        ("☐ US citizen", "us_citizen", "no"),
        ("Report:  ( ) Interim  (X) Final", "report_kind", "final"),
        ("( ) INTERIM  (X) FINAL", "report_kind", "final"),
        ("Report  Interim _x_ Final ___", "report_kind", "interim"),
        ("Delivery: ☐ Courier  ☒ Mail  ☐ Pick-up", "delivery", "post"),
        ("Delivery: Courier □ Post □ Pick-up ■", "delivery", "pick-up"),
        ("Delivery:\n[ ] Courier\n[ ] Post\n[x] Pick-up\n", "delivery", "pick-up"),
        ("Delivery\n☐ Courier\n☒ Post\n\n☐ Pick-up\n", "delivery", "post"),
        ("Delivery: ✓ Courier   Post   Pick-up", "delivery", "courier"),
        ("US citizen:  [ ] Yes   [ ] No", "us_citizen", None),
        ("Delivery: [ ] Courier  [ ] Post  [ ] Pick-up", "delivery", None),
    ],
)
def test_the_ticked_option_is_taken(line: str, name: str, value: str | None) -> None:
    assert ticked(f"Application for a permit\n{line}\nDate 12 May 2024\n") == {name: value}


def test_each_question_has_its_own_boxes() -> None:
    text = (
        "Application\nHas children:  [ ] Yes  [X] No\nUS citizen:  [X] Yes  [ ] No\nMember of a union: [X] Yes [ ] No\n"
    )
    assert ticked(text) == {"us_citizen": "yes", "has_children": "no"}


def test_two_ticks_for_one_choice_leave_it_open() -> None:
    value = extracted("Delivery: [x] Courier  [x] Post  [ ] Pick-up\n")["delivery"]
    assert value.value == "courier"
    assert value.confidence < 0.5
    assert value.candidates[0].value == "post"
    assert value.candidates[0].confidence == pytest.approx(value.confidence)


@pytest.mark.parametrize(
    "text",
    [
        "● Courier\n● Post\n● Pick-up\n",  # a list
        "We deliver by courier (post costs extra), f(x) or list[] of pick-up points.\n",
        "Member of a union: [X] Yes [ ] No\n",  # of nothing that is asked
        "Courier ______ Post ______\n",  # to write on
        "Kinder: keine Angabe ja nein\n",
        "US citizen (*)\nDate (*)\n",  # to be filled in
        "Delivery: [ ] Courier  [ ] Post  [x] By pigeon\n",  # something else is ticked
    ],
)
def test_what_is_no_box_says_nothing(text: str) -> None:
    assert ticked(text) == {}


def test_in_a_picture_a_box_without_a_mark_is_no_answer() -> None:
    def value(text: str) -> FieldValue:
        page = Page(1, text, ocr_confidence=0.97)
        document = Document("form.png", "png", "0" * 64, (page,), 1)
        made = Extractor(ScriptedEngine(lambda *_: 0.0)).extract(document, FORM, file="form.png").fields["us_citizen"]
        assert isinstance(made, FieldValue)
        return made

    assert value("US citizen:  □ Yes  No\n").confidence < 0.8  # the mark, or the other box, was not recognised
    assert value("US citizen:  □ Yes  ☒ No\n").value == "no"


def test_a_question_of_which_nothing_is_ticked_is_not_answered() -> None:
    assert extracted("US citizen:  [ ] Yes   [ ] No\n")["us_citizen"].state is FieldState.ABSENT


def test_a_cross_beside_ticks_is_none() -> None:
    assert ticked("✓ Has children\n✗ US citizen\n") == {"has_children": "yes", "us_citizen": "no"}
    assert ticked("✗ Has children\n☐ US citizen\n") == {"has_children": "yes", "us_citizen": "no"}


def test_options_that_differ_in_their_signs_are_told_apart() -> None:
    blood = Field("blood_type", FieldType.CHOICE, options=(Option("A+"), Option("A-"), Option("-")))
    document = Document("f.txt", "txt", "0" * 64, (Page(1, "Blood type:  [x] A+  [ ] A-  [ ] 0\n"),), 1)
    said = Ticks(document, (blood,)).of(blood, blood.options)
    assert said is not None
    assert [span is not None for span in said.options] == [True, False, False]


def test_a_long_text_with_signs_takes_no_time() -> None:
    started = time.perf_counter()
    extracted(" " * 20_000 + "\t" * 20_000 + "a: no\n" + "\t" * 2_000 + "x\n")
    extracted("[ ] " * 5_000 + "\n" + "_" * 20_000 + "\n" + "(x) Courier " * 2_000)
    assert time.perf_counter() - started < 5
