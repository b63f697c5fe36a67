"""Bytes to text, whatever the encoding."""

from __future__ import annotations

import codecs
import re

import webencodings

from stillroom.documents.code_pages import guessed
from stillroom.errors import DocumentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
_MOST_FILLED = 0.8
"""Of a text whose fields are filled up to their length with zeros."""
_FILLING = re.compile(rb"\0+")
_SWITCHES = {b"\x1b$B": "iso2022_jp", b"\x1b$@": "iso2022_jp", b"\x1b(J": "iso2022_jp", b"\x1b$)C": "iso2022_kr"}
"""How seven-bit texts of Japan and Korea change from Latin letters to their own."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def marked_encoding(data: bytes) -> str | None:
    """The encoding a byte order mark names, or None. A UTF-16 text without a mark is recognised by its zero bytes."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    if len(sample) >= 4:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if odd > len(sample) * 0.2 and even < len(sample) * 0.02:
            return "utf-16-le"
        if even > len(sample) * 0.2 and odd < len(sample) * 0.02:
            return "utf-16-be"
    return None


def looks_like_text(data: bytes) -> bool:
    """Whether the bytes may be text in some encoding: a mark, or hardly any control characters; or fields filled up with zeros, as
    old programs write them, and nothing else that is no text."""
    if marked_encoding(data):
        return True
    sample = data[:_SAMPLE]
    if _is_filled(sample):
        return True
    return len(_CONTROL.findall(sample)) <= max(1, len(sample) // 100) and sample.count(0) <= max(
        1, len(sample) // 1000
    )


def _is_filled(sample: bytes) -> bool:
    """Whether zeros fill up the fields of a text; a few that stray into one are no such thing."""
    zeros = sample.count(0)
    return (
        max(1, len(sample) // 1000) < zeros <= len(sample) * _MOST_FILLED
        and sample.isascii()
        and b"\n" in sample
        and not _CONTROL.search(sample.replace(b"\0", b""))
    )


def decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, and notes for the reviewer: what was lost, and that the encoding was guessed. Raises DocumentError where
    no encoding fits."""
    encoding = marked_encoding(data)
    if encoding:
        text = data.decode(encoding, "replace")
        return text, _lost(text)
    if _is_filled(data[:_SAMPLE]):
        text, notes = decode(_FILLING.sub(b" ", data))
        return text, ("Zero bytes that stand between its words were read as spaces.", *notes)
    switched = next((codec for mark, codec in _SWITCHES.items() if mark in data[:_SAMPLE]), None)
    if switched:
        text = data.decode(switched, "replace")
        return text, _lost(text)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        # One broken character in a long UTF-8 file is a damaged UTF-8 file, not another encoding.
        text = data.decode("utf-8", "replace")
        if text.count("\ufffd") <= len(data) * 0.001 and error.start > 0 and not data[: error.start].isascii():
            return text, _lost(text)
    guess = guessed(data)
    if guess is None:
        raise DocumentError("The encoding of this text file was not recognised. Save it as UTF-8 and add it again.")
    text = data.decode(guess.codec, "replace")
    note = (
        f"The file does not say its encoding; it was read as {guess.name}. "
        "If letters look wrong, save it as UTF-8 and add that."
    )
    return text, (note, *_lost(text))


def decode_as(data: bytes, label: str | None) -> tuple[str, tuple[str, ...]]:
    """As ``decode``, where the file or the message names its encoding: it is meant as browsers take it (``iso-8859-1`` is
    Windows-1252). A name that is unknown, or that the bytes belie, is as good as none."""
    if not label or (marked_encoding(data) or "").startswith("utf-8"):
        return decode(data)
    known = webencodings.lookup(label)
    try:
        if known and known.name in ("windows-1252", "x-user-defined") and not data.isascii():
            # Many programs name the one and write the other; text in Windows-1252 is never by chance valid UTF-8.
            try:
                return data.decode("utf-8"), ()
            except UnicodeDecodeError:
                text = data.decode("cp1252", "replace")
                return text, _lost(text)
        return data.decode(known.codec_info.name if known else label), ()
    except (LookupError, UnicodeError):
        return decode(data)


def _lost(text: str) -> tuple[str, ...]:
    lost = text.count("\ufffd")
    if not lost:
        return ()
    what = "One character" if lost == 1 else f"{lost:,} characters"
    return (f"{what} could not be decoded: look for \ufffd in the text.",)
