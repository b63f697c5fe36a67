from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from email.message import EmailMessage

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.documents.make_office import cell as made_cell
from tests.documents.make_office import word as made_word
from tests.documents.make_office import workbook as make_workbook

from stillroom.documents.document import Document
from stillroom.documents.formats import xlsx_workbook
from stillroom.documents.read_file import read_source
from stillroom.documents.source import Source
from stillroom.documents.table import row_text

Make = Callable[..., bytes]


def read(name: str, data: bytes | str) -> Document:
    return read_source(Source(name, data.encode() if isinstance(data, str) else data))


def text(name: str, data: bytes | str) -> str:
    document = read(name, data)
    return "\n".join(page.text for page in document.pages)


# ------------------------------------------------------------------------------------------------------------- plain text


@pytest.mark.parametrize(
    ("encoding", "sample"),
    [
        ("utf-8", "Müller – 12,50 €"),
        ("utf-8-sig", "Müller – 12,50 €"),
        ("utf-16", "Müller – 12,50 €"),
        ("utf-16-le", "Invoice from Müller, 12.50"),
        ("utf-16-be", "Invoice from Müller, 12.50"),
        ("utf-32", "Müller – 12,50 €"),
        (
            "cp1252",
            "Rechnung der Firma Müller & Söhne, Straße 5, Zürich. Betrag: 12,50 € fällig am 3. März für Bücher.",
        ),
        ("cp1251", "Счёт на оплату услуг за март. Итого к оплате двенадцать рублей, срок оплаты десять дней."),
        ("shift_jis", "請求書。合計金額は一万二千円です。お支払い期限は三月末日までにお願いいたします。"),
    ],
)
def test_text_in_any_encoding(encoding: str, sample: str) -> None:
    assert text("a.txt", sample.encode(encoding)) == sample


def test_text_stays_as_it_is_but_for_line_ends_and_control_characters() -> None:
    assert text("a.txt", "  two  spaces\tand tab\r\nsecond\rthird\x0cfourth\x00\u2028fifth  \n\n") == (
        "  two  spaces\tand tab\nsecond\nthird\nfourth\nfifth  \n\n"
    )


def test_one_damaged_character_does_not_change_the_encoding() -> None:
    data = ("Grüße aus Zürich. " * 200).encode() + b"\xff" + b"Ende"
    document = read("a.txt", data)
    assert document.pages[0].text.endswith("Zürich. \ufffdEnde")
    assert document.notes == ("One character could not be decoded: look for \ufffd in the text.",)


def test_markdown_keeps_its_marks() -> None:
    assert (read("a.md", "# Head\n\n- *one*").kind, text("a.md", "# Head\n\n- *one*")) == ("md", "# Head\n\n- *one*")


@given(st.binary(min_size=1, max_size=400))
@settings(deadline=None)
def test_any_bytes_end_in_a_document_or_a_sentence(data: bytes) -> None:
    from stillroom.errors import DocumentError

    try:
        document = read("a.txt", data)
    except DocumentError:
        pass  # test_bad_files looks at the sentences
    else:
        assert not set(document.pages[0].text) & set("\r\x00\x0c\u2028\ud800")


# ------------------------------------------------------------------------------------------------------------- CSV


def test_csv_rows_are_lines_and_empty_cells_keep_their_place() -> None:
    data = 'Name;Note;Amount;\nMüller;"two\nlines; one cell";1.000,50;\nFenn;;7,00;\n'
    assert text("a.csv", data) == "Name\tNote\tAmount\nMüller\ttwo lines; one cell\t1.000,50\nFenn\t\t7,00"
    assert read("a.csv", data).kind == "csv"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(delimiter: str) -> None:
    data = "\n".join(delimiter.join(row) for row in (("id", "name"), ("1", "Ann B"), ("2", "Bob C"), ("3", "Cy D")))
    assert text("a.csv", data).split("\n")[1] == "1\tAnn B"


def test_csv_with_a_cell_of_any_length() -> None:
    assert len(text("a.csv", "a,b\n1," + "x" * 300_000)) > 300_000


