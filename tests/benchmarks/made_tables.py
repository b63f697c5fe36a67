"""Made invoices with line items, in layouts and languages of their own, as PDF files with labels.

    python tests/benchmarks/made_tables.py FOLDER     # writes PDF files, labels.jsonl and lines.toml
    stillroom evaluate --labels FOLDER/labels.jsonl --template FOLDER/lines.toml

Everything in them is invented. Each layout has something that makes rows hard to read: names that are wrapped, details under a name,
a quantity with its unit, sums carried over to the next page, headings in two lines, columns that stand close, rows in two lines, no
heading at all.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

TEMPLATE = """name = "lines"
version = 1
title = "Invoice with lines"
description = "An invoice: for what, how many, how much."

[[fields]]
name = "items"
type = "table"
description = "the goods or services, one a row"

[[fields.columns]]
name = "item"
type = "text"
description = "what was delivered"

[[fields.columns]]
name = "quantity"
type = "number"
description = "how many"

[[fields.columns]]
name = "amount"
type = "money"
description = "the net sum of the row"
"""
_FONT = "Helvetica"
_TOP, _BOTTOM, _LEFT = 800, 60, 50


def _point(number: Decimal) -> str:
    return f"{number:,.2f}"


def _comma(number: Decimal) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def _spaced(number: Decimal) -> str:
    return f"{number:,.2f}".replace(",", "\u00a0").replace(".", ",")


def _swiss(number: Decimal) -> str:
    return f"{number:,.2f}".replace(",", "'")


def _dollars(number: Decimal) -> str:
    return f"${number:,.2f}"


@dataclass(frozen=True)
class Column:
    """A column on the page: what it holds, what heads it (a line each), where it stands (its right end, where it is not of the left)."""

    holds: str
    heading: str
    x: float
    align: str = "right"


@dataclass(frozen=True)
class Layout:
    """A kind of invoice.

    Attributes:
        goods: names of what is sold; a name may have details in further lines (after a line end), which are no part of the label.
        written: how an amount is written.
        wrap: points after which a name goes on in the next line; 0: never.
        sums: a word for each sum under the table.
        carried: what is called the sum carried over to the next page.
        again: whether a later page has the heading again.
        rows: how many lines of goods.
        leading: points from one row to the next beyond its lines.
    """

    name: str
    columns: tuple[Column, ...]
    goods: tuple[str, ...]
    sums: tuple[str, ...]
    before: tuple[str, ...]
    written: Callable[[Decimal], str] = _comma
    wrap: float = 0
    unit: str = ""
    sign: str = ""
    carried: tuple[str, str] | None = None
    again: bool = True
    headed: bool = True
    rows: int = 6
    size: float = 9
    leading: float = 4
    two_lines: bool = False
    ruled: bool = False
    pieces: tuple[str, ...] = ("1", "2", "3", "4", "10", "12", "25")
    prices: tuple[int, int] = (90, 48000)
    tax: int = 20


@dataclass
class _Sheet:
    canvas: Canvas
    size: float
    y: float = _TOP
    label: list[dict[str, str]] = field(default_factory=list)

    def put(self, x: float, text: str, align: str = "left") -> None:
        self.canvas.setFont(_FONT, self.size)
        draw = {
            "left": self.canvas.drawString,
            "right": self.canvas.drawRightString,
            "center": self.canvas.drawCentredString,
        }
        draw[align](x, self.y, text)

    def down(self, lines: float = 1) -> None:
        self.y -= lines * (self.size + 2)

    def turn(self) -> None:
        self.canvas.showPage()
        self.y = _TOP


def _wrapped(text: str, width: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pdfmetrics.stringWidth(longer, _FONT, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _head(sheet: _Sheet, layout: Layout) -> None:
    if not layout.headed:
        return
    depth = max(len(column.heading.split("\n")) for column in layout.columns)
    for at in range(depth):
        for column in layout.columns:
            lines = column.heading.split("\n")
            if at < len(lines):
                sheet.put(column.x, lines[at], column.align)
        sheet.down()
    if layout.ruled:
        sheet.canvas.line(_LEFT, sheet.y + layout.size, 550, sheet.y + layout.size)
    sheet.down(0.5)


def make(layout: Layout, path: Path, seed: int) -> list[dict[str, str]]:
    """Writes one invoice; gives its rows."""
    chance = random.Random(seed)
    sheet = _Sheet(Canvas(str(path), invariant=True), layout.size)
    for line in layout.before:
        sheet.put(_LEFT, line)
        sheet.down()
    sheet.down(2)
    _head(sheet, layout)
    total = Decimal(0)
    for number in range(layout.rows):
        name, *details = layout.goods[number % len(layout.goods)].split("\n")
        count, price = Decimal(chance.choice(layout.pieces)), Decimal(chance.randint(*layout.prices)) / 100
        amount = (count * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
        names = _wrapped(name, layout.wrap, layout.size) if layout.wrap else [name]
        if sheet.y < _BOTTOM + 60:
            _over(sheet, layout, total)
        total += amount
        written = str(count).replace(".", "," if layout.written is not _point else ".")
        cells = {
            "position": str(number + 1), "code": f"{chance.choice('ABKX')}{chance.randint(1000, 9999)}", "unit": layout.unit or "St.",
            "quantity": f"{written} {layout.unit}".strip() if all(c.holds != "unit" for c in layout.columns) else written,
            "price": layout.written(price), "amount": f"{layout.written(amount)}{layout.sign}", "tax": f"{layout.tax}%",
            "discount": "0", "gross": layout.written((amount * (100 + layout.tax) / 100).quantize(Decimal("0.01"))),
            "date": f"{chance.randint(1, 28):02d}.03.2024",
        }  # fmt: skip
        _row(sheet, layout, cells, names, details)
        sheet.y -= layout.leading
        sheet.label.append({"item": name, "quantity": str(count), "amount": str(amount)})
    _sums(sheet, layout, total)
    sheet.canvas.save()
    return sheet.label


def _row(sheet: _Sheet, layout: Layout, cells: dict[str, str], names: Sequence[str], details: Sequence[str]) -> None:
    item = next(column for column in layout.columns if column.holds == "item")
    if layout.two_lines:
        sheet.put(item.x, names[0], item.align)
        sheet.down()
        sheet.put(item.x + 10, f"{cells['quantity']} x {cells['price']}")
        sheet.put(layout.columns[-1].x, cells["amount"], "right")
        sheet.down()
        return
    for at, line in enumerate([*names, *details]):
        sheet.put(item.x, line, item.align)
        if at == 0:
            for column in layout.columns:
                if column is not item:
                    sheet.put(column.x, cells[column.holds], column.align)
        sheet.down()


def _over(sheet: _Sheet, layout: Layout, total: Decimal) -> None:
    if layout.carried:
        sheet.put(_LEFT, layout.carried[0])
        sheet.put(layout.columns[-1].x, layout.written(total), "right")
    sheet.turn()
    if layout.again:
        _head(sheet, layout)
    if layout.carried:
        sheet.put(_LEFT, layout.carried[1])
        sheet.put(layout.columns[-1].x, layout.written(total), "right")
        sheet.down(1.5)


def _sums(sheet: _Sheet, layout: Layout, total: Decimal) -> None:
    tax = (total * layout.tax / 100).quantize(Decimal("0.01"))
    sheet.down()
    for word, sum_ in zip(layout.sums, (total, tax, total + tax), strict=False):
        sheet.put(layout.columns[-1].x - 100, word, "right")
        sheet.put(layout.columns[-1].x, layout.written(sum_), "right")
        sheet.down()


_EN = (
    "Oak table, extendable", "Paper A4 80 g 500", "Cable 3 x 1.5 mm", "Desk lamp", "Office chair Model 200", "Delivery and assembly",
    "Whiteboard 90 x 60", "Printer toner black",
)  # fmt: skip
_DE = (
    "Schreibtisch Buche", "Kopierpapier A4", "Kabel NYM 3 x 1,5", "Montage vor Ort", "Bürostuhl Modell 200", "Lampe E27", "Regal weiß",
    "Schrauben 4 x 40",
)  # fmt: skip
_FR = (
    "Table en chêne",
    "Papier A4 80 g",
    "Câble 3 x 1,5",
    "Lampe de bureau",
    "Chaise modèle 200",
    "Livraison et montage",
    "Toner noir",
)
_ES = (
    "Mesa de roble",
    "Papel A4 80 g",
    "Cable 3 x 1,5",
    "Lámpara de mesa",
    "Silla modelo 200",
    "Montaje",
    "Tóner negro",
)
_IT = (
    "Tavolo in rovere",
    "Carta A4 80 g",
    "Cavo 3 x 1,5",
    "Lampada",
    "Sedia modello 200",
    "Trasporto e montaggio",
    "Toner nero",
)
_NL = (
    "Eiken tafel",
    "Papier A4 80 g",
    "Kabel 3 x 1,5",
    "Bureaulamp",
    "Stoel model 200",
    "Montage ter plaatse",
    "Toner zwart",
)
_SV = ("Bord i ek", "Papper A4 80 g", "Kabel 3 x 1,5", "Skrivbordslampa", "Stol modell 200", "Montering", "Toner svart")
_WORK = (
    "Project kick-off meeting", "Drafting of the requirements", "Review with the client", "Programming, phase 2", "Tests", "Travel time",
)  # fmt: skip

_FI = (
    "Tammipöytä",
    "Kopiopaperi A4 80 g",
    "Työpöytävalaisin",
    "Toimistotuoli 200",
    "Asennus paikan päällä",
    "Väriaine musta",
)
_DA = ("Egetræsbord", "Kopipapir A4", "Kabel 3 x 1,5", "Skrivebordslampe", "Montering")
_PTB = ("Mesa de carvalho", "Papel A4 80 g", "Cabo 3 x 1,5", "Luminária", "Cadeira modelo 200", "Montagem no local")
LAYOUTS = (
    Layout(
        "plain-en",
        (
            Column("quantity", "Qty", 80),
            Column("item", "Description", 100, "left"),
            Column("price", "Rate", 420),
            Column("amount", "Amount", 530),
        ),
        _EN,
        ("Subtotal", "Sales tax", "Total due"),
        ("North Wind Ltd", "INVOICE 2024-118"),
        _point,
    ),
    Layout(
        "wrapped-fr",
        (
            Column("item", "Désignation", 50, "left"),
            Column("quantity", "Qté", 330),
            Column("price", "P.U. HT", 400),
            Column("tax", "TVA", 450),
            Column("amount", "Montant HT", 530),
        ),
        (
            "Prestation de conseil pour la mise en place du nouveau système de gestion des stocks",
            "Formation des utilisateurs",
            *_FR,
        ),
        ("Total HT", "Total TVA", "Total TTC"),
        ("Moulin Vieux SARL", "FACTURE N° 2024-031"),
        _spaced,
        wrap=200,
        ruled=True,
    ),
    Layout(
        "es",
        (
            Column("item", "Concepto", 50, "left"),
            Column("quantity", "Unidades", 330),
            Column("price", "Precio", 400),
            Column("discount", "Dto.", 450),
            Column("amount", "Importe", 530),
        ),
        _ES,
        ("Base imponible", "IVA 21%", "Total"),
        ("Puerta Azul S.L.", "Factura 118/2024"),
        _comma,
        tax=21,
    ),
    Layout(
        "it-two-line-heading",
        (
            Column("code", "Cod.\narticolo", 50, "left"),
            Column("item", "Descrizione", 110, "left"),
            Column("unit", "U.M.", 300),
            Column("quantity", "Q.tà", 340),
            Column("price", "Prezzo\nunitario", 410),
            Column("tax", "Aliq.\nIVA", 460),
            Column("amount", "Importo\nnetto", 530),
        ),
        _IT,
        ("Imponibile", "IVA 22%", "Totale fattura"),
        ("Cedro & Figli S.r.l.", "Fattura n. 77"),
        _comma,
        unit="pz",
        tax=22,
    ),
    Layout(
        "nl-sign",
        (
            Column("quantity", "Aantal", 50, "left"),
            Column("item", "Omschrijving", 110, "left"),
            Column("price", "Stukprijs", 420),
            Column("amount", "Bedrag", 530),
        ),
        _NL,
        ("Totaal excl. btw", "Btw 21%", "Totaal"),
        ("Groene Laan B.V.", "Factuur 2024.0087"),
        _comma,
        sign=" EUR",
        tax=21,
    ),
    Layout(
        "sv-unit",
        (
            Column("code", "Art.nr", 50, "left"),
            Column("item", "Benämning", 110, "left"),
            Column("quantity", "Antal", 340),
            Column("price", "À-pris", 420),
            Column("amount", "Belopp", 530),
        ),
        _SV,
        ("Summa exkl. moms", "Moms 25%", "Att betala"),
        ("Lyktan AB", "Faktura 5521"),
        _spaced,
        unit="st",
        tax=25,
    ),
    Layout(
        "de-unit-carried",
        (
            Column("position", "Pos.", 60),
            Column("quantity", "Menge", 75, "left"),
            Column("item", "Bezeichnung", 140, "left"),
            Column("price", "Einzelpreis", 430),
            Column("amount", "Gesamtpreis", 530),
        ),
        _DE,
        ("Nettosumme", "zzgl. 19% USt.", "Rechnungsbetrag"),
        ("Alte Mühle GmbH", "Rechnung Nr. 2024-0815"),
        _comma,
        unit="Stk.",
        carried=("Zwischensumme", "Übertrag"),
        rows=46,
        tax=19,
    ),
    Layout(
        "de-details",
        (
            Column("position", "Pos", 60),
            Column("item", "Artikel / Beschreibung", 80, "left"),
            Column("quantity", "Anz.", 360),
            Column("price", "E-Preis", 430),
            Column("amount", "Summe", 530),
        ),
        (
            "Schreibtisch Buche\nArt.-Nr. 4711-200\nMaße 160 x 80 cm",
            "Bürostuhl Modell 200\nArt.-Nr. 4712",
            "Montage vor Ort",
            "Lampe E27\nFarbe: weiß",
        ),
        ("Summe netto", "MwSt 19%", "Gesamtbetrag"),
        ("Blaue Tür GmbH", "RECHNUNG 118"),
        _comma,
        tax=19,
        leading=10,
    ),
    Layout(
        "hours-en",
        (
            Column("date", "Date", 50, "left"),
            Column("item", "Work performed", 120, "left"),
            Column("quantity", "Hours", 360),
            Column("price", "Hourly rate", 440),
            Column("amount", "Line total (EUR)", 530),
        ),
        _WORK,
        ("Net total", "VAT 20%", "Amount payable"),
        ("Lantern Consulting", "Invoice LC-77"),
        _point,
        pieces=("0.5", "1.25", "2", "7.5"),
        prices=(6000, 15000),
    ),
    Layout(
        "close-columns",
        (
            Column("item", "Item", 50, "left"),
            Column("quantity", "Quantity", 205),
            Column("price", "Unit price", 250),
            Column("amount", "Total", 290),
        ),
        ("Oak table", "Desk lamp", "Chair 200", "Assembly", "Paper A4", "Toner"),
        ("Net", "VAT", "Gross"),
        ("Harbour Stores", "Invoice 9"),
        _point,
        prices=(90, 9000),
    ),
    Layout(
        "two-lines",
        (Column("item", "Article", 50, "left"), Column("amount", "Amount", 400)),
        _EN,
        ("Subtotal", "Tax", "Total"),
        ("Kestrel Hardware", "Receipt 7781"),
        _point,
        two_lines=True,
    ),
    Layout(
        "no-heading",
        (
            Column("quantity", "", 80),
            Column("item", "", 100, "left"),
            Column("price", "", 420),
            Column("amount", "", 530),
        ),
        _EN,
        ("Subtotal", "Tax 20%", "Total"),
        ("Green Lane Trading", "Invoice 55", "Date: 4 March 2024"),
        _point,
        headed=False,
    ),
    Layout(
        "centred",
        (
            Column("item", "Product / Service", 150, "center"),
            Column("quantity", "Units", 300, "center"),
            Column("price", "Cost", 400, "center"),
            Column("amount", "Line amount", 500, "center"),
        ),
        _EN,
        ("Sub total", "GST", "Grand total"),
        ("Millstone Pty Ltd", "TAX INVOICE 31"),
        _point,
        sign="",
        leading=12,
    ),
    Layout(
        "swiss-two-page",
        (
            Column("item", "Leistung", 50, "left"),
            Column("quantity", "Anzahl", 330),
            Column("price", "Ansatz CHF", 430),
            Column("amount", "Betrag CHF", 530),
        ),
        _DE,
        ("Total exkl. MWST", "MWST 8.1%", "Total CHF"),
        ("Laterne AG", "Rechnung 4410"),
        _swiss,
        rows=50,
        again=False,
        tax=8,
    ),
    Layout(
        "gross-and-net-pt",
        (
            Column("code", "Ref.", 50, "left"),
            Column("item", "Designação", 100, "left"),
            Column("quantity", "Qtd.", 300),
            Column("price", "Preço unit.", 360),
            Column("amount", "Total líquido", 440),
            Column("tax", "IVA", 475),
            Column("gross", "Total c/ IVA", 550),
        ),
        _ES,
        ("Total líquido", "Total IVA", "Total a pagar"),
        ("Moinho Lda", "Fatura FT 2024/9"),
        _comma,
        tax=23,
    ),
    Layout(
        "wide-names",
        (
            Column("position", "#", 60),
            Column("item", "Goods supplied", 80, "left"),
            Column("quantity", "Ordered", 380),
            Column("price", "Each", 450),
            Column("amount", "Extended", 530),
        ),
        (
            "Stainless steel kitchen worktop with integrated double sink and drainer, left",
            "Desk lamp",
            "Office chair Model 200, grey, with arm rests and castors",
            "Assembly",
        ),
        ("Goods total", "VAT", "To pay"),
        ("Cedar Kitchens", "Invoice CK-2"),
        _point,
        wrap=240,
        leading=0,
    ),
    Layout(
        "fi",
        (
            Column("code", "Koodi", 50, "left"),
            Column("item", "Nimike", 110, "left"),
            Column("quantity", "Määrä", 320),
            Column("unit", "Yks.", 345, "left"),
            Column("price", "à-hinta", 420),
            Column("tax", "ALV %", 465),
            Column("amount", "Yhteensä", 535),
        ),
        _FI,
        ("Veroton yhteensä", "ALV 24%", "Maksettava"),
        ("Lyhty Oy", "LASKU 118"),
        _spaced,
        unit="kpl",
        tax=24,
    ),
    Layout(
        "da-wrap",
        (
            Column("quantity", "Antal", 80),
            Column("item", "Varebeskrivelse", 100, "left"),
            Column("price", "Stykpris", 420),
            Column("amount", "Linjetotal", 530),
        ),
        ("Konferencebord i massiv eg med kabelbakke og to stikdåser monteret", *_DA),
        ("Subtotal", "Moms 25%", "Total DKK"),
        ("Mølle ApS", "Faktura 9"),
        _comma,
        wrap=150,
        tax=25,
    ),
    Layout(
        "pt-br",
        (
            Column("position", "Item", 60),
            Column("item", "Discriminação dos produtos", 90, "left"),
            Column("quantity", "Qtde", 330),
            Column("price", "Vl. unit.", 410),
            Column("amount", "Vl. total", 530),
        ),
        _PTB,
        ("Subtotal", "ICMS", "Total da nota"),
        ("Moinho Ltda", "NF 77"),
        _comma,
    ),
    Layout(
        "en-sub-desc",
        (
            Column("item", "Services rendered", 50, "left"),
            Column("quantity", "Hrs", 380),
            Column("price", "Rate", 450),
            Column("amount", "Total", 530),
        ),
        (
            "Consulting on data protection\nMeeting with the board, 4 March",
            "Review of contracts\nthree drafts\nwith comments",
            "Training",
        ),
        ("Total excl. VAT", "VAT", "Total incl. VAT"),
        ("Kestrel LLP", "Fee note 12"),
        _point,
        pieces=("1.5", "2", "6.25"),
        leading=8,
        tax=20,
    ),
    Layout(
        "en-gross-too",
        (
            Column("item", "Description", 50, "left"),
            Column("quantity", "Qty", 280),
            Column("price", "Price", 340),
            Column("amount", "Net", 400),
            Column("tax", "VAT %", 450),
            Column("gross", "Gross", 530),
        ),
        _EN,
        ("Net", "VAT", "Gross"),
        ("Oak & Iron Ltd", "Invoice 3"),
        _point,
        tax=20,
    ),
    Layout(
        "fr-ref-qty-first",
        (
            Column("code", "Réf.", 50, "left"),
            Column("quantity", "Quantité", 170),
            Column("item", "Libellé", 190, "left"),
            Column("price", "Prix unitaire HT", 430),
            Column("amount", "Total HT", 530),
        ),
        _FR,
        ("Total HT", "TVA 20 %", "Net à payer"),
        ("Lanterne SA", "Facture 7"),
        _spaced,
        rows=40,
        carried=("À reporter", "Report"),
        tax=20,
    ),
    Layout(
        "it-no-gap",
        (
            Column("item", "Descrizione", 50, "left"),
            Column("quantity", "Quantità", 230),
            Column("price", "Prezzo", 280),
            Column("amount", "Importo", 330),
        ),
        _IT,
        ("Totale imponibile", "IVA 22%", "Totale documento"),
        ("Mulino Srl", "Fattura 9"),
        _comma,
        prices=(90, 9000),
        size=8,
        tax=22,
    ),
    Layout(
        "receipt",
        (Column("item", "", 50, "left"), Column("amount", "", 250)),
        ("Bread", "Coffee 250 g", "Soap", "Rice 5 kg", "Tea"),
        ("SUBTOTAL", "TAX", "TOTAL"),
        ("CEDAR STORES", "12 Quay Street", "Receipt no. 55"),
        _point,
        two_lines=True,
        headed=False,
        pieces=("1", "2", "3"),
        prices=(90, 990),
        size=8,
        leading=0,
    ),
    Layout(
        "no-heading-de",
        (
            Column("item", "", 50, "left"),
            Column("quantity", "", 300),
            Column("price", "", 400),
            Column("amount", "", 530),
        ),
        _DE,
        ("Summe", "MwSt", "Gesamt"),
        ("Mühle GmbH", "Rechnung 5"),
        _comma,
        headed=False,
        sign=" €",
        tax=19,
    ),
    Layout(
        "de-two-line-head",
        (
            Column("position", "lfd.\nNr.", 65),
            Column("item", "Bezeichnung der\nLeistung", 80, "left"),
            Column("quantity", "Menge\n(Std.)", 340),
            Column("price", "Satz\nEUR/Std.", 430),
            Column("amount", "Betrag\nEUR", 530),
        ),
        ("Beratung", "Entwurf der Anforderungen", "Abnahme mit dem Kunden", "Programmierung, Phase 2"),
        ("Nettobetrag", "19 % MwSt.", "Bruttobetrag"),
        ("Laterne GmbH", "Rechnung 5"),
        _comma,
        pieces=("0.5", "2", "7.5"),
        tax=19,
    ),
    Layout(
        "grid-caps",
        (
            Column("item", "DESCRIPTION", 50, "left"),
            Column("quantity", "QTY", 300, "center"),
            Column("price", "UNIT PRICE", 400, "center"),
            Column("amount", "AMOUNT", 500, "center"),
        ),
        _EN,
        ("SUBTOTAL", "TAX", "BALANCE DUE"),
        ("GREEN LANE INC.", "INVOICE # 5"),
        _dollars,
        leading=14,
        ruled=True,
    ),
    Layout(
        "en-usage",
        (
            Column("item", "Charge description", 50, "left"),
            Column("quantity", "Usage", 320, "left"),
            Column("price", "Unit rate", 430),
            Column("amount", "Charges", 530),
        ),
        ("Electricity day", "Electricity night", "Standing charge", "Climate levy"),
        ("Total charges", "VAT 5%", "Amount due"),
        ("Power Co", "Bill 9"),
        _point,
        unit="kWh",
        pieces=("120", "340", "31", "1210"),
        prices=(12, 95),
        tax=5,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for layout in LAYOUTS:
        for seed in range(given.seeds):
            file = f"{layout.name}-{seed}.pdf"
            rows = make(layout, given.folder / file, seed)
            lines.append(json.dumps({"file": file, "fields": {"items": rows}}, ensure_ascii=False))
    (given.folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (given.folder / "lines.toml").write_text(TEMPLATE, encoding="utf-8")


if __name__ == "__main__":
    main()
