"""A report of one document as PDF: its pages with the values boxed, then every value with who said what of it, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)

from stillroom.atomic import replacing
from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document
from stillroom.documents.seeing import PageSizes
from stillroom.review.document import ReviewedDocument, ReviewedValue
from stillroom.ui.review import wording
from stillroom.ui.wording import when_text
from stillroom.workspace.row_files import RowFiles

_DOTS = 144  # an inch; of what is drawn, and of the pictures of pages
_MARGIN = 12.0  # millimetres
_SAID, _OPEN = QColor("#16695a"), QColor("#b98900")  # looked at by a person, and not


def tr(text: str) -> str:
    return QCoreApplication.translate("report", text)


Numbered = list[tuple[int, ReviewedValue]]


def write_report(
    document: ReviewedDocument,
    target: Path,
    files: RowFiles,
    text: Callable[[], Document],
    cancellation: Cancellation | None = None,
) -> None:
    """Write the report. ``files``: draws pages; ``text``: reads the document, where there are no pages to look at. Blocks.

    Raises StillroomError where the file cannot be read any more or the target not be written, and Cancelled.
    """
    sizes = files.page_sizes(document.path, document.result.sha256, cancellation)
    numbered = list(enumerate(document.values, 1))
    drawing = QGuiApplication.instance() or QGuiApplication(["stillroom", "-platform", "offscreen"])  # fonts need one
    with replacing(target) as temporary:
        writer = QPdfWriter(str(temporary))
        writer.setResolution(_DOTS)
        writer.setTitle(document.path.name)
        writer.setCreator("Stillroom")
        writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
        writer.setPageMargins(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN), QPageLayout.Unit.Millimeter)
        painter = QPainter(writer)
        try:
            if sizes.kind:
                _pages(painter, writer, document, sizes, numbered, files, cancellation)
            else:
                _flow(painter, writer, _marked_text(text(), numbered))
            writer.newPage()
            _flow(painter, writer, _table(document, numbered))
        finally:
            painter.end()
    del drawing


def _font(points: float) -> QFont:
    font = QFont()
    font.setPointSizeF(points)
    return font


def _page_area(writer: QPdfWriter) -> QRectF:
    """What can be drawn on, in the writer's dots."""
    return QRectF(0, 0, writer.width(), writer.height())


def _pages(
    painter: QPainter,
    writer: QPdfWriter,
    document: ReviewedDocument,
    sizes: PageSizes,
    numbered: Numbered,
    files: RowFiles,
    cancellation: Cancellation | None,
) -> None:
    """Each page as it looks, with its values boxed."""
    space = _page_area(writer)
    for number, (width, height) in enumerate(sizes.sizes, 1):
        if number > 1:
            writer.newPage()
        scale = min(space.width() / width, space.height() / height)
        picture = files.picture(document.path, document.result.sha256, number, round(width * scale), cancellation)
        place = QRectF((space.width() - width * scale) / 2, 0, width * scale, height * scale)
        painter.drawImage(place, QImage.fromData(picture.data))
        painter.setPen(QPen(QColor("#c3c9c1"), 1))
        painter.drawRect(place)
        for count, value in numbered:
            span = value.current.span
            if span is not None and span.page == number:
                colour = _SAID if document.decided(value) else _OPEN
                boxes = [
                    QRectF(
                        place.x() + box.x0 * scale - 2, box.y0 * scale - 2,
                        (box.x1 - box.x0) * scale + 4, (box.y1 - box.y0) * scale + 4,
                    )
                    for box in value.current.boxes
                ]  # fmt: skip
                _boxed(painter, boxes, str(count), colour)