# ------------------------------------------------------------------------------------------------------------- HTML


def test_html_shows_what_is_visible() -> None:
    page = """<!DOCTYPE html><html><head><title>No</title><style>p{}</style></head><body><h1>Receipt</h1>
    <script>var no = 1</script><p>Paid <b>in</b>&nbsp;full<br>on <i>3 May</i></p><!-- no --><p hidden>no</p>
    <div style="display: none">no</div><ul><li>one</li><li>two</li></ul>
    <table><tr><th>Item</th><th>Price</th></tr><tr><td>Pan</td><td></td><td>18.50</td></tr></table><pre>a  b
 c</pre></body></html>"""
    assert text("a.html", page) == (
        "Receipt\n\nPaid in full\non 3 May\n\n- one\n- two\n\nItem\tPrice\nPan\t\t18.50\n\na  b\n c"
    )


def test_html_says_its_own_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body>Zürich</body></html>'.encode("latin-1")
    assert text("a.htm", page) == "Zürich"


def test_the_second_line_of_a_cell_stays_in_its_column() -> None:
    assert row_text(["1", "Oak table\nwith two legs", "20.00"]) == "1\tOak table\t20.00\n\twith two legs"
    assert row_text(["", "Only this", ""]) == "Only this"


def test_a_table_made_for_layout_is_read_cell_by_cell() -> None:
    page = "<table><tr><td>a<br>b<br>c<br>d</td><td><table><tr><td>Total</td><td>5</td></tr></table></td></tr></table>"
    assert text("a.html", page).split("\n") == ["a", "b", "c", "d", "Total\t5"]


def test_html_nested_deeper_than_python_can_follow() -> None:
    assert "deep" in text("a.html", "<html><body>" + "<div>" * 3000 + "deep" + "</div>" * 3000)


# ------------------------------------------------------------------------------------------------------------- e-mail


def headers() -> dict[str, str]:
    return {
        "From": "Ann Example <ann@example.org>",
        "To": "bob@example.org, cy@example.org",
        "Subject": "Grüße & an invoice",
        "Date": "Mon, 03 Mar 2025 10:00:00 +0100",
    }


def test_a_message_with_attachments(message: Callable[..., EmailMessage], pdf: Make) -> None:
    mail = message("See attached.\nAnn", **headers())
    mail.add_alternative("<p>See <b>attached</b>.</p>", subtype="html")
    mail.add_attachment(
        pdf([(50, 700, "Total 12.00")]), maintype="application", subtype="pdf", filename="Rechnung März.pdf"
    )
    mail.add_attachment(b"\x89PNG\r\n\x1a\n0000", maintype="image", subtype="png", filename="logo.png")
    document = read("m.eml", mail.as_bytes())
    assert document.kind == "eml"
    assert document.pages[0].text == (
        "From: Ann Example <ann@example.org>\nTo: bob@example.org, cy@example.org\nSent: Mon, 03 Mar 2025 10:00:00 +0100\n"
        "Subject: Grüße & an invoice\n\nSee attached.\nAnn"
    )
    assert [(a.name, a.kind, a.pages[0].text) for a in document.attachments] == [
        ("m.eml › Rechnung März.pdf", "pdf", "Total 12.00")
    ]
    assert len(document.notes) == 1
    assert "logo.png" in document.notes[0]


def test_a_message_in_html_only(message: Callable[..., EmailMessage]) -> None:
    mail = message("", **headers())
    mail.set_content("<p>Dear Bob</p><table><tr><td>Total</td><td>5</td></tr></table>", subtype="html")
    assert text("m.eml", mail.as_bytes()).endswith("\n\nDear Bob\n\nTotal\t5")


def test_a_message_in_a_message(message: Callable[..., EmailMessage]) -> None:
    outer = message("Look below.", **headers())
    outer.add_attachment(message("The inner one.", **headers()))
    document = read("m.eml", outer.as_bytes())
    assert document.attachments[0].kind == "eml"
    assert document.attachments[0].pages[0].text.endswith("The inner one.")


