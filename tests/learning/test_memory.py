"""What a template learns: the right value of another document by the words around it; never a value that is not there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillroom.documents.document import Document, Page
from stillroom.extraction import choosing
from stillroom.extraction.around import form_of
from stillroom.extraction.concepts import Meaning
from stillroom.extraction.layout import Layout
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.learning import memory as memory_module
from stillroom.learning.confidence import confidence
from stillroom.learning.fitting import LabelledField, LearnedField, fit, rightness
from stillroom.learning.memory import Gain, LearnedTemplate, TemplateMemory
from stillroom.learning.surroundings import LIKENESSES, Book, Shelf, Surroundings
from stillroom.templates.template import Field, FieldType, Template

TEMPLATE = Template(
    "shift", 1, "Shift", "A shift of work.", (Field("handover", FieldType.TIME), Field("code", FieldType.IDENTIFIER))
)


def shift(number: int) -> Document:
    """A sheet with four times and four codes; only words that mean nothing elsewhere tell which is the handover's."""
    text = (
        f"Sheet {number}\nZorble {6 + number % 3}:15\nQuendle {14 + number % 4}:40\nFrimmet {20 + number % 2}:05\n"
        f"Plim AX-{100 + number}\nDroo BX-{200 + number}\nVank CX-{300 + number}\n"
    )
    return Document(f"{number}.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


def truth(number: int) -> dict[str, str | None]:
    return {"handover": f"{14 + number % 4}:40", "code": f"CX-{300 + number}"}


def decide(document: Document, learned: LearnedTemplate | None) -> dict[str, FieldValue]:
    layout = Layout(document, Meaning(TEMPLATE))
    asked = [
        choosing.prepare(field, document, (), template=TEMPLATE, layout=layout, learned=learned)
        for field in TEMPLATE.fields
    ]
    found = choosing.choose_all(asked, document, complete=True)
    return {name: value for name, value in found.items() if isinstance(value, FieldValue)}


def right(learned: LearnedTemplate | None, numbers: range) -> int:
    return sum(
        value.value == truth(number)[name]
        for number in numbers
        for name, value in decide(shift(number), learned).items()
    )


@pytest.fixture
def memory(tmp_path: Path) -> TemplateMemory:
    made = TemplateMemory(TEMPLATE, tmp_path)
    for number in range(5):
        made.take(shift(number), truth(number))
    return made


def test_a_few_documents_teach_which_is_meant(memory: TemplateMemory) -> None:
    before, after = right(None, range(20, 30)), right(memory.learned(), range(20, 30))
    assert after >= 19
    assert after > before
    value = decide(shift(25), memory.learned())["handover"]
    assert value.confidence > 0.5
    gain = memory.learned().gains()["handover"]
    assert gain.values == 5
    assert gain.after > gain.before


def test_a_field_that_gained_nothing_is_told_with_the_others(
    memory: TemplateMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = memory.learned().gains()["code"]

    def no_better(rows: Sequence[LabelledField], shelf: Shelf | None = None) -> LearnedField | None:
        learned = fit(rows, shelf)
        return replace(learned, gained=-0.5) if learned is not None else None

    monkeypatch.setattr(memory_module, "fit", no_better)
    learned = TemplateMemory(TEMPLATE, tmp_path).learned()
    assert not learned.fields, "it is decided as before"
    assert learned.gains()["code"] == replace(usual, after=usual.before)


def test_what_is_not_in_a_document_is_not_found_in_it(memory: TemplateMemory) -> None:
    text = "A letter.\nNothing of the kind stands here.\n"
    document = Document("x.txt", "txt", "1" * 64, (Page(1, text),), 1)
    assert all(
        value.value is None and value.state is FieldState.ABSENT
        for value in decide(document, memory.learned()).values()
    )


def test_a_firm_is_learned_where_the_page_spells_it_otherwise_than_the_label(tmp_path: Path) -> None:
    template = Template("firm", 1, "Firm", "A letter.", (Field("supplier", FieldType.ORGANISATION),))
    text = "Zorble: Acme Trading Inc.\nQuendle: Berg & Holt Limited\nPlim: Lavern Group LLC\n"
    document = Document("1.txt", "txt", "1" * 64, (Page(1, text),), 1)
    made = TemplateMemory(template, tmp_path)
    made.take(document, {"supplier": "Berg and Holt Ltd."})
    row = made.rows(document.sha256).fields["supplier"]
    assert not row.missing
    assert {each.value for each, right in zip(row.around, row.right, strict=True) if right} == {"berg & holt limited"}


@settings(max_examples=40, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("Quendle Vank 14:40 CX-301\n:9"), max_size=120))
def test_a_value_is_a_span_whatever_was_learned(text: str) -> None:
    learned = _LEARNED[0] if _LEARNED else _LEARNED.append(_learned()) or _LEARNED[0]
    document = Document("x.txt", "txt", "1" * 64, (Page(1, text),), 1)
    for value in decide(document, learned).values():
        if value.value is not None:
            assert value.span is not None
            assert document.text(value.span) == value.text


_LEARNED: list[LearnedTemplate] = []


def _learned() -> LearnedTemplate:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        made = TemplateMemory(TEMPLATE, Path(folder))
        for number in range(3):
            made.take(shift(number), truth(number))
        return made.learned()


def test_a_document_and_everything_is_forgotten(memory: TemplateMemory, tmp_path: Path) -> None:
    first = memory.documents()[0]
    assert memory.forget(first) == 1
    assert memory.learned().documents == 4
    memory.take(shift(0), truth(0))
    memory.take(shift(0), truth(0))
    assert len(memory.documents()) == 5
    assert memory.forget() == 5
    assert memory.learned().fields == {}
    assert list(tmp_path.rglob("*.npz")) == []


def test_what_cannot_be_read_is_passed_over(
    memory: TemplateMemory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = next(iter((tmp_path / "shift").glob("*.npz")))
    file.write_bytes(file.read_bytes()[:100])
    (tmp_path / "shift" / "other.npz").write_bytes(b"no array")
    assert memory.learned().gains()["handover"].values == 4
    assert "passed over" in caplog.text


def test_a_field_of_another_type_learns_anew(memory: TemplateMemory, tmp_path: Path) -> None:
    changed = Template(
        "shift", 2, "Shift", "", (Field("handover", FieldType.LINE), Field("code", FieldType.IDENTIFIER))
    )
    assert set(TemplateMemory(changed, tmp_path).learned().fields) <= {"code"}
    assert memory.learned().fields


def test_a_value_that_is_no_candidate_teaches_nothing() -> None:
    row = LabelledField("d", np.zeros((1, 2)), np.zeros(1), 0.0, np.zeros(1, dtype=bool), (_around("x"),), missing=True)
    assert fit([row]) is None


def test_absent_is_learned_too() -> None:
    rows = [
        LabelledField(
            f"d{number}",
            np.zeros((2, 2)),
            np.array([1.0, 0.5]),
            0.0,
            np.zeros(2, dtype=bool),
            (_around("a"), _around("b")),
        )
        for number in range(6)
    ]
    learned = fit(rows)
    assert learned is not None
    assert learned.absent > 0.5
    assert (learned.before, learned.after) == (0, 6)


def test_what_every_document_shows_moves_further_than_what_some_show() -> None:
    """The page speaks for the first of two; of eight documents the second is right in all, and in three."""

    def moved(right: int) -> float:
        rows = [
            LabelledField(
                f"d{number}", np.eye(2), np.array([2.5, 0.0]), -5.0, np.array([number >= right, number < right]),
                (_around("a", f"v{number}"), _around("a", f"w{number}")),
            )
            for number in range(8)
        ]  # fmt: skip
        learned = fit(rows)
        assert learned is not None
        return float(learned.signs[1] - learned.signs[0])

    assert moved(8) > 2.0
    assert moved(3) < 1.2


def test_one_document_without_a_required_value_is_an_exception() -> None:
    """The page speaks three times as much for the value as for none, in every document."""

    def absent(required: bool, documents: int) -> float:
        rows = [
            LabelledField(
                f"d{number}", np.zeros((1, 2)), np.array([1.1]), 0.0, np.zeros(1, dtype=bool), (_around("x"),), required=required
            )
            for number in range(documents)
        ]  # fmt: skip
        learned = fit(rows)
        assert learned is not None
        return learned.absent

    assert absent(required=True, documents=1) < 0.4 < 0.8 < absent(required=False, documents=1)
    assert absent(required=True, documents=8) > 1.1


def test_what_helps_no_other_document_counts_little() -> None:
    """The page is right in six of eight, and nothing tells when it is not."""
    chance = np.random.default_rng(0)
    rows = []
    for number in range(8):
        likely = np.arange(5) == int(chance.integers(5))
        around = tuple(_around(f"w{number} {place}", f"v{number} {place}") for place in range(5))
        right = np.roll(likely, 1) if number < 2 else likely
        rows.append(LabelledField(f"d{number}", chance.normal(size=(5, 12)), 2.0 * likely, -4.0, right, around))
    learned = fit(rows)
    assert learned is not None
    assert np.abs(learned.signs).sum() < 0.5
    assert np.abs(learned.around).sum() < 2.0


def _parties(number: int, mentions: int) -> LabelledField:
    """A list of two: one named once beside "between", another often beside "and"; and who signs, often too."""
    left = ["between", *(["and"] * mentions), *(["by"] * mentions)]
    right = np.array([True, *([True] * mentions), *([False] * mentions)])
    return LabelledField(
        f"d{number}",
        np.zeros((len(left), 2)),
        np.zeros(len(left)),
        0.5,
        right,
        tuple(_around(word, value=f"{word} {number}") for word in left),
        least=0.5,
        same=np.array([0, *([1] * mentions), *([2] * mentions)]),
    )


def test_a_list_learns_what_its_items_have_in_common() -> None:
    rows = [_parties(number, 4) for number in range(6)]
    learned = fit(rows)
    assert learned is not None
    assert (learned.before, learned.after) == (0, 6)
    assert learned.gained == 1.0
    assert rightness(_parties(9, 2), learned) == 1.0
    # What stands among others is no item; half of what is right is half as right.
    assert 0 < rightness(replace(_parties(9, 2), right=np.array([True, False, False, False, False])), learned) < 1


def test_a_thing_weighs_the_same_however_often_it_is_named() -> None:
    once, often = (fit([_parties(number, mentions) for number in range(6)]) for mentions in (1, 12))
    assert once is not None
    assert often is not None
    # Of two fits from other numbers of candidates the shares are all but the same.
    assert once.absent == pytest.approx(often.absent, abs=0.05)


def test_candidates_are_one_thing_by_their_name_where_it_is_known() -> None:
    named = [_around("x", value=value) for value in ("nike, inc.", "nike incorporated", "adidas", "", "")]
    assert memory_module._same(FieldType.ORGANISATION, named).tolist() == [0, 0, 1, 2, 3]


def test_an_item_is_as_sure_as_items_were_right() -> None:
    """Two of three that are taken are none: nobody can tell them apart by what stands around them."""
    rows = [
        LabelledField(
            f"d{number}", np.zeros((3, 2)), np.full(3, 2.0), 0.0, np.array([True, False, False]),
            tuple(_around("by", value=f"{place} {number}") for place in range(3)), least=0.1, same=np.arange(3),
        )
        for number in range(12)
    ]  # fmt: skip
    learned = fit(rows)
    assert learned is not None
    strength = 2.0 + learned.strengths(np.zeros((1, 2)), [_around("by", value="another")])[0]
    share = float(1 / (1 + np.exp(-(strength - learned.absent))))
    assert confidence(learned.slope, learned.shift, share) == pytest.approx(1 / 3, abs=0.12)


def test_likenesses_are_those_of_the_most_alike() -> None:
    known = [_around("total", value="5"), _around("net", value="4")]
    book = Book([known], [np.array([True, True])])
    row = dict(zip(LIKENESSES, book.columns_of([_around("total", value="9")])[0], strict=False))
    assert row["left"] == 1.0
    assert row["value"] == 0.0
    assert row["form"] == 1.0
    # A document is not held against itself.
    assert book.columns(0, [0])[:, : len(LIKENESSES)].sum() == 0
    assert form_of("INV-2025/17") == "a-9/9"


ROOMS = ("Hall", "Hall", "Annex", "Hall", "Annex", "Hall")


def talk(number: int) -> Document:
    """Lines in any order; only a word within it tells the room."""
    lines = [f"Grob {number} Vlim", f"{ROOMS[number % 6]} {300 + 7 * number}", f"Trask Nool {number}"]
    lines = lines[number % 3 :] + lines[: number % 3]
    text = "\n".join(lines) + "\n"
    return Document(f"{number}.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


def test_words_within_right_values_tell_others(tmp_path: Path) -> None:
    template = Template("talk", 1, "Talk", "", (Field("room", FieldType.LINE),))
    memory = TemplateMemory(template, tmp_path)

    def room(number: int) -> str:
        return f"{ROOMS[number % 6]} {300 + 7 * number}"

    for number in range(8):
        memory.take(talk(number), {"room": room(number)})
    learned = memory.learned()
    right = 0
    for number in range(20, 30):
        document = talk(number)
        asked = choosing.prepare(template.fields[0], document, (), template=template, learned=learned)
        found = choosing.choose_all([asked], document, complete=True)["room"]
        right += isinstance(found, FieldValue) and found.value == room(number)
    assert right >= 9


def test_what_was_kept_without_marks_still_teaches() -> None:
    """Files of an earlier version have none."""
    book = Book([[_around("total")]], [np.array([True])])
    assert np.isfinite(book.columns_of([_around("total"), _around("x")])).all()


def _around(left: str, value: str = "v") -> Surroundings:
    return Surroundings((left,), (), (), "9", value, 0.5, 0)


def test_leaving_a_document_out_is_as_good_as_fitting_without_it(memory: TemplateMemory) -> None:
    """What a field gained is told by one step from the fit of all; it says what fits without each would."""
    known = [memory.rows(each) for each in memory.documents()]
    for name in ("handover", "code"):
        rows = [each.fields[name] for each in known]
        whole = fit(rows)
        assert whole is not None
        honest = [rightness(row, fit([each for each in rows if each is not row])) for row in rows]
        assert whole.after == sum(honest)


def test_one_document_more_is_learned_by_what_was_numbered_before(memory: TemplateMemory, tmp_path: Path) -> None:
    memory.learned()
    memory.take(shift(5), truth(5))
    grown, fresh = memory.learned(), TemplateMemory(TEMPLATE, tmp_path).learned()
    for name, field in fresh.fields.items():
        assert np.allclose(grown.fields[name].signs, field.signs)
        assert np.allclose(grown.fields[name].around, field.around)
    assert decide(shift(27), grown) == decide(shift(27), fresh)


def test_what_other_signs_kept_is_counted_and_not_learned_of(
    memory: TemplateMemory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert memory.learned().outdated == 0
    monkeypatch.setattr("stillroom.learning.memory.sign_names", lambda: ("another",))
    learned = TemplateMemory(TEMPLATE, tmp_path).learned()
    assert (learned.documents, learned.outdated, learned.fields) == (5, 5, {})


def test_what_is_none_of_the_candidates_makes_a_field_less_sure_and_counts_as_wrong(memory: TemplateMemory) -> None:
    known = [memory.rows(each) for each in memory.documents()]
    rows = [each.fields["code"] for each in known]
    nowhere = [
        replace(row, document=f"{row.document}-", right=np.zeros(len(row.right), dtype=bool), missing=True)
        for row in rows[:2]
    ]
    alone, with_them = fit(rows), fit([*rows, *nowhere])
    assert alone is not None
    assert with_them is not None
    assert np.allclose(alone.signs, with_them.signs)
    assert confidence(with_them.slope, with_them.shift, 0.95) < confidence(alone.slope, alone.shift, 0.95) - 0.05
    assert (alone.missing, with_them.missing) == (0, 2)
    learned = LearnedTemplate({"code": with_them})
    assert learned.gains()["code"] == Gain(len(rows) + 2, with_them.before, with_them.after)
