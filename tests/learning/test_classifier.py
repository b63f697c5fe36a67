"""A choice learned from labels: which message belongs where, and never worse than what nobody taught."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from stillroom.documents.document import Document, Page
from stillroom.extraction import choices, passages
from stillroom.extraction.choices import Choices
from stillroom.extraction.choices import examples as choices_examples
from stillroom.extraction.questions import Frame
from stillroom.extraction.subject import Embedding
from stillroom.learning import classifier
from stillroom.learning.classifier import LabelledText, learn, parts_of
from stillroom.learning.memory import TemplateMemory
from stillroom.templates.template import Field, FieldType, Option, Template

GARDEN = ("The roses want pruning", "Water the tomatoes tonight", "Roses and tomatoes need feeding", "Prune the hedge")
BOATS = ("The sail is torn", "Paint the hull in spring", "A torn sail and a wet hull", "The anchor drags")
OPTIONS = (Option("north"), Option("south"), Option("west"))
TEMPLATE = Template("post", 1, "Post", "Where a note goes.", (Field("desk", FieldType.CHOICE, options=OPTIONS),))


def document(text: str) -> Document:
    return Document("n.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


def labelled(
    text: str, right: int, strengths: tuple[float, ...] = (0.0, 0.0, 0.0), embedding: tuple[float, ...] = ()
) -> LabelledText:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return LabelledText(
        sha256, np.array(strengths), right, parts_of(text), np.array(embedding), "m" if embedding else ""
    )


def rows() -> list[LabelledText]:
    return [*(labelled(text, 0) for text in GARDEN), *(labelled(text, 1) for text in BOATS)]


def test_words_of_ones_own_documents_tell_the_options_apart() -> None:
    learned = learn(rows())
    assert learned is not None
    assert learned.after > learned.before
    assert learned.documents == 8
    for text, right in (("Tomatoes and roses again", 0), ("The hull and the sail", 1)):
        assert int(learned.shares(np.zeros(3), parts_of(text), None).argmax()) == right


def test_an_option_with_one_label_is_left_as_it_is() -> None:
    learned = learn([*rows(), labelled("Something else about post", 2)])
    assert learned is not None
    assert 2 not in learned.options
    shares = learned.shares(np.array([0.0, 0.0, 9.0]), parts_of("Tomatoes"), None)
    assert int(shares.argmax()) == 2


def test_one_option_alone_teaches_nothing() -> None:
    assert learn([labelled(text, 0) for text in GARDEN]) is None


def test_labels_without_sense_are_not_used() -> None:
    """What is right already, and labels that no word explains: left out in turn, they would make it worse."""
    texts = [f"Note {number} of the day" for number in range(12)]
    sure = [
        labelled(text, number % 2, (9.0 * (number % 2 == 0), 9.0 * (number % 2), 0.0))
        for number, text in enumerate(texts)
    ]
    learned = learn(sure)
    assert learned is None or learned.after >= learned.before == 12


def test_ways_to_fit_are_taken_together_the_more_the_less_they_lose() -> None:
    """Where nothing was said before, no trust in it is better than another; where that is right of many documents, the greatest is."""
    nothing_said = learn(rows())
    assert nothing_said is not None
    assert nothing_said.trust == pytest.approx((0.5 + 1.0 + 2.0) / 3)
    notes = [
        labelled(f"Note {number} of the day", number % 2, (1.0 - number % 2, number % 2, 0.0)) for number in range(40)
    ]
    right_before = learn(notes)
    assert right_before is not None
    assert 1.5 < right_before.trust < 2.0


@pytest.mark.parametrize("documents", [2, 30, 200])
def test_a_step_is_as_long_as_the_largest_eigenvalue_allows(documents: int) -> None:
    rows = np.random.default_rng(documents).normal(size=(documents, 5)) + 1.0
    near = rows @ rows.T
    largest = float(np.linalg.eigvalsh(near)[-1])
    assert largest <= classifier._largest(near) * (1 + 1e-9)
    # With a shorter step the same number of them does not come as far.
    assert classifier._largest(near) < 1.3 * largest
    assert classifier._largest(near * 0) == 0.0


def test_a_few_documents_leave_a_share_what_it_is_worth() -> None:
    few = learn(rows())
    assert few is not None
    assert few.slope == pytest.approx(1.0, abs=0.1)
    assert few.shift == pytest.approx(0.0, abs=0.3)


def test_forty_documents_tell_little_of_how_steep_confidence_is() -> None:
    made = np.random.default_rng(11)
    clear = [
        labelled(f"{at}", at % 2, embedding=tuple(np.eye(2)[at % 2] * 2.0 + made.normal(size=2) * 0.3))
        for at in range(40)
    ]
    learned = learn(clear)
    assert learned is not None
    assert learned.after == 40
    assert learned.slope == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("fell", "rose", "worse"), [(1, 0, False), (3, 1, False), (5, 0, True), (9, 2, True), (0, 4, False)]
)
def test_a_few_more_wrong_are_chance(fell: int, rose: int, worse: bool) -> None:
    before = [True] * fell + [False] * rose + [True, False] * 9
    after = [False] * fell + [True] * rose + [True, False] * 9
    assert classifier._is_worse(before, after) is worse


def test_embeddings_tell_what_words_do_not() -> None:
    made = np.random.default_rng(3)
    words = ["".join(made.choice(list("bcdfgklmnprst"), 7)) for _ in range(16)]
    apart = [labelled(word, at % 2, embedding=(float(at % 2), float(made.normal()))) for at, word in enumerate(words)]
    learned = learn(apart)
    assert learned is not None
    assert learned.model == "m"
    assert learned.after == 16
    assert int(learned.shares(np.zeros(3), parts_of("zzzz"), np.array([1.0, 0.0])).argmax()) == 1
    # Of another model, that makes fewer numbers, they say nothing.
    assert learned.shares(np.zeros(3), parts_of("zzzz"), np.zeros(1)) == pytest.approx(1 / 3, abs=0.2)


@pytest.mark.parametrize("telling", [0, 4])
def test_the_part_of_an_embedding_that_tells_more_is_used(telling: int) -> None:
    """What the model takes a text to be about stands first, the mean over its tokens behind it."""
    made = np.random.default_rng(5)
    vectors = made.normal(size=(24, 8)) * (1.0 + 9.0 * (np.arange(8) >= 4))
    vectors[:, telling : telling + 4] = [[4.0 * (at % 2)] * 4 for at in range(24)] + made.normal(size=(24, 4))
    shown = [
        dataclasses.replace(labelled(f"{at}", at % 2, embedding=tuple(vector)), about=4)
        for at, vector in enumerate(vectors)
    ]
    learned = learn(shown)
    assert learned is not None
    assert learned.after >= 22
    (used,) = learned.by_embedding
    assert len(used.mean) == (8 if telling else 4)
    for right in (0, 1):
        whole = np.concatenate((np.full(4, 4.0 * right if not telling else 0.0), np.full(4, 4.0 * right)))
        assert int(learned.shares(np.zeros(3), parts_of("zzzz"), whole).argmax()) == right


def test_documents_of_an_earlier_version_count_with_what_they_have() -> None:
    made = np.random.default_rng(3)
    words = ["".join(made.choice(list("bcdfgklmnprst"), 7)) for _ in range(16)]
    shown = [
        dataclasses.replace(
            labelled(word, at % 2, embedding=(float(at % 2), 0.5, 1.0, 2.0)[: 2 + at // 8 * 2]), about=2
        )
        for at, word in enumerate(words)
    ]
    learned = learn(shown)
    assert learned is not None
    (used,) = learned.by_embedding
    assert len(used.mean) == 2
    assert learned.after == 16


def test_what_all_documents_are_drawn_to_tells_none_apart() -> None:
    """An option that is strong in every document is the model's habit: the labels show it."""
    made = [
        labelled(row_text, right, (0.4 * (right == 0), 0.4 * (right == 1), 6.0))
        for texts, right in ((GARDEN, 0), (BOATS, 1))
        for row_text in texts
    ]
    learned = learn(made)
    assert learned is not None
    assert learned.before == 0
    assert learned.after >= 7
    assert int(learned.shares(np.array([0.4, 0.0, 6.0]), parts_of("zzzz"), None).argmax()) == 0


