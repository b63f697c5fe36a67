"""Writing text token by token with llama.cpp's own samplers."""

from __future__ import annotations

import codecs
import contextlib
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import llama_cpp.llama_cpp as lib

from stillroom.engine.protocol import GenerateRequest, Generation, Sampling
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.grammar import grammar_of
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.prompt_tokens import PromptTokens, fill, read_prompt
from stillroom.worker.scoring import hold_prefix

_PIECE_SECONDS = 0.02
_PENALTY_WINDOW = 256  # tokens looked back at by the repetition penalty


def generate(
    model: LoadedModel,
    cells: Cells,
    request: GenerateRequest,
    on_text: Callable[[str], None],
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Generator[Generation | None, None, None]:
    """Write an answer. Yields None after each bounded step (at most one ubatch, or one token), the result at the end.

    ``on_progress`` gets how much of the prompt was read, 0 to 1, where that takes more than a step.

    A conversation reuses every token it can. A batch must give the same answer whatever was evaluated before, so it
    reuses whole pieces only, and nothing of it is kept.
    """
    started = time.monotonic()
    prompt = read_prompt(model, cells, request.prompt)
    tokens = prompt.tokens
    if prompt.stretches and not request.interactive:
        raise EngineError("Pictures can be talked about in Chat only.")
    limit = model.longest_sequence
    if len(tokens) >= limit:
        raise EngineError(
            f"The text takes {len(tokens)} tokens, more than the {limit} this model and context allow. "
            "Shorten it, or choose a longer context."
        )
    base, common = yield from _known(model, cells, request, tokens)
    fresh: Held | None = None
    try:
        cells.give_way(len(tokens) - common)
        fresh = cells.hold(base, common)
        if base is not None:
            cells.release(base)
            if request.interactive and common == len(base.tokens) and not base.users:
                cells.forget(base)  # the conversation went on; its longer form is kept
            base = None
        cached = len(fresh.tokens)
        yield from _read(model, cells, prompt, fresh, on_progress)
        without = len(fresh.tokens) - model.positions(fresh.tokens)  # cells that take no position of their own
        evaluated = time.monotonic()
        output = _Output(request.stop, on_text)
        written = _Written()
        yield from _write(model, cells, request, tokens, fresh, without, output, written)
        text = output.finish(stopped=written.reason == "stop")
        if request.interactive and written.reason != "stop":
            # Another way to cut the same text into tokens would not be found in the cache at the next turn.
            cells.remember(text, written.tokens)
    except BaseException:
        if fresh is not None and not request.interactive:
            cells.forget(fresh)
            fresh = None
        raise
    finally:
        if base is not None:
            cells.release(base)
        if fresh is not None:
            cells.release(fresh)
    if not request.interactive:
        cells.forget(fresh)
    yield Generation(
        text=text,
        stop_reason=written.reason,
        prompt_tokens=len(tokens),
        cached_tokens=cached,
        tokens=len(written.tokens),
        prompt_seconds=evaluated - started,
        seconds=time.monotonic() - started,
    )


@dataclass(slots=True)
class _Written:
    """The tokens of an answer so far, and why it ended."""

    tokens: list[int] = field(default_factory=list)
    reason: str = "length"


def _known(
    model: LoadedModel, cells: Cells, request: GenerateRequest, tokens: list[int]
) -> Generator[None, None, tuple[Held | None, int]]:
    """What of the prompt is in the cells already, used once more, and how many of its tokens count."""
    if request.interactive:
        base, common = cells.find_longest(tokens[:-1])
        if base is not None:
            base.users += 1
        return base, common
    if len(request.prompt) > 1:
        held = yield from hold_prefix(model, cells, request.prompt[:-1])
        return held, min(len(held.tokens), len(tokens) - 1)
    return None, 0


def _read(
    model: LoadedModel, cells: Cells, prompt: PromptTokens, fresh: Held, on_progress: Callable[[float], None]
) -> Generator[None, None, None]:
    """Evaluate what of the prompt is not in the cells yet."""
    cached = told = len(fresh.tokens)
    left = len(prompt.tokens) - 1 - cached
    # Closed at once where this is given up: what it holds must not outlive the request, nor the model.
    with contextlib.closing(fill(model, prompt, fresh, cells.worth)) as steps:
        for _ in steps:
            if left > model.options.ubatch and len(fresh.tokens) > told:
                told = len(fresh.tokens)
                on_progress((told - cached) / left)
            yield None


def _write(
    model: LoadedModel,
    cells: Cells,
    request: GenerateRequest,
    prompt: list[int],
    fresh: Held,
    without: int,
    output: _Output,
    written: _Written,
) -> Generator[None, None, None]:
    """Write token by token until something ends it. ``without``: cells that take no position of their own."""
    limit = model.longest_sequence
    sampling = replace(request.sampling, repeat_penalty=1.0) if request.schema else request.sampling
    with grammar_of(model, request.schema) as grammar, _sampler(sampling, prompt, model.vocabulary) as sampler:
        token = prompt[-1]
        while len(written.tokens) < request.max_tokens:
            if len(fresh.tokens) >= limit:
                written.reason = "context"
                return
            cells.give_way(1)
            entry = Entry(token, len(fresh.tokens) - without, (fresh.sequence,), True)
            model.evaluate([entry], interactive=request.interactive)
            fresh.tokens.append(token)
            token = lib.llama_sampler_sample(sampler, model.context, -1)
            if grammar is not None:
                if not grammar.allows(token):
                    grammar.mask()
                    token = lib.llama_sampler_sample(sampler, model.context, -1)
                grammar.accept(token)
            if model.ends(token):
                written.reason = "end"
                return
            written.tokens.append(token)
            if output.add(model.piece(token)):
                written.reason = "stop"
                return
            yield None


class _Output:
    """Text so far: whole characters only, and nothing that may yet turn out to be a stop text.

    What comes within a fiftieth of a second is handed over together: nobody sees the difference, and every message costs
    the window's process time that a small model on the same cores would use better.
    """

    def __init__(self, stop: tuple[str, ...], on_text: Callable[[str], None]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._on_text = on_text
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._sent = 0
        self._sent_at = 0.0

    def add(self, piece: bytes) -> bool:
        """True when a stop text has come; the text ends before it."""
        self._text += self._decoder.decode(piece)
        for stop in self._stop:
            at = self._text.find(stop, max(0, self._sent - len(stop)))
            if at >= 0:
                self._text = self._text[:at]
                return True
        held_back = max(
            (length for stop in self._stop for length in range(1, len(stop)) if self._text.endswith(stop[:length])),
            default=0,
        )
        self._send(len(self._text) - held_back)
        return False

    def finish(self, *, stopped: bool) -> str:
        if not stopped:
            self._text += self._decoder.decode(b"", final=True)
        self._send(len(self._text), at_once=True)
        return self._text

    def _send(self, end: int, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if end > self._sent and (at_once or now - self._sent_at >= _PIECE_SECONDS):
            self._on_text(self._text[self._sent : end])
            self._sent, self._sent_at = end, now


@contextlib.contextmanager
def _sampler(sampling: Sampling, prompt: list[int], vocabulary: int) -> Iterator[Any]:
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    try:
        greedy = sampling.temperature <= 0
        if not greedy or sampling.repeat_penalty != 1.0:
            # First, so that the others have few tokens to look at.
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_top_k(sampling.top_k))
        if sampling.repeat_penalty != 1.0:
            penalties = lib.llama_sampler_init_penalties(vocabulary, _PENALTY_WINDOW, sampling.repeat_penalty, 0.0, 0.0)
            lib.llama_sampler_chain_add(chain, penalties)
            for token in prompt[-_PENALTY_WINDOW:]:
                if token >= 0:  # no part of a picture
                    lib.llama_sampler_accept(chain, token)
        if greedy:
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_greedy())
        else:
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_top_p(sampling.top_p, 1))
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_min_p(sampling.min_p, 1))
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_temp(sampling.temperature))
            lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_dist(sampling.seed))
        yield chain
    finally:
        lib.llama_sampler_free(chain)
