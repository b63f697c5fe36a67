"""The window: how soon it is there, what it takes, and whether it ever stalls.

    xvfb-run -a python tests/benchmarks/window_speed.py [--conversations 1000]

1. Seconds from the start of the process to the shown window, without a model (median of five processes).
2. Resident memory of the window's process with so many conversations, the Chat page shown.
3. A conversation of 100,000 tokens: seconds to open it, the longest stall of the event loop while scrolling through it.
4. 200 tokens a second for ten seconds into a turn: share of one core, longest stall.
5. With ``--model M.gguf``: a batch of receipts on the Extract page, rows arriving, then the Chat page beside it, an answer
   being written: the longest stall of each, and the memory of the window's process then.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

START = """
import sys, time
started = float(sys.argv[1])
from stillroom.ui.application import build_parts  # first, as the entry point does
from PySide6.QtWidgets import QApplication
from PySide6.QtCore import QTimer
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.ui.main_window import MainWindow
from stillroom.ui.tasks import Tasks
application = QApplication(["stillroom"])
tasks = Tasks(lambda error: None)
parts = build_parts(application, tasks, Settings(), Seal())
window = MainWindow(parts)
window.show()
def usable():
    print(time.time() - started, flush=True)
    application.quit()
QTimer.singleShot(0, usable)
application.exec()
parts.close()
"""


def start_seconds(rounds: int = 5) -> float:
    seconds = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", START, repr(time.time())], capture_output=True, text=True, timeout=60, check=True
        )
        seconds.append(float(done.stdout.split()[0]))
    return statistics.median(seconds[1:])


class Stalls:
    """How late a timer of 5 ms comes."""

    def __init__(self) -> None:
        from PySide6.QtCore import QTimer

        self.worst = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.worst = max(self.worst, now - self._last - 0.005)
        self._last = now

    def reset(self) -> None:
        self.worst, self._last = 0.0, time.perf_counter()


def beside_a_batch(window: object, page: object, stalls: Stalls, model: Path, folder: Path, spin: object) -> None:
    """The stalls while documents are read, alone and with an answer that is being written."""
    import psutil
    from made_documents import receipt

    from stillroom.models.library import find_model
    from stillroom.ui.model_loading import LoadState

    window.loading.choose(find_model(str(model)))
    deadline = time.monotonic() + 120
    while window.loading.state is not LoadState.READY and time.monotonic() < deadline:
        spin(0.2)
    if window.loading.state is not LoadState.READY:
        raise SystemExit("the model could not be loaded")
    resident = psutil.Process().memory_info().rss / 2**20
    print(f"memory of the window with a model loaded, nothing extracted yet: {resident:.0f} MiB resident")
    files = []
    for number in range(400):
        document, _ = receipt(number)
        file = folder / f"receipt-{number:03}.txt"
        file.write_text(document.pages[0].text, encoding="utf-8")
        files.append(file)
    extract = window.show_page(0)
    extract.sheet.add_files(files, start=True)
    spin(3)
    stalls.reset()
    spin(20)
    done = window.queue.current.progress.done if window.queue.current is not None else len(files)
    print(f"beside a batch ({done} of {len(files)} rows came): longest stall {1000 * stalls.worst:.0f} ms")
    window.show_named("chat")
    page.chat.open(0)
    page.composer.set_text("Write a long story about a harbour.")
    page.composer.send.emit("Write a long story about a harbour.")
    stalls.reset()
    began = time.monotonic()
    spin(1)
    while page.chat.asking.busy and time.monotonic() - began < 30:
        spin(0.5)
    running = "running" if window.queue.current is not None else "at its end"
    print(f"answer in Chat, batch {running}: longest stall {1000 * stalls.worst:.0f} ms")
    resident = psutil.Process().memory_info().rss / 2**20
    print(f"memory of the window after that batch: {resident:.0f} MiB resident")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    os.environ["STILLROOM_HOME"] = folder.name
    print(f"start to a shown window: {start_seconds():.2f} s")

    import psutil
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from stillroom.chat.conversation import Role, Turn
    from stillroom.privacy.seal import Seal
    from stillroom.settings import Settings
    from stillroom.ui.application import build_parts
    from stillroom.ui.main_window import MainWindow
    from stillroom.ui.tasks import Tasks

    application = QApplication(["stillroom"])
    parts = build_parts(application, Tasks(lambda _error: None), Settings(), Seal())
    store, now = parts.chats, datetime.now(UTC)
    for number in range(arguments.conversations):
        talk = store.create(f"Conversation {number}")
        store.add(Turn(0, talk.id, None, Role.USER, f"Words of conversation {number}. " * 20, now))
    long = store.create("Long")
    parent: int | None = None
    text = ("The harbour opens at six, and the **ships** leave one by one for the north. " * 20 + "\n\n") * 2
    code = "```python\nfor ship in harbour:\n    ship.leave()\n```\n\n"
    for number in range(280):  # about 360 tokens each
        parent = store.add(Turn(0, long.id, parent, [Role.USER, Role.ASSISTANT][number % 2], text + code, now)).id
    window = MainWindow(parts)
    window.resize(1280, 800)
    window.show()
    page = window.show_named("chat")

    def spin(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    page.chat.open(store.conversations()[-1].id)
    spin(1)
    print(
        f"memory with {arguments.conversations} conversations: {psutil.Process().memory_info().rss / 2**20:.0f} MiB resident"
    )
    started = time.perf_counter()
    page.chat.open(long.id)
    application.processEvents()
    print(f"opening a conversation of 100,000 tokens: {time.perf_counter() - started:.2f} s")
    stalls = Stalls()
    spin(0.5)
    stalls.reset()
    bar = page.transcript.verticalScrollBar()
    for step in range(200):
        bar.setValue(bar.maximum() - step * 60)
        page.transcript._note_place()
        spin(0.01)
    print(f"scrolling: longest stall {1000 * stalls.worst:.0f} ms")
    talk = store.create("Streaming")
    asked = store.add(Turn(0, talk.id, None, Role.USER, "Go", now))
    from stillroom.chat.conversation import TurnState

    answer = store.add(Turn(0, talk.id, asked.id, Role.ASSISTANT, "", now, state=TurnState.STREAMING))
    page.chat.open(talk.id)
    spin(0.5)
    stalls.reset()
    process = psutil.Process()
    before, began = process.cpu_times(), time.perf_counter()
    written = 0

    def write() -> None:
        nonlocal written
        while written < 200 * (time.perf_counter() - began):
            page.transcript.add(answer.id, "", "word " if written % 40 else "\n\n- **item**: ")
            written += 1

    pieces = QTimer()
    pieces.timeout.connect(write)
    pieces.start(5)
    spin(10)
    pieces.stop()
    spent = process.cpu_times()
    seconds = time.perf_counter() - began
    share = (spent.user + spent.system - before.user - before.system) / seconds
    print(
        f"streaming 200 tokens/s for {seconds:.0f} s: {100 * share:.0f} % of a core, longest stall {1000 * stalls.worst:.0f} ms"
    )
    if arguments.model:
        beside_a_batch(window, page, stalls, arguments.model, Path(folder.name), spin)
    window.close()
    parts.close()
    folder.cleanup()


if __name__ == "__main__":
    main()
