"""MSG (Outlook): who wrote to whom about what, the body, and attachments as further documents."""

from __future__ import annotations

import email.parser
import email.policy
import io
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from olefile import OleFileIO
from oxmsg.domain import encodings
from oxmsg.domain.model import UnrecognizedCodePageError
from oxmsg.properties import Properties
from oxmsg.storage import Storage

from stillroom.documents.document import Document
from stillroom.documents.formats.html import html_text
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.rtf import compressed_text
from stillroom.documents.source import Content, Source, digest
from stillroom.documents.text import decode_as
from stillroom.errors import DocumentError

_TOP_HEADER, _EMBEDDED_HEADER, _PART_HEADER = 32, 24, 8
"""Bytes before the properties of a message, of one inside of another, of a recipient or an attachment."""
_EMBEDDED = "__substg1.0_3701000D"
_RECIPIENT, _ATTACHMENT = "__recip_version1.0", "__attach_version1.0"
_UNICODE, _EIGHT_BIT, _BINARY = 0x001F, 0x001E, 0x0102

_CLASS, _SUBJECT, _HEADERS, _SENT = 0x001A, 0x0037, 0x007D, 0x0039
_BODY, _HTML, _RTF = 0x1000, 0x1013, 0x1009
_SENDER_NAME, _SENDER_EMAIL, _SENDER_SMTP, _REPRESENTED = 0x0C1A, 0x0C1F, 0x5D01, 0x0042
_DISPLAY_TO, _DISPLAY_CC, _DISPLAY_NAME = 0x0E04, 0x0E03, 0x3001
_EMAIL, _SMTP, _RECIPIENT_TYPE, _CC = 0x3003, 0x39FE, 0x0C15, 2
_FILE_NAME, _LONG_FILE_NAME, _DATA = 0x3704, 0x3707, 0x3701
_MESSAGE_PAGE, _INTERNET_PAGE = 0x3FFD, 0x3FDE
_MAIL = ("ipm.note", "report.", "ipm.post", "ipm.schedule", "ipm.outlook.recall")


class _Properties(Properties):
    """Numbers and moments; texts are decoded here (_Item), where an unknown code page is no end."""

    body_encoding = "cp1252"
    _str_prop_encoding = "cp1252"


class _Item:
    """The properties of a message, a recipient or an attachment."""

    def __init__(self, storage: Storage, header: int, around: _Item | None = None) -> None:
        self.storage = storage
        self._properties = _Properties(storage, properties_header_offset=header)
        self._streams = {stream.name.upper(): stream for stream in storage.streams}
        self._pages: tuple[str | None, str | None] = (
            around._pages if around else (self._page(_MESSAGE_PAGE), self._page(_INTERNET_PAGE))
        )

    def _page(self, name: int) -> str | None:
        number = self.number(name)
        try:
            return encodings.encoding_from_codepage(number) if number else None
        except (ValueError, UnrecognizedCodePageError):
            return None

    def number(self, name: int) -> int | None:
        value = self._properties.int_prop_value(name)
        return value if isinstance(value, int) else None

    def moment(self, name: int) -> datetime | None:
        value = self._properties.date_prop_value(name)
        return value if isinstance(value, datetime) else None

    def data(self, name: int, kind: int = _BINARY) -> bytes:
        stream = self._streams.get(f"__SUBSTG1.0_{name:04X}{kind:04X}")
        return b"" if stream is None else bytes(stream.bytes_)

    def text(self, name: int) -> str:
        wide = self.data(name, _UNICODE)
        if wide:
            return wide.decode("utf-16-le", "replace").strip("\0")
        return self._decoded(self.data(name, _EIGHT_BIT), body=name in (_BODY, _HTML)).strip("\0")

    def markup(self) -> str:
        """The body in HTML."""
        data = self.data(_HTML)
        return self._decoded(data, body=True) if data else self.text(_HTML)

    def _decoded(self, data: bytes, *, body: bool) -> str:
        message, internet = self._pages
        return decode_as(data, (internet or message) if body else message)[0] if data else ""


