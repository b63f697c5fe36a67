"""Made files of every format, put together by chance from all places that a format has for text, with a list of what each holds.

A mark is a word that stands nowhere else. It is shown by the file, or the file hides it, or no reader can know it: then a sentence has
to say so.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from html import escape

import pptx
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm, Pt
from reportlab.pdfgen.canvas import Canvas
from tests.documents.make_message import Mail, make_message
from tests.documents.make_office import NAMES, cell, packed, paragraph, word, workbook

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_SCRIPTS = ("", "", "é", "Ж", "Ω", "漢")


@dataclass(frozen=True)
class Mark:
    """A word of a file.

    Attributes:
        said: a word of the sentence that tells of it where it is not in the text; empty where it has to be there, or is not missed.
        hidden: the file does not show it.
        place: the number of the place in the list of its format, where there is one.
    """

    text: str
    said: str = ""
    hidden: bool = False
    place: int = -1


@dataclass
class Maker:
    """A source of marks and of chance for one file.

    Attributes:
        marks: that were given so far.
        latin: marks of plain letters only, for what has no others.
    """

    chance: random.Random
    marks: list[Mark] = field(default_factory=list)
    latin: bool = False
    place: int = -1

    def mark(self, said: str = "", *, hidden: bool = False) -> str:
        script = "" if self.latin else self.chance.choice(_SCRIPTS)
        text = f"{script}{''.join(self.chance.choices(_LETTERS, k=7))}{self.chance.randint(10, 99)}"
        self.marks.append(Mark(text, said, hidden, self.place))
        return text

    def hide(self, said: str) -> str:
        """A mark that the file does not show."""
        return self.mark(said, hidden=True)

    def some(self, places: Sequence[Callable[[Maker], str]]) -> list[str]:
        """What a few of these places look like, in any order."""
        pieces = []
        for number in self.chance.sample(range(len(places)), self.chance.randint(2, min(9, len(places)))):
            self.place = number
            pieces.append(places[number](self))
        self.place = -1
        return pieces


@dataclass(frozen=True)
class Made:
    """A file, and the marks that were put into it."""

    name: str
    data: bytes
    marks: tuple[Mark, ...]


def made(kind: str, number: int) -> Made:
    """The file of this number; the same each time."""
    maker = Maker(random.Random(f"{kind} {number}"))
    data = FORMATS[kind](maker)
    return Made(f"made-{number}.{kind.split(' ')[0]}", data, tuple(maker.marks))


def _run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def _in_runs(text: str) -> str:
    """One word in three runs, as Word keeps what was corrected."""
    return f"<w:p>{_run(text[:2])}{_run(text[2:5], '<w:b/>')}<w:proofErr w:type='spellStart'/>{_run(text[5:])}</w:p>"


# ---- Word: each place is the piece of the body that has it

_WORD_TABLE = "<w:tbl><w:tr>{}</w:tr></w:tbl>"
_WORD: tuple[Callable[[Maker], str], ...] = (
    lambda m: paragraph(m.mark()),
    lambda m: paragraph(f"Total {m.mark()} due"),
    lambda m: _in_runs(m.mark()),
    lambda m: f"<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr>{_run(m.mark())}</w:p>",
    lambda m: _WORD_TABLE.format(f"<w:tc>{paragraph(m.mark())}</w:tc><w:tc>{paragraph(m.mark())}</w:tc>"),
    lambda m: _WORD_TABLE.format(f"<w:tc>{_WORD_TABLE.format(f'<w:tc>{paragraph(m.mark())}</w:tc>')}{paragraph('')}</w:tc>"),
    lambda m: _WORD_TABLE.format(f"<w:sdt><w:sdtContent><w:tc>{paragraph(m.mark())}</w:tc></w:sdtContent></w:sdt>"),
    lambda m: f"<w:tbl><w:sdt><w:sdtContent><w:tr><w:tc>{paragraph(m.mark())}</w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>",
    lambda m: f"<w:sdt><w:sdtContent>{paragraph(m.mark())}</w:sdtContent></w:sdt>",
    lambda m: f"<w:p><w:sdt><w:sdtContent>{_run(m.mark())}</w:sdtContent></w:sdt></w:p>",
    lambda m: f"<w:customXml w:element='x'>{paragraph(m.mark())}</w:customXml>",
    lambda m: f"<w:p><w:smartTag w:element='x'>{_run(m.mark())}</w:smartTag></w:p>",
    lambda m: f"<w:p><w:customXml w:element='x'>{_run(m.mark())}</w:customXml></w:p>",
    lambda m: f"<w:p><w:ins>{_run(m.mark())}</w:ins></w:p>",
    lambda m: f"<w:p><w:moveTo>{_run(m.mark())}</w:moveTo></w:p>",
    lambda m: f"<w:p><w:hyperlink w:anchor='x'>{_run(m.mark())}</w:hyperlink></w:p>",
    lambda m: f"<w:p><w:dir w:val='ltr'>{_run(m.mark())}</w:dir><w:bdo w:val='ltr'>{_run(m.mark())}</w:bdo></w:p>",
    lambda m: f"<w:p><w:fldSimple w:instr='DATE'>{_run(m.mark())}</w:fldSimple></w:p>",
    lambda m: "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>MERGEFIELD x</w:instrText></w:r>"
    f"<w:r><w:fldChar w:fldCharType='separate'/></w:r>{_run(m.mark())}<w:r><w:fldChar w:fldCharType='end'/></w:r></w:p>",
    lambda m: f"<w:p><w:r><w:ruby><w:rt>{_run(m.mark())}</w:rt><w:rubyBase>{_run(m.mark())}</w:rubyBase></w:ruby></w:r></w:p>",
    lambda m: f"<w:p><m:oMathPara><m:oMath><m:r><m:t>{m.mark()}</m:t></m:r></m:oMath></m:oMathPara></w:p>",
    lambda m: f"<w:p>{_run('a')}<w:r><w:tab/><w:t>{m.mark()}</w:t><w:br/><w:t>{m.mark()}</w:t><w:cr/></w:r></w:p>",
    lambda m: "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:wsp><wps:txbx><w:txbxContent>"
    f"{paragraph(m.mark())}</w:txbxContent></wps:txbx></wps:wsp></w:drawing></mc:Choice></mc:AlternateContent></w:r></w:p>",
    lambda m: "<w:p><w:r><w:pict><v:group><v:shape><v:textbox><w:txbxContent>"
    f"{paragraph(m.mark())}</w:txbxContent></v:textbox></v:shape></v:group></w:pict></w:r></w:p>",
    lambda m: f"<w:p><w:r><w:pict><v:shape><v:textpath string='{m.mark()}'/></v:shape></w:pict></w:r></w:p>",
    lambda m: paragraph(m.hide("hidden"), "<w:vanish/>"),
    lambda m: paragraph(m.hide("hidden"), '<w:color w:val="FFFFFF"/>'),
    lambda m: paragraph(m.hide("hidden"), '<w:sz w:val="2"/>'),
    lambda m: paragraph(m.hide("struck"), "<w:strike/>"),
    lambda m: f"<w:p><w:del><w:r><w:delText>{m.hide('deleted')}</w:delText></w:r></w:del></w:p>",
    lambda m: f"<w:p><w:moveFrom>{_run(m.hide(''))}</w:moveFrom></w:p>",
    lambda m: f"<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{paragraph(m.hide('hidden row'))}</w:tc></w:tr></w:tbl>",
)  # fmt: skip


_WHITE = 26


def _docx(maker: Maker) -> bytes:
    parts: dict[str, str | bytes] = {}
    links: dict[str, tuple[str, str]] = {}
    body = "".join(maker.some(_WORD))

    def part(name: str, kind: str, root: str, inner: str) -> None:
        parts[f"word/{name}.xml"] = f"<w:{root} {NAMES}>{inner}</w:{root}>"
        links[f"r{len(links)}"] = (kind, f"{name}.xml")

    for name, kind, root, wrap in (
        ("header1", "header", "hdr", "{}"), ("header2", "header", "hdr", "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>"),
        ("footer1", "footer", "ftr", "{}"), ("comments", "comments", "comments", "<w:comment w:id='1'>{}</w:comment>"),
        ("footnotes", "footnotes", "footnotes", "<w:footnote w:id='2'>{}</w:footnote>"),
        ("endnotes", "endnotes", "endnotes", "<w:endnote w:id='2'>{}</w:endnote>"),
    ):  # fmt: skip
        if maker.chance.random() < 0.3:
            part(name, kind, root, wrap.format(paragraph(maker.mark())))
    if maker.chance.random() < 0.3:
        parts["word/chunk.htm"] = f"<html><body><p>{maker.mark()}</p></body></html>".encode()
        links["chunk"] = ("aFChunk", "chunk.htm")
        body += "<w:altChunk r:id='chunk'/>"
    if maker.chance.random() < 0.3:
        parts["word/embeddings/in.docx"] = word(paragraph(maker.mark()))
        links["in"] = ("package", "embeddings/in.docx")
        body += "<w:p><w:r><w:object><o:OLEObject r:id='in'/></w:object></w:r></w:p>"
    if "<w:drawing" in body or "<v:shape" in body:  # white letters may stand on it: they are read, or it is said
        maker.marks[:] = [replace(mark, hidden=mark.hidden and mark.place != _WHITE) for mark in maker.marks]
    return word(body, parts, links)


# ---- Excel


def _xlsx(maker: Maker) -> bytes:
    chance = maker.chance
    strings: list[str] = []
    rows, merged, links = [], [], {}
    parts: dict[str, str | bytes] = {}

    def shared(text: str) -> str:
        strings.append(text)
        return f't="s"><s:v>{len(strings) - 1}</s:v>'

    for number in range(1, chance.randint(2, 6)):
        place = f'<s:c r="{{}}{number}" '
        cells = ""
        if chance.random() < 0.2:
            hidden = f'{place.format("A")}t="inlineStr"><s:is><s:t>{maker.hide("hidden row")}</s:t></s:is></s:c>'
            rows.append(f'<s:row r="{number}" hidden="1">{hidden}</s:row>')
            continue
        for column in sorted(chance.sample("ABCDEFG", chance.randint(1, 4))):
            start = place.format(column)
            cells += chance.choice((
                lambda start=start: f"{start}{shared(f'<s:si><s:t>{maker.mark()}</s:t></s:si>')}</s:c>",
                lambda start=start: f"{start}{shared(_rich(maker.mark()))}</s:c>",
                lambda start=start: f'{start}t="str"><s:f>A1</s:f><s:v>{maker.mark()}</s:v></s:c>',
                lambda start=start: f'{start}t="inlineStr"><s:is><s:t>{maker.mark()}</s:t></s:is></s:c>',
                lambda start=start: f'{start}t="inlineStr"><s:is><s:r><s:t>{maker.mark()}</s:t></s:r><s:rPh sb="0" eb="1"/></s:is></s:c>',
            ))()  # fmt: skip
        rows.append(f'<s:row r="{number}">{cells}</s:row>')
    after = ""
    if chance.random() < 0.5:
        rows.append(f'<s:row r="20">{cell("B20", maker.mark())}</s:row>')
        merged.append('<s:mergeCells count="1"><s:mergeCell ref="B20:D21"/></s:mergeCells>')
    after += "".join(merged)
    if chance.random() < 0.5:
        after += f"<s:headerFooter><s:oddHeader>&amp;L{maker.mark()}&amp;R&amp;P</s:oddHeader>"
        after += f"<s:evenFooter>&amp;C{maker.mark()}</s:evenFooter></s:headerFooter>"
    if chance.random() < 0.5:
        after += '<s:drawing r:id="d"/>'
        links["d"] = ("drawing", "../drawings/drawing1.xml")
        inner = f"<xdr:sp><xdr:txBody><a:p><a:r><a:t>{maker.mark()}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
        group = f"<xdr:grpSp>{inner.replace(maker.marks[-1].text, maker.mark())}</xdr:grpSp>"
        parts["xl/drawings/drawing1.xml"] = (
            f"<xdr:wsDr {NAMES}><xdr:twoCellAnchor>{inner}</xdr:twoCellAnchor><xdr:oneCellAnchor>{group}</xdr:oneCellAnchor></xdr:wsDr>"
        )
    if chance.random() < 0.5:
        links["k"] = ("comments", "../comments1.xml")
        parts["xl/comments1.xml"] = (
            f'<s:comments {NAMES}><s:commentList><s:comment ref="A1"><s:text><s:r><s:t>{maker.mark()}</s:t></s:r></s:text></s:comment>'
            "</s:commentList></s:comments>"
        )
    sheets = '<s:sheet name="One" sheetId="1" r:id="s1"/>'
    if chance.random() < 0.5:
        state, text = chance.choice((("", maker.mark), ("hidden", lambda: maker.hide("hidden sheet"))))
        sheets += f'<s:sheet name="Two" sheetId="2" state="{state or "visible"}" r:id="s2"/>'
        parts["xl/worksheets/sheet2.xml"] = (
            f'<s:worksheet {NAMES}><s:sheetData><s:row r="1">{cell("A1", text())}</s:row></s:sheetData></s:worksheet>'
        )
    if strings:
        parts["xl/sharedStrings.xml"] = f"<s:sst {NAMES}>{''.join(strings)}</s:sst>"
    return workbook("".join(rows), after=after, parts=parts, links=links, sheets=sheets)


def _rich(text: str) -> str:
    return f"<s:si>{''.join(f'<s:r><s:t>{part}</s:t></s:r>' for part in _halves(text))}</s:si>"


def _halves(text: str) -> tuple[str, str]:
    return text[:4], text[4:]


# ---- PowerPoint


def _pptx(maker: Maker) -> bytes:
    chance = maker.chance
    show = pptx.Presentation()
    for number in range(chance.randint(1, 2)):
        slide = show.slides.add_slide(show.slide_layouts[5 if number == 0 else 1])
        slide.shapes.title.text_frame.text = maker.mark()
        box = slide.shapes.add_textbox(Cm(2), Cm(5), Cm(5), Cm(1)).text_frame
        run = box.paragraphs[0].add_run()
        run.text = maker.mark()
        if chance.random() < 0.5:
            box.add_paragraph().text = maker.mark()
        if chance.random() < 0.5:
            group = slide.shapes.add_group_shape()
            group.shapes.add_textbox(Cm(2), Cm(7), Cm(5), Cm(1)).text_frame.text = maker.mark()
        if chance.random() < 0.5:
            table = slide.shapes.add_table(2, 2, Cm(2), Cm(8), Cm(9), Cm(2)).table
            table.cell(0, 0).text, table.cell(1, 1).text = maker.mark(), maker.mark()
        if chance.random() < 0.4:
            data = CategoryChartData()
            data.categories = [maker.mark(), maker.mark()]
            data.add_series(maker.mark(), (1, 2))
            slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, Cm(2), Cm(2), Cm(6), Cm(6), data)
        if chance.random() < 0.4:
            slide.notes_slide.notes_text_frame.text = maker.mark()
        if chance.random() < 0.3:
            slide.shapes.add_textbox(Cm(-20), Cm(1), Cm(5), Cm(1)).text_frame.text = maker.hide("hidden")
        if chance.random() < 0.3:
            tiny = slide.shapes.add_textbox(Cm(2), Cm(12), Cm(5), Cm(1)).text_frame.paragraphs[0].add_run()
            tiny.text, tiny.font.size = maker.hide("hidden"), Pt(1)
    if chance.random() < 0.4:
        box = show.slide_layouts[5].shapes._spTree
        source = show.slides[0].shapes.add_textbox(Cm(2), Cm(15), Cm(5), Cm(1))
        source.text_frame.text = maker.mark()  # a text of the layout, which each of its slides shows
        box.append(source._element)
    if chance.random() < 0.3:
        hidden = show.slides.add_slide(show.slide_layouts[6])
        hidden.shapes.add_textbox(Cm(2), Cm(2), Cm(5), Cm(1)).text_frame.text = maker.hide("hidden slide")
        hidden.element.set("show", "0")
    target = io.BytesIO()
    show.save(target)
    return target.getvalue()


# ---- OpenDocument

_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
    for name, rest in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("fo", "xsl-fo-compatible"), ("presentation", "presentation"),
    )
) + ' xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip
_ODF_STYLES = (
    '<style:style style:name="no"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="cut"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="off"><style:table-properties table:display="false"/></style:style>'
)


def _p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


_ODT: tuple[Callable[[Maker], str], ...] = (
    lambda m: _p(m.mark()),
    lambda m: f"<text:h>{m.mark()}</text:h>",
    lambda m: f"<text:p>{'<text:span/>'.join(_halves(m.mark()))}</text:p>",
    lambda m: f"<text:section>{_p(m.mark())}</text:section>",
    lambda m: f"<text:list><text:list-header>{_p(m.mark())}</text:list-header><text:list-item>{_p(m.mark())}</text:list-item></text:list>",
    lambda m: f"<table:table><table:table-header-rows><table:table-row><table:table-cell>{_p(m.mark())}</table:table-cell>"
    f"</table:table-row></table:table-header-rows><table:table-row><table:table-cell>{_p(m.mark())}</table:table-cell></table:table-row></table:table>",
    lambda m: "<table:table><table:table-row><table:table-cell><table:table table:is-sub-table='true'><table:table-row><table:table-cell>"
    f"{_p(m.mark())}</table:table-cell></table:table-row></table:table></table:table-cell></table:table-row></table:table>",
    lambda m: _p(f"a<text:note><text:note-citation>1</text:note-citation><text:note-body>{_p(m.mark())}</text:note-body></text:note>"),
    lambda m: _p(f"a<office:annotation>{_p(m.mark())}</office:annotation>"),
    lambda m: _p(f"<draw:frame><draw:text-box>{_p(m.mark())}</draw:text-box></draw:frame>"),
    lambda m: _p(f"<draw:g><draw:custom-shape>{_p(m.mark())}</draw:custom-shape></draw:g>"),
    lambda m: _p(f'<text:a xlink:href="https://example.org">{m.mark()}</text:a><text:line-break/>{m.mark()}'),
    lambda m: _p(f"<text:ruby><text:ruby-base>{m.mark()}</text:ruby-base><text:ruby-text>{m.mark()}</text:ruby-text></text:ruby>"),
    lambda m: _p(f"<text:user-field-get>{m.mark()}</text:user-field-get><text:tab/><text:date>{m.mark()}</text:date>"),
    lambda m: _p(f'<text:span text:style-name="no">{m.hide("hidden")}</text:span>'),
    lambda m: _p(f'<text:span text:style-name="cut">{m.hide("struck")}</text:span>'),
    lambda m: f'<text:section text:display="none">{_p(m.hide("hidden"))}</text:section>',
)  # fmt: skip


def _open_document(kind: str, body: str, masters: str = "") -> bytes:
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {_ODF}><office:automatic-styles>{_ODF_STYLES}</office:automatic-styles>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {_ODF}>{masters}</office:document-styles>",
        }
    )


def _odt(maker: Maker) -> bytes:
    masters = ""
    if maker.chance.random() < 0.4:
        masters = (
            f"<office:master-styles><style:master-page><style:header>{_p(maker.mark())}</style:header>"
            f"<style:footer>{_p(maker.mark())}</style:footer></style:master-page></office:master-styles>"
        )
    changes = ""
    if maker.chance.random() < 0.3:
        changes = (
            "<text:tracked-changes><text:changed-region><text:deletion>"
            f"{_p(maker.hide('deleted'))}</text:deletion></text:changed-region></text:tracked-changes>"
        )
    return _open_document("text", changes + "".join(maker.some(_ODT)), masters)


def _ods(maker: Maker) -> bytes:
    chance = maker.chance

    def sheet(name: str, style: str, said: str) -> str:
        text: Callable[[], str] = (lambda: maker.hide(said)) if said else maker.mark
        rows = ""
        for _ in range(chance.randint(1, 3)):
            cells = "".join(
                f"<table:table-cell{more}>{_p(text())}</table:table-cell>"
                for more in chance.choices(
                    ("", ' table:number-columns-spanned="2"', ' office:value-type="string"'), k=3
                )
            )
            if chance.random() < 0.3:
                cells += f"<table:table-cell>{_p(text())}<office:annotation>{_p(text())}</office:annotation></table:table-cell>"
            rows += f"<table:table-row>{cells}</table:table-row>"
        if chance.random() < 0.4 and not said:
            rows += (
                '<table:table-row table:visibility="collapse"><table:table-cell>'
                f"{_p(maker.hide('hidden row'))}</table:table-cell></table:table-row>"
            )
        if chance.random() < 0.4 and not said:
            rows = f"<table:table-row-group>{rows}</table:table-row-group>"
        shapes = ""
        if chance.random() < 0.4 and not said:
            shapes = f"<table:shapes><draw:frame><draw:text-box>{_p(maker.mark())}</draw:text-box></draw:frame></table:shapes>"
        return f'<table:table table:name="{name}" table:style-name="{style}">{shapes}{rows}</table:table>'

    body = sheet("One", "", "")
    if chance.random() < 0.6:
        body += sheet("Two", *chance.choice((("", ""), ("off", "hidden sheet"))))
    return _open_document("spreadsheet", body)


def _odp(maker: Maker) -> bytes:
    pages = ""
    for _ in range(maker.chance.randint(1, 3)):
        shapes = f"<draw:frame><draw:text-box>{_p(maker.mark())}</draw:text-box></draw:frame>"
        if maker.chance.random() < 0.5:
            shapes += f"<draw:g><draw:custom-shape>{_p(maker.mark())}</draw:custom-shape></draw:g>"
        if maker.chance.random() < 0.5:
            shapes += (
                "<draw:frame><table:table><table:table-row><table:table-cell>"
                f"{_p(maker.mark())}</table:table-cell></table:table-row></table:table></draw:frame>"
            )
        if maker.chance.random() < 0.5:
            shapes += f"<presentation:notes><draw:frame><draw:text-box>{_p(maker.mark())}</draw:text-box></draw:frame></presentation:notes>"
        pages += f"<draw:page>{shapes}</draw:page>"
    return _open_document("presentation", pages)


# ---- HTML

_HTML: tuple[Callable[[Maker], str], ...] = (
    lambda m: f"<p>{m.mark()}</p>",
    lambda m: f"<p>{'<b>'.join(_halves(m.mark()))}</b></p>",
    lambda m: f"<table><caption>{m.mark()}</caption><tr><th>{m.mark()}<td>{m.mark()}</table>",
    lambda m: f"<table><tr><form><td>{m.mark()}</td></form></tr><tbody><tr><td><table><tr><td>{m.mark()}</table></table>",
    lambda m: f"<ul><li>{m.mark()}<li>{m.mark()}</ul><dl><dt>{m.mark()}<dd>{m.mark()}</dl>",
    lambda m: f"<pre>{m.mark()}\n  {m.mark()}</pre>",
    lambda m: f"<select><option>first<option selected>{m.mark()}</select>",
    lambda m: f"<input value='{m.mark()}'><textarea>{m.mark()}</textarea><button>{m.mark()}</button>",
    lambda m: f"<input type=submit value='{m.mark()}'>",
    lambda m: f"<details><summary>{m.mark()}</summary>{m.mark()}</details>",
    lambda m: f"<svg><text>{m.mark()}</text></svg>",
    lambda m: f"<fieldset><legend>{m.mark()}</legend><label>{m.mark()}</label></fieldset>",
    lambda m: f"<noscript>{m.hide('hidden')}</noscript>",
    lambda m: f"<object data='x'>{m.mark('frame')}</object>",
    lambda m: f"<iframe srcdoc='&lt;p&gt;{m.mark('frame')}&lt;/p&gt;'></iframe>",
    lambda m: f"<ruby>{m.mark()}<rp>(</rp><rt>{m.mark()}</rt></ruby>",
    lambda m: f"<a href='https://example.org'>{m.mark()}</a><br>{m.mark()}<hr>{m.mark()}",
    lambda m: f"<math><mfrac><mi>{m.mark()}</mi><mn>2</mn></mfrac></math>",
    lambda m: f"<center><font size=2>{m.mark()}</font></center><marquee>{m.mark()}</marquee>",
    lambda m: f"<dialog open>{m.mark()}</dialog>",
    lambda m: f"<p style='display:none'>{m.hide('hidden')}</p>",
    lambda m: f"<p style='color:#fff'>{m.hide('hidden')}</p>",
    lambda m: f"<div hidden><p>{m.hide('hidden')}</p></div>",
    lambda m: f"<div style='visibility:hidden'>{m.hide('hidden')}</div>",
    lambda m: f"<p style='font-size:0'>{m.hide('hidden')}</p>",
    lambda m: f"<p><s>{m.hide('struck')}</s></p>",
    lambda m: f"<dialog>{m.hide('hidden')}</dialog>",
)  # fmt: skip


def _page(maker: Maker) -> str:
    return f"<!doctype html><html><head><meta charset=utf-8></head><body>{''.join(maker.some(_HTML))}</body></html>"


# ---- messages


def _eml(maker: Maker) -> bytes:
    chance = maker.chance
    message = EmailMessage()
    message["From"], message["To"] = f"{maker.mark()} <a@example.org>", f"{maker.mark()} <b@example.org>"
    message["Subject"], message["Date"] = f"About {maker.mark()}", "Mon, 03 Mar 2025 10:00:00 +0000"
    body = f"Dear {maker.mark()},\n\nline {maker.mark()}\n"
    transfer = {"cte": chance.choice(("base64", "quoted-printable", "8bit"))}
    if chance.random() < 0.3:
        message.set_content(_page(maker), subtype="html", **transfer)
        maker.marks[:] = [mark for mark in maker.marks if mark.text not in body]
    else:
        message.set_content(body, **transfer)
        if chance.random() < 0.4:
            lines = "".join(f"<p>{escape(line)}</p>" for line in body.splitlines())
            message.add_alternative(f"<html><body>{lines}<p>{maker.mark()}</p></body></html>", subtype="html")
    for number in range(chance.randint(0, 3)):
        kind = chance.choice(("txt", "csv", "html", "docx", "pdf", "eml", "ics"))
        if kind == "eml":
            inner = EmailMessage()
            inner["Subject"] = maker.mark()
            inner.set_content(f"{maker.mark()}\n")
            message.add_attachment(inner)
        else:
            data = FORMATS[kind](maker)
            message.add_attachment(
                data, maintype="application", subtype="octet-stream", filename=f"file-{number}.{kind}"
            )
    return message.as_bytes()


def _msg(maker: Maker) -> bytes:
    attached: list[tuple[str, bytes | Mail]] = []
    if maker.chance.random() < 0.5:
        attached.append(("note.txt", _txt(maker)))
    if maker.chance.random() < 0.5:
        attached.append(("inner.msg", Mail(maker.mark(), body=maker.mark())))
    html = _page(maker).encode() if maker.chance.random() < 0.5 else None
    body = None if html else f"Hello {maker.mark()}\n{maker.mark()}"
    sender, to = (maker.mark(), "a@example.org"), [(maker.mark(), "b@example.org")]
    return make_message(Mail(maker.mark(), sender, to, body, html, attachments=attached))


def _mbox(maker: Maker) -> bytes:
    letters = [
        f"From a@b Mon Mar  3 1{number}:00:00 2025\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\nSubject: {_encoded(maker.mark())}\n\n{maker.mark()}\n\n"
        for number in range(maker.chance.randint(1, 4))
    ]
    return "".join(letters).encode()


def _encoded(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _ics(maker: Maker) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x"]
    for number in range(maker.chance.randint(1, 3)):
        lines += [
            "BEGIN:VEVENT", f"UID:{number}", "DTSTART:20250410T090000Z", f"SUMMARY:{maker.mark()}", f"LOCATION:{maker.mark()}",
            f"DESCRIPTION:{maker.mark()}\\n{maker.mark()}", f"ORGANIZER;CN={maker.mark()}:mailto:a@example.org", "END:VEVENT",
        ]  # fmt: skip
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


# ---- PDF


def _pdf(maker: Maker) -> bytes:
    chance, before = maker.chance, maker.latin
    maker.latin = True
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(600, 800))
    for _ in range(chance.randint(1, 3)):
        for place in chance.sample(range(12), chance.randint(2, 5)):
            _pdf_place(maker, canvas, place)
        canvas.showPage()
    canvas.save()
    maker.latin = before
    return target.getvalue()


def _pdf_place(maker: Maker, canvas: Canvas, place: int) -> None:
    y, maker.place = 60 + 55 * place, place
    canvas.saveState()
    if place < 3:
        canvas.drawString(60 + 50 * place, y, f"Text {maker.mark()} here")
    elif place == 3:
        canvas.drawString(60, y, maker.mark())
        canvas.drawString(300, y, maker.mark())
    elif place == 4:
        canvas.translate(30, y)
        canvas.rotate(90)
        canvas.drawString(0, 0, maker.mark())
    elif place == 5:
        canvas.acroForm.textfield(
            name=maker.chance.choice("abcdef") + str(y), value=maker.mark(), x=60, y=y, width=200, height=20
        )
    elif place == 6:
        canvas.setFillGray(1)
        canvas.drawString(60, y, maker.hide("colour of what is behind"))
    elif place == 7:
        text = canvas.beginText(60, y)
        text.setCharSpace(2)
        text.textOut(maker.mark())
        canvas.drawText(text)
    elif place == 8:
        name = f"form{maker.chance.randint(0, 10**9)}"
        canvas.beginForm(name)
        canvas.drawString(60, y, maker.mark())
        canvas.endForm()
        canvas.doForm(name)
    elif place == 9:
        canvas.setFillColorRGB(0, 0, 0.5)
        canvas.rect(55, y - 5, 200, 20, fill=1)
        canvas.setFillGray(1)
        canvas.drawString(60, y, maker.mark())
    elif place == 10:
        canvas.textAnnotation(maker.mark("comment"), Rect=(400, y, 420, y + 20))
    else:
        canvas.setFont("Times-BoldItalic", 18)
        canvas.drawRightString(560, y, maker.mark())
    canvas.restoreState()
    maker.place = -1


# ---- texts and data


def _txt(maker: Maker) -> bytes:
    end = maker.chance.choice(("\n", "\r\n", "\r"))
    text = end.join(
        f"Line {number}: {maker.mark()} and {maker.mark()}" for number in range(maker.chance.randint(2, 12))
    )
    return text.encode(maker.chance.choice(("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be")))


def _md(maker: Maker) -> bytes:
    return f"# {maker.mark()}\n\n* {maker.mark()}\n\n| {maker.mark()} | x |\n|---|---|\n| {maker.mark()} | `{maker.mark()}` |\n".encode()


def _csv(maker: Maker) -> bytes:
    target = io.StringIO()
    writer = csv.writer(
        target, delimiter=maker.chance.choice(",;\t|"), quoting=maker.chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    )
    for _ in range(maker.chance.randint(3, 8)):
        writer.writerow([maker.mark(), f"a, b; {maker.mark()}", f'say "{maker.mark()}"', 12.5])
    return target.getvalue().encode(maker.chance.choice(("utf-8", "utf-8-sig", "utf-16")))


def _json(maker: Maker) -> bytes:
    def value(depth: int) -> object:
        kind = maker.chance.randint(0, 3 if depth < 4 else 0)
        if kind == 1:
            return [value(depth + 1) for _ in range(2)]
        return {maker.mark(): value(depth + 1), "key": value(depth + 1)} if kind == 2 else maker.mark()

    ascii_only = maker.chance.random() < 0.5
    if maker.chance.random() < 0.4:
        return "".join(json.dumps({"a": value(1)}, ensure_ascii=ascii_only) + "\n" for _ in range(3)).encode()
    return json.dumps(
        {"a": value(0), "b": value(0)}, ensure_ascii=ascii_only, indent=maker.chance.choice((None, 2))
    ).encode()


def _xml(maker: Maker) -> bytes:
    m = maker.mark
    return (
        f'<?xml version="1.0" encoding="utf-8"?><order id="{m()}" xmlns:x="urn:x"><x:name>{m()}</x:name><line no="1">{m()}'
        f"<part>{m()}</part>{m()}</line><![CDATA[{m()}]]></order>"
    ).encode()


def _rtf(maker: Maker) -> bytes:
    def encoded(text: str) -> str:
        return "".join(letter if letter.isascii() else f"\\u{ord(letter)}?" for letter in text)

    def m(said: str = "", *, hidden: bool = False) -> str:
        return encoded(maker.mark(said, hidden=hidden))

    places: tuple[Callable[[Maker], str], ...] = (
        lambda _: f"{m()}\\par ",
        lambda _: f"{{\\b {m()}}} {m()}\\line {m()}\\par ",
        lambda _: f"\\trowd\\cellx2000\\cellx4000\\intbl {m()}\\cell {m()}\\cell\\row ",
        lambda _: f"a{{\\footnote {m()}}}\\par ",
        lambda _: f"{{\\field{{\\*\\fldinst HYPERLINK x}}{{\\fldrslt {m()}}}}}\\par ",
        lambda _: f"{{\\header {m()}\\par}}{{\\footer {m()}\\par}}",
        lambda _: f"{{\\shp{{\\*\\shpinst{{\\shptxt {m()}\\par}}}}}}\\par ",
        lambda _: f"{{\\*\\annotation {m()}}}\\par ",
        lambda _: f"{{\\v {m('hidden', hidden=True)}}}\\par ",
        lambda _: f"{{\\deleted {m('deleted', hidden=True)}}}\\par ",
        lambda _: f"{{\\strike {m('struck', hidden=True)}}}\\par ",
    )
    return f"{{\\rtf1\\ansi\\ansicpg1252\\uc1 {''.join(maker.some(places))}}}".encode("ascii")


def _zip(maker: Maker) -> bytes:
    files: dict[str, str | bytes] = {}
    for number in range(maker.chance.randint(1, 4)):
        kind = maker.chance.choice(("txt", "docx", "html", "pdf", "csv", "eml", "json", "zip", "xlsx"))
        data = packed({"deep.txt": f"{maker.mark()} deep"}) if kind == "zip" else FORMATS[kind](maker)
        files[f"{maker.chance.choice(('', 'folder/', 'a/b/'))}file-{number}.{kind}"] = data
    return packed(files)


def _png(maker: Maker) -> bytes:
    """A picture: without OCR its words can only be said."""
    target = io.BytesIO()
    Image.new("RGB", (60, 30 + maker.chance.randint(0, 50)), "white").save(target, "PNG")
    return target.getvalue()


FORMATS: dict[str, Callable[[Maker], bytes]] = {
    "docx": _docx, "xlsx": _xlsx, "pptx": _pptx, "odt": _odt, "ods": _ods, "odp": _odp, "pdf": _pdf, "rtf": _rtf,
    "html": lambda maker: _page(maker).encode(), "eml": _eml, "msg": _msg, "mbox": _mbox, "ics": _ics, "zip": _zip,
    "txt": _txt, "md": _md, "csv": _csv, "json": _json, "xml": _xml,
}  # fmt: skip
HOW_MANY = {
    "docx": 40,
    "xlsx": 30,
    "html": 30,
    "pdf": 30,
    "eml": 25,
    "odt": 20,
    "zip": 15,
    "rtf": 15,
    "txt": 20,
    "csv": 15,
    "pptx": 8,
}
"""Files of each format; of the others ten."""
