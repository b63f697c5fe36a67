"""What was put into a document, at every place of every format, is in its text, or the row says that it was not read."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable
from email.message import EmailMessage

import openpyxl
import pptx
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet
from pptx.util import Cm
from tests.documents.make_message import compound_file
from tests.documents.make_office import NAMES, cell, packed, paragraph, word, workbook
from tests.documents.make_pictures import draw, encoded

from stillroom.documents.document import Document
from stillroom.documents.formats import inside
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source


def read(name: str, data: bytes | str) -> Document:
    return read_source(Source(name, data.encode() if isinstance(data, str) else data))


def all_text(document: Document) -> str:
    return "\n".join(page.text for part in document.walk() for page in part.pages)


def all_notes(document: Document) -> str:
    return "\n".join(note for part in document.walk() for note in part.notes)


@pytest.fixture(autouse=True)
def no_recognition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the OCR part a picture can only be said; test_pictures.py reads them."""
    monkeypatch.setattr(inside, "available", lambda: False)


PICTURE = encoded(draw([(20, 20, "PICTURE-MARK")], (300, 80)))


def package_object(name: str, data: bytes) -> bytes:
    """A file as Word's Packager wraps it."""
    label = name.encode() + b"\0"
    path = b"C:\\" + label
    native = (
        b"\2\0" + label + path + b"\0\0\3\0" + struct.pack("<I", len(path)) + path + struct.pack("<I", len(data)) + data
    )
    return compound_file({"\x01Ole10Native": struct.pack("<I", len(native)) + native})


# ------------------------------------------------------------------------------------------------------------- Word

_STYLES = f"""<w:styles {NAMES}><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="22"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"/>
<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Deeper"><w:basedOn w:val="Secret"/></w:style>
<w:style w:type="table" w:styleId="Dark"><w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr>
</w:tblStylePr></w:style></w:styles>"""


