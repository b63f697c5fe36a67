"""Small controls."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QKeySequence

from stillroom.ui.controls import Button, DoubleSpinBox, SpinBox, describe

pytestmark = pytest.mark.window


def test_a_button_keeps_its_key_when_its_text_changes(qtbot) -> None:
    button = Button("Extract", "primary")
    qtbot.addWidget(button)
    describe(button, "Extract", "Fill the table", "Ctrl+Return")
    button.setText("Extract 30 documents")
    assert button.shortcut() == QKeySequence("Ctrl+Return")


@pytest.mark.parametrize("kind", [SpinBox, DoubleSpinBox])
def test_a_number_does_not_touch_the_frame_of_its_field(qtbot, kind: type) -> None:
    field = kind()
    qtbot.addWidget(field)
    assert field.lineEdit().textMargins().left() > 4
