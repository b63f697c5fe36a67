"""Outlook messages and what is attached to them."""

from __future__ import annotations

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
