"""Failures, told in a sentence with the details to copy; nothing unexpected ends the window."""

from __future__ import annotations

import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

import stillroom
from stillroom.errors import Cancelled
from stillroom.ui.wording import sentence

log = logging.getLogger(__name__)


def details(error: BaseException) -> str:
    """What to paste into a bug report."""
    text = getattr(error, "details", "") or ""
    trace = "".join(traceback.format_exception(error))
    return (
        f"Stillroom {stillroom.__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{sentence(error)}\n\n{text}\n{trace}".strip()
    )


def show_failure(parent: QWidget | None, error: BaseException) -> QMessageBox:
    """A dialog that does not stop the window behind it from working."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Stillroom")
    box.setTextFormat(Qt.TextFormat.PlainText)  # it may name a file, or say what a server said
    box.setText(sentence(error))
    text = details(error)
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    copy = box.addButton(QApplication.translate("failures", "Copy details"), QMessageBox.ButtonRole.ActionRole)
    copy.clicked.disconnect()  # the box must stay open: the default connection closes it
    copy.clicked.connect(lambda: QApplication.clipboard().setText(text))
    box.setDetailedText(text)
    box.setModal(False)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.show()
    return box


class UnexpectedErrors:
    """The place for exceptions that nobody caught, of the window's thread and of all others; it shows one at a time.

    A context manager: the hooks that were there before are put back at the end.
    """

    def __init__(
        self, post: Callable[[Callable[[], None]], None], show: Callable[[BaseException], QMessageBox]
    ) -> None:
        self._post = post
        self._show = show
        self._showing = False

    def __enter__(self) -> UnexpectedErrors:
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        if isinstance(error, Cancelled):
            return
        log.error("unexpected %s", kind.__name__, exc_info=(kind, error, trace))
        if not self._showing:  # one that comes with every event must not cover the screen with dialogs
            self._showing = True
            self._post(lambda: self._tell(error))

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _tell(self, error: BaseException) -> None:
        box = self._show(error)
        box.destroyed.connect(self._shown)

    def _shown(self) -> None:
        self._showing = False
