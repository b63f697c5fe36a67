"""What a file is, by its content; the extension only decides between formats that are all plain text.

A small table of our own: the detection libraries name media types for hundreds of formats, but not what is needed here,
which is the kind of an office file inside its container and whether unknown bytes are text.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

import olefile

from stillroom.documents.e_invoice import is_e_invoice
from stillroom.documents.json_text import json_kind
from stillroom.documents.source import UNPACKED_BYTES, Source
from stillroom.documents.text import decode, looks_like_text
from stillroom.documents.xml_text import xml_lines
from stillroom.errors import DocumentError

_READ: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (8, b"WEBP", "webp"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"{\\rtf", "rtf"),
    (0, b"\x78\x9f\x3e\x22", "tnef"),
)
_MAIN_PART = re.compile(
    rb"(wordprocessingml|ms-word|spreadsheetml|ms-excel\.(?:sheet|template)\.macro|presentationml|ms-powerpoint)[^\"'<>]*\.main\+xml"
)
_OFFICE = {
    b"wordprocessingml": "docx", b"ms-word": "docx", b"spreadsheetml": "xlsx", b"ms-excel.sheet.macro": "xlsx",
    b"ms-excel.template.macro": "xlsx", b"presentationml": "pptx", b"ms-powerpoint": "pptx",
}  # fmt: skip
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"hevc", b"hevx")
_AVIF = (b"avif", b"avis")
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GGUF", "a GGUF model. Import it on the Models page instead"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"\xcf\xfa\xed\xfe", "a program"),
    (0, b"\xca\xfe\xba\xbe", "a program"),
    (4, b"ftyp", "a video or sound file"),
    (0, b"ID3", "a sound file"),
    (0, b"OggS", "a sound file"),
    (0, b"fLaC", "a sound file"),
    (0, b"\x1a\x45\xdf\xa3", "a video"),
    (8, b"WAVE", "a sound file"),
    (0, b"\x1f\x8b", "a compressed archive (gzip). Unpack it and add the files"),
    (0, b"BZh", "a compressed archive (bzip2). Unpack it and add the files"),
    (0, b"\xfd7zXZ\0", "a compressed archive (xz). Unpack it and add the files"),
    (0, b"7z\xbc\xaf\x27\x1c", "an archive (7-Zip). Unpack it and add the files"),
    (0, b"Rar!\x1a\x07", "an archive (RAR). Unpack it and add the files"),
    (257, b"ustar", "an archive (tar). Unpack it and add the files"),
    (0, b"SQLite format 3\0", "a database (SQLite)"),
    (0, b"%!PS", "a PostScript file. Convert it to PDF and add that"),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        "where a version store (Git LFS) keeps a file. Fetch the file itself and add that",
    ),
    (0, b"[InternetShortcut]", "a link to a web page. Open it, save the document that it shows and add that"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_FLAT = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?(?:<\?mso-application\s+progid=[\"'][\w.]+|<(?:office:document\b|pkg:package\b|Workbook\b))",
    re.DOTALL,
)
# A link of an online office holds nothing else than this: a record that has a "doc_id" is none.
_DRIVE = re.compile(
    r'\s*\{(?=[^{}]*(?:"doc_id"|"resource_id"|://docs\.google\.com/))(?=[^{}]*(?:://docs\.google\.com/|"resource_(?:id|key)"|"email"))'
    r'(?:\s*"(?:|url|doc_id|resource_id|resource_key|email)"\s*:\s*"[^"]{0,400}"\s*,?){1,6}\s*\}\s*$'
)
_HEADER = re.compile(
    r"(?:from|to|cc|subject|date|received|return-path|delivered-to|message-id|mime-version|content-type|reply-to|sender|"
    r"dkim-signature|authentication-results|arc-[a-z-]+|x-[a-z0-9-]+|list-[a-z-]+)\s*:",
    re.IGNORECASE,
)
_MAILBOX = re.compile(rb"From [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n[A-Za-z][A-Za-z0-9-]*:")
_CALENDAR = re.compile(rb"BEGIN:VCALENDAR\r?\n", re.IGNORECASE)
_SIGNED_DATA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
"""The identifiers of PKCS #7: signed (its last byte 2), enveloped (3) …"""
_PART = re.compile(r"content-type:\s*[a-z]+/[a-z0-9.+-]+\s*(?:;|\r?\n)", re.IGNORECASE)
"""A part of a message alone, as signed mails hold it."""
_TEXT_SUFFIXES = {
    "md": "md", "markdown": "md", "csv": "csv", "tsv": "csv", "tab": "csv", "html": "html", "htm": "html", "xhtml": "html",
    "eml": "eml", "json": "json", "jsonl": "jsonl", "ndjson": "jsonl",
}  # fmt: skip


