"""What an empty conversation shows in a window that is narrow and low."""

from __future__ import annotations

import itertools

import pytest

from stillroom.ui.chat.starting import Starting


@pytest.mark.parametrize(("width", "height", "words"), [(900, 600, True), (330, 500, True), (330, 215, False)])
def test_nothing_is_cut_and_texts_to_begin_with_go_before_words(parts, qtbot, width, height, words):
    starting = Starting(parts)
    qtbot.addWidget(starting)
    starting.resize(width, height)
    starting.show()
    qtbot.wait(20)
    shown = [each for each in (starting._title, starting._words, *starting._buttons) if each.isVisible()]
    assert (starting._words in shown) is words
    assert starting._buttons
    for each in shown:
        assert starting.rect().contains(each.geometry()), each.text()
        assert each.height() >= (each.heightForWidth(each.width()) if each.hasHeightForWidth() else 1)
    for above, below in itertools.pairwise(shown):
        assert above.geometry().bottom() < below.geometry().top()