def _shape(text: str) -> str:
    box = f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph(text)}</w:txbxContent></wps:txbx></wps:wsp>"
    return (
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback>{paragraph(text)}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def _chart(name: str) -> str:
    return (
        f"<c:chartSpace {NAMES}><c:chart><c:title><a:p><a:r><a:t>{name}-TITLE</a:t></a:r></a:p></c:title><c:ser>"
        f"<c:tx><c:v>{name}-SERIES</c:v></c:tx><c:cat><c:pt><c:v>{name}-CATEGORY</c:v></c:pt></c:cat>"
        "<c:val><c:pt><c:v>4711</c:v></c:pt></c:val></c:ser></c:chart></c:chartSpace>"
    )


def _diagram(text: str) -> str:
    return f"<dgm:dataModel {NAMES}><dgm:pt><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:pt></dgm:dataModel>"


def word_document() -> bytes:
    body = (
        paragraph("BODY")
        + "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>"
        + paragraph("MERGED-CELL")
        + "</w:tc></w:tr><w:tr><w:tc>"
        + paragraph("TABLE-CELL")
        + "</w:tc><w:tc><w:tbl><w:tr><w:tc>"
        + paragraph("NESTED-CELL")
        + "</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"
        + "<w:sdt><w:sdtContent>"
        + paragraph("CONTROL")
        + "</w:sdtContent></w:sdt>"
        + "<w:p><w:ins><w:r><w:t>INSERTED</w:t></w:r></w:ins><w:hyperlink r:id='x'><w:r><w:t>LINK</w:t></w:r></w:hyperlink></w:p>"
        + "<w:p><w:fldSimple w:instr='DATE'><w:r><w:t>FIELD</w:t></w:r></w:fldSimple></w:p>"
        + "<w:p><m:oMath><m:f><m:num><m:r><m:t>FORMULA</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>"
        + _shape("TEXT-BOX")
        + "<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
        + paragraph("OLD-TEXT-BOX")
        + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
        + "<w:p><w:r><w:drawing><c:chart r:id='chart'/><dgm:relIds r:dm='diagram'/></w:drawing></w:r></w:p>"
        + "<w:p><w:r><w:object><o:OLEObject r:id='packed'/><o:OLEObject r:id='plain'/></w:object></w:r></w:p>"
        + "<w:altChunk r:id='chunk'/>"
        + "<w:p><w:r><w:footnoteReference w:id='2'/></w:r></w:p>"
    )
    parts = {
        f"word/{name}.xml": f"<w:{root} {NAMES}>{inner}</w:{root}>"
        for name, root, inner in (
            ("header1", "hdr", paragraph("HEADER")),
            ("footer1", "ftr", paragraph("FOOTER")),
            ("footnotes", "footnotes", f"<w:footnote w:id='2'>{paragraph('FOOTNOTE')}</w:footnote>"),
            ("endnotes", "endnotes", f"<w:endnote w:id='2'>{paragraph('ENDNOTE')}</w:endnote>"),
            ("comments", "comments", f"<w:comment w:id='1'>{paragraph('COMMENT')}</w:comment>"),
        )
    }
    links = {
        name: (name.rstrip("1"), f"{name}.xml") for name in ("header1", "footer1", "footnotes", "endnotes", "comments")
    }
    return word(
        body,
        {
            **parts,
            "word/charts/chart1.xml": _chart("CHART"),
            "word/diagrams/data1.xml": _diagram("SMART-ART"),
            "word/embeddings/oleObject1.bin": package_object("note.txt", b"PACKED-FILE"),
            "word/embeddings/inner.docx": word(paragraph("EMBEDDED-DOCUMENT")),
            "word/chunk.htm": "<html><body><p>ALT-CHUNK</p></body></html>",
        },
        links
        | {
            "chart": ("chart", "charts/chart1.xml"),
            "diagram": ("diagramData", "diagrams/data1.xml"),
            "packed": ("oleObject", "embeddings/oleObject1.bin"),
            "plain": ("package", "embeddings/inner.docx"),
            "chunk": ("aFChunk", "chunk.htm"),
        },
    )


WORD = (
    "BODY MERGED-CELL TABLE-CELL NESTED-CELL CONTROL INSERTED LINK FIELD FORMULA TEXT-BOX OLD-TEXT-BOX CHART-TITLE CHART-SERIES "
    "CHART-CATEGORY 4711 SMART-ART PACKED-FILE EMBEDDED-DOCUMENT ALT-CHUNK HEADER FOOTER FOOTNOTE ENDNOTE COMMENT"
)


def test_every_place_of_a_word_document() -> None:
    document = read("a.docx", word_document())
    text = all_text(document)
    assert [mark for mark in WORD.split() if mark not in text] == []
    assert text.count("TEXT-BOX") == 2  # the new and the old one, not their fallback
    assert document.notes == ()


def test_what_a_word_document_does_not_show_is_left_out_and_said() -> None:
    body = (
        paragraph("Shown")
        + paragraph("VANISHED", "<w:vanish/>")
        + paragraph("BY-STYLE", '<w:rStyle w:val="Deeper"/>')
        + paragraph("WHITE", '<w:color w:val="FFFFFF"/>')
        + paragraph("TINY", '<w:sz w:val="2"/>')
        + paragraph("kept", '<w:vanish w:val="0"/>')
        + "<w:p><w:del><w:r><w:delText>DELETED</w:delText></w:r></w:del></w:p>"
        + "<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>"
        + paragraph("HIDDEN-ROW")
        + "</w:tc></w:tr></w:tbl>"
        + "<w:tbl><w:tblPr><w:tblStyle w:val='Dark'/></w:tblPr><w:tr><w:tc>"
        + paragraph("White on dark", '<w:color w:val="FFFFFF"/>')
        + "</w:tc></w:tr></w:tbl>"
        + "<w:p><w:pPr><w:shd w:val='clear' w:fill='000000'/></w:pPr><w:r><w:rPr><w:color w:val='FFFFFF'/></w:rPr>"
        + "<w:t>white on black</w:t></w:r></w:p>"
    )
    document = read("a.docx", word(body, {"word/styles.xml": _STYLES}, {"st": ("styles", "styles.xml")}))
    text = all_text(document)
    assert not [mark for mark in ("VANISHED", "BY-STYLE", "WHITE", "TINY", "DELETED", "HIDDEN-ROW") if mark in text]
    assert all(mark in text for mark in ("Shown", "kept", "White on dark", "white on black"))
    assert set(document.notes) == {
        "4 hidden passages were left out: the file does not show them.",
        "1 passage that is marked as deleted was left out.",
        "1 hidden row was left out: the file does not show it.",
    }


def test_what_cannot_be_read_in_a_word_document_is_said() -> None:
    body = (
        paragraph("Text")
        + "<w:p><w:r><w:drawing><a:blip r:embed='picture'/><a:blip r:link='web'/><a:blip r:embed='metafile'/></w:drawing></w:r></w:p>"
        + "<w:p><w:r><w:object><o:OLEObject r:id='gone'/></w:object><c:chart r:id='gone'/><dgm:relIds r:dm='gone'/></w:r></w:p>"
        + "<w:altChunk r:id='gone'/><w:p><w:subDoc r:id='web'/></w:p>"
    )
    links = {
        "picture": ("image", "media/image1.png"),
        "metafile": ("image", "media/image2.emf"),
        "web": ("image", "https://example.org/a.png"),
        "gone": ("oleObject", "NULL"),
    }
    emf = b"\1\0\0\0" + bytes(400)
    notes = all_notes(
        read("a.docx", word(body, {"word/media/image1.png": PICTURE, "word/media/image2.emf": emf}, links))
    )
    for said in (
        "1 picture was not read",
        "lies outside",
        "drawing",
        "embedded file",
        "chart",
        "diagram",
        "other format",
        "another file",
    ):
        assert said in notes, said


def test_raised_digits_of_word_stay_apart() -> None:
    price = "<w:p><w:r><w:t>Total €19</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>99</w:t></w:r></w:p>"
    note = "<w:p><w:r><w:t>1,250.00</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>1</w:t></w:r></w:p>"
    assert read("a.docx", word(price + note)).pages[0].text == "Total €19.99\n1,250.00 ¹"


def test_the_numbers_of_lists_and_headings() -> None:
    def entry(text: str, level: int, name: int = 1) -> str:
        place = f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{name}'/></w:numPr>"
        return f"<w:p><w:pPr>{place}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"

    def level(number: int, style: str, text: str) -> str:
        return f"<w:lvl w:ilvl='{number}'><w:start w:val='1'/><w:numFmt w:val='{style}'/><w:lvlText w:val='{text}'/></w:lvl>"

    levels = (
        level(0, "decimal", "%1.")
        + level(1, "decimal", "%1.%2")
        + level(2, "lowerRoman", "(%3)")
        + level(3, "bullet", "o")
    )
    numbering = (
        f"<w:numbering {NAMES}><w:abstractNum w:abstractNumId='7'>{levels}</w:abstractNum>"
        "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num><w:num w:numId='2'><w:abstractNumId w:val='7'/>"
        "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='5'/></w:lvlOverride></w:num></w:numbering>"
    )
    styles = (
        f"<w:styles {NAMES}><w:style w:type='paragraph' w:styleId='Clause'><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='1'/>"
        "</w:numPr></w:pPr></w:style></w:styles>"
    )
    body = (
        entry("Term", 0) + "<w:p><w:pPr><w:pStyle w:val='Clause'/></w:pPr><w:r><w:t>Two years</w:t></w:r></w:p>" + entry("Notice", 1)
        + entry("By post", 2) + entry("By mail", 2) + entry("Mark", 3) + entry("Law", 0) + entry("Again", 0, 2) + paragraph("End")
    )  # fmt: skip
    parts = {"word/numbering.xml": numbering, "word/styles.xml": styles}
    document = read("a.docx", word(body, parts, {"n": ("numbering", "numbering.xml"), "st": ("styles", "styles.xml")}))
    assert document.pages[0].text == (
        "1. Term\n1.1 Two years\n1.2 Notice\n(i) By post\n(ii) By mail\nMark\n2. Law\n5. Again\nEnd"
    )


@pytest.mark.parametrize("change", ["strict", "backslashes", "dangling", "other letters"])
def test_word_documents_that_word_opens(change: str) -> None:
    data = word(
        paragraph("BODY"),
        {"word/header1.xml": f"<w:hdr {NAMES}>{paragraph('HEADER')}</w:hdr>"},
        {
            "h": ("header", "Header1.xml" if change == "other letters" else "header1.xml"),
            "n": ("image", "NULL" if change == "dangling" else "header1.xml"),
        },
    )
    assert all_text(read("a.docx", changed(data, change))) == "HEADER\n\nBODY"


def changed(data: bytes, change: str) -> bytes:
    """The package as programs write it that take liberties."""
    import zipfile

    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            part = archive.read(name)
            if change == "strict":
                for old, new in (
                    (
                        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
                    ),
                    (
                        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
                    ),
                    (
                        b"http://schemas.openxmlformats.org/officeDocument/2006/",
                        b"http://purl.oclc.org/ooxml/officeDocument/",
                    ),
                ):
                    part = part.replace(old, new)
            parts[name.replace("/", "\\") if change == "backslashes" and name != "[Content_Types].xml" else name] = part
    return packed(parts)


# ------------------------------------------------------------------------------------------------------------- Excel

_SHEET_STYLES = f"""<s:styleSheet {NAMES}><s:numFmts count="1"><s:numFmt numFmtId="170" formatCode=";;;"/></s:numFmts>
<s:fonts count="3"><s:font><s:sz val="11"/></s:font><s:font><s:sz val="11"/><s:color rgb="FFFFFFFF"/></s:font>
<s:font><s:sz val="1"/></s:font></s:fonts>
<s:fills count="3"><s:fill><s:patternFill patternType="none"/></s:fill><s:fill><s:patternFill patternType="gray125"/></s:fill>
<s:fill><s:patternFill patternType="solid"><s:fgColor rgb="FF000080"/></s:patternFill></s:fill></s:fills>
<s:borders count="1"><s:border/></s:borders><s:cellStyleXfs count="1"><s:xf/></s:cellStyleXfs><s:cellXfs count="5">
<s:xf numFmtId="0" fontId="0" fillId="0" borderId="0"/><s:xf numFmtId="170" fontId="0" fillId="0" borderId="0"/>
<s:xf numFmtId="0" fontId="1" fillId="0" borderId="0"/><s:xf numFmtId="0" fontId="2" fillId="0" borderId="0"/>
<s:xf numFmtId="0" fontId="1" fillId="2" borderId="0"/></s:cellXfs></s:styleSheet>"""


def excel_workbook() -> bytes:
    rows = f'<s:row r="1">{cell("A1", "CELL")}</s:row><s:row r="2">{cell("B2", "SECOND")}</s:row>'
    after = (
        '<s:mergeCells count="1"><s:mergeCell ref="B2:C2"/></s:mergeCells>'
        '<s:headerFooter><s:oddHeader>&amp;L&amp;"Arial,Bold"&amp;12SHEET-HEADER&amp;RPage &amp;P</s:oddHeader>'
        "<s:oddFooter>&amp;CSHEET-FOOTER</s:oddFooter></s:headerFooter>"
        '<s:drawing r:id="d"/><s:legacyDrawing r:id="v"/>'
    )
    drawing = (
        f"<xdr:wsDr {NAMES}><xdr:twoCellAnchor><xdr:sp><xdr:txBody><a:p><a:r><a:t>SHEET-BOX</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
        '</xdr:twoCellAnchor><xdr:pic><a:blip r:embed="p"/></xdr:pic><c:chart r:id="c"/><dgm:relIds r:dm="g"/></xdr:wsDr>'
    )
    old = f'<xml {NAMES}><v:shape><v:textbox><div>BUTTON<br>OLD</div></v:textbox><x:ClientData ObjectType="Button"/></v:shape></xml>'
    from tests.documents.make_office import _links

    return workbook(
        rows,
        after=after,
        parts={
            "xl/styles.xml": _SHEET_STYLES,
            "xl/drawings/drawing1.xml": drawing,
            "xl/drawings/_rels/drawing1.xml.rels": _links(
                {
                    "p": ("image", "../media/a.png"),
                    "c": ("chart", "../charts/c.xml"),
                    "g": ("diagramData", "../diagrams/g.xml"),
                }
            ),
            "xl/drawings/vmlDrawing1.vml": old,
            "xl/media/a.png": PICTURE,
            "xl/charts/c.xml": _chart("CHART"),
            "xl/diagrams/g.xml": _diagram("SMART-ART"),
            "xl/comments1.xml": f'<s:comments {NAMES}><s:commentList><s:comment ref="A1"><s:text><s:t>CELL-COMMENT</s:t></s:text>'
            "</s:comment></s:commentList></s:comments>",
            "xl/embeddings/o.bin": package_object("note.txt", b"PACKED-FILE"),
        },
        links={
            "d": ("drawing", "../drawings/drawing1.xml"),
            "v": ("vmlDrawing", "../drawings/vmlDrawing1.vml"),
            "k": ("comments", "../comments1.xml"),
            "o": ("oleObject", "../embeddings/o.bin"),
        },
    )


def test_every_place_of_a_workbook() -> None:
    document = read("a.xlsx", excel_workbook())
    text = all_text(document)
    marks = (
        "CELL SECOND SHEET-HEADER SHEET-FOOTER SHEET-BOX BUTTON OLD CHART-TITLE CHART-SERIES CHART-CATEGORY SMART-ART CELL-COMMENT "
        "PACKED-FILE"
    )
    assert [mark for mark in marks.split() if mark not in text] == []
    assert len(document.notes) == 1
    assert document.notes[0].startswith("1 picture (sheet “One”) was not read.")


def test_what_a_sheet_does_not_show_is_left_out_and_said() -> None:
    rows = (
        f'<s:row r="1">{cell("A1", "Shown")}{cell("B1", "HIDDEN-COLUMN")}</s:row>'
        f'<s:row r="2" hidden="1">{cell("A2", "HIDDEN-ROW")}</s:row>'
        f'<s:row r="3"><s:c r="A3" s="1"><s:v>987</s:v></s:c>{cell("C3", "HIDDEN-TEXT", 1)}</s:row>'
        f'<s:row r="4">{cell("A4", "WHITE", 2)}{cell("C4", "TINY", 3)}{cell("D4", "white on blue", 4)}</s:row>'
    )
    sheets = '<s:sheet name="One" sheetId="1" r:id="s1"/><s:sheet name="Two" sheetId="2" state="hidden" r:id="s2"/>'
    data = workbook(
        rows,
        before='<s:cols><s:col min="2" max="2" width="9" hidden="1"/></s:cols>',
        parts={"xl/styles.xml": _SHEET_STYLES},
        sheets=sheets,
    )
    document = read("a.xlsx", data)
    assert document.pages[0].text == "Shown\n\n\twhite on blue"
    assert set(document.notes) == {
        "1 hidden sheet was not read.",
        "1 hidden row (sheet “One”) was left out: the file does not show it.",
        "1 hidden column (sheet “One”) was left out: the file does not show it.",
        "4 cells whose content is hidden (sheet “One”) were left out: the file does not show them.",
    }


@pytest.mark.parametrize(
    "styles",
    [
        _SHEET_STYLES.replace("FF000080", "#000080"),
        _SHEET_STYLES.replace('<s:sz val="11"/></s:font>', '<s:sz val="11"/><s:family val="34"/></s:font>', 1),
        _SHEET_STYLES.replace('<s:fill><s:patternFill patternType="none"/></s:fill>', "<s:fill/>"),
        "<broken",
        "",
    ],
)
def test_odd_styles_are_no_reason_to_refuse_a_workbook(styles: str) -> None:
    rows = f'<s:row r="1">{cell("A1", "Total")}<s:c r="B1"><s:v>12.5</s:v></s:c></s:row>'
    document = read("a.xlsx", workbook(rows, parts={"xl/styles.xml": styles} if styles else None))
    assert document.pages[0].text == "Total\t12.5"


@pytest.mark.parametrize("change", ["strict", "backslashes"])
def test_workbooks_that_excel_opens(change: str) -> None:
    rows = f'<s:row r="1">{cell("A1", "Total")}</s:row>'
    assert all_text(read("a.xlsx", changed(workbook(rows, parts={"xl/styles.xml": _SHEET_STYLES}), change))) == "Total"


def test_a_formula_without_a_result_is_said() -> None:
    document = read("a.xlsx", workbook(f'<s:row r="1">{cell("A1", "Total")}<s:c r="B1"><s:f>1+1</s:f></s:c></s:row>'))
    assert document.notes[0].startswith("1 formula has no stored result")


def test_raised_digits_of_a_sheet_stay_apart() -> None:
    rich = "<s:r><s:t>€19</s:t></s:r><s:r><s:rPr><s:vertAlign val='superscript'/></s:rPr><s:t>99</s:t></s:r>"
    strings = f"<s:sst {NAMES}><s:si>{rich}</s:si></s:sst>"
    data = workbook(
        '<s:row r="1"><s:c r="A1" t="s"><s:v>0</s:v></s:c></s:row>', parts={"xl/sharedStrings.xml": strings}
    )
    assert read("a.xlsx", data).pages[0].text == "€19.99"


def test_old_and_binary_workbooks_say_what_is_not_told_apart() -> None:
    from stillroom.documents.formats.calamine_workbook import pages_of

    rows = f'<s:row r="1">{cell("A1", "Total")}<s:c r="B1"><s:v>12.5</s:v></s:c></s:row>'
    pages, count, notes = pages_of(workbook(rows), "xlsb")
    assert (pages[0].text, count) == ("Total\t12.5", 1)
    assert "without their formats" in notes[0]


# ------------------------------------------------------------------------------------------------------------- PowerPoint


def test_every_place_of_a_presentation() -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text_frame.text = "TITLE"
    slide.shapes.add_textbox(Cm(1), Cm(5), Cm(5), Cm(1)).text_frame.text = "TEXT-BOX"
    table = slide.shapes.add_table(1, 1, Cm(1), Cm(8), Cm(5), Cm(1)).table
    table.cell(0, 0).text = "TABLE-CELL"
    slide.notes_slide.notes_text_frame.text = "SPEAKER"
    slide.shapes.add_picture(io.BytesIO(PICTURE), Cm(1), Cm(10))
    slide.shapes.add_ole_object(
        io.BytesIO(word(paragraph("EMBEDDED"))), "Word.Document.12", Cm(1), Cm(12), Cm(2), Cm(2)
    )
    outside = slide.shapes.add_textbox(Cm(-20), Cm(1), Cm(5), Cm(1))
    outside.text_frame.text = "OFF-SLIDE"
    small = slide.shapes.add_textbox(Cm(1), Cm(6), Cm(5), Cm(1)).text_frame.paragraphs[0].add_run()
    small.text = "TINY"
    small.font.size = pptx.util.Pt(1)
    show.slide_layouts[5].shapes.clone_placeholder  # noqa: B018 - the layout keeps its own shapes
    hidden = show.slides.add_slide(show.slide_layouts[6])
    hidden.shapes.add_textbox(Cm(1), Cm(1), Cm(5), Cm(1)).text_frame.text = "HIDDEN-SLIDE"
    hidden.element.set("show", "0")
    target = io.BytesIO()
    show.save(target)
    document = read("a.pptx", target.getvalue())
    text = all_text(document)
    assert [mark for mark in ("TITLE", "TEXT-BOX", "TABLE-CELL", "SPEAKER", "EMBEDDED") if mark not in text] == []
    assert [mark for mark in ("OFF-SLIDE", "TINY", "HIDDEN-SLIDE") if mark in text] == []
    notes = all_notes(document)
    for said in ("1 hidden slide was", "2 hidden passages (slide 1) were", "picture"):
        assert said in notes, said


# ------------------------------------------------------------------------------------------------------------- HTML

_PAGE = """<html><head><style>
.gone { display: none } .away { position: absolute; left: -9999px } .clear { color: transparent }
#white { color: #fff } td.dark { background: navy; color: white } .small { font-size: 1px } .veiled { visibility: hidden }
.veiled b { visibility: visible } .zero { opacity: 0 } @media print { .shown { display: none } } .a .b, .c { display: none }
.cut { height: 0; overflow: hidden } .back { color: white; background: url(x.png) }
</style></head><body><p>PARAGRAPH</p><table><tr><form><td>CELL-IN-FORM</td><td>OTHER</td></form></tr></table>
<select><option>FIRST</option><option selected>CHOSEN</option></select><input value="TYPED"><textarea>AREA</textarea>
<input type="checkbox" checked>AGREED<p>€19<sup>99</sup> and 1,250.00<sup>1</sup> and m<sup>2</sup></p>
<p class="shown">ON-SCREEN</p><table><tr><td class="dark">WHITE-ON-NAVY</td></tr></table><p class="veiled">VEILED<b>UNVEILED</b></p>
<p class="back">ON-PICTURE</p><details><summary>SUMMARY</summary>DETAILS</details><svg><text>DRAWN</text></svg>
<p class="gone">GONE</p><p class="away">AWAY</p><p class="clear">CLEAR</p><p id="white">WHITE</p><p class="small">SMALL</p>
<p class="zero">ZERO</p><div class="a"><p class="b">NESTED</p></div><p style="color:#fefefe">NEARLY</p><p hidden>ATTRIBUTE</p>
<div class="cut">CUT</div><font color="white">FONT</font>
<img src="https://example.org/a.png"><img width="1" height="1" src="https://example.org/t.gif"><iframe src="x"></iframe>
<img src="data:image/png;base64,PNG"><canvas></canvas></body></html>""".replace(
    "PNG", base64.b64encode(PICTURE).decode()
)


def test_every_place_of_a_web_page() -> None:
    document = read("a.html", _PAGE)
    text = all_text(document)
    shown = (
        "PARAGRAPH CELL-IN-FORM OTHER CHOSEN TYPED AREA AGREED ☒ €19.99 ¹ m² ON-SCREEN WHITE-ON-NAVY UNVEILED ON-PICTURE SUMMARY DETAILS "
        "DRAWN"
    )
    unseen = "GONE AWAY CLEAR WHITE\n SMALL ZERO NESTED NEARLY ATTRIBUTE CUT FONT VEILED\n FIRST"
    assert [mark for mark in shown.split() if mark not in text] == []
    assert [
        mark for mark in unseen.split(" ") if mark.strip() in text.replace("UNVEILED", "").replace("WHITE-ON", "")
    ] == []
    notes = all_notes(document)
    for said in ("12 hidden passages", "2 pictures that lie outside", "1 frame", "1 picture was not read", "script"):
        assert said in notes, said


@pytest.mark.parametrize(
    "style",
    [
        "transform: scale(0)",
        "scale: 0",
        "filter: opacity(0%)",
        "transform: rotate(3deg) scaleX(0.0)",
        "-webkit-text-fill-color: #fff",
    ],
)
def test_what_is_shrunk_or_filtered_away_is_left_out(style: str) -> None:
    document = read(
        "a.html", f"<p>Total due <span style='{style}'>9,999.99</span> <b style='scale: 0.9'>1,050.00</b></p>"
    )
    assert all_text(document) == "Total due 1,050.00"
    assert document.notes == ("1 hidden passage was left out: the file does not show it.",)


@pytest.mark.parametrize("kind", ["character", "paragraph"])
def test_a_style_of_word_may_strike_out(kind: str) -> None:
    gone = (
        f"<w:styles {NAMES}><w:style w:type='{kind}' w:styleId='Gone'><w:rPr><w:strike/></w:rPr></w:style></w:styles>"
    )
    run = "<w:r><w:rPr><w:rStyle w:val='Gone'/></w:rPr><w:t>9999.99</w:t></w:r>"
    plain = "<w:r><w:rPr><w:strike w:val='0'/></w:rPr><w:t>1050.00</w:t></w:r>"
    inner = (
        run + plain
        if kind == "character"
        else f"<w:pPr><w:pStyle w:val='Gone'/></w:pPr><w:r><w:t>9999.99</w:t></w:r>{plain}"
    )
    document = read("a.docx", word(f"<w:p>{inner}</w:p>", {"word/styles.xml": gone}, {"st": ("styles", "styles.xml")}))
    assert all_text(document) == "1050.00"
    assert document.notes == ("1 struck-out passage was left out.",)


def test_struck_out_cells_are_left_out_and_said() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["Total due", "9,999.99", "1,050.00"])
    sheet["B1"].font = Font(strike=True)
    sheet.append(["Total due 7777.77"])
    sheet.row_dimensions[2].height = 0.5
    sheet["F1"] = "Narrow 6666.66"
    sheet.column_dimensions["F"].width = 0.1
    file = io.BytesIO()
    book.save(file)
    document = read("a.xlsx", file.getvalue())
    assert all_text(document).split() == ["Total", "due", "1,050.00"]
    for said in ("1 struck-out passage (sheet “Sheet”) was left out.", "1 hidden row", "1 hidden column"):
        assert said in all_notes(document)


