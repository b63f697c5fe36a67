"""The data of electronic invoices: ZUGFeRD, Factur-X, XRechnung and Peppol, in both syntaxes of the standard EN 16931.

Where each business term stands is data, in ``resources/e-invoice.toml``. The libraries that read this (factur-x, drafthorse) know
one syntax or no first ZUGFeRD, and bring a second PDF reader and a client of the network with them.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal, InvalidOperation

from lxml import etree

from stillroom.documents.business_terms import Term, terms
from stillroom.documents.document import Stated
from stillroom.errors import DocumentError

_CII = ("CrossIndustryInvoice", "CrossIndustryDocument")
_UBL = ("Invoice", "CreditNote")
_UBL_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
_LINES = ".//*[local-name()='IncludedSupplyChainTradeLineItem' or local-name()='InvoiceLine' or local-name()='CreditNoteLine']"
_BEFORE = ((b"<!--", b"-->"), (b"<?", b"?>"), (b"<!DOCTYPE", b">"))
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?(CrossIndustryInvoice|CrossIndustryDocument|Invoice|CreditNote)[\s>]")
_HEAD = 64 * 1024
"""Terms of use may stand before the invoice."""
_BYTES = 20 * 1024 * 1024
_ROWS = 10_000
DAMAGED = "The e-invoice in the file is damaged and was not used."


def is_e_invoice(data: bytes) -> bool:
    """Whether these bytes begin as the XML of an electronic invoice."""
    head = data[:_HEAD]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    head = _from_root(head.removeprefix(b"\xef\xbb\xbf"))
    match = _ROOT.match(head)
    return match is not None and (match[1] not in (b"Invoice", b"CreditNote") or _UBL_NAMESPACE.encode() in head)


def _from_root(head: bytes) -> bytes:
    """What follows the comments, instructions and document type that may stand before the root. Each byte is looked at once:
    a file may be nothing but beginnings of comments."""
    place = 0
    while True:
        while head[place : place + 1].isspace():
            place += 1
        opened = next((end for begin, end in _BEFORE if head.startswith(begin, place)), None)
        if opened is None:
            return head[place:]
        if opened == b">" and 0 <= (inner := head.find(b"[", place)) < head.find(b">", place):
            place = head.find(b"]", inner)
            if place < 0:
                return b""
        end = head.find(opened, place)
        if end < 0:
            return b""
        place = end + len(opened)


def read_stated(data: bytes) -> tuple[Stated, ...]:
    """What an electronic invoice states, in the order of ``terms``, its lines after the rest. Raises DocumentError."""
    root = _parsed(data)
    return (*_header(root), *_lines(root))


def leaves(data: bytes) -> list[tuple[str, str]]:
    """Everything that stands in an electronic invoice: names of elements in words, and the text. Raises DocumentError."""
    found: list[tuple[str, str]] = []
    root = _parsed(data)
    for element in root.iter(etree.Element):
        text = (element.text or "").strip()
        if text and len(element) == 0:
            path = [
                _words(etree.QName(part).localname) for part in (element, *element.iterancestors()) if part is not root
            ]
            found.append((" › ".join(reversed(path[:3])), " ".join(text.split())))
    return found


def _parsed(data: bytes) -> etree._Element:
    if len(data) > _BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise DocumentError(DAMAGED)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(DAMAGED) from error
    if etree.QName(root).localname not in (*_CII, *_UBL):
        raise DocumentError(DAMAGED)
    return root


def _paths(term: Term, root: etree._Element) -> tuple[str, ...]:
    return term.cii if etree.QName(root).localname in _CII else term.ubl


def _header(root: etree._Element) -> list[Stated]:
    found: list[Stated] = []
    currency = ""
    for term in terms():
        if term.row:
            continue
        element = next((element for path in _paths(term, root) for element in _of_currency(root, path, currency)), None)
        value = None if element is None else _value(term, element)
        if value is None or element is None:
            continue
        if term.concept == "currency":
            currency = value
        found.append(Stated(term.name, term.concept, term.label, value, " ".join((element.text or "").split())))
    return found


def _of_currency(root: etree._Element, path: str, currency: str) -> list[etree._Element]:
    """Elements on a path; of amounts in several currencies those of the invoice's first."""
    elements = list(root.xpath(path))
    return sorted(elements, key=lambda element: bool(currency and element.get("currencyID") not in (None, currency)))


def _lines(root: etree._Element) -> list[Stated]:
    found: list[Stated] = []
    row = 0
    for line in root.xpath(_LINES)[:_ROWS]:
        values = []
        for term in terms():
            if not term.row:
                continue
            element = next((element for path in _paths(term, root) for element in line.xpath(path)), None)
            value = None if element is None else _value(term, element)
            if value is not None and element is not None:
                text = " ".join((element.text or "").split())
                values.append(Stated(term.name, term.concept, term.label, value, text, row))
        # A line without a price or an amount is a remark.
        if any(stated.concept in ("line_amount", "unit_price") for stated in values):
            found.extend(values)
            row += 1
    return found


def _value(term: Term, element: etree._Element) -> str | None:
    text = " ".join((element.text or "").split())
    if not text:
        return None
    if term.kind == "date":
        return _date(text)
    if term.kind in ("amount", "number"):
        return _decimal(text, places=2 if term.kind == "amount" else 0)
    if term.concept == "iban":
        return "".join(text.split()).upper()
    return text


def _date(text: str) -> str | None:
    for form in ("%Y%m%d", "%Y-%m-%d", "%Y-%m-%dZ"):
        try:
            return datetime.datetime.strptime(text[:10], form).date().isoformat()
        except ValueError:
            continue
    return None


def _decimal(text: str, places: int) -> str | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or abs(value) > Decimal(10) ** 15:
        return None
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{value:.{max(places, -exponent, 0)}f}"


def _words(name: str) -> str:
    """``IssueDateTime`` as ``Issue date time``."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name) or [name]
    return " ".join([parts[0], *(part if part.isupper() else part.lower() for part in parts[1:])])
