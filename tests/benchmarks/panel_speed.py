"""What the side panel costs: processor time of the window's process with it and without it.

    xvfb-run -a python tests/benchmarks/panel_speed.py [--seconds 30] [--model M.gguf]

The window is shown and left alone, without measuring, then with it (twice a second, as always); the difference is the panel's.
Processor time, not seconds, so that other programs do not change it. With a model, it is also measured while an answer is
written, where the plots move.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    os.environ["STILLROOM_HOME"] = folder.name

    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from stillroom.privacy.seal import Seal
    from stillroom.settings import Settings
    from stillroom.ui.application import build_parts
    from stillroom.ui.main_window import MainWindow
    from stillroom.ui.model_loading import LoadState
    from stillroom.ui.tasks import Tasks

    application = QApplication(["stillroom"])
    parts = build_parts(application, Tasks(lambda _error: None), Settings(), Seal())
    window = MainWindow(parts)
    window.show()

    def spin(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def share(seconds: float) -> float:
        """Of a core, used by this process."""
        before, began = time.process_time(), time.perf_counter()
        spin(seconds)
        return (time.process_time() - before) / (time.perf_counter() - began)

    if arguments.model:
        from stillroom.models.library import find_model

        window.loading.choose(find_model(str(arguments.model)))
        while window.loading.state is LoadState.LOADING:
            spin(0.2)
    spin(3)
    without = share(arguments.seconds)
    window._measuring.start()
    spin(2)
    idle = share(arguments.seconds) - without
    print(f"window left alone: {100 * without:.2f} % of a core; the panel twice a second: {100 * idle:.2f} % more")
    if window.loading.state is LoadState.READY:
        from stillroom.chat.answerer import LocalAnswerer
        from stillroom.chat.conversation import ChatSettings
        from stillroom.engine.protocol import Message
        from stillroom.ui.tasks import Operation

        asked = [Message("user", "Write a very long story about a harbour.")]
        settings = ChatSettings(max_tokens=4000)

        def write(operation: Operation) -> None:
            while not operation.cancellation.requested:
                LocalAnswerer(parts.engine).answer(
                    asked, settings, on_text=lambda _text: None, cancellation=operation.cancellation
                )

        operation = parts.tasks.start(Operation(write, "write"))
        spin(3)
        shown = share(arguments.seconds)
        window._measuring._show = lambda _measured: None
        spin(1)
        hidden = share(arguments.seconds)
        operation.cancellation.request()
        print(
            f"while an answer is written: {100 * shown:.2f} % of a core, {100 * (shown - hidden):.2f} % of it shown by the panel"
        )
    window.close()
    parts.close()
    folder.cleanup()


if __name__ == "__main__":
    main()
