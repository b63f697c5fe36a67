"""Starts the window: makes the parts, hands them to the pages, and ends everything when it is closed."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit

import stillroom
from stillroom import logs
from stillroom.errors import StillroomError
from stillroom.privacy.seal import Guard, Seal, note_start
from stillroom.settings import SEALED, Settings
from stillroom.ui.failures import UnexpectedErrors, show_failure
from stillroom.ui.icons import application_icon
from stillroom.ui.main_window import MainWindow
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory
from stillroom.workspace.one_window import OneWindow

log = logging.getLogger(__name__)


_SWITCH_SECONDS = 0.0005


def build_parts(application: QApplication, tasks: Tasks, settings: Settings, seal: Seal) -> Parts:
    """Everything the pages need. Starts no process. Raises StillroomError where the database cannot be used."""
    # Qt lets go of the interpreter's lock at every call; waiting 5 ms each time to have it back from a thread that chooses
    # spans adds up to stalls one sees.
    sys.setswitchinterval(_SWITCH_SECONDS)
    memory = WindowMemory()
    parts = Parts(tasks, memory, Theme(application, memory), settings, seal)
    parts.encryption.ask = _ask_passphrase
    parts.database  # noqa: B018 - opened here, where a failure is told before there is a window
    return parts


def _ask_passphrase(words: str) -> str:
    text, good = QInputDialog.getText(None, "Stillroom", words, QLineEdit.EchoMode.Password)
    if not good:
        raise StillroomError(
            "The database was not opened, as no passphrase was given. Start Stillroom again to give it."
        )
    return text


def _display_there() -> bool:
    """False where Qt would abort the process: on a Unix without a display server."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


class _ShowWish:
    """A watch for a second start, which shows the window that is there instead of one of its own."""

    def __init__(self, window: MainWindow, file: Path) -> None:
        self._window, self._file = window, file
        self._watcher = QFileSystemWatcher([str(file.parent)], window)
        self._watcher.directoryChanged.connect(self._look)

    def _look(self) -> None:
        if self._file.exists():
            self._file.unlink(missing_ok=True)
            self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
            self._window.raise_()
            self._window.activateWindow()

    def end(self) -> None:
        self._watcher.deleteLater()


def main(argv: Sequence[str] = ()) -> int:
    """Open the window and stay until it is closed. Returns the exit status."""
    if not _display_there():
        print("There is no display to open the window on. Try: stillroom extract --help", file=sys.stderr)
        return 1
    logs.set_up()
    application = QApplication(["stillroom", *argv])
    application.setApplicationName("Stillroom")
    application.setApplicationVersion(stillroom.__version__)
    application.setDesktopFileName("stillroom")
    application.setWindowIcon(application_icon())
    for number in (signal.SIGINT, signal.SIGTERM):  # through the event loop: it may not be running yet
        signal.signal(number, lambda *_: QTimer.singleShot(0, application.quit))
    window: MainWindow | None = None
    tasks = Tasks(lambda error: show_failure(window, error))
    with UnexpectedErrors(tasks.post, lambda error: show_failure(window, error)):
        try:
            ours = OneWindow.take()
        except StillroomError as error:
            show_failure(None, error).exec()
            return 1
        if ours is None:
            return 0
        settings = Settings()
        try:
            seal = Seal(sealed=settings.get(SEALED))
        except StillroomError as error:  # an office's policy that is wrong
            show_failure(None, error).exec()
            ours.release()
            return 1
        guard = Guard(seal)
        note_start("window", seal)
        try:
            parts = build_parts(application, tasks, settings, seal)
        except StillroomError as error:
            show_failure(None, error).exec()
            ours.release()
            return 1
        window = MainWindow(parts)
        window.show()
        wish = _ShowWish(window, ours.wish)
        QTimer.singleShot(0, window.start)
        status = application.exec()
        window.hide()
        wish.end()
        parts.close()
        guard.release()
        ours.release()
    return status