def _boxed(painter: QPainter, boxes: list[QRectF], number: str, colour: QColor) -> None:
    painter.setPen(QPen(colour, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box in boxes:
        painter.drawRect(box)
    if not boxes:
        return
    font = QFont()
    font.setPointSizeF(6)
    metrics = QFontMetricsF(font, painter.device())
    tag = QRectF(boxes[0].left() - metrics.horizontalAdvance(number) - 8, boxes[0].top(), 0, metrics.height())
    tag.setWidth(metrics.horizontalAdvance(number) + 6)
    tag.moveLeft(max(0.0, tag.left()))
    painter.fillRect(tag, colour)
    painter.setFont(font)
    painter.setPen(QColor("white"))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, number)


def _marked_text(text: Document, numbered: Numbered) -> QTextDocument:
    """The text of all pages with the values marked; each has its number before it."""
    made = QTextDocument()
    made.setDefaultFont(_font(9))
    starts: dict[int, int] = {}
    parts: list[str] = []
    length = 0
    for page in text.pages:
        starts[page.number] = length
        parts.append(page.text + "\n\n")
        length += len(parts[-1].encode("utf-16-le", "surrogatepass")) // 2
    made.setPlainText("".join(parts))
    pages = {page.number: page.text for page in text.pages}
    places = []
    for count, value in numbered:
        for part in value.current.parts or (value.current.span,):
            if part is not None and part.page in pages:
                before = len(pages[part.page][: part.start].encode("utf-16-le", "surrogatepass")) // 2
                long = len(pages[part.page][part.start : part.end].encode("utf-16-le", "surrogatepass")) // 2
                places.append((starts[part.page] + before, long, count))
    style, small = QTextCharFormat(), QTextCharFormat()
    style.setBackground(QBrush(QColor("#ffe9a8")))
    small.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSuperScript)
    small.setForeground(QBrush(_SAID))
    for start, long, count in sorted(places, reverse=True):  # from the end, so that places before stay right
        cursor = QTextCursor(made)
        cursor.setPosition(start)
        cursor.setPosition(start + long, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(style)
        cursor.setPosition(start)
        cursor.insertText(str(count), small)
    return made


def _table(document: ReviewedDocument, numbered: Numbered) -> QTextDocument:
    """What the document is, who answers for it, and each value with what was said of it."""
    result = document.result
    decision = document.approval or document.rejection
    state = tr("open: nobody answers for it yet")
    if decision is not None:
        done = tr("approved by %1, %2") if document.approval is not None else tr("rejected by %1, %2")
        moment = when_text(datetime.fromisoformat(decision.moment).astimezone())
        state = done.replace("%1", decision.person).replace("%2", moment)
        state += f": {decision.reason}" if decision.reason else ""
    facts = (
        (tr("Document"), document.path.name),
        (tr("State"), state),
        (tr("SHA-256"), result.sha256),
        (tr("Template"), f"{document.template.title}, {tr('version')} {result.template_version}"),
        (tr("Model"), result.model_name),
    )
    head = "".join(f"<tr><td><b>{escape(name)}</b></td><td>{escape(text)}</td></tr>" for name, text in facts if text)
    names = (tr("No."), tr("Field"), tr("Value"), tr("Page"), tr("What was said of it"), tr("When"))
    rows = "".join(_row(document, count, value) for count, value in numbered)
    made = QTextDocument()
    made.setDefaultFont(_font(8))
    made.setHtml(
        f"<table cellpadding='2'>{head}</table><p></p><table width='100%' cellpadding='3' border='0.5' cellspacing='0'>"
        f"<tr>{''.join(f'<th align=left>{escape(name)}</th>' for name in names)}</tr>{rows}</table>"
    )
    return made


def _row(document: ReviewedDocument, count: int, value: ReviewedValue) -> str:
    span, verdict = value.current.span, value.verdict or document.approval
    said = wording.verdict_text(value, document) or tr("not looked at")
    said += "".join(f" · {sentence}" for sentence in value.failed)
    moment = when_text(datetime.fromisoformat(verdict.moment).astimezone()) if verdict is not None else ""
    texts = (
        str(count),
        wording.value_name(value, document),
        wording.value_text(value),
        str(span.page) if span else "",
        said,
        moment,
    )
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"


def _flow(painter: QPainter, writer: QPdfWriter, text: QTextDocument) -> None:
    """A text over as many pages as it needs."""
    space = _page_area(writer)
    text.documentLayout().setPaintDevice(writer)
    text.setPageSize(space.size())
    for page in range(text.pageCount()):
        if page:
            writer.newPage()
        painter.save()
        painter.translate(0, -page * space.height())
        text.drawContents(painter, QRectF(0, page * space.height(), space.width(), space.height()))
        painter.restore()
