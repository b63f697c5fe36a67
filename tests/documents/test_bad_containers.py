"""Damaged, encrypted and hostile files of the formats that hold others: a document or a sentence, never more work than is bounded."""

from __future__ import annotations

import base64
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.documents.make_office import cell, packed, paragraph, word, workbook
from tests.documents.test_everything_is_read_or_said import (
    excel_workbook,
    mail,
    open_document,
    word_document,
)
from tests.documents.test_wrapped_messages import winmail, wrapped

from stillroom.documents.formats import zip_archive
from stillroom.documents.read_file import find_source, read_file, read_source
from stillroom.documents.source import Effort, Source, digest
from stillroom.errors import DocumentError

MADE: dict[str, Callable[[], bytes]] = {
    "docx": word_document,
    "xlsx": excel_workbook,
    "odt": lambda: open_document("text", "<text:p>BODY</text:p>"),
    "ods": lambda: open_document("spreadsheet", "<table:table><table:table-row/></table:table>"),
    "zip": lambda: packed({"a.txt": "ONE" * 50, "b.docx": word(paragraph("TWO"))}),
    "dat": lambda: winmail(b"BODY" * 20, (b"a.txt", b"ATTACHED" * 20)),
    "p7m": lambda: wrapped("signed_data", b"Content-Type: text/plain\r\n\r\nBODY" * 5),
    "ics": lambda: b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:20250410T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    "rtf": lambda: rb"{\rtf1\ansi{\header Top}{\pict\pngblip 89504e47}{\v hidden} Body {\footnote a}\bin3 abc}",
    "mbox": lambda: b"From a@b Mon Mar  3 10:00:00 2025\nSubject: x\n\nBody\n\n" * 3,
    "eml": lambda: mail(("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", base64.b64encode(b"Subject: x\n\ny").decode())),
    "html": lambda: b"<style>p{color:#fff</style><p style='font-size:'>x<img src='data:image/png;base64,!'><svg><text>",
    "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200),
}  # fmt: skip


def outcome(name: str, data: bytes) -> str:
    """The text of all documents, or the sentence."""
    try:
        document = read_source(Source(name, data))
    except DocumentError as error:
        said = error.message
    else:
        assert all(note.endswith(".") for part in document.walk() for note in part.notes)
        return "\n".join(page.text for part in document.walk() for page in part.pages)
    assert said[0].isupper()
    assert said.endswith(".")
    return said


@pytest.mark.parametrize("kind", MADE)
def test_damage_ends_in_a_document_or_a_sentence(kind: str) -> None:
    whole = MADE[kind]()
    chance = random.Random(7)
    outcome(f"a.{kind}", whole)
    for _ in range(12):
        outcome(f"a.{kind}", whole[: chance.randrange(1, len(whole))])
        broken = bytearray(whole)
        for _ in range(6):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        outcome(f"a.{kind}", bytes(broken))


def test_encrypted_files_say_what_to_do() -> None:
    manifest = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": "scrambled",
            "META-INF/manifest.xml": "<m><encryption-data/></m>",
        }
    )
    assert "password" in outcome("a.odt", manifest)
    archive = bytearray(packed({"a.txt": "ONE"}))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):  # the bit that says so, in both places
        archive[archive.index(mark) + place] |= 1
    assert "protected with a password" in outcome("a.zip", bytes(archive))


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    assert "too large to be read" in outcome("a.zip", packed({"a.txt": b"\0" * (60 << 20)}))


def test_archives_in_archives_do_not_multiply() -> None:
    data = packed({f"{number}.txt": "x" for number in range(30)})
    for _ in range(2):
        data = packed({f"{number}.zip": data for number in range(30)})
    effort = Effort(files=50)
    document = read_source(Source("a.zip", data, effort=effort))
    assert len(list(document.walk())) <= 51
    assert any("too many or too large" in note for part in document.walk() for note in part.notes)


def test_more_files_than_are_taken_of_an_archive_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_archive, "FILES", 2)
    document = read_source(Source("a.zip", packed({f"{number}.txt": "x" for number in range(4)})))
    assert len(document.attachments) == 2
    assert "holds more than 2 packed files" in " ".join(document.notes)


def test_empty_archives_and_such_of_nothing_that_can_be_read() -> None:
    assert outcome("a.zip", packed({})) == "The ZIP archive is empty. There is nothing to read in it."
    assert outcome("a.zip", packed({"a.exe": b"MZ" + bytes(300)})).startswith(
        "Nothing in the ZIP archive could be read."
    )


def test_names_in_old_archives_are_decoded() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("Rechnung Müller.txt"), "x")
    data = target.getvalue().replace("Müller".encode(), b"M\x81ller" + b"_")  # DOS 850, one byte less
    flagless = bytearray(data)
    for mark, place in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        flagless[flagless.index(mark) + place] &= 0xF7
    assert read_source(Source("a.zip", bytes(flagless))).attachments[0].name == "a.zip › Rechnung Müller_.txt"


def test_a_wrong_extension_makes_no_difference() -> None:
    assert outcome("a.pdf", workbook(f'<s:row r="1">{cell("A1", "CELL")}</s:row>')) == "CELL"
    assert outcome("a.txt", word(paragraph("BODY"))) == "BODY"
    assert "ONE" in outcome("a.docx", packed({"a.txt": "ONE"}))


def test_a_file_in_an_archive_is_found_again_by_its_digest(tmp_path: Path) -> None:
    inner = packed({"deep.txt": "DEEP"})
    path = tmp_path / "all.zip"
    path.write_bytes(packed({"a.txt": "ONE", "mail.eml": mail(("Content-Type: text/plain", "x")), "in.zip": inner}))
    document = read_file(path)
    for part in document.walk():
        assert digest(find_source(path, None, part.sha256).data) == part.sha256