def test_messages_nested_without_end_are_left_unread_and_said_to_be(message: Callable[..., EmailMessage]) -> None:
    mail = message("0", **headers())
    for depth in range(1, 9):
        outer = message(str(depth), **headers())
        outer.add_attachment(mail)
        mail = outer
    document = read("m.eml", mail.as_bytes())
    found = list(document.walk())
    assert len(found) == 4
    assert "too deep" in found[-1].notes[0]


def test_a_message_with_a_wrong_charset_and_a_broken_header() -> None:
    data = (
        b"From: =?utf-9?q?x?= <a@example.org>\r\nTo: <>,,;\r\nDate: yesterday\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=unknown-8\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    )
    assert text("m.eml", data).endswith("\n\nGrüße")


# ------------------------------------------------------------------------------------------------------------- Word


def word_file(document: docx.document.Document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def test_word_paragraphs_and_tables_in_order() -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Letterhead"
    document.sections[0].footer.paragraphs[0].text = "Page foot"
    document.add_paragraph("Before\tthe table")
    table = document.add_table(2, 3)
    for index, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"c{index}"
    table.cell(1, 0).merge(table.cell(1, 1)).text = "wide"
    table.cell(0, 2).merge(table.cell(1, 2)).text = "tall"
    document.add_paragraph("After")
    assert text("a.docx", word_file(document)) == (
        "Letterhead\n\nBefore\tthe table\nc0\tc1\ttall\nwide\n\nAfter\n\nPage foot"
    )


def test_word_text_that_stands_in_changes_controls_and_boxes() -> None:
    document = docx.Document()
    body = document.element.body
    paragraphs = (
        "<w:p {ns}><w:r><w:t>Signed </w:t></w:r><w:ins><w:r><w:t>today</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>never</w:delText></w:r></w:del></w:p>",
        "<w:sdt {ns}><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>In a control</w:t></w:r></w:p></w:sdtContent></w:sdt>",
        '<w:p {ns}><w:fldSimple w:instr="DATE"><w:r><w:t>3 May</w:t></w:r></w:fldSimple></w:p>',
        "<w:p {ns}><w:r><w:t>Beside</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent></w:pict>"
        "</w:r></w:p>",
    )
    for paragraph in reversed(paragraphs):
        body.insert(0, parse_xml(paragraph.format(ns=nsdecls("w"))))
    assert text("a.docx", word_file(document)) == "Signed today\nIn a control\n3 May\nBeside\nBoxed"


def test_a_word_template_and_a_document_with_macros_are_read_too(word: Make) -> None:
    for main in (
        b"ms-word.document.macroEnabled.main",
        b"openxmlformats-officedocument.wordprocessingml.template.main",
    ):
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(word("Hello"))) as source, zipfile.ZipFile(target, "w") as copy:
            for name in source.namelist():
                data = source.read(name)
                if name == "[Content_Types].xml":
                    data = data.replace(b"openxmlformats-officedocument.wordprocessingml.document.main", main)
                copy.writestr(name, data)
        assert text("a.docm", target.getvalue()) == "Hello"


# ------------------------------------------------------------------------------------------------------------- Excel


def test_excel_sheets_are_pages_and_values_are_shown_as_the_sheet_shows_them() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Invoice"
    rows: list[tuple[object, str]] = [
        (1234.5, "#,##0.00"),
        (1234.5, '#,##0.00\\ "€"'),
        (-5, "[$$-409]#,##0.00;[Red]([$$-409]#,##0.00)"),
        (0.19, "0%"),
        (0.1 + 0.2, "General"),
        (7, "00000"),
        (2.5, "0.0##"),
        (0.5, "# ?/?"),
        (True, "General"),
        (date(2025, 3, 18), "dd/mm/yyyy"),
        (datetime(2025, 3, 18, 14, 5), "d.m.yy h:mm"),
        ("  two  words ", "General"),
    ]
    for number, (value, number_format) in enumerate(rows, 1):
        sheet.cell(number, 2, value).number_format = number_format
    sheet.cell(1, 1, "label")
    workbook.create_sheet("Second").append(["x", None, "y"])
    workbook.create_sheet("Secret").append(["hidden"])
    workbook["Secret"].sheet_state = "hidden"
    target = io.BytesIO()
    workbook.save(target)
    document = read("a.xlsx", target.getvalue())
    assert [page.number for page in document.pages] == [1, 2]
    assert document.pages[0].text.split("\n") == [
        "Invoice",
        "label\t1,234.50",
        "\t1,234.50 €",
        "\t($5.00)",
        "\t19%",
        "\t0.3",
        "\t00007",
        "\t2.5",
        "\t0.5",
        "\tTRUE",
        "\t2025-03-18",
        "\t2025-03-18 14:05:00",
        "\ttwo words",
    ]
    assert document.pages[1].text == "Second\nx\ty"
    assert document.notes == ("1 hidden sheet was not read.",)


def test_a_formula_that_was_never_calculated_is_said(excel: Make) -> None:
    document = read("a.xlsx", excel(S=[["Total", "=1+1"]]))
    assert document.pages[0].text == "Total"
    assert document.notes[0].startswith("1 formula has no stored result")


def test_a_sheet_that_claims_to_be_as_large_as_can_be(excel: Make) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(excel(S=[["a", "b"]]))) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            copy.writestr(name, source.read(name).replace(b'ref="A1:B1"', b'ref="A1:XFD1048576"'))
    assert text("a.xlsx", target.getvalue()) == "a\tb"


