"""Every bad file ends in a sentence."""

from __future__ import annotations

import io
import os
import socket
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stillroom.documents import source as source_module
from stillroom.documents.read_file import read_file, read_source
from stillroom.documents.source import Source
from stillroom.errors import DocumentError, PasswordNeeded

Make = Callable[..., bytes]


def refusal(data: bytes, name: str = "file.bin", password: str | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        read_source(Source(name, data, password))
    return sentence(caught.value)


def sentence(error: DocumentError) -> str:
    assert error.message[0].isupper()
    assert error.message.endswith(".")
    assert "Traceback" not in error.message
    return error.message


def refused_file(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read_file(path)
    return sentence(caught.value)


def zipped(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return target.getvalue()


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    assert "not there any more" in refused_file(tmp_path / "gone.pdf")
    (tmp_path / "file").write_text("x")
    assert "not there any more" in refused_file(tmp_path / "file" / "below.pdf")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert "not there any more" in refused_file(tmp_path / "link")


def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Add the files in it" in refused_file(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "may not look into this folder" in refused_file(tmp_path), "its files could not be added"


def test_a_name_that_is_none() -> None:
    assert "name is not valid" in refused_file(Path("a\0b.txt"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.txt"
    path.write_text("x")
    path.chmod(0)
    assert "may not read" in refused_file(path)


def test_a_file_that_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    for error, words in (
        (PermissionError(13, "Permission denied"), "may not read"),
        (OSError(5, "I/O error"), "i/o error"),
    ):

        def refuse(*_: object, error: OSError = error) -> int:
            raise error

        monkeypatch.setattr(os, "open", refuse)
        assert words in refused_file(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
@pytest.mark.timeout(10)
def test_pipes_and_devices_never_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "pipe or a device" in refused_file(tmp_path / "pipe")
    assert "pipe or a device" in refused_file(Path("/dev/zero"))
    assert "pipe or a device" in refused_file(Path("/dev/null"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert "pipe or a device" in refused_file(tmp_path / "socket")


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(source_module.FILE_BYTES + 1)
    assert "at most 200 MB" in refused_file(path)
    monkeypatch.setattr(source_module, "CHARACTERS", 10)
    assert "at most 10 can be read" in refusal(b"more than ten characters")


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.eml", "none"])
def test_nothing_and_white_space(name: str) -> None:
    assert "0 bytes" in refusal(b"", name)
    assert "white space" in refusal(b" \n\t\r\n ", name)
    assert "white space" in refusal("  \n ".encode("utf-16"), "a.txt")


def test_documents_with_no_text_in_them(word: Make, excel: Make, pdf: Make) -> None:
    assert "no text" in refusal(word("", " "))
    assert "no text" in refusal(excel(S=[[" "]]))
    assert "blank" in refusal(pdf([]))
    assert "no text" in refusal(b"<html><body><p> </p></body></html>")


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0", "picture"),
        (b"GGUF\3\0\0\0", "model"),
        (b"\x7fELF\2\1", "program"),
        (b"\0\0\0\x18ftypmp42", "video"),
        (b"SQLite format 3\0", "database"),
        (b"\x1f\x8b\x08\0", "archive"),
        (b"Rar!\x1a\x07\x01\0", "archive"),
        (bytes(range(256)), "binary"),
        (b"%!PS-Adobe-3.0\n(Total) show", "PostScript"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a", "Git LFS"),
        (b"[InternetShortcut]\r\nURL=https://example.org/a.pdf", "a link"),
        (b'{"url":"https://docs.google.com/open?id=1","doc_id":"1"}', "online office"),
        (b"<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Workbook/>", "one XML text"),
        (b"<?xml version='1.0'?>\n<office:document office:mimetype='x'/>", "one XML text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100) + "WordDocument".encode("utf-16-le"), ".doc"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100) + "Workbook".encode("utf-16-le"), ".xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100) + "EncryptedPackage".encode("utf-16-le"), "password"),
        (zipped(a=bytes(range(256))), "ZIP"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.text"), "OpenDocument"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.graphics"), "OpenDocument"),
        (zipped(FixedDocSeq__fdseq=b"", **{"FixedDocumentSequence.fdseq": b"<x/>"}), "XPS"),
        (zipped(mimetype=b"application/epub+zip"), "e-book"),
    ],
)
def test_what_is_no_document_is_named(start: bytes, words: str) -> None:
    for name in ("a.txt", "a.pdf", "a.docx", "a"):
        message = refusal(start + bytes(range(256)) if len(start) < 20 else start, name)
        assert words in message or ("not one" in message and words == "binary")


@pytest.mark.parametrize(
    "text", ['{"doc_id": "INV-1", "total": 9.9}', '{"url": "https://docs.google.com/x", "total": "9.9"}']
)
def test_a_record_is_no_link_to_an_online_office(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    assert "9.9" in read_file(file).pages[0].text


def test_a_wrong_extension_does_not_matter(word: Make, excel: Make, pdf: Make) -> None:
    for data, kind in ((word("Hello"), "docx"), (excel(S=[["Hello"]]), "xlsx"), (pdf([(50, 700, "Hello")]), "pdf")):
        for name in ("a.txt", "a.pdf", "a.docx", "a.csv", "a"):
            document = read_source(Source(name, data))
            assert (document.kind, document.pages[0].text) == (kind, "Hello")
    for name in ("a.pdf", "a.docx", "a.xlsx", "a"):
        assert read_source(Source(name, b"plain words")).kind == "txt"
    assert read_source(Source("a.txt", b"<!doctype html><p>Hello")).kind == "html"
    assert read_source(Source("a", b"Received: by x\nFrom: a@b.example\nMessage-ID: <1>\n\nHello")).kind == "eml"
    assert read_source(Source("a.txt", b"From: the chair\nTo: all\n\nA memo")).kind == "txt"


def test_an_encrypted_pdf(pdf: Make) -> None:
    data = pdf([(50, 700, "Secret")], password="s3cret")
    for password, words in ((None, "Enter the password"), ("", "Enter the password"), ("wrong", "does not open")):
        with pytest.raises(PasswordNeeded) as caught:
            read_source(Source("a.pdf", data, password))
        assert words in sentence(caught.value)
    assert read_source(Source("a.pdf", data, "s3cret")).pages[0].text == "Secret"


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_truncated_files(share: float, word: Make, excel: Make, pdf: Make) -> None:
    for data, name in ((word("Hello " * 400), "a.docx"), (excel(S=[["Hello", n] for n in range(200)]), "a.xlsx")):
        message = refusal(data[: int(len(data) * share)], name)
        assert "damaged" in message or "incomplete" in message
    data = pdf(*[[(50, 700, f"Page {n} of a document")] for n in range(30)])
    try:  # pdfium mends what it can; the pages it finds are whole
        document = read_source(Source("a.pdf", data[: int(len(data) * share)]))
    except DocumentError as error:
        sentence(error)
    else:
        assert all("of a document" in page.text for page in document.pages)


def test_damage_in_the_middle(word: Make, excel: Make) -> None:
    for data, name in ((word("Hello " * 400), "a.docx"), (excel(S=[["Hello", n] for n in range(200)]), "a.xlsx")):
        for at in range(0, len(data) - 200, len(data) // 25):
            broken = data[:at] + b"\xa5" * 150 + data[at + 150 :]
            try:
                assert read_source(Source(name, broken)).pages
            except DocumentError as error:
                sentence(error)


def test_a_zip_bomb(word: Make) -> None:
    target = io.BytesIO(word("Hello"))
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/x.xml", "w") as part,
    ):
        for _ in range(60):
            part.write(bytes(1 << 20))
    assert "would unpack to 60 MB" in refusal(target.getvalue(), "a.docx")


def test_word_files_with_entities_that_explode_or_reach_out(word: Make, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<!DOCTYPE w [<!ENTITY e0 "ha">{entities}<!ENTITY file SYSTEM "{secret.as_uri()}">]>'
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word("Hello REPLACED"))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                start = data.index(b"?>") + 2
                data = data[:start] + head.encode() + data[start:].replace(b"REPLACED", b"&e11; &file;")
            new.writestr(name, data)
    try:
        text = read_source(Source("a.docx", target.getvalue())).pages[0].text
    except DocumentError as error:
        sentence(error)
    else:
        assert "SECRET" not in text
        assert len(text) < 1000


def test_a_sentence_never_quotes_the_document(word: Make) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word("Hello"))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<w:secret" if name == "word/document.xml" else old.read(name))
    with pytest.raises(DocumentError) as caught:
        read_source(Source("a.docx", target.getvalue()))
    assert "damaged" in sentence(caught.value)
    assert "secret" not in caught.value.message + caught.value.details
    assert "ValueError" in caught.value.details


def test_another_thing_under_the_name_of_a_document_is_said() -> None:
    page = b"<!doctype html><html><body>Please sign in</body></html>"
    assert read_source(Source("bill.pdf", page)).notes == (
        "The file is named .pdf but is a web page: perhaps a download went wrong.",
    )
    assert not read_source(Source("bill.doc", page)).notes
    assert not read_source(Source("bill.html", page)).notes
