"""Values of a sheet's cells as the sheet shows them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

_NUMBER = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*,*)?")


def value_text(value: object, number_format: str = "General") -> str:
    """A value as a sheet shows it in a format; dates and times in ISO 8601."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return _number(value, number_format)
    return str(value)


def _number(value: int | float | Decimal, number_format: str) -> str:
    """A number in the sheet's own format; formats beyond digits, separators, signs and words are shown unformatted."""
    sections = number_format.split(";")
    if _section_is_empty(value, sections):
        return ""
    own_sign = value < 0 and len(sections) > 1 and bool(sections[1])
    section = sections[1] if own_sign else sections[0]
    section = re.sub(r"\[\$([^\]-]*)(?:-[^\]]*)?\]", r"\1", section)  # [$€-407]: a currency and a locale
    section = re.sub(r"\[[^\]]*\]", "", section)  # colours and conditions
    section = re.sub(r"[_*].", "", section)  # padding
    section = re.sub(r'\\(.)|"([^"]*)"', lambda match: match[1] or match[2] or "", section)
    pattern = _NUMBER.search(section)
    digits = pattern[0].strip() if pattern else ""
    thousands = len(digits) - len(digits.rstrip(","))  # each comma at the end shows a thousandth
    if not digits or "General" in section or re.search(r"/|[0#?]E[+-]", section):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    whole, _, fraction = digits.rstrip(",").partition(".")
    places, required = len(fraction), fraction.count("0")
    amount = Decimal(repr(value) if isinstance(value, float) else value) * (100 if "%" in section else 1)
    amount = amount.scaleb(-3 * thousands)
    head, _, tail = f"{abs(amount):{',' if ',' in whole else ''}.{places}f}".partition(".")
    tail = tail[:required] + tail[required:].rstrip("0")
    if "," not in whole:
        head = head.zfill(whole.count("0"))
    before, _, after = section.partition(digits)
    sign = "-" if value < 0 and not own_sign else ""
    return f"{sign}{before}{head}{'.' if tail else ''}{tail}{after}".strip()


def _section_is_empty(value: int | float | Decimal, sections: list[str]) -> bool:
    """Whether the format shows nothing for such a number: ``0;-0;;@`` hides zeros, ``;;;`` everything."""
    if len(sections) < 2:
        return False
    index = 1 if value < 0 else 2 if value == 0 and len(sections) > 2 else 0
    return not sections[index].strip() and (index > 0 or len(sections) > 2)
