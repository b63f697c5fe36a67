"""Template and Field: what to extract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """How a field's value looks and how it is decoded (the table of the design, section 5)."""

    LINE = "line"
    TEXT = "text"
    BLOCK = "block"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    PERCENT = "percent"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    IBAN = "iban"
    IDENTIFIER = "identifier"
    NAME = "name"
    ORGANISATION = "organisation"
    ADDRESS = "address"
    CHOICE = "choice"
    YES_NO = "yes_no"
    LIST = "list"
    TABLE = "table"
    SUMMARY = "summary"
    ANSWER = "answer"
    TRANSLATION = "translation"

    @property
    def generated(self) -> bool:
        """True for free text written by the model; every other type is a span or one of the field's options."""
        return self in (FieldType.SUMMARY, FieldType.ANSWER, FieldType.TRANSLATION)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice.

    Attributes:
        value: what the result holds.
        description: what the option means, for the model.
        synonyms: words in a document that are evidence for it (``€`` for EUR).
    """

    value: str
    description: str = ""
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to extract.

    Attributes:
        name: key in the results: lower case letters, digits and ``_``.
        type: how the value looks.
        description: what is meant, in a few words, for the model and the reviewer.
        label: heading in tables; made from the name where the template gives none.
        required: an absent value needs a look.
        near: words that usually stand beside or above the value in a document ("total", "amount due").
        avoid: words that stand beside values which look alike but are not meant ("subtotal", "change").
        options: of a choice.
        pattern: regular expression that an identifier must match as a whole; empty for any.
        of: type of the items of a list.
        columns: of a table.
        day_first: how to read 03/04/2020: day before month (True), month before day (False), or as the document's
            other dates show (None).
        max_items: largest number of items of a list, rows of a table.
        max_words: length of generated text.
    """

    name: str
    type: FieldType
    description: str = ""
    label: str = ""
    required: bool = False
    near: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    pattern: str = ""
    of: FieldType | None = None
    columns: tuple[Field, ...] = ()
    day_first: bool | None = None
    max_items: int = 1000
    max_words: int = 80

    @property
    def heading(self) -> str:
        """What people call it: its label, else words made of its name."""
        return self.label or label_of(self.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over several fields, e.g. ``net + tax = gross``.

    Attributes:
        check: the expression as written.
        message: what to say where it does not hold; empty for a sentence made from the expression.
    """

    check: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled document carried by a template.

    Attributes:
        text: of the document.
        values: by field name: a string, a list of strings, or None for absent.
    """

    text: str
    values: dict[str, str | list[str] | None]


@dataclass(frozen=True, slots=True)
class Template:
    """A set of fields to extract from each document.

    Attributes:
        name: unique among the user's templates: lower case letters, digits and ``-``.
        version: raised by whoever changes the fields; recorded with every run.
        title: for people ("Receipt").
        description: what kind of document this is for.
        fields: in the order of the table's columns.
        sha256: of the file's bytes, in hexadecimal; empty for a template that was never saved.
    """

    name: str
    version: int
    title: str
    description: str
    fields: tuple[Field, ...]
    examples: tuple[Example, ...] = ()
    rules: tuple[Rule, ...] = ()
    sha256: str = ""

    def field(self, name: str) -> Field:
        """The field of this name. Raises KeyError."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


_ABBREVIATIONS = {
    **{word.casefold(): word for word in ("BIC", "IBAN", "ID", "SKU", "SWIFT", "URL", "VAT")},
    **{f"{word.casefold()}s": f"{word}s" for word in ("IBAN", "ID", "URL")},
}
"""Words that are written so wherever they stand."""


def label_of(name: str) -> str:
    """The heading of a field without a label: ``invoice_number`` is "Invoice number", ``vat_id`` is "VAT ID"."""
    words = name.replace("_", " ").strip()
    text = " ".join(_ABBREVIATIONS.get(word.casefold(), word) for word in words.split(" "))
    return text[:1].upper() + text[1:]