def test_the_struck_out_part_of_a_cell_is_left_out_and_said() -> None:
    parts = "<s:r><s:rPr><s:strike/></s:rPr><s:t>9,999.99</s:t></s:r><s:r><s:t> 1,050.00</s:t></s:r>"
    book = workbook(
        '<s:row r="1"><s:c r="A1" t="s"><s:v>0</s:v></s:c></s:row>',
        parts={"xl/sharedStrings.xml": f"<s:sst {NAMES}><s:si>{parts}</s:si></s:sst>"},
    )
    document = read("a.xlsx", book)
    assert all_text(document).strip() == "1,050.00"
    assert "1 struck-out passage" in all_notes(document)


def test_what_style_sheets_set_into_a_page_is_read_as_it_is_seen() -> None:
    page = """<style>dt::after { content: ":" } #sum:before { content: "EUR " } #sum { font-weight: bold } .cut::after { content: "Kept" ;
    display: none } .lie { font-size: 0 } .lie::before { content: "1,050.00"; font-size: 12px } .by::after { content: attr(data-by) }
    .clear::after { content: ""; display: table } .sign::before { content: "\\f101" } .below::after { content: "Below"; display: block }
    </style><dl><dt>Sum</dt><dd id="sum">12.00</dd></dl><p class="cut">Cut</p><p>Total due <b class="lie">9,999.99</b></p>
    <p class="by" data-by="Rivers">by </p><p class="clear sign">Clear</p><p class="below">Above</p>"""
    document = read("a.html", page)
    assert [line for line in all_text(document).split("\n") if line] == [
        *("Sum:", "EUR 12.00", "Cut", "Total due 1,050.00", "by Rivers", "Clear", "Above", "Below"),
    ]
    assert document.notes == ("2 hidden passages were left out: the file does not show them.",)