def test_embeddings_of_another_kind_are_not_held_against_these(tmp_path: Path) -> None:
    memory = TemplateMemory(TEMPLATE, tmp_path)
    memory.take(document(GARDEN[0]), {"desk": "north"}, lambda _text, **_: Embedding("m", np.ones(4)))
    (file,) = tmp_path.rglob("*.npz")
    assert len(memory.rows(file.stem).choices["desk"].embedding) == 4
    with np.load(file) as kept:
        arrays = {("embedding" if name == "subject" else name): kept[name] for name in kept.files}
    np.savez_compressed(file, allow_pickle=False, **arrays)  # as an earlier version kept it
    assert len(memory.rows(file.stem).choices["desk"].embedding) == 0


def test_the_memory_keeps_choices_and_forgets_them(tmp_path: Path) -> None:
    memory = TemplateMemory(TEMPLATE, tmp_path)
    for texts, right in ((GARDEN, "north"), (BOATS, "south")):
        for text in texts:
            memory.take(document(text), {"desk": right})
    learned = memory.learned()
    assert learned.gains()["desk"].after > learned.gains()["desk"].before
    told = learned.option("desk", document("Roses, roses"), np.zeros(3), None)
    assert told is not None
    assert int(told[0].argmax()) == 0
    assert 0 < told[1] < 1
    for file in tmp_path.rglob("*.npz"):
        assert b"roses" not in file.read_bytes().lower()
    memory.forget()
    assert memory.learned().option("desk", document("Roses, roses"), np.zeros(3), None) is None


