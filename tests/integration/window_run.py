"""The window from its start to its end without a person: the samples are extracted and exported, a question is answered.

python tests/integration/window_run.py OUT.csv
python tests/integration/window_run.py chat      asks one question whose answer is long, and nothing else
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from stillroom.privacy.seal import Guard, Seal
from stillroom.settings import Settings
from stillroom.ui.application import build_parts
from stillroom.ui.main_window import MainWindow
from stillroom.ui.tasks import Tasks


def main() -> int:
    application = QApplication(["stillroom"])
    failures: list[Exception] = []
    seal = Seal()
    guard = Guard(seal)
    parts = build_parts(application, Tasks(failures.append), Settings(), seal)
    window = MainWindow(parts)
    window.show()
    QTimer.singleShot(0, window.start)

    def until(ready: Callable[[], object], seconds: float = 100) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError
            application.processEvents()
            time.sleep(0.01)

    until(lambda: window.loading.model is not None)
    if sys.argv[1] == "chat":
        chat = window.show_named("chat")
        chat.chat.write("Write a very long story about the sea.", [])
        until(lambda: not chat.chat.asking.busy)
        return 0
    window.extract.run_samples()
    until(lambda: all(sheet.model.finished and not sheet.runs.running for sheet in window.extract.sheets))
    results = [row.result for row in window.extract.sheets[0].model.rows]
    parts.runs.export(results, window.extract.sheets[0].template, Path(sys.argv[1]))
    chat = window.show_named("chat")
    chat.chat.write("What is a stillroom?", [])
    until(lambda: not chat.chat.asking.busy and len(chat.transcript.turns()) == 2)
    window.show_named("models")
    window.show_named("settings")
    until(lambda: parts.tasks.running <= 1)
    window.close()
    parts.close()
    guard.release()
    print(len(window.extract.sheets), seal.hosts, failures)
    return 0 if not failures and not seal.hosts else 1


if __name__ == "__main__":
    sys.exit(main())