@pytest.mark.parametrize(
    "mark", ["<del>1,250.00</del>", "<s>1,250.00</s>", '<span style="text-decoration: line-through">1,250.00</span>']
)
def test_what_a_web_page_strikes_out_is_left_out_and_said(mark: str) -> None:
    document = read("a.html", f"<p>Total due: {mark} <ins>1,050.00</ins></p>")
    assert all_text(document) == "Total due: 1,050.00"
    assert document.notes == ("1 struck-out passage was left out.",)


# ------------------------------------------------------------------------------------------------------------- mail


def mail(*parts: tuple[str, str], kind: str = "mixed") -> bytes:
    """A message of parts: their headers and their text."""
    lines = [f"From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary=X\n"]
    lines += [f"--X\n{head}\n\n{body}" for head, body in parts]
    return ("\n".join(lines) + "\n--X--\n").encode()


_CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20250410T090000Z\r\n"
    "SUMMARY:MEETING\r\nLOCATION:ROOM\r\nEND:VEVENT\r\nEND:VCALENDAR"
)
_HTML = ("Content-Type: text/html", "<p>The HTML-BODY has all of the words of this message</p>")


@pytest.mark.parametrize(
    ("data", "marks"),
    [
        (mail(("Content-Type: text/plain", "  \n"), _HTML, kind="alternative"), "HTML-BODY"),
        (mail(("Content-Type: text/plain", "Your program shows no HTML."), _HTML, kind="alternative"), "HTML-BODY"),
        (mail(("Content-Type: text/plain", "PLAIN words of this message has all the"), _HTML, kind="alternative"), "PLAIN"),
        (
            mail(
                ("Content-Type: text/plain", "Thank you for your order, all of it is listed below"),
                ("Content-Type: text/html", "<p>Thank you for your order, all of it is listed below</p><p>Total 1,050.00</p>"),
                kind="alternative",
            ),
            "1,050.00",
        ),
        (
            mail(
                ("Content-Type: text/plain", ""),
                (
                    "Content-Type: multipart/mixed; boundary=Y",
                    "--Y\nContent-Type: text/html\n\nBEFORE\n--Y\nContent-Disposition: attachment; filename=a.txt\n\nFILE\n"
                    "--Y\nContent-Type: text/html\n\n<meta charset=utf-8>AFTER ü\n--Y--",
                ),
                kind="alternative",
            ),
            "BEFORE FILE AFTER ü",
        ),
        (mail(("Content-Type: text/plain", "FIRST"), ("Content-Type: text/plain", "SECOND"), _HTML), "FIRST SECOND HTML-BODY"),
        (
            mail(("Content-Type: text/plain", "Come."), ("Content-Type: text/calendar", _CALENDAR), kind="alternative"),
            "MEETING ROOM 2025-04-10",
        ),
        (mail(("Content-Type: application/ics; name=i.ics", _CALENDAR)), "MEETING ROOM"),
        (
            mail(("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64", base64.b64encode(b"Subject: INNER\n\nDEEP").decode())),
            "INNER DEEP",
        ),
        (b"\xef\xbb\xbf" + mail(_HTML), "HTML-BODY"),
        (
            b"From a@b Mon Mar  3 10:00:00 2025\nSubject: ONE\n\nA\n>From here\n\nFrom a@b Mon Mar  3 11:00:00 2025\nSubject: TWO\n\nB\n",
            "ONE TWO",
        ),
        (
            b"Subject: x\nContent-Type: text/plain; charset=iso-8859-1\nMIME-Version: 1.0\n\n12 \x80 \x93EURO\x94",
            "€ “EURO”",
        ),
        (b"From: a\nSubject: Gr\xfc\xdfe\nMIME-Version: 1.0\n\nx", "Grüße"),
    ],
)  # fmt: skip
def test_every_part_of_a_message(data: bytes, marks: str) -> None:
    document = read("m", data)
    text = all_text(document)
    assert [mark for mark in marks.split() if mark not in text] == []
    assert "base64" not in text


