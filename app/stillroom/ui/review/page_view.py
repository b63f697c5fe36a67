"""The document as it looks: its pages one below the other, with the values lit, and words to click and drag over."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea

from stillroom.documents.document import Box, Document, Page, Span
from stillroom.review.marked_value import word_at
from stillroom.ui.review.pictures import PagePictures
from stillroom.ui.theme import GRID, colours

_GAP = 12
_FAR = 0.6  # of the height of a word: a click this far from one still means it
_LEAST, _MOST = 0.1, 6.0


@dataclass(frozen=True, slots=True)
class Light:
    """Boxes of a value on a page. ``strong``: the current one."""

    page: int
    boxes: tuple[Box, ...]
    name: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    box: Box


class PageView(QAbstractScrollArea):
    """The pages of a document with the places of its values.

    Signals:
        span_chosen(Span): words were clicked or dragged over.
        row_chosen(Span): the same with Shift: rows of a table are meant.
        nothing_chosen: the page was clicked where no words are, as in a picture of letters.
        page_seen(int): the page that is read now is another one.
        zoomed(str): what the zoom is now, in words.
    """

    span_chosen = Signal(Span)
    row_chosen = Signal(Span)
    nothing_chosen = Signal()
    page_seen = Signal(int)
    zoomed = Signal(str)

    def __init__(self, pictures: PagePictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._sizes: tuple[tuple[float, float], ...] = ()
        self._document: Document | None = None
        self._words: dict[int, list[_Word]] = {}
        self._lights: list[Light] = []
        self._tops: list[float] = []
        self._scale = 1.0
        self._mode = "width"
        self._pressed: tuple[int, QPointF] | None = None
        self._selection: Span | None = None
        self._said = ""
        self._seen = 0
        self.setAccessibleName(self.tr("The document"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(48)
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(30)
        self._asking.timeout.connect(self._ask)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        pictures.ready.connect(lambda _page: self.viewport().update())

    # ---- what is shown

    def show_pages(self, sizes: Sequence[tuple[float, float]]) -> None:
        """Pages of these sizes; their pictures come by and by."""
        self._sizes = tuple(sizes)
        self._document = None
        self._words = {}
        self._lights = []
        self._selection = None
        self._said = ""
        self.verticalScrollBar().setValue(0)
        self.horizontalScrollBar().setValue(0)
        self._arrange()

    def show_words(self, document: Document) -> None:
        """The words that can be clicked."""
        self._document = document
        self._words = {}

    def say(self, text: str) -> None:
        """A sentence in the place of pages."""
        self._said = text
        self._sizes = ()
        self._arrange()

    def light(self, lights: Sequence[Light], *, show: bool = True) -> None:
        """Light these values, and bring the strong one into sight."""
        self._lights = list(lights)
        self._selection = None
        strong = next((each for each in lights if each.strong and each.boxes), None)
        if strong is not None:
            where = self.tr("%1, on page %2").replace("%1", strong.name).replace("%2", str(strong.page))
            self.setAccessibleDescription(where)
            if show:
                self._bring(strong)
        self.viewport().update()

    def toggle_fit(self) -> None:
        """The width, or the whole page."""
        self.set_zoom("page" if self._mode == "width" else "width")

    def set_zoom(self, mode: str | float) -> None:
        """``width``, ``page``, or a factor of 100 %."""
        middle = self._place_of(self.viewport().rect().center())
        if isinstance(mode, str):
            self._mode = mode
        else:
            self._mode = "own"
            self._scale = max(_LEAST, min(_MOST, mode)) * self._plain_scale()
        self._arrange()
        if middle is not None and self._mode == "own":
            page, point = middle
            rect = self._rect(page)
            target = QPointF(rect.x() + point.x() * self._factor(page), rect.y() + point.y() * self._factor(page))
            self.horizontalScrollBar().setValue(round(target.x() - self.viewport().width() / 2))
            self.verticalScrollBar().setValue(round(target.y() - self.viewport().height() / 2))

    def zoom_by(self, factor: float) -> None:
        self.set_zoom(self._scale / self._plain_scale() * factor)

    # ---- where things are

    def _plain_scale(self) -> float:
        """The scale that is called 100 %: a point is a point of the screen; pictures fill the width."""
        return self.logicalDpiX() / 72

    def _factor(self, page: int) -> float:
        """Logical pixels for each unit of the page. Pages of pictures, whose units are pixels, get the width of the first."""
        return self._scale * self._unit(page)

    def _unit(self, page: int) -> float:
        width = self._sizes[page - 1][0]
        # A sheet is some 600 points wide; what is far from that is counted in pixels.
        return 595 / width if width > 1500 or width < 60 else 1.0

    def _arrange(self) -> None:
        if self._sizes:
            widest = max(size[0] * self._unit(page) for page, size in enumerate(self._sizes, 1))
            space = max(80, self.viewport().width() - 2 * _GAP)
            if self._mode == "width":
                self._scale = self._width_to_fit() / widest
            elif self._mode == "page":
                tallest = max(size[1] * self._unit(page) for page, size in enumerate(self._sizes, 1))
                self._scale = min(space / widest, max(80, self.viewport().height() - 2 * _GAP) / tallest)
        top, wide = float(_GAP), 0.0
        self._tops = []
        for page, (width, height) in enumerate(self._sizes, 1):
            self._tops.append(top)
            factor = self._factor(page)
            top += height * factor + _GAP
            wide = max(wide, width * factor)
        view = self.viewport().size()
        self.verticalScrollBar().setRange(0, max(0, round(top) - view.height()))
        self.verticalScrollBar().setPageStep(view.height())
        self.horizontalScrollBar().setRange(0, max(0, round(wide) + 2 * _GAP - view.width()))
        self.horizontalScrollBar().setPageStep(view.width())
        names = {"width": self.tr("Width"), "page": self.tr("Page")}
        self.zoomed.emit(names.get(self._mode, f"{round(100 * self._scale / self._plain_scale())} %"))
        self._scrolled()

    def _width_to_fit(self) -> float:
        """What the widest page gets: all of the view, less a scroll bar where the pages would be higher than it then.

        Told without the bar that is there now: pages that need one at the full width and none beside it would have it come and go.
        """
        whole = self.maximumViewportSize()
        space = max(80, whole.width() - 2 * _GAP)
        widest = max(width * self._unit(page) for page, (width, _) in enumerate(self._sizes, 1))
        high = sum(height * self._unit(page) for page, (_, height) in enumerate(self._sizes, 1)) * space / widest
        if high + _GAP * (len(self._sizes) + 1) <= whole.height():
            return space
        return max(80, space - self.verticalScrollBar().sizeHint().width())

    def _rect(self, page: int) -> QRectF:
        """Of a page, in the content."""
        width, height = self._sizes[page - 1]
        factor = self._factor(page)
        wide = width * factor
        space = self.viewport().width()
        left = max(float(_GAP), (space - wide) / 2)
        return QRectF(left, self._tops[page - 1], wide, height * factor)

    def _offset(self) -> QPointF:
        return QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def _visible(self) -> list[int]:
        top = self.verticalScrollBar().value()
        first = max(0, bisect.bisect_right(self._tops, top) - 1)
        last = bisect.bisect_left(self._tops, top + self.viewport().height())
        return list(range(first + 1, last + 1))

    def _place_of(self, point: QPoint | QPointF) -> tuple[int, QPointF] | None:
        """The page under a point of the viewport, and where on it, in its own units."""
        at = QPointF(point) + self._offset()
        for page in self._visible():
            rect = self._rect(page)
            if rect.contains(at):
                factor = self._factor(page)
                return page, QPointF((at.x() - rect.x()) / factor, (at.y() - rect.y()) / factor)
        return None

    def _on_screen(self, page: int, box: Box) -> QRectF:
        rect, factor = self._rect(page), self._factor(page)
        at = rect.topLeft() - self._offset()
        return QRectF(
            at.x() + box.x0 * factor, at.y() + box.y0 * factor, (box.x1 - box.x0) * factor, (box.y1 - box.y0) * factor
        )

    def _bring(self, light: Light) -> None:
        if light.page > len(self._sizes):
            return
        box = light.boxes[0]
        place = self._on_screen(light.page, box).adjusted(0, -32, 0, 16)
        view = QRectF(self.viewport().rect()).adjusted(8, 8, -8, -8)
        if not view.contains(place):
            if place.top() < view.top() or place.bottom() > view.bottom():
                bar = self.verticalScrollBar()
                bar.setValue(round(bar.value() + place.center().y() - self.viewport().height() * 0.4))
            if place.left() < view.left() or place.right() > view.right():
                bar = self.horizontalScrollBar()
                bar.setValue(round(bar.value() + place.center().x() - self.viewport().width() * 0.5))

    # ---- painting

    def show_page(self, number: int) -> None:
        """Bring a page to the top."""
        if 0 < number <= len(self._tops):
            self.verticalScrollBar().setValue(round(self._tops[number - 1]) - _GAP)

    def _scrolled(self) -> None:
        self.viewport().update()
        middle = self.verticalScrollBar().value() + self.viewport().height() / 4
        page = bisect.bisect_right(self._tops, middle)
        if page and page != self._seen:
            self._seen = page
            self.page_seen.emit(page)
        self._asking.start()

    def _ask(self) -> None:
        """Have drawn what is seen, then the page behind and the one before."""
        seen = self._visible()
        if not seen:
            return
        around = [page for page in (seen[-1] + 1, seen[0] - 1) if 1 <= page <= len(self._sizes)]
        ratio = self.devicePixelRatioF()
        self._pictures.want([(page, max(16, round(self._rect(page).width() * ratio))) for page in (*seen, *around)])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802, ARG002
        shown = colours()
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(shown.hover))
        if not self._sizes:
            painter.setPen(QColor(shown.muted))
            area = self.viewport().rect().adjusted(3 * GRID, 3 * GRID, -3 * GRID, -3 * GRID)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._said)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        offset = self._offset()
        for page in self._visible():
            rect = self._rect(page).translated(-offset)
            painter.fillRect(rect, QColor("white"))
            picture = self._pictures.picture(page)
            if picture is not None:
                painter.drawPixmap(rect.toAlignedRect() if picture.width() < 2 else rect.toRect(), picture)
            painter.setPen(QColor(shown.strong_border))
            painter.drawRect(rect)
        if self._selection is not None and self._document is not None:
            colour = QColor(shown.accent)
            colour.setAlpha(90)
            for box in self._document.boxes(self._selection):
                painter.fillRect(self._on_screen(self._selection.page, box), colour)
        for light in sorted(self._lights, key=lambda each: each.strong):
            if light.page in self._visible():
                self._paint_light(painter, light)

    def _paint_light(self, painter: QPainter, light: Light) -> None:
        # On white paper, whatever the appearance is: the colours of the light one.
        line, fill = (
            (QColor("#16695a"), QColor(22, 105, 90, 60))
            if light.strong
            else (QColor("#b98900"), QColor(255, 208, 80, 60))
        )
        for box in light.boxes:
            rect = self._on_screen(light.page, box).adjusted(-2, -2, 2, 2)
            painter.fillRect(rect, fill)
            painter.setPen(QPen(line, 2 if light.strong else 1))
            painter.drawRect(rect)
        if light.boxes and light.strong:
            self._paint_tag(painter, light, line)

    def _paint_tag(self, painter: QPainter, light: Light, colour: QColor) -> None:
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() - 1.5))
        font.setBold(True)
        metrics = QFontMetricsF(font)
        first = self._on_screen(light.page, light.boxes[0])
        width = metrics.horizontalAdvance(light.name) + 10
        tag = QRectF(first.left() - 2, first.top() - metrics.height() - 5, width, metrics.height() + 2)
        if tag.top() < 0:
            tag.moveTop(self._on_screen(light.page, light.boxes[-1]).bottom() + 3)
        tag.moveLeft(max(2.0, min(tag.left(), self.viewport().width() - width - 2)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(tag, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QColor("white"))
        painter.setFont(font)
        painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, light.name)

    # ---- mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._place_of(event.position())
            self._select(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.buttons() & Qt.MouseButton.LeftButton and self._pressed is not None:
            self._select(event.position())
            return
        place = self._place_of(event.position())
        over = place is not None and self._word_near(*place) is not None
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            self._pressed = None
            if self._selection is not None:
                shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
                (self.row_chosen if shift else self.span_chosen).emit(self._selection)
            elif self._document is not None:
                self.nothing_chosen.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(1.15 if event.angleDelta().y() > 0 else 1 / 1.15)
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        bar = self.verticalScrollBar()
        steps = {
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
        }
        if event.key() in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()
        strong = next((each for each in self._lights if each.strong and each.boxes), None)
        if strong is not None:
            self._bring(strong)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(520, 600)

    # ---- words

    def _select(self, at: QPointF) -> None:
        """From the word where the mouse was pressed to the one where it is, in reading order."""
        start, place = self._pressed, self._place_of(at)
        if start is None or place is None or place[0] != start[0]:
            return
        first, last = self._word_near(*start), self._word_near(*place, far=True)
        if first is None or last is None:
            self._selection = None
        else:
            self._selection = Span(start[0], min(first.start, last.start), max(first.end, last.end))
        self.viewport().update()

    def _word_near(self, page: int, point: QPointF, *, far: bool = False) -> _Word | None:
        """The word at a point of a page; with ``far`` the nearest, wherever it is."""
        best, nearest = None, float("inf")
        for word in self._words_of(page):
            box = word.box
            across = max(box.x0 - point.x(), 0.0, point.x() - box.x1)
            down = max(box.y0 - point.y(), 0.0, point.y() - box.y1)
            distance = across + 3 * down  # of two as far away, the one in the same line is meant
            if distance < nearest:
                best, nearest = word, distance
        if best is None:
            return None
        return best if far or nearest <= _FAR * (best.box.y1 - best.box.y0) else None

    def _words_of(self, number: int) -> list[_Word]:
        if number not in self._words and self._document is not None:
            try:
                page = self._document.page(number)
            except KeyError:
                return []
            self._words[number] = _words(self._document, page)
        return self._words.get(number, [])


def _words(document: Document, page: Page) -> list[_Word]:
    words = []
    position = 0
    while position < len(page.text):
        span = word_at(page, position)
        if span is None:
            position += 1
            continue
        boxes = document.boxes(span)
        if boxes:
            words.append(_Word(span.start, span.end, boxes[0]))
        position = span.end
    return words
