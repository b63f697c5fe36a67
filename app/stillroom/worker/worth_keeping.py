"""Whether the state of a text is worth keeping, or the text is read again as soon."""

from __future__ import annotations

_LEAST_TOKENS = 64  # of a text; fewer say little of how fast it is read
_FIRST_BYTES_A_SECOND = 2e9
# Of two texts that leave the context about one is wanted again: it is copied out and in for that, the other out only.
_COPIES = 3


class WorthKeeping:
    """What reading and copying take, as they took last.

    A processor reads a text a hundred times as long as it copies its state. A fast graphics card reads it about as fast, and
    would spend half its time on copies that nobody asks for.
    """

    def __init__(self) -> None:
        self._token_seconds = 0.0
        self._byte_seconds = 1 / _FIRST_BYTES_A_SECOND

    def has_read(self, tokens: int, seconds: float) -> None:
        """So many tokens were read, to the end."""
        if tokens >= _LEAST_TOKENS:
            self._token_seconds = seconds / tokens

    def has_copied(self, size: int, seconds: float) -> None:
        """A state of so many bytes was copied."""
        if size > 1 << 20:
            self._byte_seconds = seconds / size

    def is_worth(self, tokens: int, size: int) -> bool:
        """``tokens``: of the text; ``size``: of its state in bytes."""
        return not self._token_seconds or tokens * self._token_seconds > _COPIES * size * self._byte_seconds
