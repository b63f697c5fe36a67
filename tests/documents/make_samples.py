"""Makes the sample documents in resources/samples; everything in them is invented. Run it after a change, commit what it writes.

python tests/documents/make_samples.py
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "samples"

RECEIPT = """\
           THE COPPER KETTLE
        Kitchen & Homeware Shop
     14 Harbour Street, Wexcombe
            WX4 7DP
        Tel: 01632 960 144
      VAT Reg No: GB 999 0000 00

RECEIPT NO: 0047-2218
DATE: 14/03/2025        TIME: 11:42
CASHIER: 07             TILL: 2
------------------------------------
ITEM               QTY  PRICE  AMOUNT
Enamel Milk Pan      1  18.50   18.50
Linen Tea Towel      3   6.25   18.75
Beeswax Candle 20cm  2   4.95    9.90
Stoneware Mug Blue   4   7.50   30.00
------------------------------------
SUBTOTAL                        77.15
DISCOUNT (Mug offer)            -3.00
TOTAL GBP                       74.15
   incl. VAT 20%                12.36
------------------------------------
CASH                            80.00
CHANGE                           5.85

   Goods may be returned within
   28 days with this receipt.
      Thank you for your visit!
"""

ITEMS = (
    ("Oak shelf board, oiled, 1200 x 240 mm", 6, Decimal("48.00")),
    ("Wall bracket, blackened steel", 12, Decimal("9.75")),
    ("Cutting and edge sanding, per hour", 3, Decimal("52.00")),
    ("Delivery within 50 km", 1, Decimal("35.00")),
)

PARTIES = ("Marlow Fenn Instruments Ltd.", "Tidewater Analytics Inc.")

CLAUSES = (
    (
        "Purpose",
        "The parties wish to explore a possible co-operation in the field of tide gauges and the analysis of their "
        "measurements (the “Purpose”). For the Purpose each party may disclose to the other information that it regards as "
        "confidential. This Agreement sets out the terms on which it does so.",
    ),
    (
        "Confidential Information",
        "“Confidential Information” means all information, in whatever form, that one party (the “Discloser”) makes available "
        "to the other (the “Recipient”) for the Purpose and that is marked as confidential or would be understood to be "
        "confidential by a reasonable person, including drawings, firmware, measurement data, customer lists and prices.",
    ),
    (
        "Obligations of the Recipient",
        "The Recipient shall keep the Confidential Information secret, use it for the Purpose only, protect it with at least "
        "the care it gives to its own information of the same kind, and make it available only to those of its employees and "
        "advisers who need it for the Purpose and who are bound by duties of confidence no less strict than these.",
    ),
    (
        "Exceptions",
        "The obligations in Section 3 do not apply to information that the Recipient can show was known to it before the "
        "disclosure, is or becomes public through no fault of the Recipient, was received from a third party entitled to "
        "disclose it, or was developed independently. Where the law or a court requires disclosure, the Recipient shall tell "
        "the Discloser beforehand as far as it is allowed to, and disclose no more than is required.",
    ),
    (
        "Return of materials",
        "On written request the Recipient shall within fourteen (14) days return or destroy all documents and media that hold "
        "Confidential Information, and confirm in writing that it has done so. Copies made by automatic backups may be kept "
        "until they are overwritten in the ordinary course; they remain subject to this Agreement.",
    ),
    (
        "No licence, no warranty",
        "All Confidential Information remains the property of the Discloser. Nothing in this Agreement grants a licence under "
        "any patent, copyright, trade mark or other right. The Confidential Information is provided as it is; the Discloser "
        "gives no warranty that it is accurate or complete.",
    ),
    (
        "Term",
        "This Agreement begins on the Effective Date and remains in force for a period of three (3) years. The obligations "
        "of confidence continue for five (5) years after its end. Either party may terminate it earlier with thirty (30) days’ "
        "written notice.",
    ),
    (
        "Remedies",
        "The parties acknowledge that damages alone may not be a sufficient remedy for a breach, and that the Discloser may "
        "apply for an injunction in addition to any other remedy it has.",
    ),
    (
        "Governing law",
        "This Agreement is governed by the laws of the State of Delaware, without regard to its conflict of laws rules. The "
        "courts of that State have exclusive jurisdiction over all disputes that arise from it.",
    ),
    (
        "General",
        "This Agreement is the whole agreement of the parties about its subject. Changes must be made in writing and signed by "
        "both parties. If a provision is invalid, the others remain in force. Neither party may assign this Agreement without "
        "the written consent of the other.",
    ),
)


def invoice() -> bytes:
    """An invoice of one page as PDF; the same bytes every time."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("Invoice 2025-0318")
    canvas.setFont("Helvetica-Bold", 15)
    canvas.drawString(56, 780, "Holm & Alder Joinery Ltd.")
    canvas.setFont("Helvetica", 9)
    for row, line in enumerate(("Unit 5, Quarry Lane", "Lower Penhallow PN8 2QT", "accounts@holmandalder.example")):
        canvas.drawString(56, 764 - 12 * row, line)
    canvas.setFont("Helvetica-Bold", 20)
    canvas.drawRightString(540, 776, "INVOICE")
    facts = (
        ("Invoice number:", "2025-0318"),
        ("Invoice date:", "18 March 2025"),
        ("Due date:", "17 April 2025"),
        ("Customer number:", "C-1047"),
    )
    canvas.setFont("Helvetica", 9)
    for row, (label, value) in enumerate(facts):
        canvas.drawString(360, 700 - 14 * row, label)
        canvas.drawRightString(540, 700 - 14 * row, value)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(56, 700, "Bill to")
    canvas.setFont("Helvetica", 9)
    for row, line in enumerate(("Bramblewick Tea Rooms", "27 Mill Parade", "Bramblewick BW1 6HE")):
        canvas.drawString(56, 686 - 12 * row, line)

    top = 600
    columns = (56, 350, 440, 540)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(columns[0], top, "Description")
    for x, head in zip(columns[1:], ("Quantity", "Unit price", "Amount"), strict=True):
        canvas.drawRightString(x, top, head)
    canvas.line(56, top - 5, 540, top - 5)
    canvas.setFont("Helvetica", 9)
    y = top - 20
    net = Decimal(0)
    for what, quantity, price in ITEMS:
        amount = quantity * price
        net += amount
        canvas.drawString(columns[0], y, what)
        for x, text in zip(columns[1:], (str(quantity), f"{price:.2f}", f"{amount:.2f}"), strict=True):
            canvas.drawRightString(x, y, text)
        y -= 16
    canvas.line(350, y + 6, 540, y + 6)
    tax = (net * Decimal("0.20")).quantize(Decimal("0.01"))
    for label, amount in (("Net amount", net), ("VAT 20 %", tax)):
        y -= 10
        canvas.drawString(350, y, label)
        canvas.drawRightString(540, y, f"{amount:.2f}")
        y -= 5
    y -= 12
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawString(350, y, "Total amount due")
    canvas.drawRightString(540, y, f"EUR {net + tax:,.2f}")
    canvas.setFont("Helvetica", 9)
    payment = (
        "Please pay by bank transfer within 30 days.",
        "IBAN: DE02 1203 0000 0000 2020 51",
        "BIC: XXXXDEFFXXX",
        "Reference: 2025-0318",
    )
    for row, line in enumerate(payment):
        canvas.drawString(56, 400 - 13 * row, line)
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(298, 60, "Holm & Alder Joinery Ltd.   Registered in Penhallow   VAT number XX 000 4711 00")
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def contract() -> bytes:
    """A non-disclosure agreement of about two pages as DOCX; the same bytes every time."""
    document = docx.Document()
    style = document.styles["Normal"]
    style.font.name = "Calibri"
    style.font.size = Pt(11)
    title = document.add_paragraph()
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = title.add_run("MUTUAL NON-DISCLOSURE AGREEMENT")
    run.bold = True
    run.font.size = Pt(15)
    document.add_paragraph(
        "This Mutual Non-Disclosure Agreement (the “Agreement”) is made as of 3 February 2025 (the “Effective Date”) between"
    )
    document.add_paragraph(f"{PARTIES[0]}, a company with its office at 8 Sluice Row, Kelham Quay (“Marlow Fenn”), and")
    document.add_paragraph(
        f"{PARTIES[1]}, a corporation with its office at 410 Lantern Avenue, Port Alder (“Tidewater”)."
    )
    document.add_paragraph("Marlow Fenn and Tidewater are each a “party” and together the “parties”.")
    for number, (heading, text) in enumerate(CLAUSES, 1):
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{number}. {heading}. ").bold = True
        paragraph.add_run(text)
    document.add_paragraph("Signed by the parties’ authorised representatives:")
    table = document.add_table(rows=4, cols=2)
    rows = (
        PARTIES,
        ("Signature: ____________________", "Signature: ____________________"),
        ("Title: Managing Director", "Title: Chief Executive Officer"),
        ("Date: 3 February 2025", "Date: 3 February 2025"),
    )
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    footer = document.sections[0].footer.paragraphs[0]
    footer.text = "Marlow Fenn / Tidewater – Mutual Non-Disclosure Agreement – Confidential"
    document.core_properties.author = "Stillroom"
    document.core_properties.created = document.core_properties.modified = datetime(2025, 2, 3)
    target = io.BytesIO()
    document.save(target)
    return _without_times(target.getvalue())


def _without_times(data: bytes) -> bytes:
    """A ZIP file whose parts bear no time, so that it comes out the same every time."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "receipt.txt").write_text(RECEIPT, encoding="utf-8", newline="\n")
    (FOLDER / "invoice.pdf").write_bytes(invoice())
    (FOLDER / "contract.docx").write_bytes(contract())


if __name__ == "__main__":
    main()
