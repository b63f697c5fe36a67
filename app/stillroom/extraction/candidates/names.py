"""Names of people and organisations, and other capitalised names."""

from __future__ import annotations

from collections.abc import Iterator

import regex as re

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.text import Line, cells, page_lines

# Legal forms of companies, as they end a name.
_LEGAL = (
    r"Inc|Incorporated|Corp|Corporation|Co(?!\.?\s*reg)|Company(?!\s*(?:reg|no)\b)|Ltd|Limited|LLC|L\.L\.C|LLP|L\.L\.P|LP|L\.P|PLC|plc|P\.C|N\.A|N\.V|B\.V|BV|S\.A|SA|"
    r"S\.A\.S|SAS|SARL|S\.r\.l|Srl|S\.p\.A|SpA|GmbH|AG|KG|OHG|e\.V|UG|Oy|Oyj|AB|ASA|A/S|ApS|AS|Sdn\.?\s*Bhd|Bhd|S/B|Pte|Pty|Pvt|K\.K|"
    r"Trust|Fund|Partnership|Partners|Foundation|Association|University|Bank|Group|Holdings|Enterprise|Enterprises|Trading|"
    r"spółka akcyjna|Sp\. z o\.o|z o\.o"
)
_LEGAL_END = re.compile(rf"(?<![\w])(?:{_LEGAL})\b\.?", re.IGNORECASE)
_LEGAL_STRICT = re.compile(rf"(?<![\w])(?=[A-Zesz])(?i:{_LEGAL})\b\.?(?=[\s,;.()\"”’)]|$)")
# A capitalised word (any script without case counts as capitalised), or a small word between two of them.
_CAPITAL = r"(?:[^\W\d_\p{Ll}][\w'’.&\-]*|[0-9]+[A-Z][\w'’&\-]*|&)"
_JOIN = r"(?:of|the|and|for|de|la|le|du|des|von|van|der|den|di|da|y|e|et)"
_NAME = re.compile(
    rf"(?<![\w])(?:{_CAPITAL})(?:(?:[ \u00a0]|,\s(?=(?:{_LEGAL})\b)|\n)(?:{_CAPITAL}|{_JOIN}(?=[ ]{_CAPITAL})))*"
)
# A registration number behind a name: in brackets, or bare with its check letter.
_REGISTRATION = re.compile(
    r"\s*[(\[]\s*(?:co(?:mpany)?\.?\s*(?:reg\.?)?\s*(?:no\.?)?\s*:?\s*)?[\dA-Z]*\d{3,}[\w\-/ ]*[)\]]\s*$"
    r"|\s+(?:(?:co(?:mpany)?\.?\s*)?(?:reg\.?\s*)?no\.?\s*:?\s*)?\d{5,}\s?-\s?[A-Z]\b\s*(?:\([A-Z\d]{1,6}\))?\s*$",
    re.IGNORECASE,
)
# Lines of a bill that are no letterhead.
_BILL_LINE = re.compile(
    r"^\W*(?:(?:simplified\s+)?(?:tax\s+)?invoice|receipt|cash\s+(?:bill|sale)s?|thank\s+you\b.*|.*\bgoods\s+sold\b.*|"
    r"your\s+order\b.*|.*\breturnable\b.*|.*\bcome\s+again\b.*|posted)\W*$",
    re.IGNORECASE,
)
_AND = re.compile(r"[\s,]+(?:and|und|et|y)\s+")
_OF = re.compile(r"\bof\s+(?:the\s+)?")
_ALIAS = re.compile(r"\s*\((?:the\s+)?[“\"‘'][^)]*\)\s*$")
_NOISE = re.compile(
    r"^(?:the|this|that|whereas|and|by|section|article|exhibit|page|dated?|in|on|at|for|no)$", re.IGNORECASE
)


