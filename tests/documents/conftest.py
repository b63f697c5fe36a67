"""Makes small documents of every format."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from email.message import EmailMessage

import docx
import openpyxl
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

Draw = Callable[[Canvas], None]


def make_pdf(*pages: Draw | Sequence[tuple[float, float, str]], password: str | None = None) -> bytes:
    """One page for each argument: a function that draws, or texts with the place of their baseline from the bottom left."""
    target = io.BytesIO()
    encryption = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(target, pagesize=(600, 800), encrypt=encryption)
    for page in pages:
        canvas.setFont("Helvetica", 10)
        if callable(page):
            page(canvas)
        else:
            for x, y, text in page:
                canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def make_docx(*paragraphs: str) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def make_xlsx(**sheets: Iterable[Sequence[object]]) -> bytes:
    workbook = openpyxl.Workbook()
    del workbook[workbook.sheetnames[0]]
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def make_message(body: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name] = value
    message.set_content(body)
    return message


@pytest.fixture(scope="session")
def pdf() -> Callable[..., bytes]:
    return make_pdf


@pytest.fixture(scope="session")
def word() -> Callable[..., bytes]:
    return make_docx


@pytest.fixture(scope="session")
def excel() -> Callable[..., bytes]:
    return make_xlsx


@pytest.fixture(scope="session")
def message() -> Callable[..., EmailMessage]:
    return make_message
