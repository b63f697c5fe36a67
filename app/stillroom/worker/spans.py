"""Quotations: what a model would answer, written token by token where every token must continue a place in a text.

A beam search. A beam is a beginning of an answer together with all places of the text that read so; it may go on with the tokens whose
bytes stand next at one of them (a table a place), and may end where a word ends, at the price of the end token. So
whatever the model says, what comes out is a stretch of the text. The beams are sequences that share the cells of the text
and of what they have in common, and each step evaluates one token of each in one batch.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from stillroom.engine.protocol import QuotedSpan, SpanQuestion, SpanRequest, SpanResult
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.scoring import hold_prefix
from stillroom.worker.source_text import SourceText

_TOKENS_A_STEP = 20_000  # of the vocabulary read; some tens of milliseconds

# A place that a beam stands at: where its first word begins, and how far it has read; both in SourceText.data.
Place = tuple[int, int]


class Vocabulary:
    """A model's tokens by the bytes they stand for. Control tokens stand for none."""

    def __init__(self) -> None:
        self._tokens: dict[bytes, list[int]] = {}
        self._longest: dict[bytes, int] = {}  # by the first two bytes
        self.longest = 1

    def add(self, token: int, written: bytes) -> None:
        if not written:
            return
        self._tokens.setdefault(written, []).append(token)
        begin = written[:2]
        if len(written) > self._longest.get(begin, 0):
            self._longest[begin] = len(written)
            self.longest = max(self.longest, len(written))

    def exactly(self, written: bytes) -> list[int]:
        """The tokens that stand for these bytes."""
        return list(self._tokens.get(written, ()))

    def prefixes(self, following: bytes) -> list[tuple[int, int]]:
        """Every token that ``following`` begins with, and its length in bytes."""
        longest = max(self._longest.get(following[:2], 0), 1)
        return [
            (token, length)
            for length in range(1, min(longest, len(following)) + 1)
            for token in self._tokens.get(following[:length], ())
        ]


@dataclass(slots=True)
class Beam:
    """The beginning of an answer: its last token, to be evaluated in ``sequence`` at ``position``."""

    sequence: int
    token: int
    position: int
    score: float
    places: tuple[Place, ...]


