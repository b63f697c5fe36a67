"""A review by a script: the real window, real keys and mouse, killed wherever it is, and gone on with.

As a program: ``review_run.py review HOME`` reviews what is left; ``review_run.py memory PDF`` says what the window takes with a long
document open. What it says is in lines: ``given KEY`` before an entry is written, ``told KEY`` when it is shown as kept, ``took
MILLISECONDS`` of each action, ``done``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOML = """
name = "slip"
version = 1
title = "Slip"
description = "A slip."
[[fields]]
name = "date"
type = "date"
[[fields]]
name = "total"
type = "money"
required = true
[[fields]]
name = "shop"
type = "line"
[[fields]]
name = "place"
type = "line"
"""
FIELDS = ("date", "total", "shop", "place")
ACTIONS = ("accept", "typed", "runner-up", "absent", "clicked", "unreadable", "undone", "page word")
_LOOKS = 1.5  # seconds that a person looks at a page before the first key
_REJECTED = 9  # one in so many documents


def action_of(document: int, field: int) -> str:
    """What the script does with a value."""
    return ACTIONS[(document * 3 + field * 5 + document // 4) % len(ACTIONS)]


def is_rejected(document: int) -> bool:
    return document % _REJECTED == _REJECTED - 1


def wanted(document: int) -> dict[str, str | None]:
    """The script's own list: what holds of a document in the end."""
    proposed = {"date": "2024-12-31", "total": f"{document}.50", "shop": f"Corner Shop {document}", "place": "Leeds"}
    other = {"date": "2025-01-15", "total": "7.00", "shop": "Paid in full", "place": "York"}
    values: dict[str, str | None] = {}
    for place, name in enumerate(FIELDS):
        action = action_of(document, place)
        if action in ("accept", "undone"):
            values[name] = proposed[name]
        elif action in ("absent", "unreadable"):
            values[name] = None
        else:
            values[name] = other[name]
    return values


# ---- what is reviewed


def prepare(home: Path, documents: int) -> None:
    """Documents and a finished run over them, in a data folder of their own."""
    from tests.review.made import drawn, placed, record_of, result_of

    from stillroom.extraction.result import result_to_json
    from stillroom.storage.database import Database
    from stillroom.storage.runs import RunStore

    folder = home / "documents"
    folder.mkdir(parents=True)
    store = RunStore(database := Database(database_of(home)))
    files = [folder / f"slip-{number:03}.pdf" for number in range(documents)]
    run = store.create_run(record_of(TOML, "slip"), [(str(file), str(file)) for file in files])
    for number, file in enumerate(files):
        shop, total = f"Corner Shop {number}", f"{number}.50"
        lines = (
            shop,
            "Leeds or York",
            "Date 31.12.2024",
            "Due 15.01.2025",
            f"Total {total}",
            "Cash 7.00",
            "Paid in full",
        )
        document = drawn(
            file, [(40, 260 - 30 * place, line) for place, line in enumerate(lines)], width=300, height=300
        )
        fields = {
            "date": placed(document, "31.12.2024", "2024-12-31", 0.4, {"15.01.2025": "2025-01-15"}),
            "total": placed(document, total, confidence=0.3, others=("7.00",)),
            "shop": placed(document, shop, confidence=0.5, others=("Paid in full",)),
            "place": placed(document, "Leeds", confidence=0.45, others=("York",)),
        }
        characters = len(document.pages[0].text)
        store.save(
            run,
            number,
            result_to_json(result_of(fields, "slip", file, document.sha256, characters=characters)),
        )
    database.close()


def database_of(home: Path) -> Path:
    return home / "data" / "stillroom.sqlite"


# ---- the program


