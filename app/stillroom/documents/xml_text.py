"""XML that holds data (an order, an exported record) as lines of text: names of elements and attributes, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from stillroom.documents.json_text import Pairs, lines_of

_BEGINS = re.compile(rb"\s*<(?:\?xml\b|[A-Za-z_][\w.:\-]*[\s>/])")
_BYTES = 20 * 1024 * 1024
_DEEPEST = 60
_NEW_WORD = re.compile(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_\-.]+")
_DRAWN = ("svg", "math")
_TECHNICAL = "{http://www.w3.org/2001/XMLSchema-instance}"


def xml_lines(data: bytes) -> list[str]:
    """The lines; none where these bytes are no XML, or XML of a text that has its marks between the words.

    A document type is not read (its entities may be files of this machine): such a file is a text.
    """
    plain = data.replace(b"\0", b"") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data.removeprefix(b"\xef\xbb\xbf")
    if (
        len(data) > _BYTES
        or not _BEGINS.match(plain[:4096].lstrip(b"\xff\xfe"))
        or b"<!DOCTYPE" in plain
        or b"<!ENTITY" in plain
    ):
        return []
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if not _is_data(root):
        return []
    text = " ".join((root.text or "").split())  # of a root that holds no elements
    return list(lines_of(Pairs([*([(_words(str(root.tag)), text)] if text else []), *_entries(root)])))


def _is_data(root: etree._Element) -> bool:
    """Whether text stands only in elements that hold no others, and none is nested deeper than a person's data are. A drawing is none."""
    if etree.QName(root).localname in _DRAWN:
        return False
    held = 0
    for element in root.iter(etree.Element):
        beside = (element.text, *(child.tail for child in element)) if len(element) else ()
        if any(text and text.strip() for text in beside) or sum(1 for _ in element.iterancestors()) > _DEEPEST:
            return False
        held += 1
    return held > 1 or bool(root.attrib)


def _entries(element: etree._Element) -> Iterator[tuple[str, Any]]:
    for name, value in element.attrib.items():
        if not str(name).startswith(_TECHNICAL):
            yield _words(str(name)), str(value)
    for child in element.iterchildren(etree.Element):
        inner = list(_entries(child))
        text = " ".join((child.text or "").split())
        if text or not inner:
            yield _words(str(child.tag)), text
            yield from ((f"{_words(str(child.tag))} {name}", value) for name, value in inner)
        else:
            yield _words(str(child.tag)), Pairs(inner)


def _words(name: str) -> str:
    """``invoiceNumber`` as ``invoice Number``, without its name space."""
    return " ".join(_NEW_WORD.sub(" ", etree.QName(name).localname).split())