def sniff(source: Source) -> str:
    """The kind of format in these bytes. Raises DocumentError with a sentence where it is none that can be read."""
    data = source.data
    if data.lstrip(b"\xef\xbb\xbf\0 \t\r\n").startswith(b"%PDF-"):
        return "pdf"
    # Before a PDF is looked for further inside: an archive that does not compress holds one as it is.
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(data)
    if data.startswith(_OLE):
        return _compound(data)
    for offset, magic, kind in _READ:
        if data[offset : offset + len(magic)] == magic and (kind != "webp" or data[:4] == b"RIFF"):
            return kind
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[place : place + 4] for place in range(16, min(data[3], 64), 4))}
        if not brands.isdisjoint(_AVIF):
            return "avif"
        if not brands.isdisjoint(_HEIF):
            return "heic"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BITMAP_HEADERS:
        return "bmp"
    for offset, magic, what in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            raise DocumentError(
                f"This is {what}. It cannot be read as a document." if "." not in what else f"This is {what}."
            )
    if b"%PDF-" in data[:1024] and _is_late_pdf(data):
        return "pdf"
    if _is_signed(data):
        return "p7m"
    if not looks_like_text(data):
        if source.suffix in (
            "pdf",
            "docx",
            "xlsx",
            "pptx",
            "msg",
            "rtf",
            "png",
            "jpg",
            "jpeg",
            "tif",
            "tiff",
            "webp",
            "bmp",
        ):
            raise DocumentError(
                f"The file is named .{source.suffix} but is not one: its content is damaged or something else. Get it again."
            )
        raise DocumentError("This is not a text or office file that can be read: its content is binary.")
    return _text_kind(source)


def _is_late_pdf(data: bytes) -> bool:
    """Whether a PDF begins after some rubbish (a mail gateway's lines), which viewers and pdfium accept; a text that only
    mentions the mark has none of a PDF's parts."""
    return b" obj" in data and (b"startxref" in data or b"/Root" in data or not looks_like_text(data))


def _is_signed(data: bytes) -> bool:
    return data[:1] == b"\x30" and _SIGNED_DATA in data[:32]


