"""The right to be the one window of a data folder: a second start shows the window that is there instead."""

from __future__ import annotations

from pathlib import Path

from stillroom import paths
from stillroom.storage.ownership import Owned, OwnedElsewhere


class OneWindow:
    """The right to the window of this data folder, until ``release``.

    Attributes:
        wish: the file that a second start leaves, which wants to see this window; its folder can be watched. Needs no socket.
    """

    def __init__(self, owned: Owned, wish: Path) -> None:
        self._owned, self.wish = owned, wish
        wish.unlink(missing_ok=True)

    @classmethod
    def take(cls) -> OneWindow | None:
        """Take it; None where another process has it, which was told to show its window. Raises StillroomError."""
        file = paths.data_dir() / "locks" / "window"
        wish = file.with_suffix(".show")
        try:
            return cls(Owned(file, "The window is open already."), wish)
        except OwnedElsewhere:
            wish.touch()
            return None

    def release(self) -> None:
        """Give it back."""
        self._owned.release()
