"""PPTX: every slide a page: its title, the shapes from top to bottom with tables and charts, at last the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, cast

from lxml import etree
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.package import Package

from stillroom.documents.document import Page
from stillroom.documents.source import CHARACTERS, Content, Source, clean, ranges
from stillroom.documents.table import row_text
from stillroom.errors import DocumentError

SLIDES = 2000
"""Slides after this one are left unread, and said to be."""
_NEAR = 100_000
"""Shapes whose upper edges are nearer than this (EMU; about 3 mm) stand beside each other."""
_TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/main}t"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DIAGRAM_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"


def read(source: Source) -> Content:
    """One page a slide, in the order of the show; a slide without text is an empty page."""
    try:
        package = cast(Any, Package.open(io.BytesIO(source.data)))  # not Presentation(): it refuses shows and templates
        slides = list(package.main_document_part.presentation.slides)
    except (KeyError, ValueError, AttributeError) as error:
        raise DocumentError(
            "The presentation is damaged. Open it in its program, save it again and add that.", type(error).__name__
        ) from error
    pages: list[Page] = []
    with_pictures: list[int] = []
    characters = 0
    for number, slide in enumerate(slides[:SLIDES], 1):
        blocks = [block.strip("\n") for block in _slide(slide)]
        text = clean("\n\n".join(block for block in blocks if block.strip()))
        characters += len(text)
        if characters > CHARACTERS:
            break
        pages.append(Page(number, text))
        if any(_is_picture(shape) for shape in _flat(slide.shapes)):
            with_pictures.append(number)
    notes: list[str] = []
    if len(pages) < len(slides):
        notes.append(f"The presentation is too long; slide {len(pages) + 1} and later were not read.")
    if with_pictures:
        slide_or_slides = "slide" if len(with_pictures) == 1 else "slides"
        notes.append(f"What stands in pictures on {slide_or_slides} {ranges(with_pictures)} was not read.")
    return Content(tuple(pages), len(slides), tuple(notes))


def _slide(slide: Any) -> Iterator[str]:
    title = slide.shapes.title
    if title is not None:
        yield title.text_frame.text
    yield from _blocks(shape for shape in slide.shapes if title is None or shape.shape_id != title.shape_id)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text
        if notes.strip():
            yield f"Notes:\n{notes}"


def _blocks(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in _in_order(shapes):
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield "\n".join(_blocks(shape.shapes))
        elif getattr(shape, "has_table", False):
            rows = (["" if cell.is_spanned else cell.text for cell in row.cells] for row in shape.table.rows)
            yield "\n".join(filter(None, map(row_text, rows)))
        elif getattr(shape, "has_chart", False):
            yield "\n".join(_chart(shape.chart))
        elif shape.has_text_frame:
            yield shape.text_frame.text
        else:
            yield "\n".join(_diagram(shape))


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


def _flat(shapes: Iterable[Any]) -> Iterator[Any]:
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _flat(shape.shapes)
        else:
            yield shape


def _is_picture(shape: Any) -> bool:
    return bool(shape.shape_type == MSO_SHAPE_TYPE.PICTURE)