def test_an_option_that_came_later_may_still_be_chosen(tmp_path: Path) -> None:
    memory = TemplateMemory(TEMPLATE, tmp_path)
    for texts, right in ((GARDEN, "north"), (BOATS, "south")):
        for text in texts:
            memory.take(document(text), {"desk": right})
    grown = Template("post", 2, "Post", "", (Field("desk", FieldType.CHOICE, options=(Option("east"), *OPTIONS)),))
    told = TemplateMemory(grown, tmp_path).learned().option("desk", document("Roses, roses"), np.zeros(4), None)
    assert told is not None
    assert int(told[0].argmax()) == 1


def test_what_spoke_for_an_option_counts_as_this_version_weighs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = document("South of the river, and south again")
    TemplateMemory(TEMPLATE, tmp_path).take(note, {"desk": "south"})

    def strengths() -> list[float]:
        return TemplateMemory(TEMPLATE, tmp_path).rows(note.sha256).choices["desk"].strengths.tolist()

    before = strengths()
    assert before[1] > before[0]
    known = choices.weights()
    monkeypatch.setattr(choices, "weights", lambda: dataclasses.replace(known, literal=known.literal + 1.0))
    assert strengths()[1] == pytest.approx(before[1] + 1.0)
    assert strengths()[0] == pytest.approx(before[0])
    # Where other signs were, what was reckoned from them is taken as it is.
    monkeypatch.setattr(choices, "SIGNS", (*choices.SIGNS[:-1], "another"))
    assert strengths() == pytest.approx(before)


def test_what_was_learned_decides_a_choice_and_says_how_sure_it_is() -> None:
    learned = learn(rows())
    assert learned is not None

    class Silent:
        def score(self, *_: object, **__: object) -> object:
            raise AssertionError("nothing is asked")

    text = "The tomatoes want water"
    parts = parts_of(text)
    whole = passages.split(document(text), 900, lambda texts: [len(each.split()) for each in texts])
    looked = Choices(Silent()).look(TEMPLATE.fields, document(text), whole, Frame.plain())  # type: ignore[arg-type]
    found = {
        field.name: looked[field.name].choose(
            field,
            document(text),
            complete=True,
            learned=lambda _name, strengths: (learned.shares(strengths, parts, None), 0.8),
        )
        for field in TEMPLATE.fields
    }
    assert found["desk"].value == "north"
    assert found["desk"].confidence == pytest.approx(0.8)
    assert all(each.confidence < 0.8 for each in found["desk"].candidates)


def test_what_was_learned_of_a_choice_is_small() -> None:
    texts = [" ".join(f"word{number * place % 997}" for place in range(200)) for number in range(1, 41)]
    shown = [
        LabelledText(
            str(at), np.zeros(3), at % 2, parts_of(text), np.random.default_rng(at).normal(size=576) + at % 2, "m"
        )
        for at, text in enumerate(texts)
    ]
    learned = learn(shown)
    assert learned is not None
    kept = [getattr(held, each.name) for held in (learned, *learned.by_embedding) for each in dataclasses.fields(held)]
    assert learned.by_embedding
    assert sum(each.nbytes for each in kept if isinstance(each, np.ndarray)) < 200_000


def test_what_a_model_makes_of_texts_behind_the_options_is_used_where_it_tells_more() -> None:
    generator = np.random.default_rng(3)
    taught = [
        dataclasses.replace(
            labelled(f"{number} {right}", right, embedding=tuple(generator.normal(size=6))),
            among=np.array([right, 1.0 - right, *generator.normal(size=2)]),
            examples="north, south",
        )
        for number in range(8)
        for right in (0, 1)
    ]
    learned = learn(taught)
    assert learned is not None
    assert learned.examples == "north, south"
    assert learned.after == 16
    for right in (0, 1):
        shares = learned.shares(np.zeros(3), {}, among=np.array([right, 1.0 - right, 0.0, 0.0]))
        assert int(shares.argmax()) == right
    # Those behind other options, or of some documents alone, cannot be held against each other.
    for other in (
        dataclasses.replace(taught[0], examples="north, west"),
        dataclasses.replace(taught[0], among=np.zeros(0), examples=""),
    ):
        mixed = learn([other, *taught[1:]])
        assert mixed is None or mixed.examples == ""


