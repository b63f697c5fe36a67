"""EML: who wrote to whom about what, the body, and attachments as further documents."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage, Message

from stillroom.documents.formats.attachments import Attachments
from stillroom.documents.formats.html import html_text
from stillroom.documents.source import Content, Source, one_page
from stillroom.documents.text import decode

_HEADERS = ("From", "To", "Cc", "Date", "Subject")


def read(source: Source) -> Content:
    """One page: headers, an empty line, the text of the body."""
    message = email.message_from_bytes(source.data.lstrip(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    lines = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
    body = _body(message)
    texts = [_text(body)] if body is not None else []
    attachments = Attachments(source)
    for part in _further(message, body):
        if part.get_filename() is None and part.get_content_maintype() == "text" and not _attached(part):
            texts.append(_text(part))
            continue
        if attachments.full:
            break
        data = _bytes(part)
        if data or part.get_content_maintype() != "multipart":
            attachments.add(_name(part, attachments.number), data)
    text = "\n".join(lines) + "\n\n" + "\n\n".join(text.strip("\r\n") for text in texts)
    return one_page(text.rstrip(), tuple(attachments.notes), tuple(attachments.documents))


def _body(message: EmailMessage) -> Message | None:
    try:
        return message.get_body(preferencelist=("plain", "html"))
    except (KeyError, AttributeError, ValueError):  # parts that contradict the headers
        return next((part for part in message.walk() if part.get_content_maintype() == "text"), None)


def _further(message: EmailMessage, body: Message | None) -> list[Message]:
    """Parts that are neither the body nor another form of it."""
    found: list[Message] = []

    def visit(part: Message) -> None:
        if part is body:
            return
        kind = part.get_content_type()
        if kind == "multipart/alternative" and body is not None and any(inner is body for inner in part.walk()):
            found.extend(inner for inner in part.walk() if inner.get_content_disposition() == "attachment")
        elif part.is_multipart() and kind != "message/rfc822":
            for inner in part.iter_parts() if isinstance(part, EmailMessage) else part.get_payload():
                if isinstance(inner, Message):
                    visit(inner)
        else:
            found.append(part)

    visit(message)
    return found


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _name(part: Message, number: int) -> str:
    name = part.get_filename()
    if name:
        return name
    if part.get_content_type() == "message/rfc822":
        return f"message {number}.eml"
    return f"part {number}.{part.get_content_subtype()}"


def _header(message: EmailMessage, name: str) -> str:
    try:
        values = message.get_all(name) or []
    except (ValueError, IndexError, AttributeError, TypeError):  # a malformed header breaks the parser
        values = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    return " ".join(", ".join(str(value) for value in values).split())


def _bytes(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return (
            b"".join(item.as_bytes() for item in inner if isinstance(item, Message)) if isinstance(inner, list) else b""
        )
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _text(part: Message) -> str:
    data = _bytes(part)
    charset = part.get_content_charset() or ""
    try:
        text = data.decode(charset) if charset else decode(data)[0]
    except (LookupError, UnicodeDecodeError):
        text = decode(data)[0]
    return html_text(text) if part.get_content_subtype() == "html" else text
