"""Numbers, sizes and times as people say them."""

from __future__ import annotations

import re
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from stillroom.errors import StillroomError


def tr(text: str) -> str:
    return QCoreApplication.translate("wording", text)


def counted(number: int, one: str, many: str) -> str:
    """``one`` for 1, else ``many`` with its ``%1`` replaced: both are translated by the caller."""
    return (one if number == 1 else many).replace("%1", QLocale().toString(number))


def filled(text: str, *values: str) -> str:
    """``text``, translated by the caller, with the first of these for ``%1`` and so on, at once: a file's name may hold ``%2``."""
    return re.sub(
        r"%([1-9])", lambda found: values[int(found[1]) - 1] if int(found[1]) <= len(values) else found[0], text
    )


def size_text(size: int) -> str:
    """Bytes as ``512 MB`` or ``1.4 GB`` (powers of 1024)."""
    if size < 1 << 20:
        return tr("%1 KB").replace("%1", str(max(0, round(size / 1024))))
    if size < 1 << 30:
        return tr("%1 MB").replace("%1", str(round(size / (1 << 20))))
    return tr("%1 GB").replace("%1", QLocale().toString(size / (1 << 30), "f", 1))


def parameters_text(count: float) -> str:
    """Of a model: ``135 million`` or ``7.6 billion``."""
    if count < 999.5e6:
        return tr("%1 million").replace("%1", f"{count / 1e6:.0f}")
    return tr("%1 billion").replace("%1", QLocale().toString(count / 1e9, "f", 1 if count < 99.95e9 else 0))


def time_left_text(seconds: float | None) -> str:
    """``about 2 min left``; empty where it cannot be told."""
    if seconds is None:
        return ""
    if seconds < 5:
        return tr("a few seconds left")
    if seconds < 90:
        return tr("about %1 s left").replace("%1", str(5 * max(1, round(seconds / 5))))
    if seconds < 5400:
        return tr("about %1 min left").replace("%1", str(round(seconds / 60)))
    return tr("about %1 h left").replace("%1", QLocale().toString(seconds / 3600, "f", 1))


def percent_text(share: float) -> str:
    """0.874 as ``87 %``. Never ``100 %`` for what is not certain, nor ``0 %`` for what is not impossible."""
    percent = round(share * 100)
    if share < 1:
        percent = min(percent, 99)
    if share > 0:
        percent = max(percent, 1)
    return tr("%1 %").replace("%1", str(percent))


def when_text(moment: datetime) -> str:
    """``today 14:05``, ``yesterday 9:30`` or the date."""
    clock = QLocale().toString(QTime(moment.hour, moment.minute), QLocale.FormatType.ShortFormat)
    days = (datetime.now(moment.tzinfo).date() - moment.date()).days
    if days == 0:
        return tr("today %1").replace("%1", clock)
    if days == 1:
        return tr("yesterday %1").replace("%1", clock)
    return QLocale().toString(QDate(moment.year, moment.month, moment.day), QLocale.FormatType.ShortFormat)


def speed_text(tokens_a_second: float) -> str:
    if tokens_a_second <= 0:
        return "–"
    digits = 1 if tokens_a_second < 10 else 0
    return tr("%1 tok/s").replace("%1", QLocale().toString(tokens_a_second, "f", digits))


def sentence(error: BaseException) -> str:
    """What to tell a person."""
    if isinstance(error, StillroomError):
        return error.message
    return QCoreApplication.translate(
        "failures", "Something unexpected went wrong. Your results so far are kept. You can go on working."
    )