def test_parts_of_a_message_that_are_not_read_are_said() -> None:
    encrypted = mail(
        ("Content-Type: application/pgp-encrypted", "Version: 1"),
        ("Content-Type: application/octet-stream", "x"),
        kind="encrypted",
    )
    assert "encrypted" in all_notes(read("m.eml", encrypted))
    signature = mail(
        ("Content-Type: text/plain", "Body"),
        ("Content-Type: application/pgp-signature; name=s.asc", "x"),
        kind="signed",
    )
    assert read("m.eml", signature).notes == ("1 digital signature was not checked.",)
    external = mail(("Content-Type: text/plain", "Body"), ("Content-Type: message/external-body; access-type=URL", ""))
    assert "another place" in all_notes(read("m.eml", external))


def test_the_hidden_text_of_a_message_is_no_part_of_it() -> None:
    page = '<p>Total 12.00</p><p style="color:white">Total 9999.00</p>'
    document = read("m.eml", mail(("Content-Type: text/html", page)))
    assert "9999" not in all_text(document)
    assert "1 hidden passage was left out" in all_notes(document)


# ------------------------------------------------------------------------------------------------------------- archives


def test_every_file_of_an_archive_is_a_document_of_its_own(message: Callable[..., EmailMessage]) -> None:
    inner = packed({"deep.txt": "DEEP"})
    data = packed({"a.txt": "ONE", "folder/b.html": "<p>TWO</p>", "m.eml": message("THREE", Subject="x").as_bytes(), "in.zip": inner,
                   "__MACOSX/._a.txt": b"\0\1", "program.exe": b"MZ" + bytes(300), ".DS_Store": b"x"})  # fmt: skip
    document = read("all.zip", data)
    assert [part.name for part in document.walk()][1:] == [
        "all.zip › a.txt",
        "all.zip › folder_b.html",
        "all.zip › m.eml",
        "all.zip › in.zip",
        "all.zip › in.zip › deep.txt",
    ]
    assert all(mark in all_text(document) for mark in ("ONE", "TWO", "THREE", "DEEP"))
    assert document.notes == (
        "This is an archive; 4 files in it have rows of their own.",
        "The packed file “program.exe” was not read. This is a program. It cannot be read as a document.",
    )


