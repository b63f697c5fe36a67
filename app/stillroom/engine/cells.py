"""The worker's key-value cache: which sequence holds which tokens, what can be shared, what can be dropped."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from stillroom.engine.llama import LoadedModel
from stillroom.errors import EngineError


@dataclass(eq=False, slots=True)
class Held:
    """A sequence whose cells stay after its request.

    Attributes:
        sequence: llama.cpp's id.
        tokens: from position 0.
        users: requests that work on it now; it is not dropped while there are any.
        used: a counter's value at the last use; the smallest goes first.
        shared: leading tokens whose cells belong to an older sequence too.
    """

    sequence: int
    tokens: list[int] = field(default_factory=list)
    users: int = 0
    used: int = 0
    shared: int = 0


class Cells:
    """Hands out sequences and keeps evaluated prefixes for reuse, least recently used first out.

    Attributes:
        capacity: cells of the cache.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self.capacity = model.info.context_tokens
        self._free = list(range(model.max_sequences - 1, -1, -1))
        self._held: list[Held] = []
        self._scratch = 0
        self._clock = itertools.count(1)

    @property
    def used(self) -> int:
        """Cells in use. Sequences share cells only with the one they were copied from, so shared beginnings count once."""
        return self._scratch + sum(self._own(held) for held in self._held)

    @property
    def free_sequences(self) -> int:
        return len(self._free)

    def find(self, tokens: list[int]) -> Held | None:
        """The held sequence with exactly these tokens, or None."""
        for held in self._held:
            if len(held.tokens) == len(tokens) and held.tokens == tokens:
                held.used = next(self._clock)
                return held
        return None

    def find_longest(self, tokens: list[int]) -> tuple[Held | None, int]:
        """The held sequence that begins most like ``tokens``, and the length of the common beginning."""
        best, length = None, 0
        for held in self._held:
            common = _common(held.tokens, tokens)
            if common > length:
                best, length = held, common
        if best:
            best.used = next(self._clock)
        return best, length

    def hold(self, source: Held | None, length: int) -> Held:
        """A new held sequence that shares the first ``length`` cells of ``source``; the caller is its user. Raises EngineError."""
        held = Held(self._take(), users=1, used=next(self._clock))
        if source is not None and length:
            self._model.copy_sequence(source.sequence, held.sequence)
            if length < len(source.tokens) and not self._model.drop(held.sequence, length):
                self._model.drop(held.sequence)
                length = 0
            held.tokens = source.tokens[:length]
            held.shared = length
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
        self.make_room(cells)
        self._scratch += cells

    def make_room(self, cells: int) -> None:
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
        self.forget(min(idle, key=lambda held: held.used))
        return True

    def _own(self, held: Held) -> int:
        """Cells that no sequence listed earlier holds too."""
        if not held.shared:
            return len(held.tokens)
        index = self._held.index(held)
        common = max((_common(other.tokens, held.tokens) for other in self._held[:index]), default=0)
        return len(held.tokens) - min(common, held.shared)


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
