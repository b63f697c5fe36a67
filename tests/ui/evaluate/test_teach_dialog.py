"""Teaching in the window: what it takes is said first, it runs beside the window, and what came of it is shown."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt

from stillroom.errors import Cancelled, StillroomError
from stillroom.evaluation.labels import LabelledDocument
from stillroom.learning.teaching import Judged, TaughtField
from stillroom.tuning.adapter_training import TrainingCost, TrainingExample, TrainingQuestion
from stillroom.ui.evaluate.teach_dialog import TeachDialog
from stillroom.workspace.teaching import Lesson, Taught


class FakeTeaching:
    """Lessons without an engine. ``better``: what is trained is taken. ``hold``: training waits until it is stopped."""

    better = True
    hold = False
    missing = ""

    def __init__(self, model):
        self.model = model
        self.begun = threading.Event()

    def check(self) -> None:
        if self.missing:
            raise StillroomError(self.missing)

    def prepare(self, model, template, labels, *, on_progress, **_):
        on_progress(0.5, "Reading a.txt")
        examples = (TrainingExample((1,), (TrainingQuestion((2,), (3,)),)),)
        cost = TrainingCost(610.0, 2 << 30)
        return Lesson(model, template, tuple(labels[:14]), tuple(labels[14:]), {}, examples, 1, cost, ("b.txt: gone.",))

    def teach(self, _lesson, *, on_progress, cancellation):
        on_progress(0.4, "Training fake")
        self.begun.set()
        while self.hold:
            cancellation.wait(0.01)
            if cancellation.requested:
                raise Cancelled
        fields = {"total": TaughtField(6, 3, 5 if self.better else 3, 0.2)}
        judged = Judged(6, fields, 3 if self.better else 1, 1, {"total": 0.2})
        return Taught(judged, self.model if self.better else None, 0, 60.0, 1 << 30)


@pytest.fixture
def teaching(parts):
    parts._made["teaching"] = FakeTeaching(parts.models.find())
    return parts.teaching


@pytest.fixture
def opened(parts, teaching, qtbot):
    def do():
        assert parts.teaching is teaching
        labels = [LabelledDocument(n, f"{n}.txt", parts.model, {"total": "1.00"}) for n in range(20)]
        made = TeachDialog(parts, parts.models.find(), parts.templates.find("receipt"), labels)
        qtbot.addWidget(made)
        made.show()
        qtbot.waitUntil(lambda: made.teach_button.isEnabled() or made._operation is None, timeout=15_000)
        return made

    return do


@pytest.mark.window
def test_what_it_takes_is_said_first(opened):
    dialog = opened()
    assert "14 documents with 1 questions to train on, 6 held out." in dialog.said.text()
    assert "about 10 min" in dialog.said.text()
    assert "2.0 GB of memory" in dialog.said.text()
    assert "b.txt: gone." in dialog.said.text()
    assert not dialog.fields.isVisible()


@pytest.mark.window
@pytest.mark.parametrize("better", [True, False])
def test_what_came_of_it(better, opened, teaching, qtbot):
    teaching.better = better
    dialog, told = opened(), []
    dialog.taught.connect(lambda: told.append("taught"))
    dialog.teach_button.click()
    qtbot.waitUntil(dialog.fields.isVisible, timeout=15_000)
    row = [dialog.fields.item(0, column).text() for column in range(4)]
    assert row == ["Total", "6", "3", "5" if better else "3"]
    assert ("extracted with fake from now on" if better else "nothing was kept") in dialog.said.text()
    assert told == (["taught"] if better else [])


@pytest.mark.window
def test_it_is_stopped_and_goes_on(opened, teaching, qtbot):
    teaching.hold = True
    dialog = opened()
    dialog.teach_button.click()
    qtbot.waitUntil(teaching.begun.is_set, timeout=15_000)
    assert not dialog.teach_button.isEnabled()
    dialog.stop_button.click()
    qtbot.waitUntil(lambda: dialog._operation is None, timeout=15_000)
    assert "it goes on where it was" in dialog.said.text()
    assert dialog.teach_button.isEnabled()


@pytest.mark.window
def test_without_the_extra_it_says_what_to_type(opened, teaching):
    teaching.missing = "Type: sh installer/convert.sh"
    dialog = opened()
    assert "convert.sh" in dialog.said.text()
    assert not dialog.progress.isVisible()
    assert not dialog.teach_button.isEnabled()


@pytest.mark.window
def test_one_model_and_labels_are_needed(window, parts):
    titles = [entry.title for entry in window._entries()]
    page = window.show_page(titles.index("Evaluate"))
    assert not page.teach_button.isEnabled()
    assert "labels first" in page.teach_button.toolTip()
    page.set_labels([LabelledDocument(1, "a", parts.model, {"total": "1.00"})], "a")
    for row in range(page.models.count()):
        page.models.item(row).setCheckState(Qt.CheckState.Checked if row == 0 else Qt.CheckState.Unchecked)
    assert page.teach_button.isEnabled()
    page.models.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert "one model" in page.teach_button.toolTip()