class Search:
    """The best answers to one question among the stretches of one text. Knows nothing of llama.cpp: it is given logits.

    Attributes:
        beams: to be evaluated next; empty when the search has ended.
    """

    def __init__(
        self, question: SpanQuestion, source: SourceText, vocabulary: Vocabulary, ends: Sequence[int], width: int
    ) -> None:
        """``ends``: tokens any of which closes an answer; ``width``: beams kept at a time."""
        self._question = question
        self._source = source
        self._vocabulary = vocabulary
        self._ends = list(ends)
        self._width = width
        self._table: dict[int, list[tuple[int, int]]] = {}
        self._steps = 0
        self._proposed: list[tuple[float, Beam, int, tuple[Place, ...]]] = []
        self._found: dict[bytes, tuple[float, tuple[Place, ...]]] = {}
        self.beams: list[Beam] = []

    def begin(self, logits: npt.NDArray[np.float32], sequence: int, position: int) -> None:
        """The question was evaluated in ``sequence``, up to ``position``: propose first tokens."""
        beam = Beam(sequence, -1, position - 1, 0.0, ())
        following: dict[int, dict[Place, None]] = {}
        for start in self._source.starts:
            for token, reached in self._next(start):
                following.setdefault(token, {})[start, reached] = None
            # Many tokenizers put the space in front of a word into its first token.
            spaced = b" " + self._source.reach(start, self._vocabulary.longest)
            for token, length in self._vocabulary.prefixes(spaced):
                following.setdefault(token, {})[start, start + length - 1] = None
        self._propose(beam, following, logits, _log_total(logits))

    def extend(self, beam: Beam, logits: npt.NDArray[np.float32]) -> None:
        """The beam's token was evaluated: note where the answer may end, and propose what may follow."""
        total = _log_total(logits)
        ended = tuple(place for place in beam.places if place[1] in self._source.ends and place[1] > place[0])
        if ended:
            self._finish(ended, beam.score + _log_total(logits[self._ends]) - total)
        following: dict[int, dict[Place, None]] = {}
        for start, reached in beam.places:
            for token, further in self._next(reached):
                following.setdefault(token, {})[start, further] = None
        self._propose(beam, following, logits, total)

    def select(self) -> list[tuple[Beam, Beam]]:
        """Keep the best of what was proposed since the last call, as pairs of parent and child; a child has its parent's sequence."""
        self._steps += 1
        enough = sorted((score for score, _ in self._found.values()), reverse=True)[: self._question.count]
        floor = enough[-1] if len(enough) == self._question.count else -np.inf
        kept: dict[tuple[Place, ...], tuple[Beam, Beam]] = {}
        if self._steps <= self._question.max_tokens:
            for score, parent, token, places in sorted(self._proposed, key=lambda each: (-each[0], each[2], each[3])):
                if score <= floor or len(kept) == self._width:
                    break  # no answer is more probable than its beginning
                child = Beam(parent.sequence, token, parent.position + 1, score, places)
                kept.setdefault(places, (parent, child))
        self._proposed.clear()
        self.beams = [child for _, child in kept.values()]
        return list(kept.values())

    def result(self) -> tuple[QuotedSpan, ...]:
        """The best answers, most probable first; one that stands in several places gives a span for each."""
        order = sorted(self._found.items(), key=lambda item: (-item[1][0], item[0]))[: self._question.count]
        spans: dict[tuple[int, int], float] = {}
        for _, (score, places) in order:
            for place in places:
                spans.setdefault(self._source.span(*place), score)
        return tuple(QuotedSpan(start, end, score) for (start, end), score in spans.items())

    def _next(self, place: int) -> list[tuple[int, int]]:
        """Tokens that may follow at a place of the text, and where each ends."""
        known = self._table.get(place)
        if known is None:
            reach = self._source.reach(place, self._vocabulary.longest)
            known = [(token, place + length) for token, length in self._vocabulary.prefixes(reach)]
            self._table[place] = known
        return known

    def _propose(
        self, beam: Beam, following: dict[int, dict[Place, None]], logits: npt.NDArray[np.float32], total: float
    ) -> None:
        tokens = sorted(following, key=lambda token: (-float(logits[token]), token))[: self._width]
        self._proposed += [
            (beam.score + float(logits[token]) - total, beam, token, tuple(following[token])) for token in tokens
        ]

    def _finish(self, places: tuple[Place, ...], score: float) -> None:
        start, end = places[0]
        text = self._source.data[start:end]
        known = self._found.get(text)
        if known is None or known[0] < score:
            self._found[text] = (score, places)


@dataclass(slots=True)
class _Work:
    """A question on its way; its beams live in ``sequences``."""

    suffix: list[int]
    search: Search
    sequences: list[int] = field(default_factory=list)


