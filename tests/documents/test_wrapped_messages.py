"""Messages in wrappers: signed, Outlook's winmail.dat, compressed RTF, code pages; and files inside of damaged ones."""

from __future__ import annotations

import base64
import struct

import compressed_rtf
import pytest
from asn1crypto import cms
from tests.documents.make_message import compound_file

from stillroom.documents.document import Document
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source
from stillroom.errors import DocumentError

_PART = b"Content-Type: text/plain; charset=utf-8\r\n\r\nSIGNED BODY\r\n"


def read(name: str, data: bytes) -> Document:
    return read_source(Source(name, data))


def wrapped(kind: str, data: bytes | None) -> bytes:
    """A PKCS #7 file; signed without a signer, which is enough to hold its content."""
    if kind == "signed_data":
        content = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [],
                "encap_content_info": {"content_type": "data", "content": data},
                "signer_infos": [],
            }
        )
    else:
        content = cms.EnvelopedData(
            {
                "version": "v0",
                "recipient_infos": [],
                "encrypted_content_info": {
                    "content_type": "data",
                    "content_encryption_algorithm": {"algorithm": "aes256_cbc", "parameters": bytes(16)},
                    "encrypted_content": b"secret" * 20,
                },
            }
        )
    return bytes(cms.ContentInfo({"content_type": kind, "content": content}).dump())


def mail(kind: str, data: bytes) -> bytes:
    head = f"From: a@example.org\nMIME-Version: 1.0\nContent-Type: {kind}; name=smime.p7m\nContent-Transfer-Encoding: base64\n\n"
    return head.encode() + base64.encodebytes(data)


def test_a_signed_message_is_read_and_its_signature_said_to_be_unchecked() -> None:
    document = read("m.eml", mail("application/pkcs7-mime; smime-type=signed-data", wrapped("signed_data", _PART)))
    assert document.pages[0].text.endswith("SIGNED BODY")
    assert document.notes == ("The digital signature was not checked.",)


def test_an_encrypted_message_is_said_to_be() -> None:
    document = read("m.eml", mail("application/pkcs7-mime", wrapped("enveloped_data", None)))
    assert document.notes == (
        "The message is encrypted. Open it in its mail program, save it unencrypted and add that.",
    )


@pytest.mark.parametrize("form", ["plain", "pem", "twice"])
def test_a_signed_file_is_read_as_what_it_is(form: str) -> None:
    data = wrapped("signed_data", b"<html><body><p>INVOICE 7</p></body></html>")
    if form == "twice":
        data = wrapped("signed_data", data)
    if form == "pem":
        data = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(data) + b"-----END PKCS7-----\n"
    document = read("invoice.html.p7m", data)
    assert document.pages[0].text == "INVOICE 7"
    assert "The digital signature was not checked." in document.notes


