"""Quotations: always a stretch of the text, whatever the model says, and as probable as the model finds them."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llama_cpp")

from stillroom.engine.protocol import (
    LoadOptions,
    Piece,
    Question,
    QuotedSpan,
    ScoreRequest,
    SpanQuestion,
    SpanRequest,
    SpanResult,
)
from stillroom.errors import Cancelled, EngineError
from stillroom.worker.cells import Cells
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.scoring import score
from stillroom.worker.spans import SpanFinder

END = 0  # the made model's control token, written <end>


class MadeModel:
    """A model of made tokens whose logits depend on every token in front, in the way of a real one.

    Token 0 is a control token, 1 to 256 are the bytes (as a SentencePiece model falls back on), then come the words.
    It keeps what each sequence holds, and fails where a token comes to a place that does not follow on.
    """

    max_sequences = 24
    options = LoadOptions(ubatch=8)

    def __init__(self, words: Sequence[bytes] = (), favourites: Sequence[bytes] = ()) -> None:
        self._pieces = [b"", *(bytes([byte]) for byte in range(256)), *dict.fromkeys(words)]
        self._favourites = [[*self.tokens(text), END] for text in favourites]
        self._held: dict[int, list[int]] = {number: [] for number in range(self.max_sequences)}
        self.vocabulary = len(self._pieces)
        self.info = SimpleNamespace(context_tokens=4000, gpu_layers=0)
        self.steps_until_cancelled = -1

    def positions(self, tokens: Sequence[int]) -> int:
        return len(tokens)

    def tokens(self, text: bytes) -> list[int]:
        tokens = []
        while text:
            longest = max((piece for piece in self._pieces[1:] if text.startswith(piece)), key=len)
            tokens.append(len(self._pieces) - 1 - self._pieces[::-1].index(longest))
            text = text[len(longest) :]
        return tokens

    def tokenize(self, text: str, *, special: bool, first: bool = False) -> list[int]:  # noqa: ARG002
        if special and text == "<end>":
            return [END]
        return [byte + 1 for byte in text.encode("utf-8", "replace")]

    def piece(self, token: int) -> bytes:
        return self._pieces[token]

    def copy_sequence(self, source: int, target: int) -> None:
        assert not self._held[target], "cells of two sequences mixed"
        self._held[target] = list(self._held[source])

    def drop(self, sequence: int, start: int = 0) -> bool:
        del self._held[sequence][start:]
        return True

    def evaluate(self, entries: Sequence[Entry]) -> list[npt.NDArray[np.float32]]:
        assert len(entries) <= self.options.ubatch
        self.steps_until_cancelled -= 1
        if self.steps_until_cancelled == 0:
            raise Cancelled
        rows = []
        for entry in entries:
            for sequence in entry.sequences:
                assert len(self._held[sequence]) == entry.position
                self._held[sequence].append(entry.token)
            if entry.wanted:
                rows.append(self._logits(self._held[entry.sequences[0]]))
        return rows

    def _logits(self, tokens: list[int]) -> npt.NDArray[np.float32]:
        seed = zlib.crc32(np.array(tokens, dtype=np.int32).tobytes())
        logits = np.random.default_rng(seed).normal(0.0, 3.0, self.vocabulary).astype(np.float32)
        answer = tokens[max(index for index, token in enumerate(tokens) if token == ASKED + 1) + 1 :]
        for favourite in self._favourites:
            if favourite[: len(answer)] == answer and len(favourite) > len(answer):
                logits[favourite[len(answer)]] += 40.0
        return logits

    def log_probability(self, prompt: list[int], answer: list[int]) -> float:
        total, tokens = 0.0, list(prompt)
        for token in answer:
            logits = self._logits(tokens).astype(np.float64)
            total += float(logits[token] - np.logaddexp.reduce(logits))
            tokens.append(token)
        return total


ASKED = ord("?")
SUFFIX = "and then?"


def question(within: str = "text", count: int = 4, max_tokens: int = 40) -> SpanQuestion:
    return SpanQuestion(SUFFIX, "<end>", within, count, max_tokens)


def ask(model: MadeModel, text: str, *questions: SpanQuestion, width: int = 6) -> SpanResult:
    """The answers; nothing of the search may be left in the cells."""
    cells = Cells(cast(Any, model))
    *_, result = SpanFinder(cast(Any, model), cells).find(
        SpanRequest((Piece("read "), Piece(text)), text, questions, width)
    )
    assert result is not None
    assert cells.used == len(f"read {text}".encode("utf-8", "replace"))
    assert cells.free_sequences == model.max_sequences - 1 - bool(text)
    return result


def quoted(model: MadeModel, text: str, within: str = "text", **wanted: int) -> list[str]:
    return [text[span.start : span.end] for span in ask(model, text, question(within, **wanted)).spans[0]]


def favouring(answer: str, *words: str) -> MadeModel:
    return MadeModel([word.encode() for word in words], [answer.encode()])


WEIRD = st.text(
    st.sampled_from("abZ9 .,-'(\n\n\t\u00ad\u00a0éß漢字かタラالع\u0301ﬁﬃ😀👩\u200d\ud800\u0e23€")
) | st.text(max_size=30)


@settings(max_examples=80, deadline=None)
@given(text=WEIRD, cuts=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)), max_size=12), spaced=st.booleans())
def test_every_answer_is_a_stretch_of_whole_words_of_the_text(
    text: str, cuts: list[tuple[int, int]], spaced: bool
) -> None:
    data = " ".join(text.split()).encode("utf-8", "replace")
    words = [b" " * spaced + data[start : start + length] for start, length in cuts]
    within = ("line", "paragraph", "text")[len(text) % 3]
    for span in ask(MadeModel([word for word in words if len(word) > 1]), text, question(within)).spans[0]:
        answer = text[span.start : span.end]
        assert 0 <= span.start < span.end <= len(text)
        assert answer == answer.strip() != ""
        assert span.log_probability <= 0.0
        for edge in (span.start, span.end):
            around = text[max(0, edge - 1) : edge + 1]
            assert not (len(around) == 2 and around.isascii() and around.isalnum()), "a word was cut"
        if within == "line":
            before = [answer[:place].rstrip()[-1] for place, character in enumerate(answer) if character == "\n"]
            assert set(before) <= set("-\u00ad"), "only a divided word goes on in the next line"


@pytest.mark.parametrize("within", ["line", "text"])
def test_the_search_finds_what_scoring_everything_would(within: str) -> None:
    text = "ab cd\nab, é f"
    model = MadeModel()
    prompt = model.tokenize(f"read {text}{SUFFIX}", special=False)
    every = {}
    words = [(0, 2), (3, 5), (6, 8), (6, 9), (10, 11), (12, 13)]
    for start, _ in words:
        for _, end in words:
            if end > start and (within == "text" or "\n" not in text[start:end]):
                answer = " ".join(text[start:end].split())
                plain, spaced = ([*model.tokenize(lead + answer, special=False), END] for lead in ("", " "))
                every[answer] = max(model.log_probability(prompt, plain), model.log_probability(prompt, spaced))
    found = ask(model, text, question(within, count=5), width=24).spans[0]
    expected = sorted(every, key=lambda answer: -every[answer])[:5]
    assert list(dict.fromkeys(" ".join(text[span.start : span.end].split()) for span in found)) == expected
    assert [span.log_probability for span in found] == sorted((span.log_probability for span in found), reverse=True)
    for span in found:
        assert span.log_probability == pytest.approx(every[" ".join(text[span.start : span.end].split())], abs=1e-3)


def test_a_text_in_several_places_gives_each_of_them() -> None:
    text = "red fox, red hen"
    spans = ask(favouring("red"), text, question(count=1)).spans[0]
    assert [(span.start, span.end) for span in spans] == [(0, 3), (9, 12)]
    assert spans[0].log_probability == spans[1].log_probability


@pytest.mark.parametrize("words", [(), (" grey", " hen"), ("a grey", "y h", "en")])
@pytest.mark.parametrize("lead", ["", " "])
def test_any_tokenizer_writes_the_same_answer(words: tuple[str, ...], lead: str) -> None:
    text = "There is a grey hen."
    assert quoted(favouring(f"{lead}a grey hen", *words), text, count=1) == ["a grey hen"]


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("one  \t two\n  three", "one two three", "one  \t two\n  three"),
        ("an inter\u00adnational fair", "international fair", "inter\u00adnational fair"),
        ("an inter\u00ad\n  national fair", "international", "inter\u00ad\n  national"),
        ("an inter-\nnational fair", "international", "inter-\nnational"),
        ("an Anglo-\nSaxon word", "Anglo- Saxon", "Anglo-\nSaxon"),
        ("the ﬁrst oﬃce", "first office", "ﬁrst oﬃce"),
        ("the ﬁrst oﬃce", "ﬁrst oﬃce", "ﬁrst oﬃce"),
        ("株式会社北風は東京にある", "東京", "東京"),
        ("שלום לכולם כאן", "לכולם כאן", "לכולם כאן"),
        ("café naïve cafe\u0301 crème", "cafe\u0301 crème", "cafe\u0301 crème"),
        ("about 3.50 (three) men", "three", "three"),
        ("AB-12/7 is it", "AB-12/7", "AB-12/7"),
        ("bad \ud800 sign here", "sign here", "sign here"),
    ],
)
def test_what_the_model_writes_is_found_as_it_stands(text: str, written: str, expected: str) -> None:
    assert quoted(favouring(written), text, count=1) == [expected]


def test_words_are_not_cut_and_limits_not_crossed() -> None:
    text = "grey hens lay\neggs\n\nof 3.50 each"
    assert not {"grey hen", "ens lay"} & set(quoted(favouring("grey hen"), text))
    assert "3" not in quoted(favouring("3"), text)
    assert quoted(favouring("AB"), "AB-12/7") == ["AB-12/7"]
    assert not any("\n" in answer for answer in quoted(favouring("lay eggs"), text, "line"))
    assert quoted(favouring("lay eggs"), text, "paragraph", count=1) == ["lay\neggs"]
    assert not any("\n\n" in answer for answer in quoted(favouring("eggs of 3.50"), text, "paragraph"))
    assert quoted(favouring("eggs of 3.50"), text, "text", count=1) == ["eggs\n\nof 3.50"]
    assert all(len(answer.encode()) <= 4 for answer in quoted(favouring("grey hens"), text, max_tokens=4))


def test_no_text_gives_no_answer_and_no_end_is_refused() -> None:
    assert ask(MadeModel(), " \n\u00ad", question()).spans == ((),)
    with pytest.raises(EngineError):
        ask(MadeModel(), "text", SpanQuestion(SUFFIX, ""))
    with pytest.raises(EngineError):
        ask(MadeModel(), "text", SpanQuestion(SUFFIX, "<end>", "sentence"))


def test_several_questions_side_by_side_give_what_each_gives_alone() -> None:
    text = "the red fox ran to the grey hen"
    alone = [ask(MadeModel(), text, question(within)).spans[0] for within in ("line", "text")] * 3
    together = ask(MadeModel(), text, *[question(within) for within in ("line", "text")] * 3)  # more than fit at a time
    assert list(together.spans) == alone


@pytest.mark.parametrize("steps", [2, 4, 6, 9])
def test_a_search_that_ends_early_leaves_nothing(steps: int) -> None:
    text = "the red fox ran to the grey hen"
    request = SpanRequest((Piece("read "), Piece(text)), text, (question(), question()))
    stopped, aborted = MadeModel(), MadeModel()
    aborted.steps_until_cancelled = steps + 1
    for model in (stopped, aborted):
        cells = Cells(cast(Any, model))
        search = SpanFinder(cast(Any, model), cells).find(request)
        if model is stopped:
            for _ in range(steps):
                assert next(search) is None
            cast(Any, search).close()
        else:
            with pytest.raises(Cancelled):
                list(search)
        cells.give_way(cells.capacity)  # whatever is held has no user any more
        assert cells.used == 0
        assert cells.free_sequences == model.max_sequences


# ------------------------------------------------------------------------------------------------------- the real model

BEFORE = Piece("<|im_start|>user\n", special=True)
LETTER = "North Wind Trading Ltd\nThe seller delivers forty boxes of green\napples, 梨 and crème fraîche.\nThank you."
SELLER = SpanQuestion('\nWho sells?<|im_end|>\n<|im_start|>assistant\nSeller: "', '"', "line", 3, 16)


@pytest.fixture(scope="module")
def model(starter_model: Path) -> Iterator[LoadedModel]:
    loaded = LoadedModel(starter_model, LoadOptions(context_tokens=768, ubatch=64), lambda _: True)
    yield loaded
    loaded.close()


def find(model: LoadedModel, *questions: SpanQuestion) -> tuple[tuple[QuotedSpan, ...], ...]:
    cells = Cells(model)
    try:
        *_, result = SpanFinder(model, cells).find(SpanRequest((BEFORE, Piece(LETTER)), LETTER, questions))
        assert result is not None
        assert cells.used == result.prefix_tokens
    finally:
        model.clear()
    return result.spans


@pytest.mark.model
def test_the_real_model_gives_an_answer_the_probability_that_scoring_gives(model: LoadedModel) -> None:
    (spans,) = find(model, SELLER)
    texts = tuple(LETTER[span.start : span.end] for span in spans)
    assert "North Wind Trading Ltd" in texts
    assert all(left.log_probability >= right.log_probability for left, right in pairwise(spans))
    *_, result = score(
        model, Cells(model), ScoreRequest((BEFORE, Piece(LETTER)), (Question(SELLER.suffix, texts, SELLER.end),))
    )
    model.clear()
    assert result is not None
    for span, expected in zip(spans, result.scores[0], strict=True):
        assert math.isclose(span.log_probability, expected, abs_tol=0.3)  # other batches, other rounding


@pytest.mark.model
@pytest.mark.parametrize("answer", ["forty boxes of green apples", "apples, 梨 and crème fraîche"])
def test_the_real_tokens_quote_any_script_over_lines(model: LoadedModel, answer: str) -> None:
    suffix = f'\nRepeat: "{answer}"<|im_end|>\n<|im_start|>assistant\n"'
    (spans,) = find(model, SpanQuestion(suffix, '"', "paragraph", 4, 40))
    assert answer in {" ".join(LETTER[span.start : span.end].split()) for span in spans}
