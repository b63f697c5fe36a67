"""What the pages of a window are given."""

from __future__ import annotations

from pathlib import Path

from stillroom.engine.engine import Engine
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory
from stillroom.workspace import Workspace


class Parts(Workspace):
    """The workspace of a window, with what only a window has. What blocks belongs on an operation's thread.

    Attributes:
        tasks: what runs beside the window. memory: how it was left. theme: light or dark.
    """

    def __init__(
        self,
        tasks: Tasks,
        memory: WindowMemory,
        theme: Theme,
        settings: Settings | None = None,
        seal: Seal | None = None,
        *,
        database: Path | None = None,
        engine: Engine | None = None,
    ) -> None:
        super().__init__(settings, seal, database=database, engine=engine)
        self.tasks, self.memory, self.theme = tasks, memory, theme

    def close(self) -> None:
        """End every thread and every child."""
        self.tasks.cancel_all()
        self.stop()
        if self.tasks.close():  # a thread that does not end may be writing
            super().close()
