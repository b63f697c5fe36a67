"""What a document is about, by the loaded model, and how near that is to each option of a choice.

A frame asks for the text in one word; what the model makes of the frame's last token is where that word would be (T. Jiang et al., 2023:
"Scaling sentence embeddings with large language models"). Options are put into the same frame. What plain sentences are near to is the
model's habit, and is taken off (Z. Zhao et al., 2021: "Calibrate before use"). What texts of one option differ in counts less
(``within_options``).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.engine.protocol import Embeddings, EmbedRequest, ModelInfo
from stillroom.engine.status import EngineStatus
from stillroom.errors import EngineError
from stillroom.extraction.kept_options import KeptOptions
from stillroom.extraction.within_options import within_options

Vector = npt.NDArray[np.float64]


class Embedding(NamedTuple):
    """What a model makes of a text.

    Attributes:
        model: its name. vector: what it takes the text to be about.
        token_bytes: of the text that one of its tokens stands for; 0 where that is not known.
        mean: over the text's tokens, which tells more of how it is written; empty where the model gave none.
    """

    model: str
    vector: Vector
    token_bytes: float = 0.0
    mean: Vector = np.zeros(0)

    @property
    def whole(self) -> Vector:
        """The vector with the mean behind it: what texts are told apart by where labels say which numbers matter."""
        return np.concatenate((self.vector, self.mean))


class Embed(Protocol):
    """What makes embeddings of texts, with the loaded model."""

    def __call__(self, text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        """The model's name and its embedding of a text; None where none is loaded.

        ``lasting``: of a text that comes again at every start, and is none of a document; without ``mean``. ``examples``: what the
        model reads first, see ``examples_of``.
        """


MOST_CHARACTERS = 2000
"""Of a document, from its beginning: what it is about stands there."""
_BEFORE, _AFTER = 'This text: "', '" means in one word: "'
_END = '".\n'
_MOST_EXAMPLES = 2500  # characters
_MOST_TOKENS = 128
_TELLING = 40  # tokens
_ALIKE = 3  # phrases
_SOFT = 0.1  # difference of cosines by which one phrase of an option says e times as much as another
_UNREAD, _READ = 2.9, 3.9  # bytes a token; the starter: 2.7 of German, 4.1 of English
_REMEMBERED = 400  # texts: the options of a template, and the documents of which something is learned next
# Sentences that are about nothing in particular.
PLAIN = (
    "Thank you for your message.",
    "Please let me know if you have any questions.",
    "The meeting will take place next week.",
    "I would like to know more about this.",
    "He said that it was not possible to do so.",
    "There were many people in the city that day.",
    "Vielen Dank für Ihre Nachricht.",
    "Das Ergebnis wurde am Montag bekannt gegeben.",
    "Le rapport a été publié hier.",
    "Some of these things are new, others are old.",
)
_log = logging.getLogger(__name__)


class EmbeddingEngine(Protocol):
    """What embedding needs of an engine."""

    def embed(self, request: EmbedRequest, *, cancellation: Cancellation | None = None) -> Embeddings: ...

    def status(self) -> EngineStatus: ...


class Embedder:
    """The embeddings of the loaded model, the last ones remembered. Safe from any thread."""

    def __init__(
        self,
        engine: EmbeddingEngine,
        on_evaluated: Callable[[int], None] | None = None,
        kept: KeptOptions | None = None,
    ) -> None:
        """``on_evaluated``: is told the tokens of a text that was not known. ``kept``: holds those that last."""
        self._engine = engine
        self._on_evaluated = on_evaluated
        self._kept = kept
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str, bool, str], Embedding] = OrderedDict()

    def __call__(self, text: str, *, lasting: bool = False, examples: str = "") -> Embedding | None:
        """The model's name and its embedding of a text; None where none is loaded, or it gives none. See Embed."""
        model = self._engine.status().model
        if model is None or not text.strip():
            return None
        key = (model.path, text, lasting, examples)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = self._found_kept(model, examples, text) if lasting else None
        if found is None and (found := self._asked(model, text, examples)) is not None and lasting:
            found = found._replace(mean=np.zeros(0))
            if self._kept is not None:
                self._kept.keep(model, examples + _framed(text), np.array([found.token_bytes, *found.vector]))
        if found is None:
            return None
        with self._lock:
            self._known[key] = found
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _found_kept(self, model: ModelInfo, examples: str, text: str) -> Embedding | None:
        row = self._kept.find(model, examples + _framed(text)) if self._kept is not None else None
        if row is None or len(row) < 2:
            return None
        return Embedding(model.name, row[1:].astype(np.float64), float(row[0]))

    def _asked(self, model: ModelInfo, text: str, examples: str) -> Embedding | None:
        try:
            said = self._engine.embed(EmbedRequest((text,), _MOST_TOKENS, examples + _BEFORE, _AFTER))
        except EngineError:
            _log.info("the model gave no embedding; texts are told apart by their words alone")
            return None
        if self._on_evaluated is not None:
            self._on_evaluated(said.evaluated_tokens)
        mean = np.array(said.means[0]) if said.means else np.zeros(0)
        return Embedding(model.name, np.array(said.vectors[0]), said.token_bytes[0] if said.token_bytes else 0.0, mean)