@dataclass
class Hands:
    """Keys and the mouse on a window, with what each took of the window's own time."""

    window: Any
    page: Any
    application: Any

    def key(self, *keys: Any, widget: Any = None) -> None:
        from PySide6.QtTest import QTest

        for key in keys:
            self.timed(lambda key=key: QTest.keyClick(widget or self.page.list, key))

    def type(self, text: str) -> None:
        from PySide6.QtTest import QTest

        for letter in text:
            self.timed(lambda letter=letter: QTest.keyClick(self.page.card.line, letter))

    def click(self, page: int, word: str) -> None:
        """A word of the page, by mouse."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        view = self.page.view
        start = self.page._text.page(page).text.index(word)
        first, last = (
            next(each for each in view._words_of(page) if each.start <= at < each.end)
            for at in (start, start + len(word) - 1)
        )
        places = [view._on_screen(page, each.box).center().toPoint() for each in (first, last)]
        viewport = view.viewport()
        self.timed(
            lambda: QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[0])
        )
        self.timed(lambda: QTest.mouseMove(viewport, places[1]))
        view._select(places[1].toPointF())
        self.timed(
            lambda: QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[1])
        )

    def look(self) -> None:
        """Take a moment, as a person does."""
        until = time.monotonic() + _LOOKS
        self.wait(lambda: time.monotonic() > until)

    def timed(self, act: Callable[[], object]) -> None:
        started = time.thread_time()
        act()
        self.application.processEvents()
        say("took", f"{1000 * (time.thread_time() - started):.1f}")

    def wait(self, until: Callable[[], bool], seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not until():
            self.application.processEvents()
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.002)


def say(*words: str) -> None:
    """One line in one stroke: a kill leaves it whole, or not written."""
    os.write(1, (" ".join(words) + "\n").encode())


def review() -> None:
    """Do what the script still has to do."""
    with opened() as hands:
        page = hands.page
        hands.wait(lambda: bool(page.desk.documents))
        page.which.setCurrentIndex(page.which.findData("everything"))
        page.which.activated.emit(page.which.currentIndex())
        write, writer = page.desk._writer.write, page.desk._writer

        def told_before(entries: Any) -> None:
            for entry in entries:
                say("given", entry.key)
            write(entries)

        writer.write = told_before
        writer.written.connect(lambda keys: [say("told", key) for key in keys])
        page.list.setFocus()
        hands.look()
        for _ in range(len(page._shown)):
            _document(hands)
            if page._shown.index(page._document) + 1 < len(page._shown):
                from PySide6.QtCore import Qt

                hands.key(Qt.Key.Key_J)
        hands.wait(lambda: not page.desk.saving)
        say("done")


def _document(hands: Hands) -> None:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QInputDialog, QLineEdit

    key, page = Qt.Key, hands.page
    document = page._document
    number = document.position
    if page.desk.decided(document) and not document.lapsed:
        return
    right = wanted(number)
    for place, name in enumerate(FIELDS):
        value = next(each for each in document.values if each.subject.field == name)
        if value.verdict is not None and value.current.value == right[name]:
            continue
        while page.list.value.subject.field != name:
            row = [each.subject.field for each in page.model.values].index(name)
            hands.key(key.Key_Down if row > page.list.currentIndex().row() else key.Key_Up)
        # Killed between a wrong verdict and its undo: an undo now would take back what was given last in this life.
        action = action_of(number, place) if value.verdict is None else "typed"
        _value(hands, action, right[name])
        hands.wait(lambda name=name: next(v for v in document.values if v.subject.field == name).verdict is not None)
        if page._document is not document:  # the last of a document: on to the next by itself
            hands.key(key.Key_K)
        while page._document is not document:
            hands.key(key.Key_K if page._shown.index(page._document) > page._shown.index(document) else key.Key_J)
    if is_rejected(number):

        def answer() -> None:
            dialog = hands.application.activeModalWidget()
            if isinstance(dialog, QInputDialog):
                hands.key(key.Key_N, widget=dialog.findChild(QLineEdit))
                hands.key(key.Key_Return, widget=dialog)
            else:
                QTimer.singleShot(20, answer)

        QTimer.singleShot(20, answer)
        from PySide6.QtTest import QTest

        QTest.keyClick(page.list, key.Key_R)
    else:
        hands.key(key.Key_A)
    hands.wait(lambda: page.desk.decided(document))
    while page._document is not document:
        hands.key(key.Key_K if page._shown.index(page._document) > page._shown.index(document) else key.Key_J)


def _value(hands: Hands, action: str, right: str | None) -> None:
    from PySide6.QtCore import Qt

    key, page = Qt.Key, hands.page
    document, name = page._document, page.list.value.subject.field
    if action == "accept":
        hands.key(key.Key_Return)
    elif action == "absent":
        hands.key(key.Key_N)
    elif action == "unreadable":
        hands.key(key.Key_X)
    elif action == "runner-up":
        hands.key(key.Key_1)
    elif action == "typed":
        hands.key(key.Key_E)
        hands.type(right or "")
        hands.key(key.Key_Return, widget=page.card.line)
    elif action == "undone":
        hands.key(key.Key_N)
        while page._document is not document:
            hands.key(key.Key_K)
        hands.key(key.Key_U)
        hands.wait(lambda: page._document is document and page.list.value.subject.field == name)
        hands.key(key.Key_Return)
    else:
        hands.wait(lambda: page._reader is not None and bool(page.view._sizes) and bool(page.view._words_of(1)))
        word = {"date": "15.01.2025", "total": "7.00", "shop": "Paid in full", "place": "York"}[name]
        hands.click(1, word)


class opened:  # noqa: N801 - used like a function
    """The window on the Review page, closed at the end."""

    def __enter__(self) -> Hands:
        from PySide6.QtWidgets import QApplication

        from stillroom.privacy.seal import Seal
        from stillroom.settings import Settings
        from stillroom.ui.application import build_parts
        from stillroom.ui.main_window import MainWindow
        from stillroom.ui.tasks import Tasks

        application = QApplication(["stillroom"])
        self.failures: list[Exception] = []
        self.parts = build_parts(application, Tasks(self.failures.append), Settings(), Seal())
        self.window = MainWindow(self.parts)
        self.window.resize(1280, 800)
        self.window.show()
        hands = Hands(self.window, self.window.show_named("review"), application)
        self.window.activateWindow()
        return hands

    def __exit__(self, *_: object) -> None:
        self.window.close()
        self.parts.close()
        assert not self.failures, self.failures


def memory(home: Path) -> None:
    """Resident memory of the window's process with a document of a hundred pages open and scrolled through."""
    with opened() as hands:
        page = hands.page
        hands.wait(lambda: bool(page.desk.documents))
        page.which.setCurrentIndex(page.which.findData("everything"))
        page.which.activated.emit(page.which.currentIndex())
        long = next(each for each in page.desk.documents if each.path.name == "long.pdf")
        page.show_document(long)
        hands.wait(lambda: page._text is not None and len(page.view._sizes) == 100)
        bar = page.view.verticalScrollBar()
        for step in range(100):
            hands.timed(lambda step=step: bar.setValue(bar.maximum() * step // 99))
            end = time.monotonic() + 0.15
            hands.wait(lambda end=end: time.monotonic() > end)
        status = Path("/proc/self/status").read_text("ascii")
        say("memory", next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
    _ = home


# ---- who starts it, and kills it


def start(home: Path, what: str = "review") -> subprocess.Popen[str]:
    """The program in a process of its own."""
    environment = os.environ | {"STILLROOM_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return subprocess.Popen(
        [sys.executable, str(Path(__file__)), what, str(home)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


@dataclass
class Seen:
    """What the program said so far, over all its lives."""

    given: set[str]
    told: set[str]
    took: list[float]
    finished: bool = False

    def hear(self, lines: Iterator[str], stop_after: int | None = None) -> int:
        """Take lines until there are no more, or so many entries were given. Returns how many were."""
        count = 0
        for line in lines:
            if not line.endswith("\n"):
                break  # killed while it was said
            word, _, rest = line.strip().partition(" ")
            if word == "given":
                self.given.add(rest)
                count += 1
                if stop_after is not None and count > stop_after:
                    return count
            elif word == "told":
                self.told.add(rest)
            elif word == "took":
                self.took.append(float(rest))
            elif word == "done":
                self.finished = True
        return count


def lost_or_doubled(home: Path, seen: Seen) -> list[str]:
    """What is wrong with the log: entries that were told and are not there, that are there twice, that nobody gave."""
    import sqlite3

    connection = sqlite3.connect(database_of(home))
    try:
        keys = [key for (key,) in connection.execute("SELECT entry FROM verdicts")]
    finally:
        connection.close()
    wrong = [f"lost: {key}" for key in seen.told - set(keys)]
    wrong += [f"twice: {key}" for key in set(keys) if keys.count(key) > 1]
    return wrong + [f"from nowhere: {key}" for key in set(keys) - seen.given]


def exported(home: Path) -> dict[int, dict[str, str | None]]:
    """What the exported table says, document by document; None where nothing is there."""
    import csv

    from stillroom.review.queue import Queue
    from stillroom.review.reviews import Reviews
    from stillroom.review.signing import export_reviewed
    from stillroom.storage.database import Database
    from stillroom.storage.runs import RunStore
    from stillroom.storage.verdicts import VerdictStore

    database = Database(database_of(home))
    try:
        reviews = Reviews(RunStore(database), VerdictStore(database))
        documents = reviews.documents(reviews.tables()[0].run)
        export_reviewed(Queue(documents), target := home / "out.csv", documents[0].template)
    finally:
        database.close()
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        number = int(Path(row["file"]).stem.removeprefix("slip-"))
        assert row["review"] == ("rejected" if is_rejected(number) else "approved"), row["review"]
        found[number] = {name: row[name] or None for name in FIELDS}
    return found


if __name__ == "__main__":
    if sys.argv[1] == "review":
        review()
    else:
        memory(Path(sys.argv[2]))
