"""Outlook messages and what is attached to them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from email.message import EmailMessage

from tests.documents.make_message import Mail, make_message

from stillroom.documents.document import Document
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source
from stillroom.errors import DocumentError

Make = Callable[..., bytes]


def read(data: bytes, name: str = "m.msg") -> Document:
    return read_source(Source(name, data))


def check_sentence(error: DocumentError) -> None:
    assert error.message.endswith(".")
    assert "word" not in error.message


def test_an_outlook_message_with_its_attachments(pdf: Make, message: Callable[..., EmailMessage]) -> None:
    inner = Mail("Before", ("Bo", "bo@example.org"), body="The inner one.", attachments=[("n.txt", b"a note")])
    data = make_message(
        Mail(
            "Grüße & an invoice",
            ("Ann Example", "ann@example.org"),
            [("Bob", "bob@example.org"), ("cy@example.org", "cy@example.org")],
            "See attached.\r\nAnn\r\n",
            sent=133_854_732_000_000_000,
            attachments=[
                ("Rechnung März.pdf", pdf([(50, 700, "Total 12.00")])),
                ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le")),
                ("mail.eml", message("Inside.", Subject="x").as_bytes()),
                ("Before", inner),
            ],
        )
    )
    document = read(data)
    assert document.kind == "msg"
    assert document.pages[0].text == (
        'From: "Ann Example" <ann@example.org>\nTo: Bob <bob@example.org>, cy@example.org\n'
        "Sent: Mon, 03 Mar 2025 11:00:00 +0000\nSubject: Grüße & an invoice\n\nSee attached.\nAnn"
    )
    found = [(part.name, part.kind, part.pages[0].text) for part in document.walk()][1:]
    assert found == [
        ("m.msg › Rechnung März.pdf", "pdf", "Total 12.00"),
        ("m.msg › mail.eml", "eml", "Subject: x\n\nInside."),
        ("m.msg › Before", "msg", 'From: "Bo" <bo@example.org>\nSubject: Before\n\nThe inner one.'),
        ("m.msg › Before › n.txt", "txt", "a note"),
    ]
    assert [note for note in document.notes if "old.doc" in note]
    assert len({part.sha256 for part in document.walk()}) == 5


def test_an_outlook_message_in_html_only() -> None:
    html = "<p>Dear Bob</p><table><tr><td>Total</td><td>5 €</td></tr></table>".encode()
    assert read(make_message(Mail("Hi", html=html))).pages[0].text == "Subject: Hi\n\nDear Bob\n\nTotal\t5 €"


def test_outlook_messages_nested_without_end_are_left_unread_and_said_to_be() -> None:
    mail = Mail("0", body="innermost")
    for depth in range(1, 9):
        mail = Mail(str(depth), body="outer", attachments=[("inner", mail)])
    found = list(read(make_message(mail)).walk())
    assert len(found) == 4
    assert "too deep" in found[-1].notes[0]


def test_an_outlook_message_that_is_damaged() -> None:
    data = make_message(Mail("Hi", ("Ann", "a@example.org"), body="word " * 2000, attachments=[("a.txt", b"x" * 9000)]))
    assert read(data).attachments
    for share in (0.3, 0.6, 0.9):
        try:
            document = read(data[: int(len(data) * share)])
        except DocumentError as error:
            check_sentence(error)
        else:
            assert document.pages
    for at in range(512, len(data) - 64, len(data) // 40):
        try:
            assert read(data[:at] + b"\xa5" * 40 + data[at + 40 :]).pages
        except DocumentError as error:
            check_sentence(error)


def test_a_message_with_very_many_attachments(message: Callable[..., EmailMessage]) -> None:
    mail = message("Many.", Subject="x")
    for number in range(103):
        mail.add_attachment(f"note {number}".encode(), maintype="text", subtype="plain", filename=f"{number}.txt")
    document = read(mail.as_bytes(), "m.eml")
    assert len(document.attachments) == 100
    assert [note for note in document.notes if "more than 100" in note]


def mail(kind: str, body: str) -> Document:
    return read(f"From: a@example.org\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}".encode(), "m.eml")


def test_lines_that_were_broken_for_the_way_are_whole_again() -> None:
    text = mail("text/plain; format=flowed; delsp=yes", "Total 1,0 \n50.00\n\n> quoted \n> too\n-- \nAnn").pages[0].text
    assert text.endswith("Total 1,050.00\n\n> quoted \n> too\n-- \nAnn")
    assert mail("text/plain; format=flowed", "It is \ndue.\n  set in").pages[0].text.endswith("It is due.\n set in")
    assert mail("text/plain", "Total 1 \n50").pages[0].text.endswith("Total 1 \n50")


def test_a_file_written_into_the_text_is_an_attachment() -> None:
    rows = b"".join(
        binascii.b2a_uu(piece, backtick=False) for piece in (b"Total due 1,050.00, all of it now", b" and more")
    )
    document = mail("text/plain", f"See\n\nbegin 644 bill.txt\n{rows.decode()}`\nend\n\nAnn")
    assert document.pages[0].text.endswith("See\n\n\n\nAnn")
    assert [(part.name, part.pages[0].text) for part in document.attachments] == [
        ("m.eml › bill.txt", "Total due 1,050.00, all of it now and more")
    ]
    assert "begin 5 of them" in mail("text/plain", "begin 5 of them\nend").pages[0].text


def test_an_encrypted_text_is_said() -> None:
    document = mail("text/plain", "-----BEGIN PGP MESSAGE-----\n\nhQEMA3\n-----END PGP MESSAGE-----")
    assert "The message is encrypted." in document.notes[0]


def test_a_wrapper_with_nothing_in_it_is_said() -> None:
    data = base64.b64encode(b"\x78\x9f\x3e\x22" + bytes(20)).decode()
    head = (
        'multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nHi\n--b\nContent-Type: application/ms-tnef'
    )
    notes = read(
        f"From: a@example.org\nMIME-Version: 1.0\nContent-Type: {head}; name=winmail.dat\n"
        f"Content-Transfer-Encoding: base64\n\n{data}\n--b--\n".encode(),
        "m.eml",
    ).notes
    assert "winmail.dat" in notes[0]
