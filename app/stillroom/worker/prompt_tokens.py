"""A prompt as the cells it takes: tokens of its text, and stretches of its pictures. Only the worker imports this module."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, field

from stillroom.engine.protocol import Piece
from stillroom.errors import EngineError
from stillroom.worker.cells import Cells, Held
from stillroom.worker.llama import Entry, LoadedModel
from stillroom.worker.vision import Stretch
from stillroom.worker.worth_keeping import WorthKeeping


@dataclass(slots=True)
class PromptTokens:
    """What stands in each cell. ``stretches``: of pictures, by their first cell."""

    tokens: list[int] = field(default_factory=list)
    stretches: dict[int, Stretch] = field(default_factory=dict)

    def add(self, part: int | Stretch) -> None:
        if isinstance(part, int):
            self.tokens.append(part)
        else:
            self.stretches[len(self.tokens)] = part
            self.tokens += part.cells


def read_prompt(model: LoadedModel, cells: Cells, pieces: tuple[Piece, ...]) -> PromptTokens:
    """The tokens of a prompt; answers that the model wrote itself are cut as it wrote them. Raises EngineError."""
    prompt = PromptTokens()
    for index, piece in enumerate(pieces):
        if piece.picture:
            if model.projector is None:
                raise EngineError(
                    "The model does not see pictures. Attach a projector to it in Models, or give it the picture's text."
                )
            for part in model.projector.read(piece.picture):
                prompt.add(part)
            continue
        known = cells.written.get(piece.text if not piece.special else "")
        prompt.tokens += known or model.tokenize(piece.text, special=piece.special, first=index == 0)
    if not prompt.tokens:
        raise EngineError("There is nothing to answer: the prompt is empty.")
    if prompt.tokens[-1] < 0:
        raise EngineError("There is nothing to answer: nothing is said about the picture.")
    return prompt


def fill(
    model: LoadedModel, prompt: PromptTokens, held: Held, worth: WorthKeeping | None = None
) -> Generator[None, None, None]:
    """Evaluate what ``held`` lacks of a prompt, but for its last token. Yields after each bounded step.

    ``worth`` is told how long the text took.
    """
    size, last = model.options.ubatch, len(prompt.tokens) - 1
    read, seconds = 0, 0.0
    position = model.positions(held.tokens)
    while (start := len(held.tokens)) < last:
        stretch = prompt.stretches.get(start)
        if stretch is not None:
            assert model.projector is not None
            try:
                yield from model.projector.evaluate(model, stretch, held.sequence, position)
            except BaseException:
                model.drop(held.sequence, position)  # part of a picture is worth nothing
                raise
            held.tokens.extend(stretch.cells)
            position += stretch.positions
        else:
            end = min(start + size, last, *(each for each in prompt.stretches if each > start))
            chunk, began = prompt.tokens[start:end], time.perf_counter()
            model.evaluate([Entry(token, position + step, (held.sequence,)) for step, token in enumerate(chunk)])
            if worth is not None and end == last:
                model.wait()
            read, seconds = read + len(chunk), seconds + time.perf_counter() - began
            held.tokens.extend(chunk)
            position += len(chunk)
        yield
    if worth is not None:
        worth.has_read(read, seconds)