def beginning(document: Document) -> str:
    """What a choice is told by, beside words that stand anywhere: the beginning of the text."""
    return "\n".join(page.text for page in document.pages[:3])[:MOST_CHARACTERS]


def examples_of(named: Sequence[tuple[str, str]]) -> str:
    """Texts with the words that they mean, in the frame of an embedding: what a model reads behind them it takes to be one of those.

    Args:
        named: what an option is about, and its name; empty where there is nothing to read.
    """
    told = "".join(f"{_BEFORE}{text}{_AFTER}{name}{_END}" for text, name in named)
    return told if len(told) <= _MOST_EXAMPLES else ""


def is_read(text: str, tokens: int) -> bool:
    """Whether a model that takes so many tokens for a text reads its language. Of a short text they tell nothing."""
    return tokens < _TELLING or len(text.encode("utf-8", "replace")) / tokens > _UNREAD


def nearness(said: Embedding, texts: Sequence[str], embed: Embed) -> Vector | None:
    """How near a text, of which a model said this, is to each of some others: cosines, less those of plain sentences.

    They count less in a language that the model hardly reads. An empty text (of an option that stands for all others) is as near as
    any. None where the model gives none of them.
    """
    about = [place for place, text in enumerate(texts) if text]
    others = _embeddings([texts[place] for place in about], said.model, embed)
    plain = _embeddings(PLAIN, said.model, embed)
    if others is None or plain is None or len(about) < 2:
        return None
    rows = [said.vector[None], *(np.array([each.vector for each in own]) for own in (others, plain))]
    within, times = within_options(said.model, len(said.vector)), 1.0
    if within is not None:
        rows, times = [within.evened(each) for each in rows], within.times
    near = np.zeros(len(texts))
    near[about] = times * cosines(*rows)[0]
    return near * _reads((said.token_bytes + fmean(each.token_bytes for each in others)) / 2)


def cosines(said: Vector, options: Vector, plain: Vector) -> Vector:
    """Of each of some texts, a row each, and each option: the cosine between what they are about, less that of plain sentences."""
    directions = _units(options - options.mean(axis=0))
    usual = plain.mean(axis=0)
    habit = (_units(plain - usual) @ directions.T).mean(axis=0)
    result: Vector = _units(said - usual) @ directions.T - habit
    return result


def nearness_behind(said: Embedding, phrases: Sequence[Sequence[str]], examples: str, embed: Embed) -> Vector | None:
    """How near a text, of which a model said this behind some examples, is to what each option is said to be by these phrases.

    The phrases are read behind the same examples. Of an option's phrases the nearest say most; what phrases are near to anyway is taken
    off. They count less in a language that the model hardly reads. An option without phrases is as near as any. None where the
    model gives none of them.
    """
    about = [place for place, own in enumerate(phrases) if own]
    told = [_embeddings(phrases[place], said.model, embed, examples) for place in about]
    known = [own for own in told if own is not None]
    if len(known) < max(2, len(told)):
        return None
    vectors = [np.array([each.vector for each in own]) for own in known]
    usual, every = np.mean([own.mean(axis=0) for own in vectors], axis=0), np.concatenate(vectors)
    # Of few phrases a number's spread is a matter of chance: it is drawn towards that of all numbers.
    each = every.var(axis=0)
    spread = np.sqrt((len(every) * each + _ALIKE * each.mean()) / (len(every) + _ALIKE)) + 1e-3
    directions = [_units((own - usual) / spread) for own in vectors]

    def like(rows: Vector) -> Vector:
        """Of each of some directions and each option: the soft maximum over its phrases."""
        return np.column_stack([_SOFT * np.log(np.exp(rows @ own.T / _SOFT).mean(axis=1)) for own in directions])

    near = np.zeros(len(phrases))
    habit = like(np.concatenate(directions)).mean(axis=0)
    near[about] = like(_units((said.vector - usual)[None] / spread))[0] - habit
    return near * _reads((said.token_bytes + fmean(each.token_bytes for own in known for each in own)) / 2)


def _reads(token_bytes: float) -> float:
    """How far a model reads a language, by the bytes that its tokens stand for: 0 to 1, and 1 where they are not known.

    A word of a language that it knows is a token or two; of another it is put together of letters, and says little.
    """
    return float(np.clip((token_bytes - _UNREAD) / (_READ - _UNREAD), 0.0, 1.0)) if token_bytes else 1.0


def _framed(text: str) -> str:
    """What is kept goes by the frame too: with another one it is another embedding."""
    return f"{_MOST_TOKENS} {_BEFORE}{text}{_AFTER}"


def _embeddings(texts: Sequence[str], model: str, embed: Embed, examples: str = "") -> list[Embedding] | None:
    """Of each text behind the examples; None where this model gives one of them none."""
    found = []
    for text in texts:
        said = embed(text, lasting=True, examples=examples)
        if said is None or said.model != model:
            return None
        found.append(said)
    return found


def _units(rows: Vector) -> Vector:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Vector = rows / np.maximum(lengths, 1e-9)
    return result
