"""Files as an attacker would hand them in: every format changed at random, and bombs made on purpose. The same for the same seed."""

from __future__ import annotations

import base64
import functools
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pptx
from PIL import Image
from tests.documents.conftest import make_pdf
from tests.documents.make_message import Mail, make_message
from tests.documents.make_office import cell, packed, paragraph, word, workbook
from tests.documents.make_pdf import written
from tests.documents.make_pictures import draw, encoded
from tests.documents.test_bad_containers import MADE
from tests.documents.test_everything_is_read_or_said import open_document

_NUMBERS = (b"0", b"-1", b"99999999999", b"4294967295", b"1e308", b"NaN", b"9" * 400)
_PART = re.compile(rb"\d+")


def hostile_files(count: int, seed: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Names and contents, from number ``first`` on: made ones to begin with, then changed ones, format by format in turn."""
    crafted, kinds = list(CRAFTED.items()), list(SEEDS)
    for number in range(first, first + count):
        if number < len(crafted):
            name, make = crafted[number]
            yield f"{number:05}-{name}", make()
            continue
        kind = kinds[number % len(kinds)]
        chance = random.Random(f"{seed}/{number}")
        data = _changed(kind, _seed(kind), chance)
        # One in eight is named as something that it is not.
        ending = chance.choice(kinds) if chance.random() < 1 / 8 else kind
        yield f"{number:05}-changed.{ending}", data


@functools.cache
def _seed(kind: str) -> bytes:
    return SEEDS[kind]()


def _changed(kind: str, whole: bytes, chance: random.Random) -> bytes:
    if zipfile.is_zipfile(io.BytesIO(whole)) and chance.random() < 0.7:
        return _repacked(whole, chance)
    if kind == "pdf" and chance.random() < 0.6:
        return _unpacked_pdf(whole, chance)
    return _bytes(whole, chance)


def _repacked(whole: bytes, chance: random.Random) -> bytes:
    """A part of a package changed and packed again, so that the damage lies behind the compression and its checksum."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = set(chance.sample(names, min(len(names), chance.choice((1, 1, 2, 4)))))
        for name in names:
            data = old.read(name)
            if name in chosen:
                data = _bytes(data, chance)
            if not (name in chosen and chance.random() < 0.1):  # now and then it is missing
                new.writestr(name, data)
    return target.getvalue()


def _unpacked_pdf(whole: bytes, chance: random.Random) -> bytes:
    """A number or a name of a PDF changed: its structure is what readers trip over."""
    data = whole
    for _ in range(chance.choice((1, 2, 5))):
        places = list(_PART.finditer(data))
        if not places:
            break
        found = chance.choice(places)
        data = data[: found.start()] + chance.choice(_NUMBERS) + data[found.end() :]
    return data


def _bytes(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole or b"\0")
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(data))
        end = min(len(data), place + chance.randrange(1, 200))
        kind = chance.choice(("flip", "set", "cut", "insert", "remove", "swap", "again", "number", "word"))
        if kind == "flip":
            data[place] ^= 1 << chance.randrange(8)
        elif kind == "set":
            data[place] = chance.choice((0, 1, 127, 128, 255, 60, 62, 34))
        elif kind == "cut" and chance.random() < 0.3:
            del data[place + 1 :]
        elif kind == "insert":
            data[place:place] = chance.randbytes(chance.randrange(1, 30))
        elif kind == "remove":
            del data[place : max(place + 1, end)]
        elif kind == "swap":
            data[place:end] = data[place:end][::-1]
        elif kind == "again":
            data[place:place] = data[place:end] * chance.choice((2, 50, 500))
        elif kind == "number":
            found = _PART.search(bytes(data), place)
            if found is not None:
                data[found.start() : found.end()] = chance.choice(_NUMBERS)
        elif kind == "word":
            data[place : place + 4] = struct.pack("<I", chance.choice((0, 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1)))
        if not data:
            data = bytearray(b"\0")
    return bytes(data)


# --------------------------------------------------------------------------------------------------------------- seeds


def _presentation() -> bytes:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text_frame.text = "Quarter"
    slide.placeholders[1].text_frame.text = "Total 1,250.00\nDue 2024-03-01"
    target = io.BytesIO()
    show.save(target)
    return target.getvalue()


