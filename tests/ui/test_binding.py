"""The Qt binding keeps Python's reference counts."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QStringListModel
from PySide6.QtGui import QPainter, QPixmap

pytestmark = pytest.mark.window


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is not counted any more")
def test_calls_do_not_give_back_what_they_do_not_own(qapp):  # noqa: ARG001
    """PySide6 6.12.0 did, with every call: some thousand calls later the process ended."""
    model = QStringListModel(["one"])
    index = model.index(0, 0)
    picture = QPixmap(8, 8)
    before = sys.getrefcount(None)
    for _ in range(500):
        index.data(300)
        painter = QPainter(picture)
        painter.save()
        painter.restore()
        painter.end()
    assert sys.getrefcount(None) > before - 100
