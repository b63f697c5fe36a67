"""What a text is about, as numbers: the mean of what the model makes of its tokens, in the context that there is."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt

from stillroom.engine.protocol import LARGEST_CPU_UBATCH, Embeddings, EmbedRequest
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells
from stillroom.worker.llama import Entry, LoadedModel

_MOST_TOKENS = 512
_DIGITS = 5  # of each number: more say nothing, and go through a pipe as text


def embed(model: LoadedModel, cells: Cells, request: EmbedRequest) -> Generator[Embeddings | None, None, None]:
    """Pool each text's last hidden states. Yields None after each bounded step, the result at the end."""
    rows: list[tuple[float, ...]] = []
    read = 0
    for text in request.texts:
        tokens = model.tokenize(text, special=False, first=True)
        tokens = tokens[: max(1, min(request.max_tokens, _MOST_TOKENS, model.longest_sequence - 1))]
        if not tokens:
            raise EngineError("There is no text to embed.")
        vector = yield from _pooled(model, cells, tokens)
        rows.append(tuple(round(float(value), _DIGITS) for value in vector))
        read += len(tokens)
    yield Embeddings(tuple(rows), read)


def _pooled(model: LoadedModel, cells: Cells, tokens: list[int]) -> Generator[None, None, npt.NDArray[np.float64]]:
    total, count = np.zeros(model.width), 0
    size = min(model.options.ubatch, LARGEST_CPU_UBATCH)
    cells.give_way(len(tokens))
    held = cells.hold(None, 0)
    try:
        for start in range(0, len(tokens), size):
            chunk = tokens[start : start + size]
            states = model.evaluate_states(
                [Entry(token, start + step, (held.sequence,), True) for step, token in enumerate(chunk)]
            )
            held.tokens.extend(chunk)
            # The first token of a text takes what the others do not need: it says nothing of what the text is about.
            own = states[1:] if not start and len(tokens) > 1 else states
            total += own.sum(axis=0)
            count += len(own)
            yield None
    finally:
        cells.release(held)
        cells.forget(held)
    mean: npt.NDArray[np.float64] = total / max(1, count)
    return mean
