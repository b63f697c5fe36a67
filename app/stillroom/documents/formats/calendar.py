"""iCalendar: what an invitation or a task says, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import icalendar

from stillroom.documents.left_out import Kind, LeftOut
from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.text import decode
from stillroom.errors import DocumentError

_SHOWN = ("VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY")
_LINES = (
    ("SUMMARY", "Subject"), ("DTSTART", "Start"), ("DTEND", "End"), ("DUE", "Due"), ("DURATION", "Duration"), ("LOCATION", "Location"),
    ("ORGANIZER", "Organizer"), ("ATTENDEE", "Attendees"), ("STATUS", "Status"), ("RRULE", "Repeats"), ("URL", "Address"),
    ("CATEGORIES", "Categories"), ("DESCRIPTION", "Description"), ("COMMENT", "Comment"), ("CONTACT", "Contact"),
)  # fmt: skip
ATTACHMENT = Kind("attachment of an appointment", "attachments of appointments")
EVENTS = Kind("further appointment", "further appointments")
_MOST = 5000
_DAY = len("2025-04-10")


def read(source: Source) -> Content:
    """One page. Raises DocumentError."""
    data, notes = decode(source.data)
    left_out = LeftOut()
    text = calendar_text(data, left_out)
    return one_page(text, (*notes, *left_out.notes()))


def calendar_text(text: str, left_out: LeftOut) -> str:
    """The appointments and tasks, one below the other. Raises DocumentError where it is no calendar."""
    try:
        parts = [
            component
            for calendar in icalendar.Calendar.from_ical(text, multiple=True)
            for component in calendar.walk()
            if component.name in _SHOWN
        ]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DocumentError("The calendar entry is damaged. Save it again in the program it was made with.") from error
    left_out.add(EVENTS, len(parts) - _MOST)
    return "\n\n".join("\n".join(_lines(part, left_out)) for part in parts[:_MOST])


def _lines(component: Any, left_out: LeftOut) -> Iterator[str]:
    for key, label in _LINES:
        value = component.get(key)
        values = [] if value is None else value if isinstance(value, list) else [value]
        said = ", ".join(filter(None, map(_said, values)))
        if said and key == "DTSTART" and len(values) == 1 and said[:4].isdigit():
            yield f"Date: {said[:_DAY]}"  # what people ask for; the start is a time of day besides
        if said and not (key == "DTSTART" and len(said) == _DAY):
            yield f"{label}: {said}"
    attached = component.get("ATTACH")
    left_out.add(ATTACHMENT, 0 if attached is None else len(attached) if isinstance(attached, list) else 1)


def _said(value: Any) -> str:
    moment = getattr(value, "dt", None)
    if isinstance(moment, datetime):
        zone = f" {moment.tzname()}" if moment.tzinfo is not None and moment.tzname() else ""
        return f"{moment:%Y-%m-%d %H:%M}{zone}"
    if isinstance(moment, date):
        return moment.isoformat()
    if moment is not None:
        return str(moment)
    if hasattr(value, "cats"):
        return ", ".join(str(one) for one in value.cats)
    if isinstance(value, icalendar.vRecur):
        to_ical: Callable[[], bytes] = value.to_ical
        return to_ical().decode("utf-8", "replace")
    address = str(value)
    name = getattr(value, "params", {}).get("CN")
    address = address[7:] if address.lower().startswith("mailto:") else address
    return f"{name} <{address}>" if name and str(name) != address else address
