"""Verbatim text: lines, runs of words, blocks of lines, addresses."""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.streets import street_addresses
from stillroom.extraction.candidates.venues import venues
from stillroom.extraction.candidates.words import (
    address_labels,
    address_words,
    against,
    branches,
    common_words,
    country_of_states,
    joining_words,
    legal_form,
    postcodes,
    state_and_postcode,
    town_and_state,
    weights,
)
from stillroom.extraction.concepts import labels
from stillroom.templates.template import Field

# "/s/" stands for a signature: "Anna Berg, Treasurer/s/ Anna Berg". An address that fills its column may run into the next: "IL 60601Holt".
_CELL_GAP = re.compile(r" {2,}|\t+| \| | [·•] |(?<=\w)[ \t]*/s/[ \t]*|(?<=[ ,][A-Z]{2} \d{5})(?=[A-Z][a-z])")
_LABEL = re.compile(r"^[\w .#/'’&()\-]{1,40}?\s*:\s+")
# The same with commas and brackets in it, or no space behind the colon: "Vehicle (Year, Make):2016 …".
_FORM_LABEL = re.compile(
    r"^[^:：\n]{1,60}?\s*(?::(?:\s+|(?=[^\W\d_])|(?<=[^\W\d_]:|\):| :)(?=\d))|：\s*)[\"“«\[*]{0,2}(?=[\w(\"“])"
)
# "Name = …", "Name → …", "Name|…", "[Name] …", "**Name:** …", and "Name - …" where no more than two words stand before it.
_OTHER_SIGN = re.compile(
    r"^(?:\[[^\]:\n]{1,40}\]\s*:?\s*|[*_]{1,2}[^*:\n]{1,40}:?[*_]{1,2}:?\s*|[^\W\d_][^|=<>→:\n]{0,40}?\s*(?:=>?|->|→|\||>)\s*"
    r"|[^\W\d_][\w.]{0,30}(?: [\w.]{1,30})?\s+[-–—]\s+)(?=[\w(\"“])"
)
# Where in a value the next label begins: "… ; Age: 12", "… Age: 12".
_NEXT_LABEL = re.compile(
    r"(?:\s?[;,|]\s{0,4}|(?<=\S)\s{1,4})(?=[^\W\d_a-z][^\W\d_'’]{0,20}(?: [^\W\d_'’]{1,20}){0,2}\s?:(?:\s|$))"
)
_CLOSING = re.compile(r"[\"”»\]*]{1,4}[\s.,;]{0,4}$|(?<=\S)\s{1,4}[.,;]{1,4}$")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"(])")
_POSTCODE = re.compile(rf"(?<!\d)\d{{4,6}}(?!\d)|\b(?:{postcodes()})\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_GOES_ON = re.compile(r"[,.]? ([^\W\d_]+) \S")
_REGISTRATION_LINE = re.compile(
    r"^[(\[<]?(?:co(?:mpany)?\.?\s*)?(?:br\.?\s*)?(?:reg\.?\s*)?(?:no\.?\s*:?\s*)?[(\[]?[A-Z]{0,3}\d{5,}\s*-?\s*[A-Z]?[)\]>]?$"
    r"|\b(?:sdn\.?\s*bhd|gmbh|ltd|inc|llc|s/b|d\.o\.o|s\.r\.l|s\.p\.a)\b",
    re.IGNORECASE,
)
# Towns of receipts that recognition wrote in one: "MountainView,CA94040", "Boston,Ma02114", "Everett,WA".
_TOWN_AND_STATE = re.compile(
    r"(?<=\w)[,.]? ?[A-Z]{2}\.?,? ?\d{5}(?!\d)|(?<=[^\W\d_]{3})[,.] ?[A-Z][a-z] ?\d{5}(?!\d)|(?<=[^\W\d_]{3})[,.] ?[A-Z]{2}$",
    re.MULTILINE,
)
# Streets written in one, too: "12MillbrookSt.", "4500HARBOURVIEWBLVD.", "770HazelPlazaDr.", "OakRd."; those that are only
# counted: "4512NE8th"; and rooms: "#012-003", "NorthLevel2".
_STREET_IN_ONE = re.compile(
    r"^\d{1,6}[A-Za-z][\w.]*?(?:(?<=[a-z\d])(?:St|Rd|Ave?|Blvd|Dr|Ln|Hwy|Pkwy|Pl|Ct|Sq|Way|Lane|Drive|Place|Court|Square|Boulevard|Parkway|Highway)"
    r"|(?<=[A-Z]{3})(?:ST|RD|AVE|BLVD|DR|LN|HWY|PKWY|LANE|DRIVE|PLACE|COURT|SQUARE|BOULEVARD|PARKWAY|HIGHWAY))(?![A-Za-z])"
    r"|^[A-Z][A-Za-z]*(?<=[a-z])(?:St|Rd|Ave|Blvd|Ln|Hwy|Pkwy|Boulevard|Parkway|Highway)(?=\.?,?$)"
    r"|(?<!\w)\d{1,6} ?(?:[NS][EW]?|[EW])\.? ?\d{1,3}(?:st|nd|rd|th|ST|ND|RD|TH)(?![a-z])"
    r"|#\d{2,3}-\d{2,4}(?!\d)|(?<=[a-z])(?:Level|Floor|Suite|Unit|Ste|Lot|Block|Blk|No)\.? ?\d{1,4}(?!\d)",
    re.MULTILINE,
)
# "Store#77", "STORE#AB-12", "HoltFoods #3": of a shop, and no line of its address.
_NUMBERED = re.compile(r"^[^\d#,]{2,30}#\s?(?:[A-Z]{1,3}-?)?\d[\w-]*$")
# The number of a paper or a till: longer than any postcode.
_LONG_NUMBER = re.compile(r"^[A-Z]{0,6}\d{6,}(?:-\d{1,8}){0,3}$")
# An item and its price.
_PRICED = re.compile(r"(?:\s|^)[$€£]?\d{1,5}[.,]\d{2}\s?[A-Z*]{0,3}$")
_SITE = re.compile(r"(?<![\w.])[a-z\d-]{3,63}\.(?:com|net|org|edu|gov|info|biz)(?!\w)", re.IGNORECASE)
_PHONE_LINE = re.compile(r"^\+?(?:\(\d{2,4}\)[\s\-.]*|\d{2,4}[\s\-.]+)\d{3,4}[\s\-.]*\d{3,4}\.?$")
# A day, or a time of day: what stands on such a line is of the bill.
_MOMENT = re.compile(r"(?<!\d)\d{1,2}([/.\-])\d{1,2}\1(?:\d{4}|\d{2})(?!\d)|(?<!\d)\d{1,2}:\d{2}(?!\d)")
# "Served by: …", "Document no : …", "No.Meja: …"; but "No: 28, Main Street" and "Address: …" begin addresses.
_ANY_LABEL = re.compile(
    r"^(?!(?:no(?!\.?[^\W\d_]{3,12}:)|lot|unit|blk|block|from|to)\b)[A-Za-z][\w./ ]{0,30}?\s*:", re.IGNORECASE
)
_NUMBERING = re.compile(r"(?P<number>\d{1,2})[.)] ?(?=[^\W\d_])")
_NEXT_NUMBERING = re.compile(r"\s{1,4}(?P<number>\d{1,2})[.)] ?(?=[^\W\d_])")
_BEHIND_LABEL = re.compile(r"[.#]?[ \t]{1,4}(?=[^\W_a-z])")
_WORD = re.compile(r"\S+")
_CAPITALISED = re.compile(r"[(“\"]?[^\W\d_a-z][^\W\d_A-Z]")
_LETTERS_OF_KNOWN = 4
_LETTERS_OF_LABEL = 5  # "IBM", "BMW" and "DHL" are names themselves
_LONGEST_LABEL = 60
MAX_BLOCK_LINES = 6
_SOME_ADDRESS = 0.2
_LONGEST_LINE = 400  # characters of a line that may be a value, or a line of an address
_SHORT_LINE = 60
_TWO_PARTIES = 120
_SAME_COLUMN = 0.5  # heights of a letter
_NEAR_COLUMN = 2  # characters: recognition loses a space of the label before it


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page without the white space around it: ``page.text[start:end]``."""

    start: int
    end: int
    text: str


def page_lines(page: Page) -> list[Line]:
    """Lines that hold something, in order."""
    lines = []
    position = 0
    for raw in page.text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = position + len(raw) - len(raw.lstrip())
            lines.append(Line(start, start + len(stripped), stripped))
        position += len(raw) + 1
    return lines


def cells(page: Page) -> Iterator[Line]:
    """Lines cut where columns are: at gaps of two spaces or more; and what stands behind a label ("Date:  …")."""
    for line in page_lines(page):
        start = 0
        for gap in [*_CELL_GAP.finditer(line.text), None]:
            end = gap.start() if gap else len(line.text)
            if end > start:
                yield Line(line.start + start, line.start + end, line.text[start:end])
            start = gap.end() if gap else end


@functools.cache
def label_of(field: Field) -> re.Pattern[str]:
    """The words that a field is called by, where they begin a line and a value follows without a mark."""
    phrases = {phrase for phrase in (field.heading, field.name.replace("_", " "), *field.near) if phrase.strip()}
    words = (
        r"\s".join(map(re.escape, phrase.split())) for phrase in sorted(phrases, key=lambda each: (-len(each), each))
    )
    return re.compile(rf"^(?:{'|'.join(words)})(?!\w)[.#]?[ \t]+(?=[\w(\"“])", re.IGNORECASE)


def labelled(page: Page, own: re.Pattern[str] | None = None) -> Iterator[Line]:
    """What follows a label on its line or in its cell: behind a colon or another sign, behind capitals, or behind the field's
    own words (``own``); and that without what begins behind it.
    """
    seen: set[tuple[int, int]] = set()
    for line in [*page_lines(page), *cells(page)]:
        label = _FORM_LABEL.match(line.text) or _OTHER_SIGN.match(line.text)
        words = None if label or own is None else own.match(line.text)
        behind = label.end() if label else words.end() if words else _behind_capitals(line.text)
        if label is None and (known := _known_label(line.text)) and known > behind:
            # "Position applied for Clerk" of a field that is called "position".
            behind = _behind_known(line.text, known)
        # "Lieferant GmbH" is a name, not a supplier called "GmbH".
        if not 0 < behind < len(line.text) or (label is None and legal_form().match(line.text, behind)):
            continue
        ends = [len(line.text)]
        if following := _NEXT_LABEL.search(line.text, behind + 1) or _next_number(line.text, behind + 1):
            ends.append(following.start())
        ends += [shut.start() for end in ends if (shut := _CLOSING.search(line.text, behind + 1, end))]
        for end in ends:
            place = (line.start + behind, line.start + end)
            if place not in seen:
                seen.add(place)
                yield Line(*place, page.text[slice(*place)])


def _known_label(text: str) -> int:
    """Where a label ends that forms have and a line begins with ("2. Surname Berg", "Customer Anna Berg"); 0 where there is none."""
    number = _NUMBERING.match(text)
    first = number.end() if number else 0
    if len(text) > _TWO_PARTIES or not text[first : first + 1].isupper():
        return 0  # a sentence
    own = labels(text[first : first + _LONGEST_LABEL])
    return first + own[0].end if own and not own[0].start and own[0].end >= _LETTERS_OF_KNOWN else 0


def _behind_known(text: str, end: int) -> int:
    """Where the value begins behind it; 0 where none does."""
    behind = _BEHIND_LABEL.match(text, end)
    return behind.end() if behind else 0


def _next_number(text: str, start: int) -> re.Match[str] | None:
    """Where the next numbered part of a form begins, on a line that begins with one: "6. Vaccine Tarvax 7. Lot"."""
    first = _NUMBERING.match(text)
    for match in _NEXT_NUMBERING.finditer(text, start) if first else ():
        if first is not None and int(match["number"]) == int(first["number"]) + 1:
            return match
    return None


def _behind_capitals(text: str) -> int:
    """Where a value begins behind a label in capitals, as forms have it ("APPROVED BY Anna Berg"); 0 where there is none.

    A letter of a word may have been recognised as a small one. Of two words in all the first may be a name as well ("BERG Anna").
    """
    letters = count = 0
    for word in _WORD.finditer(text[:_LONGEST_LABEL]):
        large, small = sum(map(str.isupper, word.group())), sum(map(str.islower, word.group()))
        if small > 1 or 2 * small > large:
            enough = letters >= _LETTERS_OF_LABEL and (count > 1 or _WORD.search(text, word.end()))
            return word.start() if enough and _CAPITALISED.match(word.group()) else 0
        letters, count = letters + large + small, count + 1
    return 0


def lines(page: Page, own: re.Pattern[str] | None = None) -> Iterator[Candidate]:
    """Whole lines, the cells of lines, what follows a label on its line, the two halves of "Anna Berg, Treasurer" and of
    "Berg v. Holt", and venues."""
    rooms = dict.fromkeys(venues(page))
    # The point of a sentence is no part of a room that ends it; that of "Old Bldg." is.
    seen = {(start, end + 1) for start, end in rooms if page.text[end : end + 1] == "."}.difference(rooms)
    for line in [*page_lines(page), *cells(page), *labelled(page, own)]:
        variants = [(line.start, line.end)]
        label = _LABEL.match(line.text)
        if label and label.end() < len(line.text):
            variants.append((line.start + label.end(), line.end))
        if len(line.text) <= _SHORT_LINE and line.text.count(", ") == 1:
            comma = line.text.index(", ")
            behind = len(line.text) - len(line.text[comma + 2 :].lstrip())
            variants += [(line.start, line.start + comma), (line.start + behind, line.end)]
        if len(line.text) <= _TWO_PARTIES and len(between := list(against().finditer(line.text))) == 1:
            variants += [(line.start, line.start + between[0].start()), (line.start + between[0].end(), line.end)]
        for start, end in variants:
            if start < end and (start, end) not in seen and end - start <= _LONGEST_LINE:
                seen.add((start, end))
                yield _candidate(page, start, end)
    for start, end in rooms:
        if (start, end) not in seen:
            seen.add((start, end))
            edge = float("\n" in page.text[start:end])  # of two lines each is one
            yield replace(_candidate(page, start, end), first=edge, last=edge)


def word_runs(page: Page, *, longest: int = 8) -> Iterator[Candidate]:
    """Every run of up to ``longest`` words within a line."""
    for line in page_lines(page):
        words = [(match.start(), match.end()) for match in re.finditer(r"\S+", line.text)]
        for first in range(len(words)):
            for last in range(first, min(first + longest, len(words))):
                start, end = line.start + words[first][0], line.start + words[last][1]
                while end > start and page.text[end - 1] in ",.;:":
                    end -= 1
                if end > start:
                    yield _candidate(page, start, end)


def blocks(page: Page) -> Iterator[Candidate]:
    """Paragraphs, and runs of up to six lines that belong together."""
    seen: set[tuple[int, int]] = set()
    for paragraph in re.finditer(r"\S(?:[^\n]|\n(?!\s*\n))*", page.text):
        text = paragraph.group().rstrip()
        if len(text) <= 1500:
            seen.add((paragraph.start(), paragraph.start() + len(text)))
            yield _candidate(page, paragraph.start(), paragraph.start() + len(text))
    own = page_lines(page)
    for first in range(len(own)):
        for last in range(first, min(first + MAX_BLOCK_LINES, len(own))):
            start, end = own[first].start, own[last].end
            if (start, end) not in seen and end - start <= 1500:
                yield _candidate(page, start, end)


def sentences(page: Page) -> Iterator[Candidate]:
    """Sentences, for evidence and items of lists in running text."""
    for paragraph in re.finditer(r"\S(?:[^\n]|\n(?!\s*\n))*", page.text):
        start = paragraph.start()
        for piece in _SENTENCE_END.split(paragraph.group()):
            position = page.text.find(piece, start)
            if piece.strip() and len(piece) <= 600:
                yield _candidate(page, position, position + len(piece.rstrip()))
            start = position + len(piece)


def addresses(page: Page, own: re.Pattern[str] | None = None) -> Iterator[Candidate]:
    """Runs of lines or cells that hold signs of an address: a postcode, a street word, a house number; what stands behind any label
    and holds some; and streets with their numbers in sentences."""
    whole = {(line.start, line.end) for line in page_lines(page)}
    starts, ends = list[int](), list[int]()  # where a sentence goes before one, or goes on behind it
    for start, end in street_addresses(page):
        shape = 0.0 if (start, end) in whole else address_shape(page.text[start:end])
        if shape > _SOME_ADDRESS:
            text = page.text[start:end]
            yield Candidate(Span(page.number, start, end), text, single_spaced(text), shape)
            if "\n" in text:
                starts.append(start)
            if _sentence_follows(page.text, start, end):
                ends.append(end)
    starts.sort()
    ends.sort()

    def is_none(row: Line) -> bool:
        within = (
            bisect.bisect_right(places, row.start) < bisect.bisect_left(places, row.end) for places in (starts, ends)
        )
        return any(within) or _is_no_address(row.text)

    for value in labelled(page, own):
        shape = 0.0 if is_none(value) else address_shape(value.text)
        text = value.text.rstrip(" ,")
        if shape > _SOME_ADDRESS:
            yield Candidate(Span(page.number, value.start, value.start + len(text)), text, single_spaced(text), shape)
    for rows in (page_lines(page), *_columns(page), *_without_others(page), *_right_columns(page, own)):
        none = list(map(is_none, rows))
        shapes = [0.0 if no else address_shape(row.text) for row, no in zip(rows, none, strict=True)]
        for first in range(len(rows)):
            if none[first]:
                continue
            for last in range(first, min(first + MAX_BLOCK_LINES, len(rows))):
                if last > first and (none[last] or _ended(rows[last - 1].text, rows[last].text)):
                    break
                if page.text[rows[first].start : rows[last].end].count("\n") > 2 * (last - first) + 1:
                    break
                start, end = rows[first].start, rows[last].end
                label = _LABEL.match(page.text[start:end])
                if label and address_labels().search(label.group()):
                    start += label.end()
                text = page.text[start:end].rstrip(" ,")
                shape = address_shape(text)
                if shape > _SOME_ADDRESS:
                    above = shapes[first - 1] if first else 0.0
                    below = shapes[last + 1] if last + 1 < len(rows) else 0.0
                    span = Span(page.number, start, start + len(text))
                    edges = (shapes[first], shapes[last]) if last > first else (0.0, 0.0)
                    yield Candidate(span, text, single_spaced(text), shape, above, below, *edges)


def _sentence_follows(text: str, start: int, end: int) -> bool:
    """Whether an address in one cell of a line stands in a sentence that goes on behind it without more of it: "… for a term of"."""
    line_end = text.find("\n", end)
    rest = text[end : line_end if line_end >= 0 else len(text)]
    goes_on = _GOES_ON.match(rest)
    if not goes_on:
        return False
    # "… OH 44121. The term is", but "12 rue du centre 320".
    word = goes_on[1].casefold() if rest.startswith(".") else goes_on[1]
    if word not in common_words() or (not rest.startswith(".") and _within_streets().fullmatch(word)):
        return False
    if address_words()[0].search(rest) or _CELL_GAP.search(text, start, end):
        return False
    return all(_YEAR.fullmatch(number[0]) for number in _POSTCODE.finditer(rest)) and not _TOWN_AND_STATE.search(rest)


@functools.cache
def _within_streets() -> re.Pattern[str]:
    return re.compile(joining_words("streets", "further"))


def _ended(line: str, following: str) -> bool:
    """Whether a line ends an address with the code of a state and a postcode, and what follows is not the country."""
    return bool(state_and_postcode().search(line)) and following.strip(" .,").casefold() not in country_of_states()


def _is_no_address(line: str) -> bool:
    """Lines that end an address: a telephone or registration number, a legal form, words of a bill, a weight, the number of a branch,
    another label; running text."""
    if len(line) > _LONGEST_LINE:
        return True
    streets, others = address_words()
    kinds = (others, _REGISTRATION_LINE, _LONG_NUMBER, _PHONE_LINE, _MOMENT, _PRICED, _SITE, weights(), branches())
    if any(each.search(line) for each in kinds):
        return True
    label = _ANY_LABEL.match(line)
    if label and not address_labels().search(label.group()):
        return True
    return bool(_NUMBERED.match(line)) and not streets.search(line)


@functools.lru_cache(maxsize=50_000)
def address_shape(text: str) -> float:
    """How much a text looks like a postal address, 0 to 1."""
    streets = sum(1 for match in address_words()[0].finditer(text) if _names_a_street(text, match.start()))
    streets += sum(1 for _ in _STREET_IN_ONE.finditer(text))
    return min(
        1.0,
        0.35 * bool(_POSTCODE.search(text) or _TOWN_AND_STATE.search(text) or town_and_state().search(text))
        + 0.25 * min(2, streets)
        + 0.15 * bool(re.search(r"\d", text))
        + 0.1 * min(2, text.count(",")),
    )


def _names_a_street(text: str, start: int) -> bool:
    """Whether a word of streets at this place is one: a small one has a figure or a comma on its line, or a name beside it; in "A place
    to rest" it has none."""
    while start and text[start - 1].isalpha():
        start -= 1
    if not text[start].islower():
        return True
    before = text[text.rfind("\n", 0, start) + 1 : start]
    behind = text[start:].partition("\n")[0]
    if _OF_STREETS.search(before + behind) or _NAME_BEHIND.match(behind):
        return True
    name = _NAME_BEFORE.search(before)
    return name is not None and name[1].casefold() not in common_words()


_OF_STREETS = re.compile(r"[,\d]")
_NAME_BEFORE = re.compile(r"([^\W\d_a-z][^\W\d_]+)\W{1,2}$")
_NAME_BEHIND = re.compile(r"[^\W\d_]+\.?(?: [^\W\d_A-Z]{1,4}){0,3} [^\W\d_a-z][^\W\d_]")


def _columns(page: Page) -> Iterator[list[Line]]:
    """The cells of each line that has several; in the next line another row begins."""
    whole = {(line.start, line.end) for line in page_lines(page)}
    row: list[Line] = []
    for cell in cells(page):
        if row and "\n" in page.text[row[-1].end : cell.start]:
            yield row
            row = []
        if (cell.start, cell.end) not in whole:
            row.append(cell)
    if row:
        yield row


def _right_columns(page: Page, own: re.Pattern[str] | None) -> Iterator[list[Line]]:
    """What ends a line, in its right column or behind its label, with what begins the lines below where it begins, and nothing to its
    left: "The property    42 Harbour Street", and below the street its town. Up to a line that has another column to the right."""
    below = page_lines(page)
    number_of = {line.end: number for number, line in enumerate(below)}
    own_cells = list(cells(page))
    beginning = {cell.start: cell for cell in own_cells}
    for cell in [*own_cells, *labelled(page, own)]:
        number = number_of.get(cell.end)
        if number is None or len(cell.text) > _SHORT_LINE:
            continue
        rows = [cell]
        for line in below[number + 1 : number + MAX_BLOCK_LINES]:
            if len(beginning[line.start].text) > _SHORT_LINE or not _begin_alike(page, cell.start, line.start):
                break
            rows.append(beginning[line.start])
            if rows[-1].end < line.end:
                break
        if len(rows) > 1 and (cell.start > below[number].start or rows[-1].end not in number_of):
            yield rows


def _begin_alike(page: Page, one: int, other: int) -> bool:
    """Whether what begins at two places of a page stands in one column: by its boxes, or by the spaces before it."""
    boxes = (page.boxes[one], page.boxes[other]) if page.boxes is not None else (None, None)
    if boxes[0] is not None and boxes[1] is not None:
        return abs(boxes[0].x0 - boxes[1].x0) <= _SAME_COLUMN * (boxes[0].y1 - boxes[0].y0)
    columns = [place - page.text.rfind("\n", 0, place) - 1 for place in (one, other)]
    return abs(columns[0] - columns[1]) <= _NEAR_COLUMN


def _without_others(page: Page) -> Iterator[list[Line]]:
    """The lines without what else stands on them, where an address goes on beside it ("Singapore 819642    Tel. 65424709")."""
    rows = []
    cut = False
    for line in page_lines(page):
        end = line.end
        for gap in _CELL_GAP.finditer(line.text) if len(line.text) <= _LONGEST_LINE else ():
            if _is_no_address(line.text[gap.end() :]) and not _is_no_address(line.text[: gap.start()]):
                end, cut = line.start + gap.start(), True
                break
        rows.append(Line(line.start, end, page.text[line.start : end]))
    if cut:
        yield rows


def _candidate(page: Page, start: int, end: int) -> Candidate:
    text = page.text[start:end]
    return Candidate(Span(page.number, start, end), text, single_spaced(text))
