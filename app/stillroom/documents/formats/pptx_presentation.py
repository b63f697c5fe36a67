"""PPTX: every slide a page: its title, the shapes from top to bottom with tables and charts, at last the speaker's notes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, cast

from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.package import Package

from stillroom.documents import left_out, raised
from stillroom.documents.aside import comment
from stillroom.documents.document import Page
from stillroom.documents.formats.embedded import add_embedded
from stillroom.documents.formats.inside import Inside
from stillroom.documents.formats.office_package import DRAWING, RELATION, OfficePackage
from stillroom.documents.source import CHARACTERS, Content, Source, clean
from stillroom.documents.table import row_text
from stillroom.errors import DocumentError

SLIDES = 2000
"""Slides after this one are left unread, and said to be."""
_NEAR = 100_000
"""Shapes whose upper edges are nearer than this (EMU; about 3 mm) stand beside each other."""
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DIAGRAM_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_SMALLEST = 300
"""In hundredths of a point; smaller letters are not meant to be read."""


def read(source: Source) -> Content:
    """One page a slide, in the order of the show; a slide without text is an empty page."""
    try:
        parts = OfficePackage(source.data)
        data = source.data if parts.is_sound else parts.rewritten()
        package = cast(Any, Package.open(io.BytesIO(data)))  # not Presentation(): it refuses shows and templates
        presentation = package.main_document_part.presentation
        every = list(presentation.slides)
    except (KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise DocumentError(
            "The presentation is damaged. Open it in its program, save it again and add that.", type(error).__name__
        ) from error
    slides = [slide for slide in every if slide.element.get("show", "1") not in ("0", "false")] or every
    inside = Inside(source)
    inside.left_out.add(left_out.HIDDEN_SLIDE, len(every) - len(slides))
    reader = _Reader(parts, inside, presentation.slide_width or 0, presentation.slide_height or 0)
    pages: list[Page] = []
    characters = 0
    for number, slide in enumerate(slides[:SLIDES], 1):
        blocks = [raised.settled(block.strip("\n")) for block in reader.slide(slide, number)]
        text = clean("\n\n".join(block for block in blocks if block.strip()))
        characters += len(text)
        if characters > CHARACTERS:
            break
        pages.append(Page(number, text))
    notes: list[str] = []
    if len(pages) < len(slides):
        notes.append(f"The presentation is too long; slide {len(pages) + 1} and later were not read.")
    return inside.content(pages, len(slides), notes)


class _Reader:
    """A reader of the slides of one presentation."""

    def __init__(self, parts: OfficePackage, inside: Inside, width: int, height: int) -> None:
        self._parts = parts
        self._inside = inside
        self._size = width, height
        self._masters: set[str] = set()

    def slide(self, slide: Any, number: int) -> Iterator[str]:
        place = f"slide {number}"
        title = slide.shapes.title
        if title is not None:
            yield self._text(title, place)
        yield from self._blocks(
            (shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id), place
        )
        for master in (slide.slide_layout, slide.slide_layout.slide_master):
            name = str(master.part.partname)
            if name not in self._masters:  # what stands on every slide is read once
                self._masters.add(name)
                yield from self._blocks((shape for shape in master.shapes if not shape.is_placeholder), place)
        yield from self._beside(slide)
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text
            if notes.strip():
                yield f"Notes:\n{notes}"

    def _beside(self, slide: Any) -> Iterator[str]:
        """Comments of reviewers, and files that were put in."""
        part = str(slide.part.partname).lstrip("/")
        for comments in self._parts.related(part, "comments"):
            for element in self._parts.root(comments).iter("{*}text", f"{DRAWING}t"):
                if (element.text or "").strip():
                    yield comment(element.text)
        for file in self._parts.related(part, "oleObject", "package"):
            add_embedded(self._parts, file, self._inside)

    def _blocks(self, shapes: Iterable[Any], place: str) -> Iterator[str]:
        for shape in _in_order(shapes):
            if self._is_unseen(shape):
                if any((text.text or "").strip() for text in shape.element.iter(_TEXT)):
                    self._inside.left_out.add(left_out.HIDDEN_TEXT, place=place)
            elif shape.shape_type == MSO_SHAPE_TYPE.GROUP:
                yield "\n".join(self._blocks(shape.shapes, place))
            elif getattr(shape, "has_table", False):
                rows = (["" if cell.is_spanned else cell.text for cell in row.cells] for row in shape.table.rows)
                yield "\n".join(filter(None, map(row_text, rows)))
            elif getattr(shape, "has_chart", False):
                yield "\n".join(_chart(shape.chart))
            elif shape.has_text_frame:
                yield self._text(shape, place)
                self._pictures(shape, place)
            else:
                yield "\n".join(_diagram(shape))
                self._pictures(shape, place)

    def _is_unseen(self, shape: Any) -> bool:
        """Whether a shape is switched off or lies outside of the slide."""
        name = next(shape.element.iter("{http://schemas.openxmlformats.org/presentationml/2006/main}cNvPr"), None)
        if name is not None and name.get("hidden") in ("1", "true"):
            return True
        sides = [getattr(shape, side, None) for side in ("left", "top", "width", "height")]
        if None in sides or not all(self._size) or shape.element.getparent().tag.endswith("}grpSp"):
            return False
        left, top, width, height = (int(side or 0) for side in sides)
        return bool(left >= self._size[0] or top >= self._size[1] or left + width <= 0 or top + height <= 0)

    def _text(self, shape: Any, place: str) -> str:
        lines: list[str] = []
        for paragraph in shape.text_frame.paragraphs:
            line = ""
            for element in paragraph._p:
                tag = etree.QName(element).localname
                text = "\v" if tag == "br" else "".join(part.text or "" for part in element.iter(_TEXT))
                properties = element.find(f"{DRAWING}rPr")
                size = "" if properties is None else properties.get("sz", "")
                lifted = "0" if properties is None else properties.get("baseline", "0")
                if text.strip() and size.isdecimal() and int(size) < _SMALLEST:
                    self._inside.left_out.add(left_out.HIDDEN_TEXT, place=place)
                elif text and lifted.rstrip("%").strip("-0"):
                    line += f"{raised.START}{text}{raised.END}"
                else:
                    line += text
            lines.append(line)
        return "\n".join(lines)

    def _pictures(self, shape: Any, place: str) -> None:
        for blip in shape.element.iter(f"{DRAWING}blip"):
            try:
                self._inside.picture(shape.part.related_part(blip.get(f"{RELATION}embed", "")).blob, place)
            except KeyError:
                self._inside.left_out.add(left_out.PICTURE_ELSEWHERE, place=place)


def _in_order(shapes: Iterable[Any]) -> list[Any]:
    """From top to bottom; those that stand beside each other from left to right."""
    rows: list[list[Any]] = []
    for shape in sorted(shapes, key=lambda shape: shape.top or 0):
        if rows and (shape.top or 0) - (rows[-1][0].top or 0) < _NEAR:
            rows[-1].append(shape)
        else:
            rows.append([shape])
    return [shape for row in rows for shape in sorted(row, key=lambda shape: shape.left or 0)]


def _chart(chart: Any) -> Iterator[str]:
    """Its title, then a table: the names of the series above, a category and its values a line."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield chart.chart_title.text_frame.text
    for plot in chart.plots:
        series = list(plot.series)
        yield row_text(["", *(str(one.name or "") for one in series)])
        values = [list(one.values) for one in series]
        for index, category in enumerate(plot.categories):
            cells = [row[index] if index < len(row) else None for row in values]
            yield row_text([str(category), *("" if cell is None else f"{cell:.15g}" for cell in cells)])


def _diagram(shape: Any) -> Iterator[str]:
    """The texts of a diagram (SmartArt), which stand in a part of their own."""
    relation = next(shape.element.iter(_DIAGRAM), None)
    if relation is None:
        return
    try:
        part = shape.part.related_part(relation.get(_DIAGRAM_DATA, ""))
    except KeyError:
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    for text in etree.fromstring(part.blob, parser).iter(_TEXT):
        yield text.text or ""
