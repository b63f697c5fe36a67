"""Numbers as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QLocale

from stillroom.ui.wording import counted, filled, percent_text, size_text, speed_text, time_left_text, when_text


@pytest.fixture(autouse=True)
def _american_numbers():
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0 %"), (0.001, "1 %"), (0.874, "87 %"), (0.999, "99 %"), (1.0, "100 %")]
)
def test_percent_is_certain_only_of_what_is_certain(share, text):
    assert percent_text(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (2, "a few seconds left"),
        (42, "about 40 s left"),
        (150, "about 2 min left"),
        (7200, "about 2.0 h left"),
    ],
)
def test_time_left(seconds, text):
    assert time_left_text(seconds) == text


def test_sizes_and_speeds():
    assert size_text(300 << 20) == "300 MB"
    assert size_text(3 << 29) == "1.5 GB"
    assert speed_text(0) == "–"
    assert speed_text(1234.4) == "1,234 tok/s"


def test_counted_has_its_own_words_for_one():
    assert counted(1, "1 row", "%1 rows") == "1 row"
    assert counted(1200, "1 row", "%1 rows") == "1,200 rows"


def test_days_are_named_while_they_are_near():
    now = datetime.now(UTC)
    assert when_text(now).startswith("today")
    assert when_text(now - timedelta(days=1)).startswith("yesterday")
    assert "day" not in when_text(now - timedelta(days=9))


def test_what_is_filled_in_is_not_filled_itself() -> None:
    assert filled("%1 (of %2)", "my%20file.pdf", "other%1.pdf") == "my%20file.pdf (of other%1.pdf)"
    assert filled("%2: %1, %3, 100 %", "a", "b") == "b: a, %3, 100 %"
