"""Makes office files part by part, with what libraries do not write: text boxes, diagrams, comments, hidden parts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:s="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{_RELATIONS}" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
_TYPES = {
    "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xl": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
Parts = Mapping[str, "str | bytes"]
Links = Mapping[str, Mapping[str, tuple[str, str]]]
"""Of each part: the relation's name, its kind, where it leads."""


def packed(parts: Parts) -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return target.getvalue()


def office(main: str, parts: Parts, links: Links) -> bytes:
    """An office file. ``main`` is the name of its main part; parts in XML are given without their declaration."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{main}" ContentType="{_TYPES[main.split("/")[0]]}"/>'
            + "".join(
                f'<Override PartName="/{name}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.'
                f'{"worksheet" if "/worksheets/" in name else name[3:-4]}+xml"/>'
                for name in parts
                if "/worksheets/" in name or name in ("xl/styles.xml", "xl/sharedStrings.xml")
            )
            + "</Types>"
        ),
        "_rels/.rels": _links({"main": ("officeDocument", main)}),
        **parts,
    }
    for part, own in links.items():
        folder, _, name = part.rpartition("/")
        whole[f"{folder}/_rels/{name}.rels"] = _links(own)
    return packed(whole)


def _links(links: Mapping[str, tuple[str, str]]) -> str:
    entries = "".join(
        f'<Relationship Id="{name}" Type="{_RELATIONS}/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if "://" in target else "/>")
        for name, (kind, target) in links.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{entries}</Relationships>'
    )


def paragraph(text: str, run: str = "") -> str:
    """A paragraph of Word with one run; ``run`` are its properties."""
    return f"<w:p><w:r><w:rPr>{run}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def word(body: str, parts: Parts | None = None, links: Mapping[str, tuple[str, str]] | None = None) -> bytes:
    """A Word document with this body."""
    document = f"<w:document {NAMES}><w:body>{body}</w:body></w:document>"
    return office(
        "word/document.xml", {"word/document.xml": document, **(parts or {})}, {"word/document.xml": links or {}}
    )


def workbook(
    rows: str,
    *,
    before: str = "",
    after: str = "",
    parts: Parts | None = None,
    links: Mapping[str, tuple[str, str]] | None = None,
    sheets: str = '<s:sheet name="One" sheetId="1" r:id="s1"/>',
) -> bytes:
    """A workbook whose first sheet has these rows; ``before`` and ``after`` stand beside its data."""
    empty = f"<s:worksheet {NAMES}><s:sheetData/></s:worksheet>"
    return office(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": f"<s:workbook {NAMES}><s:sheets>{sheets}</s:sheets></s:workbook>",
            "xl/worksheets/sheet1.xml": f"<s:worksheet {NAMES}>{before}<s:sheetData>{rows}</s:sheetData>{after}</s:worksheet>",
            "xl/worksheets/sheet2.xml": empty,
            **(parts or {}),
        },
        {
            "xl/workbook.xml": {
                "s1": ("worksheet", "worksheets/sheet1.xml"),
                "s2": ("worksheet", "worksheets/sheet2.xml"),
                "st": ("styles", "styles.xml"),
                "sh": ("sharedStrings", "sharedStrings.xml"),
            },
            "xl/worksheets/sheet1.xml": links or {},
        },
    )


def cell(place: str, text: str, style: int = 0) -> str:
    """A cell with a text."""
    return f'<s:c r="{place}" s="{style}" t="inlineStr"><s:is><s:t>{text}</s:t></s:is></s:c>'
