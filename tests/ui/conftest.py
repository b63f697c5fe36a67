"""Windows of tests: everything is real but the model: its worker is the fake process, and answers come from the text."""

from __future__ import annotations

import re
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page, Span
from stillroom.engine.engine import Engine
from stillroom.errors import StillroomError
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
    RunnerUp,
)
from stillroom.models.model_file import ModelFile
from stillroom.templates.template import Field, FieldType, Template
from stillroom.ui.main_window import MainWindow
from stillroom.ui.parts import Parts
from stillroom.ui.tasks import Tasks
from stillroom.ui.theme import Theme
from stillroom.ui.window_memory import WindowMemory

_WORKER = Path(__file__).parents[1] / "engine" / "fake_worker.py"

_PATTERNS = {
    FieldType.DATE: r"\d{1,4}[-/. ](?:\d{1,2}|[A-Z][a-z]{2,8})[-/. ]\d{2,4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4}",
    FieldType.MONEY: r"\d+[.,]\d\d\b",
    FieldType.IDENTIFIER: r"[A-Z]{0,4}-?\d{4,}",
}


class FakeExtractor:
    """The n-th field of a type gets the n-th match; the first words of a document decide how sure it is.

    Attributes:
        seconds: each document takes.
        failing: names of files that fail.
        done: names of the documents it was given, in order.
        gate: closed, it waits at the next document.
    """

    def __init__(self, seconds: float = 0.0, failing: frozenset[str] = frozenset()) -> None:
        self.seconds = seconds
        self.failing = failing
        self.done: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        cancellation = cancellation or Cancellation()
        deadline = time.monotonic() + self.seconds
        while not self.gate.is_set() or time.monotonic() < deadline:
            if cancellation.wait(0.005):
                cancellation.raise_if_requested()
        self.done.append(document.name)
        if document.name in self.failing:
            raise StillroomError("The fake extractor was told to fail on this document.")
        fields = {field.name: _value(field, document.pages[0]) for field in template.fields}
        characters = document.characters
        return DocumentResult(
            file=file,
            status=DocumentStatus.DONE,
            coverage=Coverage(len(document.pages), document.page_count, characters, characters),
            fields=fields,
            template_name=template.name,
            template_version=template.version,
            sha256=document.sha256,
            seconds=self.seconds,
        )


def _value(field: Field, page: Page) -> FieldResult:
    matches = list(re.finditer(_PATTERNS.get(field.type, r"[^\n]*\w[^\n]*"), page.text))
    if field.type is FieldType.LIST:
        return tuple(_found(page, match, 0.9) for match in matches[:3])
    if not matches:
        return FieldValue(None, "", FieldState.ABSENT, 0.7)
    chosen = matches[-1] if field.type is FieldType.MONEY else matches[0]
    seed = zlib.crc32((field.name + page.text[:200]).encode()) % 1000 / 1000
    others = [match for match in matches if match is not chosen][:4]
    value = _found(page, chosen, 0.35 + 0.65 * seed)
    left = 1 - value.confidence
    runners = tuple(
        RunnerUp(match.group(), match.group(), left * 0.6 / (2**number), Span(page.number, *match.span()))
        for number, match in enumerate(others)
    )
    return FieldValue(value.value, value.text, value.state, value.confidence, value.span, (), runners)


def _found(page: Page, match: re.Match[str], confidence: float) -> FieldValue:
    return FieldValue(
        " ".join(match.group().split()), match.group(), FieldState.FOUND, confidence, Span(page.number, *match.span())
    )


class FakeParts(Parts):
    """The parts with an extractor of the test's, and its model file as the only one."""

    fake = FakeExtractor()
    model = Path()

    @property
    def extractor(self) -> FakeExtractor:
        return self.fake


@pytest.fixture
def failures() -> list[Exception]:
    """Failures of operations that nobody else took."""
    return []


@pytest.fixture
def parts(
    qapp: QApplication, tmp_path: Path, failures: list[Exception], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeParts]:
    model = tmp_path / "model" / "fake.gguf"
    model.parent.mkdir()
    model.write_bytes(b"GGUF1234")

    def here() -> list[ModelFile]:
        return [ModelFile("fake", model, 8, "Q4_0", True)] if model.is_file() else []

    monkeypatch.setattr("stillroom.models.library.installed_models", here)
    memory = WindowMemory()
    made = FakeParts(Tasks(failures.append), memory, Theme(qapp, memory), engine=Engine([sys.executable, str(_WORKER)]))
    made.fake = FakeExtractor()
    made.model = model
    yield made
    made.close()
    assert not made.tasks.running
    assert failures == []


@pytest.fixture
def window(parts: FakeParts, qtbot) -> MainWindow:
    """The real window, started."""
    made = MainWindow(parts)
    qtbot.addWidget(made)
    made.show()
    made.start()
    qtbot.waitUntil(lambda: made.loading.model is not None, timeout=15_000)
    return made


@pytest.fixture
def drop() -> Callable[[QWidget, list[Path]], None]:
    """Drops files on a widget as the window system does."""

    def do(widget: QWidget, paths: list[Path]) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        rest = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, QDragEnterEvent(QPoint(20, 20), *rest))  # Qt sends the drop where this was taken
        event = QDropEvent(QPointF(20, 20), *rest)
        QApplication.sendEvent(widget, event)
        assert event.isAccepted()

    return do


@pytest.fixture
def receipts(tmp_path: Path) -> Callable[[int], list[Path]]:
    """Makes text documents with a shop, a date and a total."""

    def make(count: int) -> list[Path]:
        folder = tmp_path / "receipts"
        folder.mkdir(exist_ok=True)
        made = []
        for number in range(count):
            path = folder / f"receipt-{number:03}.txt"
            path.write_text(
                f"CORNER SHOP {number}\n1 Long Street\nDate 2024-03-{number % 28 + 1:02}\nTotal {number}.50\n"
            )
            made.append(path)
        return made

    return make
