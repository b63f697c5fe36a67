"""What a text is about, as numbers: the mean of what the model makes of its tokens, in the context that there is; or what it makes of
the last token of a frame around the text, which sums the text up where the frame asks for that (T. Jiang et al., 2023), with that mean
beside it."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from stillroom.engine.protocol import LARGEST_CPU_UBATCH, Embeddings, EmbedRequest, Piece
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.scoring import hold_prefix

_MOST_TOKENS = 512
_LONG = 32  # tokens before a text that are kept for the next one
_DIGITS = 5  # of each number: more say nothing, and go through a pipe as text


def embed(model: LoadedModel, cells: Cells, request: EmbedRequest) -> Generator[Embeddings | None, None, None]:
    """Pool each text's last hidden states. Yields None after each bounded step, the result at the end."""
    rows: list[tuple[float, ...]] = []
    means: list[tuple[float, ...]] = []
    token_bytes: list[float] = []
    read = 0
    before = model.tokenize(request.before, special=False, first=True) if request.before else []
    after = model.tokenize(request.after, special=False, first=False) if request.after else []
    most = min(request.max_tokens, _MOST_TOKENS, model.longest_sequence - 1 - len(before) - len(after))
    shared: Held | None = None
    evaluated: list[int] = []
    if len(before) >= _LONG and most > 0:
        shared = yield from hold_prefix(model, cells, (Piece(request.before),), evaluated.append)
    try:
        for text in request.texts:
            own = model.tokenize(text, special=False, first=not before)
            if not own:
                raise EngineError("There is no text to embed.")
            token_bytes.append(round(len(text.encode("utf-8", "replace")) / len(own), _DIGITS))
            own = own[: max(1, most)]
            tokens = [*before, *own, *after]
            mean, last = yield from _pooled(model, cells, tokens, range(len(before), len(before) + len(own)), shared)
            rows.append(_rounded(last if after else mean))
            if after:
                means.append(_rounded(mean))
            read += len(tokens) - (len(before) if shared is not None else 0)
    finally:
        if shared is not None:
            cells.release(shared)
    yield Embeddings(tuple(rows), read + sum(evaluated), tuple(token_bytes), tuple(means))


def _rounded(vector: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in vector)


def _pooled(
    model: LoadedModel, cells: Cells, tokens: list[int], text: range, shared: Held | None
) -> Generator[None, None, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """The mean of the states over the ``text`` among the tokens, and that of the last token. ``shared``: has those before the text."""
    total, count = np.zeros(model.width), 0
    last = total
    size = min(model.options.ubatch, LARGEST_CPU_UBATCH)
    # The first token of all takes what the others do not need: it says nothing of what the text is about.
    text = range(max(1, text.start), text.stop) if len(tokens) > 1 else text
    known = text.start if shared is not None else 0
    cells.give_way(len(tokens) - known)
    held = cells.hold(shared, known)
    try:
        for start in range(known, len(tokens), size):
            chunk = tokens[start : start + size]
            states = model.evaluate_states(
                [Entry(token, start + step, (held.sequence,), True) for step, token in enumerate(chunk)]
            )
            held.tokens.extend(chunk)
            own = states[max(0, text.start - start) : max(0, text.stop - start)]
            total, count = total + own.sum(axis=0), count + len(own)
            last = states[-1].astype(np.float64)
            yield None
    finally:
        cells.release(held)
        cells.forget(held)
    return total / max(1, count), last
