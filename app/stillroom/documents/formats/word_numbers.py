"""The numbers of Word's lists and headings, which stand in no text: they are counted as Word counts them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from stillroom.documents.formats.office_package import OfficePackage

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9
_BASED_ON = 20
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"),
    (4, "iv"), (1, "i"),
)  # fmt: skip
_HIGHEST = 4000


@dataclass(slots=True)
class _Level:
    start: int = 1
    style: str = "decimal"
    text: str = ""


@dataclass(slots=True)
class _List:
    levels: dict[int, _Level]
    counts: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class WordNumbers:
    """The lists of a document and how far each has been counted."""

    def __init__(self, package: OfficePackage, main: str) -> None:
        self._lists: dict[str, _List] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._abstract: dict[str, str] = {}
        self._styles: dict[str, tuple[str, int | None, str]] = {}
        for part in package.related(main, "numbering"):
            try:
                self._read_lists(package.root(part))
            except ValueError:
                continue  # without its numbers a document is still read
        for part in package.related(main, "styles"):
            try:
                self._read_styles(package.root(part))
            except ValueError:
                continue

    def of(self, paragraph: etree._Element) -> str:
        """The number of a paragraph and a space behind it; empty where it has none. To be asked once, in order."""
        name, level = self._place(paragraph)
        lists = self._lists.get(self._abstract.get(name, ""))
        if not name or lists is None or level not in lists.levels:
            return ""
        counts = lists.counts
        before = counts[level]
        own = self._starts.pop((name, level), None)
        start = lists.levels[level].start
        counts[level] = own if own is not None else start if before is None else before + 1
        counts[level + 1 :] = [None] * (_LEVELS - level - 1)
        for above in range(level):
            if counts[above] is None:
                counts[above] = lists.levels[above].start if above in lists.levels else 1
        if lists.levels[level].style in ("bullet", "none"):
            return ""
        shown = _PLACE.sub(lambda match: self._shown(lists, int(match[1]) - 1), lists.levels[level].text).strip()
        return f"{shown} " if shown else ""

    @staticmethod
    def _shown(lists: _List, level: int) -> str:
        count = lists.counts[level]
        return (
            "" if count is None else written(count, lists.levels[level].style if level in lists.levels else "decimal")
        )

    def _place(self, paragraph: etree._Element) -> tuple[str, int]:
        """The list that a paragraph belongs to, and its level there."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return "", 0
        name, level = _numbered(properties)
        style = _value(properties.find(f"{_W}pStyle"))
        for _ in range(_BASED_ON):
            if name or style not in self._styles:
                break
            name, its_level, style = self._styles[style]
            level = its_level if level is None else level
        return ("", 0) if name == "0" else (name, min(level or 0, _LEVELS - 1))

    def _read_lists(self, root: etree._Element) -> None:
        for abstract in root.iter(f"{_W}abstractNum"):
            levels: dict[int, _Level] = {}
            for element in abstract.findall(f"{_W}lvl"):
                levels[_number(element.get(f"{_W}ilvl"), 0)] = _Level(
                    _number(_value(element.find(f"{_W}start")), 1),
                    _value(element.find(f"{_W}numFmt")) or "decimal",
                    _value(element.find(f"{_W}lvlText")),
                )
            self._lists[abstract.get(f"{_W}abstractNumId", "")] = _List(levels)
        for entry in root.iter(f"{_W}num"):
            name = entry.get(f"{_W}numId", "")
            self._abstract[name] = _value(entry.find(f"{_W}abstractNumId"))
            for override in entry.findall(f"{_W}lvlOverride"):
                start = override.find(f"{_W}startOverride")
                if start is not None:
                    self._starts[name, _number(override.get(f"{_W}ilvl"), 0)] = _number(_value(start), 1)

    def _read_styles(self, root: etree._Element) -> None:
        for style in root.iter(f"{_W}style"):
            properties = style.find(f"{_W}pPr")
            name, level = ("", None) if properties is None else _numbered(properties)
            self._styles[style.get(f"{_W}styleId", "")] = name, level, _value(style.find(f"{_W}basedOn"))


def written(count: int, style: str) -> str:
    """A count in one of Word's styles of numbers; in digits where the style is none of the usual ones."""
    if style.endswith("Letter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 10)
        return letter.upper() if style.startswith("upper") else letter
    if style.endswith("Roman") and 0 < count < _HIGHEST:
        text = ""
        for value, letters in _ROMAN:
            text += letters * (count // value)
            count %= value
        return text.upper() if style.startswith("upper") else text
    return f"{count:02}" if style == "decimalZero" else str(count)


def _numbered(properties: etree._Element) -> tuple[str, int | None]:
    level = properties.find(f"{_W}numPr/{_W}ilvl")
    return _value(properties.find(f"{_W}numPr/{_W}numId")), None if level is None else _number(_value(level), 0)


def _value(element: etree._Element | None) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _number(digits: str | None, otherwise: int) -> int:
    return int(digits) if digits and digits.isascii() and digits.isdecimal() and len(digits) < 7 else otherwise
