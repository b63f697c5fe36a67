"""A template from a table: its heading is found below a title, and headings and values tell the types."""

from __future__ import annotations

import pytest

from stillroom.documents.document import Document, Page
from stillroom.learning.table_heading import fields_from_table


def fields(text: str) -> dict[str, str]:
    found = fields_from_table(Document("t.xlsx", "xlsx", "", (Page(1, ""), Page(2, text)), 2))
    return {each.label: str(each.type) for each in found}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Supplier\tTotal\nAcme\t3.50", {"Supplier": "organisation", "Total": "money"}),
        ("Travel expenses 2025\n\nDate\tEmployee\tAmount (EUR)\n2025-01-03\tAnn Lee\t120.5",
         {"Date": "date", "Employee": "name", "Amount (EUR)": "money"}),
        ("Supplier\t\tInvoice\nName\tVAT ID\tNumber\tDate\tTotal\nAcme\tDE1\tR-1\t03.01.2025\t119",
         {"Name": "name", "VAT ID": "identifier", "Number": "identifier", "Date": "date", "Total": "money"}),
        ("\tRechnungsnummer\tRechnungsdatum\tNettobetrag\n1\tR-1\t03.01.2025\t100\n2\tR-2\t04.01.2025\t50",
         {"Rechnungsnummer": "identifier", "Rechnungsdatum": "date", "Nettobetrag": "money"}),
        ("Liste\t\t\tStand: 01.03.2025\nVorname\tNachname\tE-Mail\tEintritt\nAnn\tLee\ta@x.de\t01.01.2020",
         {"Vorname": "name", "Nachname": "name", "E-Mail": "email", "Eintritt": "date"}),
        ("Umsätze\nZeitraum: 01.01.2025 - 31.01.2025\n\nBuchungstag\tVerwendungszweck\tBetrag\n03.01.2025\tMiete\t-1234567,00",
         {"Buchungstag": "date", "Verwendungszweck": "line", "Betrag": "money"}),
        ("Name\tStart\tEnd\nAnn\t9:00\t10:00", {"Name": "name", "Start": "time", "End": "time"}),
        ("Menge\tPreis je Stück\tFällig am\n3\t12,50\t01.02.2025\n1\t7,00\t02.02.2025",
         {"Menge": "integer", "Preis je Stück": "money", "Fällig am": "date"}),
        ("Colour\nred\nblue", {"Colour": "line"}),
        ("Zorble\tQuendle\n0049\t12345678\n0050\t12345679", {"Zorble": "line", "Quendle": "line"}),
        ("Subject\tDelivered\nx\t2025-01-03\ny\tnone", {"Subject": "line", "Delivered": "line"}),
        ("", {}),
        ("1\t2.50\n2\t3.50", {}),
        ("Region\t2023\t2024\nNorth\t10\t20", {"Region": "line", "2023": "integer", "2024": "integer"}),
    ],
)  # fmt: skip
def test_the_columns_of_a_table_are_fields(text: str, wanted: dict[str, str]) -> None:
    assert fields(text) == wanted


def test_columns_of_one_name_are_told_apart() -> None:
    found = fields_from_table(Document("t.csv", "csv", "", (Page(1, "Date\tDate\n2025-01-03\t2025-01-04"),), 1))
    assert len({each.name for each in found}) == 2
