"""The worker's key-value cache: which sequence holds which tokens, what can be shared, what can be dropped.

What nobody works on leaves the cache when something new is evaluated; its state stays in memory and comes back when it is
needed. So attention has no cells to pass over, and a text stands at the same place in the cache every time: where sums
of floating-point numbers are grouped by place, another place would be another result.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from stillroom.errors import EngineError
from stillroom.worker.kept_cells import LEAST_TOKENS, KeptCells
from stillroom.worker.llama import LoadedModel
from stillroom.worker.worth_keeping import WorthKeeping

_MOST_AWAY = 32  # conversations looked through for a common beginning
_REMEMBERED = 200  # answers whose tokens are kept


class Block:
    """Cells that were filled together; sequences that were copied from each other share them, from the first on."""


@dataclass(eq=False, slots=True)
class Held:
    """A sequence whose cells stay after its request.

    Attributes:
        sequence: llama.cpp's id.
        tokens: from position 0.
        users: requests that work on it now; it is not dropped while there are any.
        used: a counter's value at the last use; the smallest goes first.
        shared: blocks of other sequences its first tokens are in, and how many cells of each.
        own: the block its other tokens are in.
        worth_keeping: its state is kept when it has to leave the context.
    """

    sequence: int
    tokens: list[int] = field(default_factory=list)
    users: int = 0
    used: int = 0
    shared: tuple[tuple[Block, int], ...] = ()
    own: Block = field(default_factory=Block)
    worth_keeping: bool = False

    def blocks(self, length: int) -> tuple[tuple[Block, int], ...]:
        """The blocks of its first ``length`` tokens, and how many cells of each."""
        found: list[tuple[Block, int]] = []
        for block, cells in (*self.shared, (self.own, length)):
            if length <= 0:
                break
            found.append((block, min(cells, length)))
            length -= cells
        return tuple(found)


class Cells:
    """The sequences of a context: hands them out and keeps evaluated prefixes for reuse, least recently used first out.

    Attributes:
        capacity: cells of the cache.
        kept: where the states of sequences go that have to leave the cache.
        written: answers, and the tokens they were written with.
        worth: what decides about a state in memory where a GPU is used; None: each is worth keeping.
    """

    def __init__(self, model: LoadedModel, kept: KeptCells | None = None) -> None:
        self._model = model
        self.capacity = model.info.context_tokens
        self.kept = kept
        self.worth = WorthKeeping() if model.info.gpu_layers else None
        self._free = list(range(model.max_sequences - 1, -1, -1))
        self._held: list[Held] = []
        self._away: list[list[int]] = []  # tokens of conversations that may be in `kept`, the last used at the end
        self._scratch = 0
        self.written: dict[str, list[int]] = {}
        self._clock = itertools.count(1)

    @property
    def used(self) -> int:
        """Cells in use; shared ones count once."""
        extents: dict[Block, int] = {}
        for held in self._held:
            for block, cells in held.blocks(len(held.tokens)):
                extents[block] = max(cells, extents.get(block, 0))
        return self._scratch + sum(extents.values())

    @property
    def free_sequences(self) -> int:
        return len(self._free)

    def find(self, tokens: list[int]) -> Held | None:
        """The held sequence with exactly these tokens, or one restored from what was kept, or None."""
        for held in self._held:
            if len(held.tokens) == len(tokens) and held.tokens == tokens:
                held.used = next(self._clock)
                return held
        return self._restored(tokens, worth_keeping=True)

    def keep(self, held: Held) -> None:
        """Keep the state of this sequence, a whole passage, when it has to leave the cache; in a file, if allowed, at once."""
        if held.worth_keeping:
            return
        held.worth_keeping = True
        if self.kept is not None and self.kept.on_disk and self.kept.wants(held.tokens):
            state = self._model.state(held.sequence)
            if state is not None:
                self.kept.write(held.tokens, state)

    def remember(self, text: str, tokens: list[int]) -> None:
        """Keep the tokens a text was written with, for when it is part of a prompt."""
        self.written.pop(text, None)
        if text:
            self.written[text] = tokens
        while len(self.written) > _REMEMBERED:
            self.written.pop(next(iter(self.written)))

    def close(self) -> None:
        """Forget what is kept in memory. The sequences go with the model."""
        if self.kept is not None:
            self.kept.close()

    def find_longest(self, tokens: list[int]) -> tuple[Held | None, int]:
        """The held sequence that begins most like ``tokens``, and the length of the common beginning."""
        best, length = None, 0
        for held in self._held:
            common = _common(held.tokens, tokens)
            if common > length:
                best, length = held, common
        # Bringing one back costs more than reading a few tokens.
        for away in sorted(self._away, key=lambda away: -_common(away, tokens)):
            common = _common(away, tokens)
            if common < length + LEAST_TOKENS:
                break
            self._away.remove(away)
            restored = self._restored(away)
            if restored is not None:
                best, length = restored, common
                break
        if best:
            best.used = next(self._clock)
        return best, length

    def hold(self, source: Held | None, length: int) -> Held:
        """A new held sequence that shares the first ``length`` cells of ``source``; the caller is its user. Raises EngineError."""
        self._clear_for(source)
        held = Held(self._take(), users=1, used=next(self._clock))
        if source is not None and length:
            self._model.copy_sequence(source.sequence, held.sequence)
            start = self._model.positions(source.tokens[:length])
            if length < len(source.tokens) and not self._model.drop(held.sequence, start):
                self._model.drop(held.sequence)
                length = 0
            held.tokens = source.tokens[:length]
            held.shared = source.blocks(length)
        self._held.append(held)
        return held

    def release(self, held: Held) -> None:
        held.users -= 1

    def forget(self, held: Held) -> None:
        """Drop a held sequence."""
        if held in self._held:
            self._held.remove(held)
            self._model.drop(held.sequence)
            self._free.append(held.sequence)

    def fork(self, source: Held, count: int) -> list[int]:
        """``count`` scratch sequences that share all cells of ``source``. Raises EngineError where there are not enough."""
        taken = [self._take() for _ in range(count)]
        for sequence in taken:
            self._model.copy_sequence(source.sequence, sequence)
        return taken

    def drop_scratch(self, sequences: list[int], cells: int) -> None:
        for sequence in sequences:
            self._model.drop(sequence)
        self._free.extend(reversed(sequences))
        self._scratch -= cells

    def reserve(self, cells: int) -> None:
        """Make room for ``cells`` more scratch cells, counted until drop_scratch. Raises EngineError where there is none."""
        self.give_way(cells)
        self._scratch += cells

    def give_way(self, cells: int) -> None:
        """Drop what nobody uses until ``cells`` are free. Raises EngineError where that is not enough."""
        while self.used + cells > self.capacity:
            if not self._drop_oldest():
                raise EngineError(
                    f"The text does not fit: it needs {cells} more tokens than the {self.capacity} of the context leave free. "
                    "Choose a longer context, or a shorter text."
                )

    def _take(self) -> int:
        while not self._free:
            if not self._drop_oldest():
                raise EngineError("Too many things are being worked on at once. Wait for one to end.", retryable=True)
        return self._free.pop()

    def _drop_oldest(self) -> bool:
        idle = [held for held in self._held if not held.users]
        if not idle:
            return False
        self._leave(min(idle, key=lambda held: held.used))
        return True

    def _clear_for(self, source: Held | None) -> None:
        """Let everything leave that nobody uses, but ``source``."""
        for held in [held for held in self._held if not held.users and held is not source]:
            self._leave(held)

    def _leave(self, held: Held) -> None:
        if self.kept is not None and self.kept.wants(held.tokens) and self._is_worth(held):
            began = time.perf_counter()
            state = self._model.state(held.sequence)
            if state is not None:
                if self.worth is not None:
                    self.worth.has_copied(len(state), time.perf_counter() - began)
                self.kept.keep(held.tokens, state)
                if not held.worth_keeping:
                    self._away = [*self._away[1 - _MOST_AWAY :], held.tokens]
        self.forget(held)

    def _is_worth(self, held: Held) -> bool:
        return self.worth is None or self.worth.is_worth(len(held.tokens), self._model.state_size(held.sequence))

    def _restored(self, tokens: list[int], *, worth_keeping: bool = False) -> Held | None:
        if self.kept is None:
            return None
        state = self.kept.take(tokens)
        if state is None:
            return None
        try:
            held = self.hold(None, 0)
        except EngineError:  # no room now: whoever asked sees it when the text is evaluated instead
            self.kept.keep(tokens, state)
            return None
        fits = self.used + len(tokens) <= self.capacity
        if not fits or not self._model.restore(held.sequence, state, self._model.positions(tokens)):
            self.forget(held)
            return None
        held.tokens = list(tokens)
        held.users = 0
        held.worth_keeping = worth_keeping
        return held


def _common(left: list[int], right: list[int]) -> int:
    limit = min(len(left), len(right))
    if left[:limit] == right[:limit]:
        return limit
    low, high = 0, limit  # the first `low` tokens agree, the first `high` do not
    while high - low > 1:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
