"""What a text is about, held against options: where a model's habit tells nothing apart, and a language it cannot read says nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.extraction.scripted_engine import ScriptedEngine

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page
from stillroom.engine.protocol import Embeddings, EmbedRequest
from stillroom.engine.status import EngineStatus
from stillroom.errors import Cancelled, EngineError
from stillroom.extraction import kept_seen
from stillroom.extraction.choices import MOST_ASKED, Look, examples
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import FieldState, FieldValue
from stillroom.extraction.subject import Embedder, Embedding, nearness, nearness_behind
from stillroom.learning.run_evidence import LEAST_DOCUMENTS, evidence_of
from stillroom.templates.template import Field, FieldType, Option, Template

TOPICS = ("garden", "boats", "music")
ABOUT = {"rose": "garden", "hull": "boats", "fiddle": "music"}
DESK = Field("desk", FieldType.CHOICE, options=tuple(map(Option, TOPICS)), required=True)


class ThinkingEngine:
    """An engine whose embeddings have a number for each topic, and a large one that all texts have in common.

    Attributes: texts: that were embedded; before: what was read before each; habit: a topic that whatever is no option is drawn to.
    """

    def __init__(self, *, token_bytes: float = 4.5, habit: str = "", fails: bool = False) -> None:
        self.texts: list[str] = []
        self.before: list[str] = []
        self._token_bytes, self._habit, self._fails = token_bytes, habit, fails

    def status(self) -> EngineStatus:
        return ScriptedEngine().status()

    def embed(self, request: EmbedRequest, *, cancellation: Cancellation | None = None) -> Embeddings:
        if cancellation is not None:
            cancellation.raise_if_requested()
        if self._fails:
            raise EngineError("No.")
        rows = []
        for text in request.texts:
            self.texts.append(text)
            self.before.append(request.before)
            words = [ABOUT.get(word, word) for word in text.replace(".", "").replace("'s", "").split()]
            row = [9.0, *(float(topic in words) for topic in TOPICS), 0.01 * len(text)]
            if self._habit and text not in TOPICS:
                row[1 + TOPICS.index(self._habit)] += 3.0
            rows.append(tuple(row))
        return Embeddings(tuple(rows), 7 * len(rows), tuple(self._token_bytes for _ in rows))


def near(text: str, embedder: Embedder) -> np.ndarray:
    said = embedder(text)
    assert said is not None
    found = nearness(said, TOPICS, embedder)
    assert found is not None
    return found


def made(text: str, number: int = 0) -> Document:
    return Document(f"{number}.txt", "txt", f"{number:064}", (Page(1, text),), 1)


def chosen(text: str, embedder: Embedder | None, field: Field = DESK) -> FieldValue:
    template = Template("t", 1, "T", "any message", (field,))
    value = Extractor(ScriptedEngine(), embed=embedder).extract(made(text), template, file="m").fields[field.name]
    assert isinstance(value, FieldValue)
    return value


def test_the_option_that_a_text_is_about_is_nearest() -> None:
    for word, topic in ABOUT.items():
        assert TOPICS[int(near(f"a {word}", Embedder(ThinkingEngine())).argmax())] == topic


def test_what_plain_sentences_are_near_to_is_a_habit() -> None:
    found = near("a hull", Embedder(ThinkingEngine(habit="garden")))
    assert TOPICS[int(found.argmax())] == "boats"


def test_an_option_for_all_others_is_as_near_as_any() -> None:
    embedder = Embedder(ThinkingEngine())
    said = embedder("a rose")
    assert said is not None
    found = nearness(said, (*TOPICS, ""), embedder)
    assert found is not None
    assert found[3] == 0 < found[0]


WORK = Field(
    "desk",
    FieldType.CHOICE,
    options=(
        Option("outdoors", "flowers, the garden or boats"),
        Option("arts", "paint; music"),
        Option("other", "anything else"),
    ),
    required=True,
)


def behind(text: str, embedder: Embedder, phrases: list[list[str]]) -> np.ndarray:
    said = embedder(text, examples="Read this.")
    assert said is not None
    found = nearness_behind(said, phrases, "Read this.", embedder)
    assert found is not None
    return found


def test_an_option_is_as_near_as_the_nearest_of_its_phrases() -> None:
    phrases = [["garden", "boats", "paint"], ["paint", "music"], []]
    engine = ThinkingEngine()
    for word, option in (("rose", 0), ("hull", 0), ("fiddle", 1)):
        found = behind(f"a {word}", Embedder(engine), phrases)
        assert found.argmax() == option
        assert found[2] == 0
    # What else an option is about takes nothing from it.
    several = [["boats", "music", "music here", "music thus"], ["paint", "garden boats music"]]
    assert behind("a hull", Embedder(engine), several).argmax() == 0
    assert {before[: len("Read this.")] for before in engine.before} == {"Read this."}


def test_phrases_say_nothing_where_they_are_not_read() -> None:
    phrases = [["garden", "boats"], ["music"]]
    assert not behind("a hull", Embedder(ThinkingEngine(token_bytes=2.6)), phrases).any()
    said = Embedding("scripted", np.ones(5))
    assert nearness_behind(said, phrases, "Read this.", Embedder(ThinkingEngine(fails=True))) is None
    assert nearness_behind(said, [["garden"], []], "Read this.", Embedder(ThinkingEngine())) is None


def test_a_text_goes_where_a_phrase_of_the_description_is_near() -> None:
    engine = ThinkingEngine()
    embedder = Embedder(engine)
    for word, option in (("rose", "outdoors"), ("hull", "outdoors"), ("fiddle", "arts")):
        assert chosen(f"a {word}", embedder, WORK).value == option
    # Of each phrase by itself, behind the options; "anything else" is none.
    told = {text for text, before in zip(engine.texts, engine.before, strict=True) if before.startswith(examples(WORK))}
    assert {"outdoors", "flowers", "the garden", "boats", "arts", "paint", "music"} <= told
    assert not told & {"other", "anything else"}


def test_what_is_asked_in_haste_reads_no_more_than_a_few_phrases() -> None:
    many = replace(WORK, options=tuple(Option(topic, f"{topic} a, b1b, c1c, d1d, e1e, f1f, g1g") for topic in TOPICS))
    for field, read in ((WORK, True), (many, False)):
        engine = ThinkingEngine()
        template = Template("t", 1, "T", "any message", (field,))
        Extractor(ScriptedEngine(), embed=Embedder(engine)).extract_hastily(made("a rose"), template, file="m")
        assert any(before.startswith(examples(field)) for before in engine.before) is read
        assert "a rose" in engine.texts


def test_phrases_are_read_until_it_is_cancelled() -> None:
    engine, cancellation = ThinkingEngine(), Cancellation()
    embedder = Embedder(engine)

    def embed(text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        if text == "flowers":
            cancellation.request()
        return embedder(text, lasting=lasting, examples=examples)

    template = Template("t", 1, "T", "any message", (WORK,))
    with pytest.raises(Cancelled):
        Extractor(ScriptedEngine(), embed=embed).extract(made("a rose"), template, file="m", cancellation=cancellation)
    assert engine.texts[-1] == "flowers"


def test_of_more_options_than_can_be_read_before_a_text_nearness_alone_counts() -> None:
    many = replace(DESK, options=(*DESK.options, *(Option(f"kind {number}") for number in range(MOST_ASKED))))
    embedder = Embedder(ThinkingEngine())
    look = Look.at(many, made("a rose")).told(embedder("a rose"), embedder)
    assert look.near.any()
    np.testing.assert_array_equal(look.behind, look.near)
    assert not look.less(look.nearness).behind.any()


def test_a_language_that_the_model_spells_out_says_nothing() -> None:
    assert not near("a rose", Embedder(ThinkingEngine(token_bytes=2.6))).any()
    half = near("a rose", Embedder(ThinkingEngine(token_bytes=3.4)))
    assert 0 < half[0] < near("a rose", Embedder(ThinkingEngine()))[0]


def test_a_long_text_in_a_language_that_is_not_read_is_not_embedded() -> None:
    engine = ThinkingEngine()
    words = "garden " * 200
    spelled = ScriptedEngine()
    spelled.count_tokens = lambda texts: [len(text) // 2 for text in texts]  # type: ignore[method-assign]
    for reader, embedded in ((spelled, False), (ScriptedEngine(), True)):
        template = Template("t", 1, "T", "any message", (DESK,))
        Extractor(reader, embed=Embedder(engine)).extract(made(words), template, file="m")
        assert any(text.startswith("garden garden") for text in engine.texts) is embedded


def test_texts_are_embedded_once_and_their_tokens_counted() -> None:
    engine, counted = ThinkingEngine(), list[int]()
    embedder = Embedder(engine, counted.append)
    near("a rose", embedder)
    texts = len(engine.texts)
    near("a rose", embedder)
    assert len(engine.texts) == texts == len(set(engine.texts))
    assert counted == [7] * texts


def test_without_embeddings_words_alone_tell() -> None:
    assert Embedder(ThinkingEngine(fails=True))("a rose") is None
    look = Look.at(DESK, made("a rose"))
    assert look.told(None, None) is look
    assert not look.told(Embedding("made", np.ones(5)), Embedder(ThinkingEngine(fails=True))).near.any()


def test_a_text_goes_where_it_is_about_without_a_word_of_the_option() -> None:
    assert chosen("Hear my fiddle.", Embedder(ThinkingEngine())).value == "music"
    # Words that stand there still count, and codes are told by their signs alone.
    engine = ThinkingEngine()
    money = Field(
        "currency", FieldType.CHOICE, options=(Option("EUR", synonyms=("€",)), Option("USD", synonyms=("$",)))
    )
    assert chosen("Total $ 12.00", Embedder(engine), money).value == "USD"
    assert not engine.texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The fiddle at the Regatta was splendid", "boats"),
        ("fiddle and a Schrebergarten", "garden"),
        ("fiddle, le canot à rames", "boats"),
        ("hull and a conjunto de cuerda", "music"),
    ],
)
def test_a_synonym_that_stands_there_outweighs_what_a_text_is_about(text: str, expected: str) -> None:
    listed = {"garden": ("Schrebergarten",), "boats": ("regatta", "canot à rames"), "music": ("conjunto de cuerda",)}
    desk = replace(DESK, options=tuple(Option(topic, synonyms=listed[topic]) for topic in TOPICS))
    assert chosen(text, Embedder(ThinkingEngine()), desk).value == expected


def test_a_field_that_may_be_empty_is_filled_by_what_a_text_is_about_alone_only_where_that_is_likely() -> None:
    field = Field("desk", FieldType.CHOICE, options=DESK.options)
    assert chosen("Hear my fiddle.", Embedder(ThinkingEngine()), field).value == "music"
    assert chosen("Hum.", Embedder(ThinkingEngine()), field).state is FieldState.ABSENT
    either = replace(field, options=DESK.options[:2])
    assert chosen("Here is a hull.", Embedder(ThinkingEngine()), either).state is FieldState.ABSENT
    assert chosen("Here is a hull.", Embedder(ThinkingEngine()), replace(either, required=True)).value is not None


def test_an_option_that_draws_every_document_of_a_run_is_a_habit() -> None:
    template = Template("t", 1, "T", "any message", (DESK,))
    engine = ThinkingEngine()
    # Every one of these is a little about boats by its form; plain sentences are not.
    texts = [f"hull {each} {number}" for number in range(LEAST_DOCUMENTS) for each in ABOUT if each != "hull"]
    extractor = Extractor(ScriptedEngine(), embed=Embedder(engine))
    kept = [extractor.extract_and_keep(made(text, number), template, file="m")[1] for number, text in enumerate(texts)]
    evidence = evidence_of(kept, template)
    assert evidence is not None
    unpacker = kept_seen.Unpacker(template)
    for text, content in zip(texts, kept, strict=True):
        seen = unpacker.unpack(content)
        assert seen is not None
        fields, _ = decide(seen, template, evidence=evidence)
        value = fields["desk"]
        assert isinstance(value, FieldValue)
        assert value.value == ABOUT[text.split()[1]]
    assert evidence_of(kept[: LEAST_DOCUMENTS - 1], template) is None