def test_a_signature_alone_and_an_encrypted_file_say_what_to_do() -> None:
    with pytest.raises(DocumentError, match="what was signed is another file"):
        read("a.p7s", wrapped("signed_data", None))
    with pytest.raises(DocumentError, match="encrypted"):
        read("a.p7m", wrapped("enveloped_data", None))
    whole = wrapped("signed_data", _PART)
    with pytest.raises(DocumentError, match="damaged"):
        read("a.p7m", whole[: len(whole) // 2])


# ------------------------------------------------------------------------------------------------------------- Outlook


def _attribute(level: int, name: int, kind: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def winmail(body: bytes, *files: tuple[bytes, bytes]) -> bytes:
    """The wrapper that Outlook sends to those who do not have it."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    data += _attribute(1, 0x9006, 8, struct.pack("<I", 0x10000)) + _attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    data += _attribute(1, 0x800C, 2, body + b"\0")
    for name, content in files:
        data += _attribute(2, 0x9002, 6, bytes(14)) + _attribute(2, 0x8010, 1, name + b"\0")
        data += _attribute(2, 0x800F, 6, content)
    return data


def test_what_outlook_wrapped_is_text_and_attachments_of_the_message() -> None:
    wrapper = winmail(b"See the INVOICE below.", (b"inner.txt", b"ATTACHED FILE"))
    document = read("m.eml", mail("application/ms-tnef", wrapper))
    assert "See the INVOICE below." in document.pages[0].text
    assert [(part.name, part.pages[0].text) for part in document.attachments] == [
        ("m.eml › inner.txt", "ATTACHED FILE")
    ]
    alone = read("winmail.dat", wrapper)
    assert alone.kind == "tnef"
    assert [part.pages[0].text for part in alone.walk()] == ["See the INVOICE below.", "ATTACHED FILE"]


def test_a_damaged_wrapper_is_said_to_be() -> None:
    document = read("m.eml", mail("application/ms-tnef", winmail(b"x" * 50, (b"a.txt", b"y" * 50))[:60]))
    assert document.pages[0].text.startswith("From: a@example.org")
    assert document.notes or "x" * 50 in document.pages[0].text


def outlook(**streams: bytes) -> bytes:
    """A message with these streams, named by property and type, and the code page of its texts."""
    page = int(streams.pop("page", b"0") or 0)
    properties = b"".join(
        struct.pack("<HHIQ", kind, name, 6, value)
        for kind, name, value in ((3, 0x3FFD, page), (3, 0x3FDE, page))
        if value
    )
    tree = {f"__substg1.0_{name.removeprefix('x')}": data for name, data in streams.items()}
    tree["__properties_version1.0"] = bytes(32) + properties
    return compound_file(tree)


@pytest.mark.parametrize(
    ("page", "codec"),
    [
        (b"1252", "cp1252"),
        (b"28591", "cp1252"),
        (b"20127", "utf-8"),
        (b"1250", "cp1250"),
        (b"65001", "utf-8"),
        (b"99999", "cp1252"),
    ],
)
def test_outlook_code_pages(page: bytes, codec: str) -> None:
    subject = "Žluťoučký" if codec == "cp1250" else "Grüße für 5 €"
    document = read("m.msg", outlook(page=page, x0037001E=subject.encode(codec), x1000001E=subject.encode(codec)))
    assert document.pages[0].text == f"Subject: {subject}\n\n{subject}"


def test_the_body_of_a_message_in_compressed_rtf() -> None:
    rtf = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Total 12.00\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}"
    assert "Total 12.00" in read("m.msg", outlook(x10090102=compressed_rtf.compress(rtf))).pages[0].text
    with_subject = outlook(x0037001F="Hello".encode("utf-16-le"), x10090102=b"\xff" * 40)
    document = read("m.msg", with_subject)
    assert document.pages[0].text == "Subject: Hello"
    assert "damaged" in document.notes[0]


def test_other_items_than_messages_are_said_to_be() -> None:
    item = outlook(x001A001F="IPM.Appointment".encode("utf-16-le"), x0037001F="Review".encode("utf-16-le"))
    assert "appointment" in read("m.msg", item).notes[0]


@pytest.mark.parametrize("footer", ["-- \nlist footer", "Unsubscribe\nhttps://example.org/"])
def test_a_footer_below_a_coded_body_is_no_code(footer: str) -> None:
    body = base64.encodebytes("Total due: £1,050.00\n".encode()).decode()
    head = "From: a@example.org\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    document = read("m.eml", (head + body + footer).encode())
    assert document.pages[0].text.endswith(f"Total due: £1,050.00\n\n{footer}")
    assert document.notes == ()


def test_an_appointment_has_a_date_and_a_start() -> None:
    event = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Review\r\nDTSTART:20250410T090000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert read("a.ics", event).pages[0].text.splitlines() == [
        "Subject: Review",
        "Date: 2025-04-10",
        "Start: 2025-04-10 09:00 UTC",
    ]
    all_day = event.replace(b"DTSTART:20250410T090000Z", b"DTSTART;VALUE=DATE:20250410")
    assert read("a.ics", all_day).pages[0].text.splitlines() == ["Subject: Review", "Date: 2025-04-10"]