def test_a_stored_archive_is_not_the_pdf_in_it(pdf: Callable[..., bytes]) -> None:
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.pdf", pdf([(50, 700, "FIRST")]))
        archive.writestr("b.pdf", pdf([(50, 700, "OTHER")]))
    document = read("all.zip", target.getvalue())
    assert document.kind == "zip"
    assert [part.pages[0].text for part in document.attachments] == ["FIRST", "OTHER"]


# ------------------------------------------------------------------------------------------------------------- OpenDocument

_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
    for name, rest in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("fo", "xsl-fo-compatible"), ("presentation", "presentation"),
    )
) + ' xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip


def open_document(kind: str, body: str, styles: str = "", masters: str = "") -> bytes:
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {_ODF}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {_ODF}>{masters}</office:document-styles>",
            "Pictures/a.png": PICTURE,
        }
    )


def test_every_place_of_an_open_document_text() -> None:
    body = """<text:h>HEADING</text:h><text:p>BODY<text:s text:c="2"/>END<text:note><text:note-citation>1</text:note-citation>
    <text:note-body><text:p>FOOTNOTE</text:p></text:note-body></text:note><office:annotation><text:p>COMMENT</text:p></office:annotation>
    <draw:frame><draw:text-box><text:p>TEXT-BOX</text:p></draw:text-box></draw:frame><draw:frame><draw:image xlink:href="Pictures/a.png"/>
    </draw:frame></text:p><text:list><text:list-item><text:p>ITEM</text:p></text:list-item></text:list>
    <table:table><table:table-row><table:table-cell><text:p>TABLE-CELL</text:p></table:table-cell></table:table-row></table:table>
    <text:p>€19<text:span text:style-name="up">99</text:span><text:span text:style-name="no">HIDDEN</text:span></text:p>"""
    styles = """<style:style style:name="up"><style:text-properties style:text-position="super 58%"/></style:style>
    <style:style style:name="no"><style:text-properties text:display="none"/></style:style>"""
    masters = """<office:master-styles><style:master-page><style:header><text:p>HEADER</text:p></style:header>
    <style:footer><text:p>FOOTER</text:p></style:footer></style:master-page></office:master-styles>"""
    document = read("a.odt", open_document("text", body, styles, masters))
    text = all_text(document)
    marks = "HEADING BODY FOOTNOTE COMMENT TEXT-BOX ITEM TABLE-CELL €19.99 HEADER FOOTER"
    assert [mark for mark in marks.split() if mark not in text] == []
    assert "BODY  END" in text
    assert "HIDDEN" not in text
    assert "1 hidden passage" in all_notes(document)
    assert "1 picture was not read" in all_notes(document)


