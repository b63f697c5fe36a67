"""Receipts made of words and numbers, each different and every time the same, with their labels."""

from __future__ import annotations

import dataclasses
import random

from stillroom.documents.document import Document, Page
from stillroom.templates.template import Template

_NAMES = (
    "North Wind",
    "Harbour",
    "Old Mill",
    "Blue Door",
    "Cedar",
    "Lantern",
    "Millstone",
    "Green Lane",
    "Kestrel",
    "Oak & Iron",
)
_KINDS = ("Trading Ltd", "Stores", "Bakery", "Hardware GmbH", "Books Inc.", "Pharmacy", "Supplies Sdn Bhd", "Cafe")
_STREETS = ("Harbour Road", "Mill Lane", "Station Street", "Jalan Bukit", "Cedar Avenue", "Quay Street")
_TOWNS = ("4021 Port", "81100 Westfield", "10115 Lindenau", "52100 Northgate", "90210 Elmwood")
_GOODS = (
    "Bread",
    "Coffee 250 g",
    "Nails 40 mm",
    "Paper A4",
    "Batteries AA",
    "Lamp",
    "Soap",
    "Rice 5 kg",
    "Tea",
    "Paint white",
)


def receipt(number: int, lines: int = 12) -> tuple[Document, dict[str, str]]:
    """A receipt of ``lines`` items, and what its fields are."""
    chance = random.Random(number)
    company = f"{chance.choice(_NAMES)} {chance.choice(_KINDS)}"
    address = f"{chance.randint(1, 199)} {chance.choice(_STREETS)}, {chance.choice(_TOWNS)}"
    year, month, day = chance.randint(2015, 2024), chance.randint(1, 12), chance.randint(13, 28)
    text = [company.upper(), address, f"Tel: 07-{chance.randint(1000000, 9999999)}", f"Receipt no. {number:06d}"]
    text += [f"Date: {day:02d}/{month:02d}/{year}  {chance.randint(8, 20):02d}:{chance.randint(0, 59):02d}", ""]
    total = 0
    for _ in range(lines):
        pieces, cents = chance.randint(1, 4), chance.randint(90, 4990)
        total += pieces * cents
        text.append(f"{chance.choice(_GOODS)}  {pieces} x {cents / 100:.2f}  {pieces * cents / 100:.2f}")
    given = (total // 1000 + 1) * 1000
    text += [
        "",
        f"Total  {total / 100:.2f}",
        f"Cash  {given / 100:.2f}",
        f"Change  {(given - total) / 100:.2f}",
        "Thank you",
    ]
    labels = {
        "company": company,
        "date": f"{year}-{month:02d}-{day:02d}",
        "address": address,
        "total": f"{total / 100:.2f}",
    }
    document = Document(f"{number:06d}.txt", "txt", f"{number:064x}", (Page(1, "\n".join(text)),), 1)
    return document, labels


def always_asked(template: Template) -> Template:
    """The template with fields of names that no weights were fitted for: the page is sure of none, the model is asked about each."""
    return dataclasses.replace(
        template, fields=tuple(dataclasses.replace(each, name=f"{each.name}_asked") for each in template.fields)
    )