def organisations(page: Page) -> Iterator[Candidate]:
    """Names with a legal form, lines and cells that may be a letterhead, and capitalised names in running text."""
    shapes: dict[tuple[int, int], float] = {}
    rows = page_lines(page)
    for start, end, shape in [*_letterhead(page, rows), *_running(page)]:
        span = _trim(page.text, start, end)
        if span[1] - span[0] >= 2 and re.search(r"[^\W\d_]{2}", page.text[slice(*span)]):
            shapes[span] = max(shape, shapes.get(span, 0.0))
    behind = {row.end: rows[index + 1].text for index, row in enumerate(rows[:-1])}
    for (left, right), shape in sorted(shapes.items()):
        text = page.text[left:right]
        lines = text.split("\n")
        if any(_BILL_LINE.match(line) for line in lines):
            continue
        if _LEGAL_END.match(text):
            shape = 0.0  # "Co. Ltd." alone is the end of the line before
        line_end = page.text.find("\n", right)
        rest = page.text[right : line_end if line_end >= 0 else len(page.text)]
        below = 0.0
        if not rest.strip(" ,.") and not _LEGAL_END.search(text):
            following = behind.get(right + len(rest.rstrip()), "")
            below = 1.0 if _LEGAL_END.search(following) and len(following) < 40 else 0.0
        elif len(rest) < 24 and _LEGAL_END.search(rest):
            below = 1.0  # "Popular Book Co." of "Popular Book Co. (M) Sdn Bhd"
        edges = (
            [float(bool(_LEGAL_END.search(line))) for line in (lines[0], lines[-1])] if len(lines) > 1 else [0.0, 0.0]
        )
        place = Span(page.number, left, right)
        yield Candidate(place, text, single_spaced(text), shape, 0.0, below, first=edges[0], last=edges[1])


def names(page: Page) -> Iterator[Candidate]:
    """Capitalised names in running text, what follows "of" in them ("State of Oregon"), and whole short cells."""
    seen: set[tuple[int, int]] = set()
    spans = []
    for match in _NAME.finditer(page.text):
        spans.append((match.start(), match.end(), 0.6))
        for of in _OF.finditer(page.text, match.start(), match.end()):
            spans.append((of.end(), match.end(), 0.8))
    spans += [(cell.start, cell.end, 0.3) for cell in cells(page) if len(cell.text) <= 60]
    for start, end, shape in spans:
        left, right = _trim(page.text, start, end)
        text = page.text[left:right]
        if right - left < 2 or (left, right) in seen or _NOISE.match(text) or not re.search(r"[^\W\d_]{2}", text):
            continue
        seen.add((left, right))
        yield Candidate(Span(page.number, left, right), text, single_spaced(text), shape)


def _letterhead(page: Page, rows: list[Line]) -> Iterator[tuple[int, int, float]]:
    for index, row in enumerate(rows[:40]):
        if len(row.text) > 90:
            continue
        shape = 0.7 if _LEGAL_END.search(row.text) else 0.3
        yield row.start, row.end, shape
        registration = _REGISTRATION.search(row.text)
        if registration and registration.start() > 3:
            yield row.start, row.start + registration.start(), shape + 0.2
        if index + 1 < len(rows) and len(rows[index + 1].text) <= 60 and index < 12:
            joined = 0.6 if _LEGAL_END.search(rows[index + 1].text) else 0.1
            yield row.start, rows[index + 1].end, joined
    for cell in cells(page):
        if len(cell.text) <= 90:
            yield cell.start, cell.end, 0.7 if _LEGAL_END.search(cell.text) else 0.3


def _running(page: Page) -> Iterator[tuple[int, int, float]]:
    """Names in sentences: whole, and cut after each legal form and at each "and" ("A Inc. and B GmbH" are two)."""
    for match in _NAME.finditer(page.text):
        start, end = match.start(), match.end()
        legal_ends = [found.end() for found in _LEGAL_STRICT.finditer(page.text, start, min(end + 2, len(page.text)))]
        pieces: set[tuple[int, int, float]] = set()
        if len(legal_ends) < 2 and page.text[start:end].count(" "):
            pieces.add((start, end, 0.4))
        cut, joined_at = start, start
        for legal_end in legal_ends:
            pieces |= {(cut, legal_end, 1.0), (joined_at, legal_end, 1.0)}
            joined = _AND.match(page.text, legal_end)
            cut = joined.end() if joined else legal_end
            joined_at = joined.end() if joined else joined_at  # "Holdings Co. Ltd." is one name with two legal forms
        for left, right in _between(_AND, page.text, start, end):
            if page.text[left:right].count(" "):
                pieces.add((left, right, 0.4))
        yield from sorted(pieces)


def _between(separator: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    left = start
    for match in separator.finditer(text, start, end):
        yield left, match.start()
        left = match.end()
    if left > start:
        yield left, end


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space, quotes, commas, and an alias in brackets at the edges; a final point of a legal form stays."""
    alias = _ALIAS.search(text[start:end])
    if alias:
        end = start + alias.start()
    while start < end and text[start] in " \n\t*-–•:;,.\"“”'(":
        start += 1
    while end > start and text[end - 1] in " \n\t*:;,\"“”'-–":
        end -= 1
    if end > start and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    if end > start and text[end - 1] == "." and not _LEGAL_END.search(text[max(start, end - 12) : end]):
        end -= 1
    return start, end
