"""EML: who wrote to whom about what, the body, and attachments as further documents."""

from __future__ import annotations

import binascii
import email
import email.policy
import quopri
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage, Message

from stillroom.documents import left_out
from stillroom.documents.formats.calendar import calendar_text
from stillroom.documents.formats.html import html_text, page_text
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.signed_data import NOT_CHECKED, signed
from stillroom.documents.formats.tnef import TNEF, unwrapped
from stillroom.documents.source import Content, Source
from stillroom.documents.text import decode, decode_as
from stillroom.errors import DocumentError

SENT = "Sent"
"""What the date of a message is called, as Outlook does: a bare "Date" would be taken for that of the bill in it."""
_HEADERS = {"From": "From", "To": "To", "Cc": "Cc", "Date": SENT, "Subject": "Subject"}
_SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_CARRIERS = ("application/ms-tnef", "application/vnd.ms-tnef")
_WORD = re.compile(r"\w{4,}|\d+")
_HAS_FIGURE = re.compile(r"\d")
_STUB = 0.5
"""A text part that holds a smaller share of the words of the HTML part beside it is no other form of it."""
_OTHER_FORMS = ("text/enriched", "text/rtf", "text/x-amp-html", "text/watch-html")
# Lines of base64 from the beginning, up to the one that fills it up.
_CODE = re.compile(
    r"(?:[ \t]*[A-Za-z0-9+/]+[ \t]*(?:\r?\n|\Z)|[ \t]*\r?\n)*+(?:[ \t]*[A-Za-z0-9+/]*={1,2}[ \t]*(?:\r?\n|\Z))?"
)
_ARMOURED = "-----BEGIN PGP MESSAGE-----"
_IN_THE_TEXT = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n((?:[\x20-\x60]{1,62}\r?\n)+?)(?:[` ]\r?\n)?end\r?$", re.MULTILINE
)
_LAYERS = 3
"""Signed parts inside of signed parts are opened this far."""


def read(source: Source) -> Content:
    """One page: headers, an empty line, the text of the body."""
    data = source.data.lstrip(b"\xef\xbb\xbf \t\r\n")
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    inside = Inside(source, what="attachment")
    lines = [f"{title}: {value}" for name, title in _HEADERS.items() if (value := _header(message, name))]
    parts = _Parts(inside)
    parts.visit(message)
    text = "\n".join(lines) + "\n\n" + "\n\n".join(part.strip("\r\n") for part in parts.texts if part.strip())
    return inside.one_page(text.strip(), parts.notes)


class _Parts:
    """The texts of a message, in order; what else it holds goes to ``inside``.

    Attributes:
        texts: of the body. notes: on how they were decoded.
    """

    def __init__(self, inside: Inside) -> None:
        self.texts: list[str] = []
        self.notes: list[str] = []
        self._inside = inside
        self._signed = 0

    def visit(self, part: Message) -> None:
        kind = part.get_content_type()
        if kind == "multipart/alternative":
            self._alternatives(part)
        elif kind == "multipart/encrypted":
            self._note("The message is encrypted. Open it in its mail program, save it unencrypted and add that.")
        elif kind == "message/external-body":
            self._note("An attachment lies at another place and was not fetched.")
        elif kind == "message/rfc822" or not part.is_multipart():
            self._leaf(part, kind)
        elif kind == "message/delivery-status":
            self.texts.append("\n".join(str(inner).strip() for inner in _inner(part)))
        else:
            for inner in _inner(part):
                self.visit(inner)

    def _leaf(self, part: Message, kind: str) -> None:
        if kind in _SIGNED and self._signed < _LAYERS:
            self._open(_bytes(part))
        elif kind in _SIGNATURES:
            self._inside.left_out.add(left_out.SIGNATURE)
        elif kind == "text/calendar" and not _attached(part):
            self._calendar(part)
        elif kind.startswith("text/") and part.get_filename() is None and not _attached(part):
            self.texts.append(self._text(part))
        else:
            self._attach(part)

    def _alternatives(self, part: Message) -> None:
        """The forms of one text: the plain one, unless the HTML one says what it does not; what is neither is read, too."""
        plain: str | None = None
        markup: list[Message] = []
        others: list[Message] = []
        for inner in _inner(part):
            pages = [] if _attached(inner) else [leaf for leaf in _leaves(inner) if _is_page(leaf)]
            if inner.get_content_type() == "text/plain" and plain is None and not _attached(inner):
                plain = self._text(inner)
            elif pages and not markup:
                markup = pages
                others += [leaf for leaf in _leaves(inner) if not _is_page(leaf)]
            else:
                others.append(inner)
        self.texts += self._chosen(plain, markup)
        for inner in others:
            if inner.get_content_type() not in _OTHER_FORMS or not (plain or markup):
                self.visit(inner)

    def _chosen(self, plain: str | None, markup: list[Message]) -> list[str]:
        if not markup:
            return [plain or ""]
        words = set(_WORD.findall(plain or ""))
        rich = "\n".join(html_text(self._page(page)) for page in markup)
        wanted = set(_WORD.findall(rich))
        figures = {word for word in wanted if _HAS_FIGURE.search(word)}  # none of them may be missing, codes as well
        if plain and words:
            same = len(wanted & words) >= _STUB * len(wanted)
            if same and figures <= words:
                return [plain]
        for page in markup:
            html_text(self._page(page), self._inside)  # once more: now what it holds besides text counts
        # A sentence that one should use another program is no part of the other form; figures are.
        return [plain, rich] if plain and any(word.isdecimal() for word in words - wanted) else [rich]

    def _calendar(self, part: Message) -> None:
        try:
            self.texts.append(calendar_text(self._decoded(part), self._inside.left_out))
            self._note("The message holds a calendar entry; what it says stands below the text of the message.")
        except DocumentError:
            self._note("The message holds an invitation that is damaged and was not read.")

    def _open(self, data: bytes) -> None:
        """Read what was signed in place of its wrapper."""
        self._signed += 1
        try:
            inner = email.message_from_bytes(signed(data), policy=email.policy.default)
        except DocumentError as error:
            encrypted = "encrypted" in error.message
            self._note(
                "The message is encrypted. Open it in its mail program, save it unencrypted and add that."
                if encrypted
                else f"The signed part of the message was not read. {error.message}"
            )
            return
        self._note(NOT_CHECKED)
        self.visit(inner)

    def _attach(self, part: Message) -> None:
        attachments = self._inside.attachments
        if attachments.full:
            return
        data = _bytes(part)
        if part.get_content_type() in _CARRIERS or data.startswith(TNEF):
            self._unwrap(_name(part, attachments.number), data)
        elif data or part.get_content_maintype() != "multipart":
            attachments.add(_name(part, attachments.number), data)

    def _unwrap(self, name: str, data: bytes) -> None:
        """Outlook's wrapper: its text is a form of the body, its files are attachments."""
        try:
            text, files = unwrapped(data)
        except DocumentError as error:
            self._inside.attachments.skip(name, error.message)
            return
        known = set(_WORD.findall("\n".join(self.texts)))
        words = set(_WORD.findall(text))
        if len(words & known) < _STUB * len(words):
            self.texts.append(text)
        for inner, content in files:
            if not self._inside.attachments.full:
                self._inside.attachments.add(inner, content)

    def _text(self, part: Message) -> str:
        return (
            html_text(self._page(part), self._inside) if part.get_content_type() == "text/html" else self._decoded(part)
        )

    def _page(self, part: Message) -> str:
        """Text in HTML; where the message does not say its encoding, the page may."""
        if part.get_content_charset():
            return self._decoded(part)
        text, notes = page_text(_bytes(part))
        self._say(notes)
        return text

    def _decoded(self, part: Message) -> str:
        data = _bytes(part)
        if part.get_content_type() == "text/plain":
            data = self._without_files(data)
        text, notes = decode_as(data, part.get_content_charset())
        self._say(notes)
        if footer := _coded(part)[1]:
            text = f"{text.rstrip()}\n\n{_repaired(footer)}"
        if _ARMOURED in text:
            self._note("The message is encrypted. Open it in its mail program, save it unencrypted and add that.")
        return _unfolded(text, part) if str(part.get_param("format") or "").lower() == "flowed" else text

    def _without_files(self, data: bytes) -> bytes:
        """The text without the files that old programs write into it (uuencode), which are attachments."""

        def taken(match: re.Match[bytes]) -> bytes:
            try:
                content = b"".join(map(binascii.a2b_uu, match[2].splitlines()))
            except binascii.Error:
                return match[0]
            if not self._inside.attachments.full:
                self._inside.attachments.add(decode(match[1])[0], content)
            return b""

        return _IN_THE_TEXT.sub(taken, data)

    def _say(self, notes: Sequence[str]) -> None:
        """Notes on an encoding, of a part and not of a file."""
        for note in notes:
            self._note(
                note.replace("The file does not", "A part of the message does not", 1).split(" If letters look wrong")[
                    0
                ]
            )

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _leaves(part: Message) -> Iterator[Message]:
    """The parts of a form of the body: itself, or what belongs together there."""
    if part.get_content_maintype() != "multipart":
        yield part
    for inner in _inner(part) if part.get_content_maintype() == "multipart" else ():
        yield from _leaves(inner)


def _is_page(part: Message) -> bool:
    """Whether it is text in HTML; a mail program may cut it in two around an attachment."""
    return part.get_content_type() == "text/html" and part.get_filename() is None and not _attached(part)


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _name(part: Message, number: int) -> str:
    name = part.get_filename()
    if name:
        return _repaired(name)
    if part.get_content_type() == "message/rfc822":
        return f"message {number}.eml"
    return f"part {number}.{part.get_content_subtype()}"


def _unfolded(text: str, part: Message) -> str:
    """A text whose lines were broken for the way (format=flowed): those that end with a space go on in the next."""
    glued = str(part.get_param("delsp") or "").lower() == "yes"
    whole: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        line = line.rstrip("\r")
        quoted = line.startswith(">")
        if not quoted and line.startswith(" "):
            line = line[1:]
        if goes_on and not quoted and line != "-- ":
            whole[-1] += line
        else:
            whole.append(line)
        goes_on = line.endswith(" ") and line != "-- " and not quoted
        if goes_on and glued:
            whole[-1] = whole[-1][:-1]
    return "\n".join(whole)


def _header(message: EmailMessage, name: str) -> str:
    raw = [value for key, value in message.raw_items() if key.lower() == name.lower()]
    try:
        written = any("\udc80" <= character <= "\udcff" for value in raw for character in str(value))
        values = raw if written else message.get_all(name) or []
    except (ValueError, IndexError, AttributeError, TypeError):  # a malformed header breaks the parser
        values = raw
    return " ".join(_repaired(", ".join(str(value) for value in values)).split())


def _repaired(value: str) -> str:
    """Letters that were written without saying their encoding; Python keeps such bytes as halves of characters."""
    if value.isascii():
        return value
    try:
        return decode(value.encode("utf-8", "surrogateescape"))[0]
    except (UnicodeEncodeError, DocumentError):
        return value


def _bytes(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        return _message_bytes(part)
    coded, footer = _coded(part)
    if footer:
        return binascii.a2b_base64(coded)
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _coded(part: Message) -> tuple[str, str]:
    """The base64 of a part, and what a mailing list or a gateway wrote below it as it is; that is no code, and would decode to rubbish."""
    if str(part.get("Content-Transfer-Encoding") or "").strip().lower() != "base64":
        return "", ""
    payload = part.get_payload()
    match = _CODE.match(payload) if isinstance(payload, str) else None
    if not match or not isinstance(payload, str) or not payload[match.end() :].strip():
        return "", ""
    code = "".join(match.group().split())
    return (code, payload[match.end() :].strip()) if code and len(code) % 4 == 0 else ("", "")


def _message_bytes(part: Message) -> bytes:
    """An attached message. Its encoding, which the standard forbids, was taken by Python's parser for its text."""
    data = b"".join(inner.as_bytes() for inner in _inner(part)).lstrip()
    encoding = str(part.get("Content-Transfer-Encoding") or "").strip().lower()
    try:
        if encoding == "base64":
            return binascii.a2b_base64(data)
        if encoding == "quoted-printable":
            return quopri.decodestring(data)
    except binascii.Error:
        pass
    return data
