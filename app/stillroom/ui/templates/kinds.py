"""Types of fields in plain words, with an example each, in the order in which they are offered."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from stillroom.templates.template import FieldType


def _tr(text: str) -> str:
    return QCoreApplication.translate("kinds", text)


def kinds() -> dict[FieldType, tuple[str, str]]:
    """By type: what people call it, and an example."""
    return {
        FieldType.LINE: (_tr("Text on one line"), "Lecture Hall 3"),
        FieldType.TEXT: (_tr("A few words"), "net 30 days"),
        FieldType.BLOCK: (_tr("Text on several lines"), _tr("a note")),
        FieldType.DATE: (_tr("Date"), "14 March 2025"),
        FieldType.TIME: (_tr("Time of day"), "3:30 p.m."),
        FieldType.DURATION: (_tr("Length of time"), _tr("three years")),
        FieldType.MONEY: (_tr("Amount of money"), "€ 1,250.00"),
        FieldType.NUMBER: (_tr("Number"), "12.5"),
        FieldType.INTEGER: (_tr("Whole number"), "42"),
        FieldType.PERCENT: (_tr("Percentage"), "19 %"),
        FieldType.IDENTIFIER: (_tr("Number or code that names something"), "INV-2025-001"),
        FieldType.NAME: (_tr("Person"), "Ada Byron"),
        FieldType.ORGANISATION: (_tr("Company or organisation"), "Green Leaf Ltd"),
        FieldType.ADDRESS: (_tr("Postal address"), "1 Long Street, Leeds"),
        FieldType.EMAIL: (_tr("E-mail address"), "ada@example.org"),
        FieldType.PHONE: (_tr("Phone number"), "+44 20 7946 0000"),
        FieldType.URL: (_tr("Web address"), "example.org"),
        FieldType.IBAN: (_tr("Bank account (IBAN)"), "DE89 3704 0044 …"),
        FieldType.CHOICE: (_tr("One of several options"), _tr("billing, technical, other")),
        FieldType.YES_NO: (_tr("Yes or no"), _tr("is it signed?")),
        FieldType.LIST: (_tr("Several values"), _tr("all parties")),
        FieldType.TABLE: (_tr("Table with rows"), _tr("line items")),
        FieldType.SUMMARY: (_tr("Summary, written by the model"), ""),
        FieldType.ANSWER: (_tr("Answer, written by the model"), ""),
        FieldType.TRANSLATION: (_tr("Translation, written by the model"), ""),
    }


def kind_text(kind: FieldType) -> str:
    return kinds()[kind][0]
