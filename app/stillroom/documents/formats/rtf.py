"""RTF: the text that it shows: headers first, then the body with its boxes, notes and footers last."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import compressed_rtf
from striprtf import striprtf

from stillroom.documents import left_out, raised
from stillroom.documents.aside import comment
from stillroom.documents.formats.inside import Inside
from stillroom.documents.source import Content, Source
from stillroom.documents.table import CELL_SEPARATOR
from stillroom.errors import DocumentError

_FURTHER_LINES = re.compile(r"\n{3,}")
_TOKEN = re.compile(r"\\bin(\d+) ?|\\([a-zA-Z]+)(-?\d+)? ?|\\'[0-9a-fA-F]{2}|\\[^a-zA-Z]|[{}]|[^\\{}]+", re.DOTALL)
_OPENING = re.compile(r"\s*(?:\\\*\s*)?\\([a-z]+)(?:-?\d+)? ?", re.IGNORECASE)
_ELSEWHERE = {
    "header": "header", "headerl": "header", "headerr": "header", "headerf": "header", "footer": "footer", "footerl": "footer",
    "footerr": "footer", "footerf": "footer", "footnote": "note", "shptxt": "box", "dptxbxtext": "box", "pict": "picture",
    "annotation": "comment", "nonshppict": "again", "objdata": "object",
}  # fmt: skip
_UNSEEN = {
    "v": left_out.HIDDEN_TEXT, "deleted": left_out.DELETED_TEXT, "strike": left_out.STRUCK_TEXT, "striked": left_out.STRUCK_TEXT,
}  # fmt: skip
_RTF_BYTES = 20 * 1024 * 1024
"""Of what a message's compressed body unpacks to."""

_to_text: Callable[..., str] = striprtf.rtf_to_text
_font_table: Callable[[str], str] = striprtf.font_table_group


def read(source: Source) -> Content:
    """One page; cells of a table stand beside each other."""
    inside = Inside(source)
    notes: tuple[str, ...] = ()
    if not source.data.rstrip(b"\0 \t\r\n").endswith(b"}"):
        notes = ("The end of the file is missing; what is there was read.",)
    return inside.one_page(rtf_text(source.data, inside), notes)


def compressed_text(packed: bytes) -> str:
    """The text of a message's body in compressed RTF; what was HTML before comes without its marks. Raises DocumentError."""
    try:
        (size,) = struct.unpack_from("<I", packed, 4)
        if size > _RTF_BYTES:
            raise ValueError("too large")
        return rtf_text(compressed_rtf.decompress(packed), None)
    except (ValueError, IndexError, struct.error) as error:
        raise DocumentError("The text of the message is damaged. Save the message again and add that.") from error


def rtf_text(data: bytes, inside: Inside | None) -> str:
    """What the text shows. What it holds besides is read or counted where ``inside`` is given. Raises DocumentError."""
    # Bytes above 127 are not RTF, but some programs write them; a wrong letter is better than none.
    parts = _parted(data.decode("latin-1"))
    try:
        texts = {name: [_plain(parts.head + text + "}") for text in found] for name, found in parts.texts.items()}
        body = _plain(parts.body)
    except (ValueError, KeyError, IndexError, LookupError) as error:
        raise DocumentError(
            "The RTF text is damaged. Open it in the program it was made with and save it again.", type(error).__name__
        ) from error
    if inside is not None:
        for kind, count in parts.unseen.items():
            inside.left_out.add(kind, count)
        inside.left_out.add(left_out.EMBEDDED_FILE, parts.objects)
        for picture in parts.pictures:
            inside.picture(picture)
    blocks = [*dict.fromkeys(texts["header"]), body, *texts["box"], *texts["note"], *dict.fromkeys(texts["footer"])]
    blocks += [comment(text) for text in texts["comment"] if text]
    return "\n\n".join(filter(None, blocks))


def _plain(text: str) -> str:
    text = _to_text(text, errors="replace")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # what was written as two halves
    lines = (_row(line) if line.endswith("|") else line for line in map(raised.settled, text.split("\n")))
    return _FURTHER_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _row(line: str) -> str:
    return re.sub(r"\s*\|\s*", CELL_SEPARATOR, line).strip(" ").rstrip()


@dataclass(slots=True)
class _Parts:
    """An RTF text taken apart, since striprtf leaves out all but the body.

    Attributes:
        body: the file without the groups below. head: how a text of its own has to begin, so that its letters are decoded alike.
        texts: of headers, boxes, notes, comments, footers. pictures: their bytes. unseen, objects: how many were met.
    """

    body: str = ""
    head: str = "{\\rtf1\\ansi "
    texts: dict[str, list[str]] = field(
        default_factory=lambda: {name: [] for name in ("header", "footer", "note", "box", "comment")}
    )
    pictures: list[bytes] = field(default_factory=list)
    unseen: Counter[left_out.Kind] = field(default_factory=Counter)
    objects: int = 0


def _parted(text: str) -> _Parts:
    parts = _Parts()
    page = re.search(r"\\ansicpg\d+", text[:1000])
    parts.head = "{\\rtf1\\ansi" + (page[0] if page else "") + " " + _font_table(text)
    sinks: list[tuple[str, list[str]]] = [("body", [])]
    # Why letters are not read around the group, whether they are raised, and whether it has a sink of its own.
    stack: list[tuple[tuple[left_out.Kind, ...], bool, bool]] = []
    unseen: tuple[left_out.Kind, ...] = ()
    told = lifted = False
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        token = match[0]
        if match[1]:  # bytes that are no text
            position += int(match[1])
            continue
        if token == "{":
            opening = _OPENING.match(text, position)
            where = _ELSEWHERE.get(opening[1].lower(), "") if opening else ""
            stack.append((unseen, lifted, bool(where)))
            if where:
                sinks[-1][1].append("{}")  # so that words around the group stay apart
                sinks.append((where, []))
                # Its first word says that a reader of the body skips the group.
                position = opening.end() if opening else position
                continue
        elif token == "}":
            if stack:
                unseen, lifted, own = stack.pop()
                if own:
                    _finish(parts, *sinks.pop())
                    continue
        elif match[2] in _UNSEEN:
            kind = _UNSEEN[match[2]]
            unseen, told = (*(each for each in unseen if each != kind), *[kind] * (match[3] != "0")), False
        elif match[2] == "plain":
            unseen, lifted = (), False
        elif match[2] in ("super", "sub", "nosupersub"):
            lifted = match[2] != "nosupersub" and match[3] != "0"
        elif match[2] in ("object", "result"):
            continue  # striprtf skips these groups, of which the second is what is seen
        elif unseen and not match[2] and token.strip():
            parts.unseen[unseen[0]] += not told
            told = True
            continue
        elif lifted and not match[2] and token.strip():
            token = f"{raised.START}{token}{raised.END}"
        sinks[-1][1].append(token)
    while len(sinks) > 1:  # the end of the file is missing
        _finish(parts, *sinks.pop())
    parts.body = "".join(sinks[0][1])
    return parts


def _finish(parts: _Parts, where: str, tokens: list[str]) -> None:
    if where == "object":
        parts.objects += 1
    elif where == "picture":
        text = "".join(tokens)
        digits = re.sub(r"\{[^{}]*\}|\\[a-zA-Z]+-?\d* ?|[^0-9a-fA-F]", "", text)
        parts.pictures.append(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    elif where in parts.texts:
        parts.texts[where].append("".join(tokens))