def _text_kind(source: Source) -> str:
    if not source.data.strip(b"\0 \t\r\n\v\f"):
        raise DocumentError("The file holds only white space. There is nothing to read in it.")
    start = source.data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if _MAILBOX.match(start):
        return "mbox"
    if start.startswith((b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----")):
        return "p7m"
    if _CALENDAR.match(start):
        return "ics"
    if is_e_invoice(source.data):
        return "e-invoice"
    plain = start.decode("latin-1")
    if _DRIVE.match(plain):
        raise DocumentError(
            "This is a link to a document in an online office. Download the document from there and add that."
        )
    if _FLAT.match(plain):
        raise DocumentError(
            "This is an office file that is saved as one XML text. Open it in its office program, save it in the usual format and add that."
        )
    named = _TEXT_SUFFIXES.get(source.suffix)
    if named:
        return named
    head = decode(source.data[:4096])[0].lstrip("\ufeff")
    if _HTML.match(head):
        return "html"
    lines = head.splitlines()[:12]
    headers = {match[0].lower() for match in map(_HEADER.match, lines) if match}
    # A memo begins with "From:" and "To:" as well; only a message says how it travelled.
    if _PART.match(head):
        return "eml"
    if lines and _HEADER.match(lines[0]) and headers & {"mime-version:", "received:", "message-id:", "return-path:"}:
        return "eml"
    if xml_lines(source.data):
        return "xml"
    return json_kind(source.data) or "txt"


def _zipped(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            _check_size(infos)
            listed = next((name for name in names if name.lower() == "[content_types].xml"), "")
            types = archive.read(listed) if listed else b""
            mimetype = archive.read("mimetype")[:200] if "mimetype" in names else b""
    except DocumentError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        KeyError,
    ) as error:
        raise DocumentError(
            "The file is incomplete or damaged: its end is missing. Download or copy it again."
        ) from error
    # What is embedded (the workbook of a chart) has its type in there, too; only one part is the main one.
    main = _MAIN_PART.search(types)
    if main:
        return _OFFICE[main[1]]
    if b"ms-excel.sheet.binary" in types:
        return "xlsb"
    for kind, mark in (
        ("odt", b"opendocument.text"),
        ("ods", b"opendocument.spreadsheet"),
        ("odp", b"opendocument.presentation"),
    ):
        if mark in mimetype:
            return kind
    if b"opendocument" in mimetype:
        raise DocumentError("This is an OpenDocument drawing or formula. Save it as PDF and add that.")
    if any(name.lower().endswith((".fdseq", ".fpage")) for name in names):
        raise DocumentError("This is an XPS document. Open it in its viewer, print it to PDF and add that.")
    if b"epub" in mimetype:
        raise DocumentError("This is an e-book (EPUB). Convert it to PDF or HTML and add that.")
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        raise DocumentError("This is an Apple iWork file. Export it as DOCX, XLSX or PDF and add that.")
    return "zip"


def _check_size(infos: list[zipfile.ZipInfo]) -> None:
    # zipfile unpacks no more of a part than its header says, so these sums bound the memory.
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if (
        unpacked > UNPACKED_BYTES
        or len(infos) > 20_000
        or (unpacked > 50 * 1024 * 1024 and unpacked > 200 * max(packed, 1))
    ):
        raise DocumentError(
            f"The file would unpack to {unpacked // (1024 * 1024):,} MB in {len(infos):,} parts. "
            "It is too large to be read, or made to do harm."
        )


def _compound(data: bytes) -> str:
    """The kind of an OLE compound file. Raises DocumentError with a sentence for all but Outlook's messages."""
    # A message holds its attachments, an old Word file may be one of them: only its own streams count.
    if "__properties_version1.0".encode("utf-16-le") in data and _is_message(data):
        return "msg"
    if _holds(data, "Workbook", "Book\0") and not _holds(
        data, "EncryptedPackage", "WordDocument", "PowerPoint Document"
    ):
        return "xls"
    raise DocumentError(_old_office(data))


def _holds(data: bytes, *streams: str) -> bool:
    # The names of the streams stand in the file as UTF-16.
    return any(stream.encode("utf-16-le") in data for stream in streams)


def _is_message(data: bytes) -> bool:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return bool(ole.exists("__properties_version1.0"))
    except (OSError, ValueError, IndexError, struct.error):
        raise DocumentError(
            "The Outlook message is incomplete or damaged. Save it again in Outlook and add that."
        ) from None


def _old_office(data: bytes) -> str:
    if _holds(data, "EncryptedPackage"):
        return (
            "The file is protected with a password. Open it in its office program, remove the password "
            "(File, Info, Protect), save a copy and add that."
        )
    if _holds(data, "WordDocument"):
        return "This is an old Word file (.doc). Save it as DOCX or PDF and add that."
    if _holds(data, "PowerPoint Document"):
        return "This is an old PowerPoint file (.ppt). Save it as PDF and add that."
    if _holds(data, "__substg1.0_"):
        return "The Outlook message is incomplete or damaged. Save it again in Outlook and add that."
    return "This is an old office file of an unknown kind. Save it as PDF and add that."