class SpanFinder:
    """A finder of spans with one model; its vocabulary is read once."""

    def __init__(self, model: LoadedModel, cells: Cells) -> None:
        self._model = model
        self._cells = cells
        self._vocabulary: Vocabulary | None = None

    def find(self, request: SpanRequest) -> Generator[SpanResult | None, None, None]:
        """Yields None after each bounded step, the result at the end. Raises EngineError, Cancelled."""
        started = time.monotonic()
        vocabulary = self._vocabulary
        if vocabulary is None:
            vocabulary = Vocabulary()
            for token in range(self._model.vocabulary):
                vocabulary.add(token, self._model.piece(token))
                if token % _TOKENS_A_STEP == _TOKENS_A_STEP - 1:
                    yield None
            self._vocabulary = vocabulary
        # Half of the sequences are left to other requests and to what is held.
        space = max(1, self._model.max_sequences // 2)
        width = max(1, min(request.width, space))
        work = self._prepare(request, vocabulary, width)
        evaluated = 0

        def count_prefix(tokens: int) -> None:
            nonlocal evaluated
            evaluated += tokens

        held = yield from hold_prefix(self._model, self._cells, request.prefix, count_prefix)
        try:
            size = space // width
            for start in range(0, len(work), size):
                with contextlib.closing(self._search(held, work[start : start + size], width)) as steps:
                    for count in steps:
                        evaluated += count
                        yield None
        finally:
            self._cells.release(held)
        yield SpanResult(
            spans=tuple(each.search.result() for each in work),
            prefix_tokens=len(held.tokens),
            evaluated_tokens=evaluated,
            seconds=time.monotonic() - started,
        )

    def _prepare(self, request: SpanRequest, vocabulary: Vocabulary, width: int) -> list[_Work]:
        sources: dict[str, SourceText] = {}
        work = []
        for question in request.questions:
            suffix = self._model.tokenize(question.suffix, special=True)
            ends = vocabulary.exactly(question.end.encode())
            if not ends:
                ends = self._model.tokenize(question.end, special=True)[:1]
            if not suffix or not ends:
                raise EngineError("A question for a quotation needs a text, and an end for its answers.")
            if question.within not in sources:
                try:
                    sources[question.within] = SourceText(request.text, question.within)
                except ValueError as error:
                    raise EngineError("The question for a quotation makes no sense.", str(error)) from error
            search = Search(question, sources[question.within], vocabulary, ends, width)
            work.append(_Work(suffix, search))
        return work

    def _search(self, held: Held, group: Sequence[_Work], width: int) -> Generator[int, None, None]:
        """Search for the answers to some questions side by side; yields the tokens evaluated in each step."""
        reserved = 0
        sequences: list[int] = []
        try:
            questions = sum(len(each.suffix) for each in group)
            self._cells.reserve(questions)
            reserved += questions
            sequences = self._cells.fork(held, len(group) * width)
            for number, each in enumerate(group):
                each.sequences = sequences[number * width : (number + 1) * width]
            size = self._model.options.ubatch
            position = len(held.tokens)
            entries = [
                (each, Entry(token, position + index, each.sequences[:1], index == len(each.suffix) - 1))
                for each in group
                for index, token in enumerate(each.suffix)
            ]
            for start in range(0, len(entries), size):
                chunk = entries[start : start + size]
                logits = iter(self._model.evaluate([entry for _, entry in chunk]))
                for each, entry in chunk:
                    if entry.wanted:
                        each.search.begin(next(logits), each.sequences[0], position + len(each.suffix))
                yield len(chunk)
            while beams := [(each, beam) for each in group for beam in self._branch(each)]:
                self._cells.reserve(len(beams))
                reserved += len(beams)
                for start in range(0, len(beams), size):
                    part = beams[start : start + size]
                    rows = self._model.evaluate(
                        [Entry(beam.token, beam.position, (beam.sequence,), True) for _, beam in part]
                    )
                    for (each, beam), row in zip(part, rows, strict=True):
                        each.search.extend(beam, row)
                    yield len(part)
        finally:
            self._cells.drop_scratch(sequences, reserved)

    def _branch(self, work: _Work) -> list[Beam]:
        """The next beams, each in a sequence that holds what its parent's does."""
        pairs = work.search.select()
        kept = {parent.sequence for parent, _ in pairs}
        free = [sequence for sequence in work.sequences if sequence not in kept]
        for sequence in free:
            self._model.drop(sequence)
        for parent, child in pairs:
            if parent.sequence in kept:
                kept.remove(parent.sequence)  # the first child goes on where its parent is
            else:
                child.sequence = free.pop()
                self._model.copy_sequence(parent.sequence, child.sequence)
        return work.search.beams


def _log_total(logits: npt.NDArray[np.float32]) -> float:
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - top).sum(dtype=np.float64)))
