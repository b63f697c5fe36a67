"""Operations run on threads; what follows them runs on the window's."""

from __future__ import annotations

import threading

import pytest

from stillroom.errors import Cancelled, StillroomError
from stillroom.ui.tasks import Operation, Tasks

pytestmark = pytest.mark.window


@pytest.fixture
def unhandled() -> list[Exception]:
    return []


@pytest.fixture
def tasks(qapp, unhandled):  # noqa: ARG001
    made = Tasks(unhandled.append)
    yield made
    assert made.close()


def test_success_and_progress_arrive_in_order_on_the_windows_thread(tasks, qtbot):
    seen = []

    def work(operation):
        tell = operation.to_window(note)
        for step in range(3):
            tell(step)
        return threading.current_thread()

    def note(value):
        seen.append((value, threading.current_thread()))

    tasks.start(Operation(work).success(note))
    qtbot.waitUntil(lambda: len(seen) == 4)
    assert [value for value, _ in seen[:3]] == [0, 1, 2]
    assert seen[3][0] is not threading.main_thread()
    assert {thread for _, thread in seen} == {threading.main_thread()}


def test_a_failure_goes_to_its_callback(tasks, unhandled, qtbot):
    errors = []
    error = StillroomError("No.")

    def work(_operation):
        raise error

    tasks.start(Operation(work).failure(errors.append).success(lambda _: pytest.fail("it failed")))
    qtbot.waitUntil(lambda: errors == [error])
    assert unhandled == []


def test_a_failure_nobody_asked_for_is_not_lost(tasks, unhandled, qtbot):
    tasks.start(Operation(lambda _operation: {}["missing"]))
    qtbot.waitUntil(lambda: len(unhandled) == 1)
    assert isinstance(unhandled[0], KeyError)


def test_cancelled_is_not_a_failure(tasks, unhandled, qtbot):
    ended = []

    def work(operation):
        operation.cancellation.wait(10)
        operation.cancellation.raise_if_requested()

    operation = Operation(work).failure(unhandled.append).cancelled(lambda: ended.append(True))
    tasks.start(operation)
    operation.cancellation.request()
    qtbot.waitUntil(lambda: ended == [True])
    assert unhandled == []


def test_closing_ends_every_thread_and_delivers_nothing_more(qapp):
    seen = []
    tasks = Tasks(seen.append)

    def work(operation):
        operation.cancellation.wait(30)
        operation.to_window(seen.append)("too late")
        raise Cancelled

    for _ in range(3):
        tasks.start(Operation(work).cancelled(lambda: seen.append("ended")))
    assert tasks.running == 3
    assert tasks.close(5)
    assert tasks.running == 0
    qapp.processEvents()
    assert seen == []
    tasks.start(Operation(lambda _operation: seen.append("started")))
    assert tasks.running == 0
    assert seen == []
