"""winmail.dat (TNEF): the wrapper that Outlook puts around a message for other programs."""

from __future__ import annotations

import logging
import struct

from stillroom.documents.formats.html import html_text
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.rtf import compressed_text
from stillroom.documents.source import Content, Source
from stillroom.documents.text import decode, decode_as
from stillroom.errors import DocumentError

_HEADER, _ATTRIBUTE, _SUM = 6, 9, 2
"""Bytes before the first attribute, before the data of each, and behind them."""
TNEF = b"\x78\x9f\x3e\x22"
"""How such a file begins."""


def read(source: Source) -> Content:
    """One page with the text, and the files in it as further documents. Raises DocumentError."""
    inside = Inside(source, what="attachment")
    text, files = unwrapped(source.data)
    for name, data in files:
        if inside.attachments.full:
            break
        inside.attachments.add(name, data)
    return inside.one_page(text)


def unwrapped(data: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and name and content of each file. Raises DocumentError."""
    import tnefparse

    logging.getLogger("tnef-decode").setLevel(logging.CRITICAL)  # its warnings quote the content
    try:
        parsed = tnefparse.TNEF(data, do_checksum=False)
        if not _is_whole(data):
            raise ValueError("cut off")
        files = [
            (attachment.long_filename() or f"part {number}", bytes(attachment.data or b""))
            for number, attachment in enumerate(parsed.attachments, 1)
        ]
        text = _text(parsed)
        if not text.strip() and not files:
            raise ValueError("nothing in it")
        return text, files
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, LookupError, struct.error) as error:
        raise DocumentError(
            "Outlook's wrapper (winmail.dat) is damaged. Ask for the message as plain text or HTML.",
            type(error).__name__,
        ) from error


def _is_whole(data: bytes) -> bool:
    """Whether every attribute has all the bytes that it says; the library takes what is there."""
    position = _HEADER
    while position + _ATTRIBUTE <= len(data):
        (length,) = struct.unpack_from("<I", data, position + 5)
        position += _ATTRIBUTE + length + _SUM
        if position > len(data):
            return False
    return True


def _text(parsed: object) -> str:
    body = getattr(parsed, "body", None)
    if body:
        text = decode(body)[0] if isinstance(body, bytes) else str(body)
        if text.strip("\0 \r\n"):
            return text.strip("\0")
    markup = getattr(parsed, "htmlbody", None)
    if markup:
        return html_text(decode_as(markup, None)[0] if isinstance(markup, bytes) else str(markup))
    packed = getattr(parsed, "_rtfbody", None) or getattr(parsed, "rtfbody", None)
    return compressed_text(packed) if isinstance(packed, bytes) else ""