def _picture(kind: str, mode: str = "RGB") -> bytes:
    return encoded(draw([(10, 10, "TOTAL 12.50")], (220, 60)).convert(mode), kind)


SEEDS: dict[str, Callable[[], bytes]] = {
    **MADE,
    "pdf": lambda: make_pdf([(50, 700, "INVOICE 7"), (50, 680, "Total 1,250.00"), (50, 660, "Date 2024-03-01")]),
    "pptx": _presentation,
    "msg": lambda: make_message(Mail(subject="Invoice", body="Total 12.50")),
    "png": lambda: _picture("PNG"),
    "jpg": lambda: _picture("JPEG"),
    "tiff": lambda: _picture("TIFF"),
    "bmp": lambda: _picture("BMP"),
    "gif": lambda: _picture("GIF", "P"),
    "webp": lambda: _picture("WEBP"),
    "csv": lambda: b"name;total;date\n" + b"Corner Shop;12,50;01.03.2024\n" * 20,
    "tsv": lambda: b"name\ttotal\nCorner Shop\t12.50\n" * 10,
    "json": lambda: json.dumps({"total": 12.5, "items": [{"name": "x", "price": 1}] * 5}).encode(),
    "jsonl": lambda: b'{"total": 12.5, "date": "2024-03-01"}\n' * 10,
    "xml": lambda: b"<?xml version='1.0'?><Invoice><ID>7</ID><Total currency='EUR'>12.50</Total></Invoice>",
    "txt": lambda: "CORNER SHOP\nDate: 01/03/2024\nTotal: 12.50 €\n".encode(),
    "md": lambda: b"# Invoice\n\n| item | price |\n|---|---|\n| Tea | 3.50 |\n",
}  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- made ones


def _nested(opening: str, inner: str, closing: str, depth: int) -> str:
    return opening * depth + inner + closing * depth


def _zip_of(*parts: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return target.getvalue()


def _zips_in_zips(depth: int, width: int) -> bytes:
    data = _zip_of(("a.txt", b"x" * 1_000_000))
    for _ in range(depth):
        data = _zip_of(*((f"{place}.zip", data) for place in range(width)))
    return data


def _huge_png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


def _flate_bomb_pdf(size: int, twice: bool = False) -> bytes:
    data = zlib.compress(b"0 0 m " * (size // 6), 9)
    filters = "/FlateDecode"
    if twice:
        data, filters = zlib.compress(data, 9), "[/FlateDecode /FlateDecode]"
    objects = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>",
    )
    body = "".join(f"{number} 0 obj{text}endobj\n" for number, text in enumerate(objects, start=1))
    head = f"%PDF-1.4\n{body}4 0 obj<</Length {len(data)}/Filter {filters}>>stream\n"
    return head.encode() + data + b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def _pdf_objects(*objects: str, root: str = "1 0 R") -> bytes:
    body = "".join(f"{number} 0 obj{text}endobj\n" for number, text in enumerate(objects, start=1))
    return f"%PDF-1.4\n{body}trailer<</Root {root}>>\n%%EOF".encode("latin-1")


_LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(12))
    + "]>"
)
_OUT = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % y SYSTEM 'http://127.0.0.1/y'> %y;]>"


def _deep_mail(depth: int) -> bytes:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{place}\n\n--b{place}\n" for place in range(depth))
    return ("MIME-Version: 1.0\nFrom: a@b.c\nSubject: x\n" + head + "Content-Type: text/plain\n\nTotal 5.00\n").encode()


def _mails_in_mails(depth: int) -> bytes:
    text = "Subject: inner\n\nTotal 5.00\n"
    for _ in range(depth):
        text = f"Subject: x\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n{text}"
    return text.encode()