def read(source: Source) -> Content:
    """One page: headers, an empty line, the text of the body."""
    with OleFileIO(io.BytesIO(source.data)) as ole:
        storage = Storage.from_ole(ole)
    return _content(_Item(storage, _TOP_HEADER), source)


def _content(message: _Item, source: Source) -> Content:
    inside = Inside(source, what="attachment")
    kind = message.text(_CLASS).lower()
    if kind not in ("", "ipm") and not kind.startswith(_MAIL):
        inside.notes.append(
            "This is no message but another kind of Outlook item (an appointment, a task, a contact …); of its fields only "
            "the subject, the people and the text were read."
        )
    body = _body(message, inside)
    for part in message.storage.storages:
        if part.name.lower().startswith(_ATTACHMENT):
            if inside.attachments.full:
                break
            _attach(_Item(part, _PART_HEADER, message), inside)
    text = "\n".join(_headers(message)) + "\n\n" + body.strip("\r\n")
    return inside.one_page(text.strip())


def _body(message: _Item, inside: Inside) -> str:
    body = message.text(_BODY)
    if body.strip():
        return body
    markup = message.markup()
    if markup:
        body = html_text(markup, inside)
    packed = message.data(_RTF)
    if packed and not body.strip():
        try:
            body = compressed_text(packed)
        except DocumentError:
            inside.notes.append("The body of this message is damaged and was not read. Save it as HTML or EML.")
    return body


def _attach(attachment: _Item, inside: Inside) -> None:
    attachments = inside.attachments
    name = attachment.text(_LONG_FILE_NAME) or attachment.text(_FILE_NAME) or attachment.text(_DISPLAY_NAME)
    inner = next((part for part in attachment.storage.storages if part.name == _EMBEDDED), None)
    if inner is not None:
        data = b"".join(_streams(inner))
        attachments.read(name or f"message {attachments.number}.msg", data, lambda source: _embedded(source, inner))
    else:
        attachments.add(name or f"part {attachments.number}", attachment.data(_DATA))


def _embedded(source: Source, storage: Storage) -> Document:
    try:
        content = _content(_Item(storage, _EMBEDDED_HEADER), source)
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


def _headers(message: _Item) -> Iterator[str]:
    parsed = email.parser.HeaderParser(policy=email.policy.default).parsestr(message.text(_HEADERS))
    sent = {name.lower(): str(value) for name, value in parsed.items()}
    date = message.moment(_SENT)
    found = {
        "From": sent.get("from") or _sender(message),
        "To": sent.get("to") or _recipients(message, _DISPLAY_TO, cc=False),
        "Cc": sent.get("cc") or _recipients(message, _DISPLAY_CC, cc=True),
        "Sent": sent.get("date") or (format_datetime(date) if date else ""),
        "Subject": message.text(_SUBJECT),
    }
    for name, value in found.items():
        text = " ".join(value.replace("\0", "").split())
        if text:
            yield f"{name}: {text}"


def _sender(message: _Item) -> str:
    name = message.text(_SENDER_NAME).strip()
    address = message.text(_SENDER_SMTP) or message.text(_SENDER_EMAIL)
    if address:
        return f'"{name}" <{address}>' if name else f"<{address}>"
    return message.text(_REPRESENTED) or name


def _recipients(message: _Item, display: int, *, cc: bool) -> str:
    people: list[str] = []
    for part in message.storage.storages:
        if not part.name.lower().startswith(_RECIPIENT):
            continue
        recipient = _Item(part, _PART_HEADER, message)
        kind = recipient.number(_RECIPIENT_TYPE)
        if (kind == _CC) is cc and kind in (None, 0, 1, _CC):
            address = recipient.text(_SMTP) or recipient.text(_EMAIL)
            name = recipient.text(_DISPLAY_NAME)
            people.append(f"{name} <{address}>" if name and "@" in address and name != address else address or name)
    return ", ".join(filter(None, people)) or message.text(display)
