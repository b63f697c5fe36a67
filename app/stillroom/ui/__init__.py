"""The window: everything that imports PySide6, and nothing else does."""

# Before PySide6: of every module that is imported after it, PySide6 reads the source, to see whether it uses PySide6, and
# Python keeps what was read. For all that is behind the window that took 4 MiB and a twentieth of its start.
import stillroom.workspace  # noqa: F401