def two_readings() -> list[LabelledText]:
    """Of four options the text alone tells two pairs apart, and the text behind the options those of a pair."""
    generator = np.random.default_rng(7)
    return [
        dataclasses.replace(
            labelled(f"{number} {right}", right, (0.0,) * 4, (right // 2, 1 - right // 2, *generator.normal(size=2))),
            among=np.array([right % 2, 1.0 - right % 2, *generator.normal(size=2)]),
            examples="north, south",
        )
        for number in range(6)
        for right in range(4)
    ]


def test_a_text_alone_and_behind_the_options_tell_more_together() -> None:
    learned = learn(two_readings())
    assert learned is not None
    assert [each.behind for each in learned.by_embedding] == [False, True]
    assert (learned.model, learned.examples) == ("m", "north, south")
    assert learned.after == 24
    apart = [np.array([0.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0, 0.0])]
    for right in range(4):
        alone, behind = apart[right // 2], apart[right % 2]
        assert int(learned.shares(np.zeros(4), {}, alone, behind).argmax()) == right
        # Where one of them is not there, the other still tells what it can.
        one = learned.shares(np.zeros(4), {}, alone)
        assert sum(one[[right // 2 * 2, right // 2 * 2 + 1]]) > 0.7
        other = learned.shares(np.zeros(4), {}, among=behind)
        assert sum(other[[right % 2, right % 2 + 2]]) > 0.7


def test_what_was_learned_with_one_model_is_not_asked_of_another(tmp_path: Path) -> None:
    def embed(text: str, *, model: str = "m", examples: str = "") -> Embedding:
        north = float(any(word in text for word in ("ose", "omato", "edge")))
        return Embedding(model, np.array([north, 1.0 - north, float(bool(examples))]))

    memory = TemplateMemory(TEMPLATE, tmp_path)
    for text in GARDEN + BOATS:
        memory.take(
            document(text),
            {"desk": "north" if text in GARDEN else "south"},
            lambda text, **how: embed(text, **_of(how)),
        )
    learned = memory.learned()
    assert learned.choices["desk"].by_embedding
    asked = document("A hedge")
    own = learned.option("desk", asked, np.zeros(3), lambda text, **how: embed(text, **_of(how)))
    other = learned.option("desk", asked, np.zeros(3), lambda text, **how: embed(text, model="other", **_of(how)))
    none = learned.option("desk", asked, np.zeros(3), None)
    assert own is not None
    assert other is not None
    assert none is not None
    assert other[0] == pytest.approx(none[0])
    assert own[0][0] > none[0][0]


def _of(how: Mapping[str, object]) -> dict[str, str]:
    return {"examples": str(how.get("examples", ""))}


def test_a_text_is_read_behind_the_options_that_it_was_learned_with(tmp_path: Path) -> None:
    read: list[str] = []

    def embed(text: str, *, lasting: bool = False, examples: str = "") -> Embedding:
        if not lasting:
            read.append(examples)
        north = any(word in text for word in ("ose", "omato", "edge"))
        return Embedding("m", np.array([float(north), 1.0 - north]) if examples else np.ones(2))

    memory = TemplateMemory(TEMPLATE, tmp_path)
    for text in GARDEN + BOATS:
        memory.take(document(text), {"desk": "north" if text in GARDEN else "south"}, embed)
    examples = choices_examples(TEMPLATE.fields[0])
    assert set(read) == {"", examples}
    assert all(f'"{option.value}"' in examples for option in OPTIONS)
    learned = memory.learned()
    assert learned is not None
    read.clear()
    told = learned.option("desk", document("A hedge"), np.zeros(3), embed)
    assert told is not None
    assert examples in read
    assert set(read) <= {"", examples}
    assert int(told[0].argmax()) == 0
    # With other options it is another reading: what was kept is not held against it.
    other = (*OPTIONS, Option("east"))
    changed = Template("post", 1, "Post", "", (Field("desk", FieldType.CHOICE, options=other),))
    kept = TemplateMemory(changed, tmp_path).rows(document(GARDEN[0]).sha256).choices["desk"]
    assert len(kept.embedding)
    assert not len(kept.among)
    assert kept.examples == ""
