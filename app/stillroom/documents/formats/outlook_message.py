"""MSG (Outlook): who wrote to whom about what, the body, and attachments as further documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email.utils import format_datetime

from olefile import OleFileIO
from oxmsg import Message
from oxmsg.attachment import Attachment
from oxmsg.domain import constants
from oxmsg.properties import Properties
from oxmsg.storage import Storage

from stillroom.documents.document import Document
from stillroom.documents.formats.attachments import Attachments
from stillroom.documents.formats.html import html_text
from stillroom.documents.source import Content, Source, digest, one_page
from stillroom.documents.text import decode
from stillroom.errors import DocumentError

_EMBEDDED_HEADER = 24
"""Bytes before the properties of a message inside of another; a message of its own has 32."""
_EMBEDDED = "__substg1.0_3701000D"
_RTF_BODY = "__substg1.0_10090102"
_DISPLAY_TO, _DISPLAY_CC, _DISPLAY_NAME = 0x0E04, 0x0E03, 0x3001
_RECIPIENT_TYPE, _CC = 0x0C15, 2


class _EmbeddedMessage(Message):
    """A message inside of another."""

    @property
    def properties(self) -> Properties:
        return Properties(self._storage, properties_header_offset=_EMBEDDED_HEADER)


def read(source: Source) -> Content:
    """One page: headers, an empty line, the text of the body."""
    with OleFileIO(io.BytesIO(source.data)) as ole:
        storage = Storage.from_ole(ole)
    return _content(Message(storage), storage, source)


def _content(message: Message, storage: Storage, source: Source) -> Content:
    attachments = Attachments(source)
    body = message.body or ""
    if not body.strip():
        markup = _markup(message)
        body = html_text(markup) if markup else ""
    if not body.strip() and any(stream.name == _RTF_BODY for stream in storage.streams):
        attachments.notes.append(
            "The body of this message is stored as compressed RTF only and was not read. Save it as HTML or EML."
        )
    for part in storage.iter_attachment_storages():
        if attachments.full:
            break
        _attach(part, attachments)
    text = "\n".join(_headers(message)) + "\n\n" + body.strip("\r\n")
    return one_page(text.strip(), tuple(attachments.notes), tuple(attachments.documents))


def _attach(storage: Storage, attachments: Attachments) -> None:
    attachment = Attachment(storage)
    properties = attachment.properties
    name = (
        attachment.file_name
        or properties.str_prop_value(constants.PID_ATTACH_FILENAME)
        or properties.str_prop_value(_DISPLAY_NAME)
    )
    inner = next((part for part in storage.storages if part.name == _EMBEDDED), None)
    if inner is not None:
        data = b"".join(_streams(inner))
        attachments.read(name or f"message {attachments.number}.msg", data, lambda source: _embedded(source, inner))
    else:
        attachments.add(name or f"part {attachments.number}", attachment.file_bytes or b"")


def _embedded(source: Source, storage: Storage) -> Document:
    try:
        content = _content(_EmbeddedMessage(storage), storage, source)
    except (KeyError, ValueError, AssertionError) as error:
        raise DocumentError("The message is damaged.", type(error).__name__) from error
    return Document(
        source.name,
        "msg",
        digest(source.data),
        content.pages,
        content.page_count,
        content.notes,
        content.attachments,
    )


def _streams(storage: Storage) -> Iterator[bytes]:
    for stream in storage.streams:
        yield stream.bytes_
    for part in storage.storages:
        yield from _streams(part)


def _headers(message: Message) -> Iterator[str]:
    sent = {name.lower(): value for name, value in message.message_headers.items()}
    date = message.sent_date
    found = {
        "From": message.sender,
        "To": sent.get("to") or _recipients(message, _DISPLAY_TO, cc=False),
        "Cc": sent.get("cc") or _recipients(message, _DISPLAY_CC, cc=True),
        "Date": sent.get("date") or (format_datetime(date) if date else ""),
        "Subject": message.subject,
    }
    for name, value in found.items():
        text = " ".join((value or "").replace("\0", "").split())
        if text:
            yield f"{name}: {text}"


def _recipients(message: Message, display: int, *, cc: bool) -> str:
    people = []
    for recipient in message.recipients:
        kind = recipient.properties.int_prop_value(_RECIPIENT_TYPE)
        if (kind == _CC) is cc and kind in (None, 0, 1, _CC):
            address = recipient.email_address
            name = recipient.name
            people.append(f"{name} <{address}>" if name and "@" in address and name != address else address or name)
    return ", ".join(filter(None, people)) or message.properties.str_prop_value(display) or ""


def _markup(message: Message) -> str:
    try:
        return message.html_body or ""
    except (UnicodeDecodeError, LookupError):
        data = message.properties.binary_prop_value(constants.PID_HTML) or b""
        return decode(data)[0]