def test_a_sheet_with_too_many_cells_is_said_to_be_unread(excel: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_workbook, "CELLS", 10)
    document = read("a.xlsx", excel(Small=[["a"]], Large=[[1] * 4] * 4))
    assert ([page.number for page in document.pages], document.page_count) == ([1], 2)
    assert document.notes == ("The sheet “Large” is too large and was not read.",)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>Total £19<small>99</small></p>", "Total £19.99"),
        ("<p>Total £19 <small>incl. 20 %</small></p>", "Total £19 incl. 20 %"),
        ("<p>Lot 19<small>99</small></p>", "Lot 19 99"),
    ],
)
def test_cents_that_are_set_small(page: str, expected: str) -> None:
    assert text("a.html", page) == expected


def test_a_picture_behind_an_element_is_said() -> None:
    document = read("a.html", "<p>Total:</p><div style=\"background-image:url('data:image/png;base64,AAAA')\"></div>")
    assert document.notes == ("1 picture was not read.",)


def test_marks_that_are_not_doubled_inside_of_a_cell() -> None:
    assert text("a.csv", 'Name,Total\n"Smith, "Bob" Jr","1,050.00"\n') == 'Name\tTotal\nSmith, "Bob" Jr\t1,050.00'
    document = read("a.csv", 'Item;Size\nPipe;"5 inch\nTotal;12,50\n')
    assert document.pages[0].text.endswith("Total\t12,50")


def test_a_number_that_is_shown_in_thousands_and_a_row_without_height() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for value, number_format in ((1_050_000, "#,##0,"), (1_234_500_000, "0.0,,")):
        sheet.append(["Total", value])
        sheet.cell(sheet.max_row, 2).number_format = number_format
    target = io.BytesIO()
    workbook.save(target)
    document = read("a.xlsx", target.getvalue())
    assert document.pages[0].text == "Total\t1,050\nTotal\t1234.5"
    rows = f"<s:row r='1'>{made_cell('A1', 'seen')}</s:row><s:row r='2' ht='0' customHeight='1'>{made_cell('A2', 'not')}</s:row>"
    document = read("a.xlsx", make_workbook(rows))
    assert document.pages[0].text == "seen"
    assert document.notes == ("1 hidden row (sheet “One”) was left out: the file does not show it.",)


def test_text_that_word_lifts_above_its_line_is_no_figure_of_the_number_on_it() -> None:
    lifted = "<w:r><w:rPr><w:position w:val='6'/></w:rPr><w:t>99</w:t></w:r>"
    body = f"<w:p><w:r><w:t>Total $19</w:t></w:r>{lifted}</w:p>"
    assert text("a.docx", made_word(body)) == "Total $19.99"
