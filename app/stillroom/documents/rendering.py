"""Pages as pictures, for a person to look at: of PDF files and of pictures, no larger than a screen needs."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillroom.documents.formats import PICTURES
from stillroom.documents.read_file import find_source, guarded
from stillroom.documents.seeing import MOST_PAGES, PageSizes, Picture, picture_to_json, sizes_to_json
from stillroom.documents.sniff import sniff
from stillroom.documents.source import Source
from stillroom.errors import DocumentError

MOST_PIXELS = 5_000_000
"""Of one picture of a page: two sheets of A4 at 150 dots per inch. A larger one is made smaller."""
MOST_SIDE = 8192
_GONE = "The page is not in the file any more: it was changed. Add the file again."


class Rendering:
    """A drawer of pages in the reader; the file last asked for stays open, so that its next page comes at once."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._kind = ""
        self._source: Source | None = None
        self._document: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The data for a ``pages`` or ``render`` request. Raises DocumentError, PasswordNeeded."""
        path, wanted = Path(request["path"]), str(request.get("sha256") or "")
        work: Callable[[], dict[str, Any]]
        if request["op"] == "pages":
            work = lambda: sizes_to_json(self._sizes(path, request.get("password"), wanted))  # noqa: E731
        else:
            number, width = int(request["page"]), int(request["width"])
            work = lambda: picture_to_json(self._page(path, request.get("password"), wanted, number, width))  # noqa: E731
        return guarded(lambda: "a document", lambda _kind: work())[1]

    def close(self) -> None:
        """Let the file go."""
        if self._document is not None:
            with contextlib.suppress(Exception):
                self._document.close()
        self._key, self._kind, self._source, self._document = (), "", None, None

    def _open(self, path: Path, password: str | None, wanted: str) -> None:
        try:
            status = path.stat()
            key: tuple[object, ...] = (path, password, wanted, status.st_mtime_ns, status.st_size)
        except OSError:
            key = ()
        if key and key == self._key:
            return
        self.close()
        source = find_source(path, password, wanted)
        kind = sniff(source)
        if kind == "pdf":
            from stillroom.documents.formats.pdf import open_document

            self._document = open_document(source)
            if self._document.get_formtype():
                self._document.init_forms()  # what was typed into a form is drawn, too
            self._kind = "pdf"
        elif kind in PICTURES:
            self._kind = "picture"
        self._source, self._key = source, key

    def _sizes(self, path: Path, password: str | None, wanted: str) -> PageSizes:
        self._open(path, password, wanted)
        if self._kind == "pdf":
            count = min(len(self._document), MOST_PAGES)
            return PageSizes("pdf", tuple(_seen(self._document.get_page_size(index)) for index in range(count)))
        if self._kind == "picture":
            from stillroom.documents.formats.picture import upright_sizes

            assert self._source is not None
            return PageSizes("picture", tuple(map(_seen, upright_sizes(self._source, MOST_PAGES))))
        return PageSizes("")

    def _page(self, path: Path, password: str | None, wanted: str, number: int, width: int) -> Picture:
        self._open(path, password, wanted)
        width = max(16, min(width, MOST_SIDE))
        if self._kind == "pdf":
            if not 1 <= number <= len(self._document):
                raise DocumentError(_GONE)
            shown = _pdf_page(self._document, number, width)
        elif self._kind == "picture":
            from stillroom.documents.formats.picture import upright

            assert self._source is not None
            sizes = self._sizes(path, password, wanted).sizes
            if not 1 <= number <= len(sizes):
                raise DocumentError(_GONE)
            full_width, full_height = sizes[number - 1]
            side = max(1.0, full_height / full_width) * _within(width, full_height / full_width)
            shown, _ = upright(self._source, max(1, round(side)), number)
        else:
            raise DocumentError("The file has no pages to look at, only text.")
        packed = io.BytesIO()
        # A grey page stays grey: a third of the bytes to pack, to send and to unpack.
        (shown if shown.mode == "L" else shown.convert("RGB")).save(packed, "PNG", compress_level=1)
        return Picture(shown.width, shown.height, packed.getvalue())


def _seen(size: tuple[float, float]) -> tuple[float, float]:
    """A page without a size is shown as a point rather than not at all."""
    return max(size[0], 1.0), max(size[1], 1.0)


def _within(width: float, ratio: float) -> float:
    """The width that keeps a page with this ratio of height to width within the limits."""
    return max(1.0, min(width, math.sqrt(MOST_PIXELS / ratio), MOST_SIDE / ratio))


def _pdf_page(document: Any, number: int, width: int) -> Any:
    page = document[number - 1]
    try:
        wide, high = _seen(page.get_size())
        bitmap = page.render(scale=_within(width, high / wide) / wide, rev_byteorder=True, may_draw_forms=True)
        try:
            # Copied: the bitmap's memory goes with it.
            return bitmap.to_pil().copy()
        finally:
            bitmap.close()
    finally:
        page.close()