def test_every_place_of_an_open_document_sheet() -> None:
    body = """<table:table table:name="One"><table:table-column/><table:table-column table:visibility="collapse"/>
    <table:table-row><table:table-cell><text:p>CELL</text:p></table:table-cell><table:table-cell><text:p>HIDDEN-COLUMN</text:p></table:table-cell>
    <table:table-cell table:number-columns-repeated="2"><text:p>TWICE</text:p></table:table-cell></table:table-row>
    <table:table-row table:visibility="filter"><table:table-cell><text:p>HIDDEN-ROW</text:p></table:table-cell></table:table-row>
    <table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16000"/></table:table-row>
    </table:table>
    <table:table table:name="Two" table:style-name="no"><table:table-row><table:table-cell><text:p>HIDDEN-SHEET</text:p></table:table-cell>
    </table:table-row></table:table>"""
    styles = '<style:style style:name="no"><style:table-properties table:display="false"/></style:style>'
    document = read("a.ods", open_document("spreadsheet", body, styles))
    assert document.pages[0].text == "CELL\tTWICE\tTWICE"
    assert set(document.notes) == {
        "1 hidden sheet was not read.",
        "1 hidden row was left out: the file does not show it.",
        "1 hidden column was left out: the file does not show it.",
    }


def test_every_place_of_an_open_document_presentation() -> None:
    body = """<draw:page><draw:frame><draw:text-box><text:p>TITLE</text:p></draw:text-box></draw:frame>
    <presentation:notes><draw:frame><draw:text-box><text:p>SPEAKER</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
    <draw:page draw:style-name="no"><draw:frame><draw:text-box><text:p>HIDDEN</text:p></draw:text-box></draw:frame></draw:page>"""
    styles = (
        '<style:style style:name="no"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    document = read("a.odp", open_document("presentation", body, styles))
    assert document.pages[0].text == "TITLE\n\nNotes:\nSPEAKER"
    assert document.notes == ("1 hidden slide was left out: the file does not show it.",)


# ------------------------------------------------------------------------------------------------------------- text


def test_characters_that_are_not_seen_are_no_part_of_a_value() -> None:
    document = read("a.txt", "GL\u200b-1\u206000 pay \u202e04.021\u202c now\U000e0041")
    assert document.pages[0].text == "GL-100 pay 120.40 now"
    assert len(document.notes) == 2


def test_a_text_that_mentions_a_pdf_is_a_text() -> None:
    assert read("a.txt", "Files begin with %PDF-1.7\nTotal 5").kind == "txt"


def test_quotation_marks_that_do_not_close() -> None:
    document = read("a.csv", 'Item;Size;Price\nPipe;"5 inch;10,00\nBolt;"M;8";2,50\n')
    assert document.pages[0].text == 'Item\tSize\tPrice\nPipe\t"5 inch\t10,00\nBolt\tM;8\t2,50'
    assert "do not close" in document.notes[0]
    assert read("a.csv", 'sep=;\na;"b\nc"\n').pages[0].text == "a\tb c"
