"""Takes the pictures of Extract, Review and Templates in the readme anew, of documents that it makes, in the real window.

    QT_QPA_PLATFORM=offscreen PYTHONPATH=app python installer/take_screenshots.py

Run it from the checkout, with the environment's Python and the starter model set up (``sh installer/run.sh --help``). The pictures
are written to resources/screenshots with 256 colours; nothing that Stillroom keeps on this machine is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QEventLoop, QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QImage, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QApplication, QWidget

from stillroom import paths
from stillroom.models.library import starter_model
from stillroom.privacy.seal import Seal
from stillroom.settings import Settings
from stillroom.ui.application import build_parts
from stillroom.ui.banner import Banner
from stillroom.ui.extract.page import ExtractPage
from stillroom.ui.main_window import MainWindow
from stillroom.ui.review.page import ReviewPage
from stillroom.ui.review.promise_dialog import PromiseDialog
from stillroom.ui.tasks import Tasks
from stillroom.ui.templates.page import TemplatesPage

_CHECKOUT = Path(__file__).resolve().parents[1]
_TARGET = _CHECKOUT / "resources" / "screenshots"
_SIZE, _LARGE = QSize(1280, 800), QSize(1000, 700)  # of the window; the larger pixels of the second make 2000 × 1400
_PATIENCE = 300  # seconds

_TEMPLATE = """name = "office-invoice"
version = 1
title = "Office invoice"
description = "A bill from a supplier with its line items."
[[fields]]
name = "supplier"
type = "organisation"
description = "the company that sends the invoice and is to be paid"
required = true
[[fields]]
name = "number"
type = "identifier"
description = "the number of the invoice"
required = true
near = ["invoice number", "invoice no", "invoice"]
[[fields]]
name = "date"
type = "date"
description = "the day of the invoice"
required = true
near = ["invoice date", "date"]
avoid = ["due"]
[[fields]]
name = "due"
type = "date"
description = "the day by which it is to be paid"
near = ["due date", "due"]
[[fields]]
name = "net"
type = "money"
description = "the sum without tax"
near = ["net total"]
[[fields]]
name = "vat"
type = "money"
label = "VAT"
description = "the tax"
near = ["vat"]
[[fields]]
name = "total"
type = "money"
description = "the amount to pay"
required = true
near = ["total due"]
[[fields]]
name = "line_items"
type = "table"
description = "what was bought"
[[fields.columns]]
name = "description"
type = "line"
[[fields.columns]]
name = "qty"
type = "number"
[[fields.columns]]
name = "unit_price"
type = "money"
[[fields.columns]]
name = "amount"
type = "money"
"""

_SUPPLIERS = (
    ("Meadow Street Joinery", "12 Meadow Street, Leeds"),
    ("Harbour Print Works", "3 Quay Road, Bristol"),
    ("Alder & Finch Ltd", "88 Mill Lane, York"),
    ("Northgate Office Supply", "5 Northgate, Chester"),
)
_ARTICLES = (
    ("Oak shelf 90 cm", 40.0), ("Desk lamp", 34.9), ("Printed leaflet A5, 250 sheets", 62.0), ("Filing box, grey", 4.25),
    ("Delivery", 12.0), ("Envelope C4, box of 100", 11.8), ("Poster A2", 9.5), ("Business cards", 24.0),
)  # fmt: skip
_TERMS = (
    "Goods remain ours until they are paid for in full; see section {}.",
    "Complaints are to be made in writing within eight days of delivery.",
    "We choose the carrier where the order does not name one.",
    "What is made to measure is not taken back.",
)


def _items(number: int) -> list[tuple[str, int, float]]:
    taken = [_ARTICLES[(number * 3 + place) % len(_ARTICLES)] for place in range(2 + number % 3)]
    return [(name, 1 + (number * 5 + place * 7) % 10, price) for place, (name, price) in enumerate(taken)]


def _invoice(painter: QPainter, number: int, unit: float, *, is_photo: bool = False) -> None:
    """One page of an invoice; ``unit``: pixels of a millimetre."""
    name, address = _SUPPLIERS[number % len(_SUPPLIERS)]
    pen = painter.pen()
    pen.setWidthF(0.3 * unit)
    painter.setPen(pen)

    def write(x: float, y: float, text: str, size: float = 3.2, *, bold: bool = False, right: bool = False) -> None:
        font = QFont("Liberation Sans" if not is_photo else "DejaVu Sans")
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setPixelSize(round(size * unit))
        font.setBold(bold)
        painter.setFont(font)
        width = 90 * unit
        box = QRectF(x * unit - (width if right else 0), y * unit, width, 2 * size * unit)
        painter.drawText(box, Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft, text)

    day = 3 + number % 20
    write(20, 22, name, 6, bold=not is_photo)
    write(20, 31, address)
    write(20, 36, f"VAT number GB 1234{50000 + 37 * number}")
    write(20, 50, "Invoice", 5, bold=True)
    for place, (label, value) in enumerate(
        (
            ("Invoice number", f"INV-2024-{number + 1000}"),
            ("Invoice date", f"{day} March 2024"),
            ("Due date", f"{day} April 2024"),
            ("Customer", "Rowan & Co, 5 Castle Square, Durham"),
        )
    ):
        write(20, 60 + 5 * place, label)
        write(58, 60 + 5 * place, value)
    for x, text in ((20, "Description"), (110, "Qty"), (140, "Unit price"), (175, "Amount")):
        write(x, 90, text, bold=True, right=x > 20)
    painter.drawLine(QPointF(20 * unit, 96 * unit), QPointF(178 * unit, 96 * unit))
    net, y = 0.0, 98.0
    for text, count, price in _items(number):
        net += count * price
        for x, cell in ((20.0, text), (110.0, str(count)), (140.0, f"{price:.2f}"), (175.0, f"{count * price:.2f}")):
            write(x, y, cell, right=x > 20)
        y += 6
    painter.drawLine(QPointF(120 * unit, (y + 2) * unit), QPointF(178 * unit, (y + 2) * unit))
    tax = round(net * 0.2, 2)
    for label, amount in (("Net total", net), ("VAT 20 %", tax), ("Total due", net + tax)):
        write(122, y + 4, label)
        write(175, y + 4, f"£{amount:.2f}", right=True)
        y += 5


def _pdf(path: Path, number: int) -> None:
    writer = QPdfWriter(str(path))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setResolution(254)
    writer.setCreator("")
    painter = QPainter(writer)
    _invoice(painter, number, 10)
    if number == 2:
        for page in (2, 3):
            writer.newPage()
            font = QFont("Liberation Sans")
            font.setPixelSize(32)
            painter.setFont(font)
            painter.drawText(QPointF(200, 260), f"Terms of delivery, page {page}")
            for line in range(40):
                text = f"{line + 1 + 40 * (page - 2)}. " + _TERMS[line % len(_TERMS)].format(line % 9 + 1)
                painter.drawText(QPointF(200, 330 + 55 * line), text)
    painter.end()


def _photo(path: Path, number: int) -> None:
    """A sheet that lies a little askew on a table."""
    picture = QImage(1560, 1400, QImage.Format.Format_RGB32)
    picture.fill(QColor("#6e5f55"))
    painter = QPainter(picture)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    painter.translate(70, 90)
    painter.rotate(-1.2)
    painter.fillRect(QRectF(0, 20, 1410, 1560), QColor("#fcf9f2"))
    painter.setPen(QColor("#26241f"))
    _invoice(painter, number, 7.2, is_photo=True)
    painter.end()
    picture.save(str(path), None, 88)


def _mail(path: Path, sender: str, address: str, text: str, attached: Path | None = None) -> None:
    message = EmailMessage()
    message["From"], message["To"] = f"{sender} <{address}>", "office@rowan.example"
    message["Date"], message["Subject"] = "Tue, 12 Mar 2024 10:00:00 +0000", "Your invoice"
    message.set_content(text)
    if attached is not None:
        message.add_attachment(attached.read_bytes(), "application", "pdf", filename=attached.name)
    path.write_bytes(message.as_bytes())


def make_documents(folder: Path) -> list[Path]:
    """Invoices as PDF, one of them of three pages, one photographed, and two mails, one with an invoice attached: ten rows."""
    for number in range(6):
        _pdf(folder / f"invoice-{number + 1000}.pdf", number)
    _photo(folder / "photo-of-invoice.jpg", 6)
    again = folder / "invoice-1007.pdf"
    _pdf(again, 7)
    _mail(
        folder / "mail-with-invoice.eml", "Northgate Office Supply", "billing@northgate.example",
"Good morning,\n\nyour order of 4 March 2024 was sent today, delivery note DN-20417. The invoice is attached.\n\n"
        "Northgate Office Supply\n", again,
    )  # fmt: skip
    again.unlink()
    _mail(
        folder / "mail-from-alder.eml", "Alder & Finch Ltd", "accounts@alder-finch.example",
        "Dear customer,\n\nhere is what we delivered in March.\n\nInvoice number: INV-2024-1210\nInvoice date: 12 March 2024\n"
        "Due date: 12 April 2024\nNet total: £400.00\nVAT 20 %: £80.00\nTotal due: £480.00\n\nAlder & Finch Ltd\n88 Mill Lane, York\n",
    )  # fmt: skip
    return sorted(folder.iterdir())


class Photographer:
    """The window, and what waits for it."""

    def __init__(self, application: QApplication, size: QSize) -> None:
        self.application = application
        self.parts = build_parts(application, Tasks(lambda error: print(error, file=sys.stderr)), Settings(), Seal())
        self.window = MainWindow(self.parts)
        self.window.setWindowState(
            Qt.WindowState.WindowNoState
        )  # a screen that is smaller than the picture maximizes it
        self.window.resize(size)
        self.window.show()
        self.window.start()

    def pause(self, seconds: float = 0.6) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def wait(self, there: Callable[[], bool]) -> None:
        """Raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE
        while not there():
            if time.monotonic() > deadline:
                raise TimeoutError("The window did not come so far.")
            self.pause(0.05)
        self.pause()

    def take(self, name: str, widget: QWidget | None = None) -> None:
        self.window.activateWindow()
        self.pause()
        file = _TARGET / f"{name}.png"
        (widget or self.window).grab().save(str(file))
        with Image.open(file) as taken:
            taken.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
        print(file.relative_to(_CHECKOUT), f"{file.stat().st_size // 1000} kB")

    def extract(self, files: list[Path]) -> ExtractPage:
        """The table of all documents."""
        self.wait(lambda: self.window.loading.model is not None)
        extract = self.window.extract
        self.parts.templates.own.save(_TEMPLATE)
        extract.offer_template("office-invoice", use=True)
        sheet = extract.sheet
        sheet.add_files(files, start=True)
        self.wait(lambda: sheet.runs.started and len(sheet.model.rows) >= len(files) and not sheet.runs.running)
        return extract

    def review(self) -> ReviewPage:
        page = self.window.show_named("review")
        assert isinstance(page, ReviewPage)
        self.window.navigation.panel_button.setChecked(False)
        self.wait(lambda: page.tables.count() > 0)
        page.which.setCurrentIndex(page.which.findText("All documents"))
        page.which.activated.emit(page.which.currentIndex())
        self.wait(lambda: page.documents.count() > 0)
        return page

    def show(self, page: ReviewPage, name: str) -> None:
        """The document of this name."""
        place = next(at for at in range(page.documents.count()) if name in page.documents.itemText(at))
        page.documents.setCurrentIndex(place)
        page.documents.activated.emit(place)
        self.pause(3)

    def close(self) -> None:
        self.window.close()
        self.parts.close()


