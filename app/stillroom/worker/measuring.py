"""Measures the loaded model's speed, as steps beside whatever else the worker does."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Generator

from stillroom.engine.protocol import Measurement, MeasureRequest, Piece
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.scoring import hold_prefix

# Of the kind that is read here; a model of experts takes another path for every text.
_TEXT = (
    "Delivery note 2047 of 14 March. North Wind Trading Ltd, 12 Harbour Road, to the order of Mill & Sons: four boxes of "
    "copper fittings at 18.40, two drums of lamp oil at 61.25, one ladder at 119.00. Carriage paid. The goods remain ours "
    "until they are paid for; claims within eight days. Net 315.10, tax 59.87, total 374.97, due on 13 April.\n"
)
_DEPTH = 1024  # tokens a text grows to before it begins anew: what a passage has
_BEFORE_GENERATION = 64


def measure(model: LoadedModel, cells: Cells, request: MeasureRequest) -> Generator[Measurement | None, None, None]:
    """Evaluate text of our own for a while. Yields None after each bounded step, the result at the end."""
    if request.kind not in ("prompt", "score", "generate"):
        raise EngineError(f"The worker does not know how to measure {request.kind!r}.")
    held: Held | None = None
    model.use_threads(request.threads)
    try:
        if request.kind == "generate":
            text = _TEXT * (1 + _BEFORE_GENERATION // 64)
            held = yield from hold_prefix(model, cells, (Piece(text),))
        times: list[float] = []
        with contextlib.closing(_steps(model, cells, held, request.kind)) as steps:
            for seconds in steps:
                times.append(seconds)
                spent = sum(times)
                # Where one step is long enough, waking threads and touching memory for the first time weigh little in it.
                if spent >= request.seconds and (len(times) > 1 or spent >= 2 * request.seconds):
                    break
                yield None
    finally:
        model.use_threads(None)
        if held is not None:
            cells.release(held)
    typical = statistics.median(times[1:] or times)
    size = _step_tokens(model, request.kind)
    yield Measurement(speed=size / typical, step_seconds=typical, tokens=size * len(times))


def _steps(model: LoadedModel, cells: Cells, source: Held | None, kind: str) -> Generator[float, None, None]:
    """Evaluate one step after the other, and tell its seconds."""
    size, limit = _step_tokens(model, kind), _limit(model)
    tokens = model.tokenize(_TEXT, special=False)
    while True:
        start = len(source.tokens) if source is not None else 0
        cells.give_way(max(size, limit - start))
        fresh = cells.hold(source, start)
        try:
            position = len(fresh.tokens)
            while position + size <= limit:
                entries = [
                    Entry(tokens[place % len(tokens)], place, (fresh.sequence,), kind != "prompt")
                    for place in range(position, position + size)
                ]
                began = time.perf_counter()
                model.evaluate(entries)
                model.wait()
                fresh.tokens.extend(entry.token for entry in entries)
                position += size
                yield time.perf_counter() - began
        finally:
            cells.release(fresh)
            cells.forget(fresh)


def _limit(model: LoadedModel) -> int:
    return min(max(_DEPTH, model.options.ubatch), model.longest_sequence - 1)


def _step_tokens(model: LoadedModel, kind: str) -> int:
    """A whole step has a ubatch, where the context has room for it."""
    return 1 if kind == "generate" else min(model.options.ubatch, _limit(model))
