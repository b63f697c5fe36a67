"""PPTX, RTF, JSON and JSON lines."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation as Slides
from pptx.util import Cm

from stillroom.documents.document import Document
from stillroom.documents.json_text import lines_of, parse
from stillroom.documents.read_file import read_file, read_source
from stillroom.documents.source import Source
from stillroom.errors import DocumentError


def read(name: str, data: bytes | str) -> Document:
    return read_source(Source(name, data.encode() if isinstance(data, str) else data))


def text(name: str, data: bytes | str) -> str:
    return "\n".join(page.text for page in read(name, data).pages)


# ------------------------------------------------------------------------------------------------------------- PPTX


def saved(slides: Slides) -> bytes:
    target = io.BytesIO()
    slides.save(target)
    return target.getvalue()


def test_slides_are_pages_with_tables_charts_and_notes() -> None:
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    lower = slide.shapes.add_textbox(Cm(2), Cm(12), Cm(8), Cm(1))
    lower.text_frame.text = "at the bottom"
    for left, words in ((14, "right"), (2, "left")):
        slide.shapes.add_textbox(Cm(left), Cm(5), Cm(8), Cm(1)).text_frame.text = words
    table = slide.shapes.add_table(2, 2, Cm(2), Cm(8), Cm(10), Cm(2)).table
    for row, cells in enumerate((("Item", "Price"), ("Tea", "4.50"))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    slide.shapes.title.text_frame.text = "Prices\vof 2025"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    show.slides.add_slide(show.slide_layouts[6])
    chart = CategoryChartData()
    chart.categories = ["March", "April"]
    chart.add_series("Sold", (12, 14.5))
    third = show.slides.add_slide(show.slide_layouts[6])
    third.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(1), Cm(9), Cm(9), chart)
    document = read("a.pptx", saved(show))
    assert (document.kind, document.page_count) == ("pptx", 3)
    assert document.pages[0].text == (
        "Prices\nof 2025\n\nleft\n\nright\n\nItem\tPrice\nTea\t4.50\n\nat the bottom\n\nNotes:\nSay it slowly."
    )
    assert document.pages[1].text == ""
    assert document.pages[2].text == "Sold\nMarch\t12\nApril\t14.5"


def test_shapes_in_groups_are_read_and_pictures_looked_at() -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(picture, "PNG")
    show = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Cm(1), Cm(1), Cm(3), Cm(1)).text_frame.text = "inside"
    group.shapes.add_picture(io.BytesIO(picture.getvalue()), Cm(1), Cm(3))
    document = read("show", saved(show))
    assert document.pages[0].text == "inside"
    assert document.notes == ("1 picture (slide 1) was looked at and no text was recognised.",)


def test_a_slide_show_opens_like_a_presentation() -> None:
    show = Presentation()
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text_frame.text = "Hello"
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(show))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"presentation.main+xml", b"slideshow.main+xml"))
    assert read("a.ppsx", target.getvalue()).pages[0].text == "Hello"


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_truncated_presentation(share: float) -> None:
    data = saved(Presentation())
    with pytest.raises(DocumentError, match="damaged"):
        read("a.pptx", data[: int(len(data) * share)])


def test_a_presentation_without_its_parts() -> None:
    show = Presentation()
    show.slides.add_slide(show.slide_layouts[5]).shapes.title.text_frame.text = "Hello"
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(show))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name != "ppt/slides/slide1.xml":
                new.writestr(name, old.read(name))
    with pytest.raises(DocumentError, match="damaged"):
        read("a.pptx", target.getvalue())


# ------------------------------------------------------------------------------------------------------------- RTF


def test_rtf() -> None:
    data = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Word;}\f0 Invoice\tab INV-7\par "
        r"M\'fcller \u8364? 12,50 \u-10179?\u-8704?\par "
        r"\trowd\cellx100\cellx200 Item\cell Price\cell\row\trowd\cellx100\cellx200 Tea\cell 4.50\cell\row\pard a | b\par}"
    )
    document = read("a.rtf", data)
    assert document.kind == "rtf"
    assert document.pages[0].text == "Invoice\tINV-7\nMüller € 12,50 😀\nItem\tPrice\nTea\t4.50\na | b"
    assert document.notes == ()


def test_what_stands_beside_the_body_of_rtf() -> None:
    document = read(
        "a",
        r"{\rtf1\ansi{\header Top}{\footer Bottom}Text{\super 1}{\footnote\pard 1 small}{\v secret} more\v out\v0  end"
        r"{\*\shpinst{\shptxt In a box}}{\*\annotation Check this}{\object{\*\objdata 0105}{\result shown}}\par}",
    )
    text = document.pages[0].text
    for part in ("Top", "Bottom", "Text", "1 small", "more", "end", "In a box", "[Comment] Check this", "shown"):
        assert part in text
    assert "secret" not in text
    assert "out" not in text
    assert document.notes == (
        "2 hidden passages were left out: the file does not show them.",
        "1 embedded file was not read.",
    )


def test_rtf_without_its_end() -> None:
    assert "end of the file is missing" in read("a.rtf", r"{\rtf1\ansi Text that goes on").notes[0]


# ------------------------------------------------------------------------------------------------------------- JSON


def test_json_as_lines() -> None:
    data = """{"number": "INV-7", "total": 12.50, "paid": false, "note": null, "tags": ["a", "b"],
        "party": {"name": "Müller", "address": "Road 5\\nTown"}, "items": [{"tea": 1e3, "n": 2}, [3, []]], "total": 13}"""
    document = read("a.json", data)
    assert document.kind == "json"
    assert document.pages[0].text == (
        "number: INV-7\ntotal: 12.50\npaid: false\nnote:\ntags:\n  - a\n  - b\nparty:\n  name: Müller\n  address: Road 5\n"
        "    Town\nitems:\n  - tea: 1e3\n    n: 2\n  - - 3\ntotal: 13"
    )


def test_json_lines_and_json_under_other_names() -> None:
    records = '{"id": 1, "text": "one"}\n\n{"id": 2, "text": "two"}\n'
    for name in ("a.jsonl", "a.ndjson", "a.json", "a.txt", "a"):
        assert text(name, records) == "id: 1\ntext: one\n\nid: 2\ntext: two"
    assert read("a.txt", '\ufeff [{"id": 1}]').kind == "json"
    assert read("a.txt", "[see page 3] and {braces}").kind == "txt"
    assert text("a.json", "7") == "7"


def test_json_that_is_none_is_read_as_text_and_said_to_be() -> None:
    document = read("a.json", '{"id": 1, "text": ')
    assert document.pages[0].text == '{"id": 1, "text": '
    assert "no valid JSON" in document.notes[0]


def test_json_nested_too_deeply() -> None:
    with pytest.raises(DocumentError, match="nested too deeply"):
        read("a.json", "[" * 100_000 + "]" * 100_000)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab c-:\n", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(values)
@settings(deadline=None, max_examples=100)
def test_every_scalar_of_json_stands_in_the_lines(value: object) -> None:
    written = "\n".join(lines_of(parse(json.dumps(value))))

    def scalars(part: object) -> list[str]:
        if isinstance(part, dict):
            return [text for key, inner in part.items() for text in (key, *scalars(inner))]
        if isinstance(part, list):
            return [text for inner in part for text in scalars(inner)]
        return [] if part is None else [str(part).lower() if isinstance(part, bool) else str(part)]

    for scalar in scalars(value):
        assert all(line.strip() in written for line in scalar.splitlines())


def test_a_merged_cell_keeps_its_neighbours_in_their_columns(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text("<table><tr><td>A<td>B<td>C<tr><td colspan=2>wide<td>1<tr><td>x<td><td>2</table>", encoding="utf-8")
    assert read_file(page).pages[0].text.strip() == "A\tB\tC\nwide\t\t1\nx\t\t2"
    word = docx.Document()
    table = word.add_table(rows=3, cols=3)
    for index, content in enumerate(["A", "B", "C", "wide", "-", "1", "x", "y", "2"]):
        table.cell(index // 3, index % 3).text = content
    table.cell(1, 1).text = table.cell(2, 1).text = ""
    table.cell(1, 0).merge(table.cell(1, 1))
    word.save(str(tmp_path / "a.docx"))
    assert read_file(tmp_path / "a.docx").pages[0].text.strip() == "A\tB\tC\nwide\t\t1\nx\t\t2"


# -------------------------------------------------------------------------------------------------------------- XML


def test_the_text_of_an_xml_root_with_attributes_is_read() -> None:
    document = read("note.xml", '<note id="1">Hello  world</note>')
    assert document.pages[0].text == "note: Hello world\nid: 1"


def test_data_in_xml_are_names_and_values() -> None:
    made = (
        '<?xml version="1.0"?><o:order xmlns:o="urn:x" number="PO-7"><!-- draft --><invoiceDate>2025-04-03</invoiceDate>'
        '<buyer><name>Oak &amp; Sons plc</name></buyer><totalDue currency="GBP">1,050.00</totalDue><note/></o:order>'
    )
    document = read("order.xml", made)
    assert document.kind == "xml"
    assert document.pages[0].text.splitlines() == [
        "number: PO-7", "invoice Date: 2025-04-03", "buyer:", "  name: Oak & Sons plc", "total Due: 1,050.00",
        "total Due currency: GBP", "note:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "made",
    [
        "<letter>Pay <b>1,050.00</b> now</letter>",  # marks between the words of a text
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><x><y>&e;</y></x>',
        "<x><y>1</x>",
        '<svg xmlns="http://www.w3.org/2000/svg"><text>Total</text></svg>',
        "<b>" * 100 + "x" + "</b>" * 100,
    ],
)
def test_what_is_no_data_in_xml_stays_the_text_it_is(made: str) -> None:
    document = read("a.xml", made)
    assert document.kind == "txt"
    assert document.pages[0].text.strip() == made