def _pictures(photographer: Photographer, files: list[Path]) -> None:
    extract = photographer.extract(files)
    row = next(row for row in extract.sheet.model.rows if row.path.name == "invoice-1002.pdf")
    extract.sheet.table.choose(row)
    for banner in extract.banners.findChildren(Banner):
        banner.hide()  # what was said of the run is not what the picture shows
    photographer.take("window")
    templates = photographer.window.show_named("templates")
    assert isinstance(templates, TemplatesPage)
    templates.list.setCurrentRow(
        next(at for at in range(templates.list.count()) if templates.list.item(at).text() == "Invoice")
    )
    templates.preview.open(_CHECKOUT / "resources" / "samples" / "invoice.pdf")
    photographer.wait(lambda: bool(templates.preview.view.toPlainText()))
    photographer.pause(5)
    templates.fields.setCurrentCell(3, 0)
    photographer.take("templates")
    page = photographer.review()
    for name, document in (("review", "photo-of"), ("review-pages", "invoice-1002"), ("review-mail", "mail-with")):
        photographer.show(page, document)
        photographer.take(name)
    photographer.show(page, "invoice-1004")
    grid = page.table_panel.grid
    grid.setCurrentIndex(page.table_panel.model.index(0, 0))
    grid.setFocus()
    photographer.pause(1)
    photographer.take("review-line-items")
    dialog = PromiseDialog(page.desk, "office-invoice", page)
    dialog.open()
    photographer.pause(1)
    photographer.take("review-dial", dialog)
    dialog.accept()
    photographer.parts.theme.set_mode("dark")
    photographer.show(page, "invoice-1004")
    photographer.take("review-dark")


def _large_pictures(photographer: Photographer, files: list[Path]) -> None:
    photographer.extract([file for file in files if file.name.startswith(("photo", "invoice-1001"))])
    page = photographer.review()
    photographer.show(page, "photo-of")
    photographer.take("review-2x")


def main() -> int:
    is_large = "--large" in sys.argv
    with tempfile.TemporaryDirectory() as home:
        starter = starter_model()
        os.environ["STILLROOM_HOME"] = home
        if starter is not None:
            models = paths.models_dir()
            models.mkdir(parents=True)
            shutil.copy(starter.path, models / starter.path.name)
        application = QApplication(["stillroom"])
        folder = Path(home) / "documents"
        folder.mkdir()
        files = make_documents(folder)
        photographer = Photographer(application, _LARGE if is_large else _SIZE)
        (_large_pictures if is_large else _pictures)(photographer, files)
        photographer.close()
    if not is_large:
        again = [sys.executable, __file__, "--large"]
        return subprocess.run(
            again, env=os.environ | {"QT_SCALE_FACTOR": "2", "STILLROOM_HOME": ""}, check=False
        ).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