CRAFTED: dict[str, Callable[[], bytes]] = {
    # archives
    "bomb.zip": lambda: _zip_of(("a.txt", bytes(300_000_000))),
    "zips-in-zips.zip": lambda: _zips_in_zips(5, 8),
    "many-files.zip": lambda: _zip_of(*((f"{place}.txt", b"Total 5.00") for place in range(20_000))),
    "climbing.zip": lambda: _zip_of(("../../../../tmp/stillroom-hostile.txt", b"Total 5.00"), ("/etc/x.txt", b"y"), ("C:\\x.txt", b"z")),
    "same-name.zip": lambda: re.sub(rb"\d\d\.txt", b"aa.txt", _zip_of(*((f"{place}.txt", b"Total 5.00") for place in range(10, 60)))),
    "bomb.docx": lambda: word(paragraph("Total 5.00") + "<w:p><w:r><w:t>" + "A" * 200_000_000 + "</w:t></w:r></w:p>"),
    # markup
    "laughs.xml": lambda: (_LAUGHS + "<l>&m;</l>").encode(),
    "outside.xml": lambda: (_OUT + "<l>&x;</l>").encode(),
    "laughs.docx": lambda: packed({"[Content_Types].xml": _LAUGHS + "<l>&m;</l>", "word/document.xml": _LAUGHS + "<l>&m;</l>"}),
    "laughs.odt": lambda: packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": _LAUGHS + "<l>&m;</l>"}),
    "deep.xml": lambda: _nested("<a>", "Total 5.00", "</a>", 200_000).encode(),
    "deep.html": lambda: ("<html><body>" + _nested("<div>", "Total 5.00", "</div>", 200_000)).encode(),
    "deep-tables.html": lambda: ("<html>" + _nested("<table><tr><td>", "Total 5.00", "", 20_000)).encode(),
    "wide.html": lambda: ("<html><table>" + "<tr><td colspan=1000 rowspan=65534>x</td></tr>" * 5_000).encode(),
    "comments.html": lambda: ("<html>" + "<!--" * 400_000).encode(),
    "styles.html": lambda: ("<html><style>" + "p{color:red}" * 200_000 + "</style><p>x").encode(),
    "data-address.html": lambda: b"<html><img src='data:image/png;base64," + b"A" * 20_000_000 + b"'>Total 5.00",
    "deep.json": lambda: _nested("[", "1", "]", 500_000).encode(),
    "long-number.json": lambda: b'{"total": ' + b"9" * 1_000_000 + b"}",
    "repeated-keys.json": lambda: b"{" + b'"a": 1,' * 500_000 + b'"a": 2}',
    "surrogates.json": lambda: rb'{"total": "\ud800\udfff\ud800", "a": "\u0000"}' * 10,
    "deep.rtf": lambda: b"{\\rtf1 " + b"{\\b " * 300_000 + b"Total 5.00",
    "bin.rtf": lambda: b"{\\rtf1 \\bin2147483647 abc Total 5.00}",
    "pictures.rtf": lambda: b"{\\rtf1 " + b"{\\pict\\pngblip " + b"00" * 5_000_000 + b"}}",
    # tables
    "wide.csv": lambda: b";".join([b"x"] * 2_000_000),
    "quotes.csv": lambda: b'"' * 5_000_001,
    "lines.csv": lambda: b"a;1\n" * 2_000_000,
    "last-cell.xlsx": lambda: workbook(f'<s:row r="1048576">{cell("XFD1048576", "Total 5.00")}</s:row>'),
    "wrong-cells.xlsx": lambda: workbook("".join(f'<s:row r="{-place}">{cell("A0", "x")}</s:row>' for place in range(100))),
    "merged.xlsx": lambda: workbook(
        f'<s:row r="1">{cell("A1", "x")}</s:row>',
        after="<s:mergeCells>" + '<s:mergeCell ref="A1:XFD1048576"/>' * 2_000 + "</s:mergeCells>",
    ),
    "repeated.ods": lambda: open_document(
        "spreadsheet",
        '<table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"><text:p>Total 5.00</text:p></table:table-cell></table:table-row></table:table>',
    ),
    "deep.docx": lambda: word(_nested("<w:tbl><w:tr><w:tc>", paragraph("Total 5.00"), "</w:tc></w:tr></w:tbl>", 3_000)),
    "many.docx": lambda: word(paragraph("Total 5.00") * 200_000),
    # mail
    "deep.eml": lambda: _deep_mail(3_000),
    "mails-in-mails.eml": lambda: _mails_in_mails(2_000),
    "headers.eml": lambda: b"Subject: x\nTo: " + b"a@b.c, " * 300_000 + b"\n\nTotal 5.00",
    "encoded-words.eml": lambda: b"Subject: " + b"=?utf-8?Q?" * 100_000 + b"\n\nTotal 5.00",
    "wrong-base64.eml": lambda: b"Subject: x\nContent-Transfer-Encoding: base64\n\n" + b"=A" * 1_000_000,
    "many-parts.eml": lambda: b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nTotal 5.00\n" * 50_000,
    "many.mbox": lambda: b"From a@b Mon Mar  3 10:00:00 2025\nSubject: x\n\nTotal 5.00\n\n" * 30_000,
    "repeats.ics": lambda: MADE["ics"]().replace(b"END:VEVENT", b"RRULE:FREQ=SECONDLY\r\nEND:VEVENT"),
    "folded.ics": lambda: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 100_000,
    "loop.msg": lambda: make_message(Mail(subject="x", body="y")).replace(b"\xfe\xff\xff\xff", b"\0\0\0\0"),
    # pictures
    "huge.png": lambda: _huge_png(2**31 - 1, 2**31 - 1),
    "large.png": lambda: _huge_png(30_000, 30_000),
    "thin.png": lambda: _huge_png(1, 60_000_000),
    "frames.gif": lambda: _frames(3_000),
    "grey.png": lambda: encoded(Image.effect_noise((2_500, 2_500), 80), "PNG"),
    "stripes.tiff": lambda: b"II*\0\x08\0\0\0" + struct.pack("<H", 65_535) + struct.pack("<HHII", 256, 4, 1, 2**31) * 2_000,
    "loop.tiff": lambda: b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 256, 4, 1, 5, 8),
    "wrong.bmp": lambda: b"BM" + struct.pack("<IIIIiiHHI", 54, 0, 54, 40, -(2**31), 2**31 - 1, 1, 32, 0),
    # PDF
    "flate.pdf": lambda: _flate_bomb_pdf(400_000_000),
    "flate-twice.pdf": lambda: _flate_bomb_pdf(200_000_000, twice=True),
    "loop.pdf": lambda: _pdf_objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"),
    "count.pdf": lambda: _pdf_objects("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 2147483647>>"),
    "self-page.pdf": lambda: _pdf_objects(
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 3 0 R/Contents 3 0 R/Resources 3 0 R/MediaBox[0 0 600 800]>>",
    ),
    "huge-page.pdf": lambda: _pdf_objects(
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[-1e9 -1e9 1e9 1e9]>>",
    ),
    "deep-arrays.pdf": lambda: _pdf_objects("<</Type/Catalog/Pages 2 0 R/A " + "[" * 300_000 + ">>", "<</Type/Pages/Kids[]>>"),
    "form-in-itself.pdf": lambda: written(
        "q /F Do Q", "<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 6 0 R>>>>/Length 5>>stream\n/F Do\nendstream",
        resources="/XObject<</F 6 0 R>>",
    ),
    "many-letters.pdf": lambda: make_pdf([(20, 20 + place % 760, "x" * 3_000) for place in range(1_000)]),
    "overprinted.pdf": lambda: make_pdf([(50, 700, "Total 5.00")] * 50_000),
    "many-pages.pdf": lambda: make_pdf(*[[(50, 700, f"Page {place}")] for place in range(1_500)]),
    # texts
    "empty.txt": lambda: b"",
    "nul.txt": lambda: bytes(1_000_000),
    "one-line.txt": lambda: b"Total 5.00 " * 900_000,
    "names.txt": lambda: b"Foo Bar Ltd, Baz GmbH, Qux Inc. " * 60_000,
    "digits.txt": lambda: b"1234567890 " * 300_000,
    "long-digits.txt": lambda: b"1" * 5_000_000,
    "dates.txt": lambda: b"01/02/03 2024-13-45 31.02.2024 " * 100_000,
    "marks.txt": lambda: "\u202e\u2066\ufeff\u200b".encode() * 500_000,
    "combined.txt": lambda: ("e" + "\u0301" * 100_000).encode() * 5,
    "wrong-utf8.txt": lambda: b"\xff\xfe\xfd Total 5.00 \xc3\x28" * 1_000,
    "base64.txt": lambda: base64.b64encode(random.Random(1).randbytes(3_000_000)),
}  # fmt: skip


def _frames(count: int) -> bytes:
    frames = [Image.new("P", (50, 50), place % 255) for place in range(count)]
    target = io.BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:])
    return target.getvalue()
