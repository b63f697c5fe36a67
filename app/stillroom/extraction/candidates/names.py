"""Names of people and organisations, and other capitalised names."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import regex as re

from stillroom.documents.document import Page, Span
from stillroom.extraction.candidates.candidate import Candidate, single_spaced
from stillroom.extraction.candidates.persons import in_small_letters, name_signs
from stillroom.extraction.candidates.text import Line, cells, labelled, page_lines
from stillroom.extraction.candidates.words import (
    common_words,
    company_forms,
    days_and_months,
    institution_words,
    joining_words,
    legal_forms,
    name_suffixes,
    no_names,
    organisation_words,
    partner_words,
    pointed_forms,
    small_legal_forms,
    states_and_countries,
    titles,
)

# Legal forms of companies as they end a name, and other words that tell an organisation.
_LEGAL = legal_forms()
_LEGAL_END = re.compile(rf"(?<![\w])(?:{_LEGAL.pattern})(?!\w)\.?")
_LEGAL_FIRST = re.compile(r"(?<!\w)(?:ООО|ОАО|ЗАО|ПАО|АО|ТОВ|ПАТ|ИП|ФОП|ЕТ)\s{1,3}[«\"“„][^»\"”“\n]{2,60}[»\"”“]")
# A capitalised word (any script without case counts as capitalised), or a small word between two of them.
_CAPITAL = rf"(?:(?:{joining_words('before')})?[^\W\d_\p{{Ll}}][\w'’.&\-]{{0,40}}|[0-9]{{1,6}}[A-Z][\w'’&\-]{{0,40}}|&)"
_JOIN = rf"(?:(?:{joining_words('persons', 'firms')})(?:[ \u00a0](?:{joining_words('further')})){{0,2}})(?!\w)"
# What an organisation is goes before what it is called: "Sparkasse Holstein", "Banque Populaire"; but "Trading Co. Ltd." ends a name.
_KIND_FIRST = re.compile(
    rf"(?i:{organisation_words()})[ \u00a0](?!(?:{_LEGAL.pattern})(?!\w))(?:{_JOIN}[ \u00a0])?[^\W\d_\p{{Ll}}][\w]"
)
_BY_KIND = 0.7
_NAME = re.compile(
    rf"(?<![\w])(?:{_CAPITAL})(?:(?:[ \u00a0]|,\s(?=(?:{_LEGAL.pattern})(?!\w))|\n)"
    rf"(?:{_CAPITAL}|{_JOIN}(?=[ \u00a0]{_CAPITAL})|(?:{joining_words('between', 'partners')})(?=[ \u00a0](?:{partner_words()})(?!\w))"
    rf"|(?:{small_legal_forms()})(?!\w))){{0,15}}"
)
_LABEL_LINE = re.compile(r"\n[^\n:：]{1,30}[:：]")
# A registration number behind a name: in brackets, or bare with its check letter.
_REGISTRATION = re.compile(
    r"\s*[(\[]\s*(?:co(?:mpany)?\.?\s*(?:reg\.?)?\s*(?:no\.?)?\s*:?\s*)?[\dA-Z]*\d{3,}[\w\-/ ]*[)\]]\s*$"
    r"|\s+(?:(?:co(?:mpany)?\.?\s*)?(?:reg\.?\s*)?no\.?\s*:?\s*)?\d{5,}\s?-\s?[A-Z]\b\s*(?:\([A-Z\d]{1,6}\))?\s*$",
    re.IGNORECASE,
)
# Lines of a bill that are no letterhead.
_BILL_LINE = re.compile(
    r"^\W*(?:(?:simplified\s*)?(?:tax\s*)?invoice|receipt|(?:official|sales|guest)\s*(?:receipt|check)|cash\s*(?:bill|sale)s?|"
    r"(?:cash|credit|guest\s*check|check|order|table|copy|reprint|duplicate|welcome(?:\s+to)?)|thank\s*you\b.*|.*\bgoods\s+sold\b.*|"
    r"your\s+order\b.*|.*\breturnable\b.*|.*\bcome\s+again\b.*|posted)\W*$",
    re.IGNORECASE,
)
# A time of day, a date or a number, and nothing else but what says which: "1:59PM", "Table: 7", "Phone 555-010-0199".
_NO_NAME = re.compile(
    r"^\W*(?:[\d\W]*(?:[ap]\.?m\.?)?|[^\W\d_]{2,12}(?:\s?:\s?\d[\d\W]*|\.?\s{1,3}[(+]?\d(?:\W?\d){6,14}))\W*$",
    re.IGNORECASE,
)
# A line that has one of these is of another thing than the name above or below it; "99" may be a name.
_NO_LINE_OF_NAME = re.compile(
    r"^\W*(?:\d[\d\W]{0,24}?\d[:/]\d\d[\d\W]{0,12}(?:[ap]\.?m\.?)?|[^\W\d_]{2,12}\s?:\s?\d[\d\W]*)\W*$", re.IGNORECASE
)
# Whose the form is, or the program that printed it: "Copyright Forms Inc. 2014".
# "(a) and (c) Jones Ltd" is a list.
_OWNED = r"(?:©|\(c\)(?=\W{0,3}(?:19|20)\d\d(?!\d)))"
_RIGHTS = re.compile(rf"(?:\bcopyright\b(?:\W{{0,3}}\(c\))?|{_OWNED})\W*(?:\d{{4}}\W*){{0,2}}(?:by\s+)?", re.IGNORECASE)
# Inside of a line that says more than that; "Australian Copyright Council" is a name.
_RIGHTS_INSIDE = re.compile(
    rf"{_OWNED}|(?:^|[^\w\s&]|\d)\s*\bcopyright\b|\bcopyright\b\W{{0,3}}(?:\(c\)|\d{{4}}|by\b)", re.IGNORECASE
)
# Not the "und" of "von und zu Berg".
_AND = re.compile(rf"[\s,]+(?!(?:{joining_words('further')})(?!\w))(?:{joining_words('between')})\s+")
_OF_NAMES_TOO = re.compile(rf"[ \u00a0](?:{joining_words('of_names_too')})[ \u00a0]")
_MOST_SMALL = 3
_OF = re.compile(rf"\b(?:{joining_words('of')})\s+(?:(?:{joining_words('further')})\s+)?")
# "Holt and the Bank": with its article the second is a name of its own.
_TWO = re.compile(
    rf"[\s,]+(?:{joining_words('between')})\s+(?:(?:{joining_words('article')})\s+|(?=(?i:{joining_words('article')})\s))"
)
# A sentence ends in a run of capitalised words: "at Grace Chapel. Berg Mortuary is in charge". Shorter words are cut short ("Prof. Berg"),
# but for names of states and legal forms: "by the laws of Ohio. Employee agrees", "Holt Ltd. Berg Ltd".
_POINT = re.compile(r"\.\s+")
_WHOLE_WORD = re.compile(r"(?:[\p{Ll}\p{M}]{4}|\p{Lu}{6})$")
_MOST_OF_STATE = 4  # words
_ENDED = re.compile(rf"(?<=\w,?[ \u00a0])(?:{company_forms()})$")
_COMPANY = re.compile(rf"(?:{company_forms()})(?!\w)")
_POINTED = re.compile(rf"(?<!\w)(?:{pointed_forms()})\.$")
_FORMS_ALONE = re.compile(rf"(?:(?:{company_forms()})(?!\w)[.,]?\s*)+")
# What kind of firm one is, and of where: "a Delaware corporation".
_ONE = re.compile(rf"(?<!\w)(?i:{joining_words('one')})\s+$")
# "Area 7 Imports, Inc.": a figure stands between the words of a name.
_FIGURE = re.compile(rf"(?<!\w){_CAPITAL}(?:[ ]{_CAPITAL}){{0,3}}[ ]\d{{1,3}}[ ](?={_CAPITAL})")
# "Berg, Holt and Sons", "Berg, Holt & Kloz LLP": before the run of words that goes on with it.
_PARTNERS = re.compile(rf"(?:{_AND.pattern}|[ ]&[ ])(?:{partner_words()})(?!\w)\.?|[ ]&[ ]")
_FIRST_NAMES = re.compile(rf"(?<!\w)(?:{_CAPITAL}(?:[ ]{_CAPITAL}){{0,2}},[ ]){{1,5}}$")
_FIRST = 120  # characters before a run, in which those may stand
_APART = re.compile(rf"{_AND.pattern}|['’]s\s+|\n+")
_ALIAS = re.compile(r"\s*\((?:the\s+)?[“\"‘'][^)]*\)\s*$")
_NOISE = re.compile(rf"^(?:{no_names()})$", re.IGNORECASE)


_ONE_TITLE = rf"(?:{titles()})(?:\.?[ \u00a0]+|\.(?=\p{{Lu}}))"
_SPACE = re.compile(r"\s")
_CAPITAL_WORD = re.compile(r"[^\W\d_\p{Ll}][\w'’&\-]*")
_MOST_BEFORE = 4
# "L'" of "L'Amicale", "L'affaire", "Herr", "Zwischen".
_GOES_BEFORE = re.compile(
    rf"(?:(?P<elided>[LlDd]['’](?:\p{{Ll}}[\w\-]*\s)?)|(?P<title>{_ONE_TITLE})|(?P<word>[^\W\d_]+)\s)(?=\S)"
)
# What an office or an institution is, in small letters or not, and up to its name: "tribunal de police de Tarvo", "Cour d'appel de Lund".
_SMALL_WORD = r"\p{Ll}[\p{L}\-]{0,20}(?:['’](?=\w)|(?!\S)|(?=[ \u00a0]))"
_INSTITUTION = re.compile(
    rf"(?<![\w'’\-])(?i:{institution_words()})"
    rf"(?:(?:[ \u00a0]|(?<=['’]))(?:{_SMALL_WORD}|[nN]\.?[º°oO]\.? ?\d{{1,3}}|{_CAPITAL})){{1,8}}"
)
# Characters of the longest name, and how many behind one are looked at.
_LONGEST, _REST = 200, 60
# Of the shape of a name that goes on behind it, and of one with a registration number at its end.
_CUT, _WITH_NUMBER = 0.3, 0.6


def organisations(page: Page, own: re.Pattern[str] | None = None) -> Iterator[Candidate]:
    """Names with a legal form, lines and cells that may be a letterhead, and capitalised names in running text."""
    shapes: dict[tuple[int, int], float] = {}
    rows = page_lines(page)
    for start, end, shape in [*_letterhead(page, rows, own), *_running(page)]:
        if end - start > _LONGEST:
            continue
        rights = _RIGHTS.match(page.text, start, end)
        span = _trim(page.text, rights.end() if rights else start, end)
        if _RIGHTS_INSIDE.search(page.text, *span):
            continue
        if span[1] - span[0] >= 2 and re.search(r"[^\W\d_]{2}", page.text[slice(*span)]):
            shapes[span] = max(shape, shapes.get(span, 0.0))
    behind = {row.end: rows[index + 1].text for index, row in enumerate(rows[:-1])}
    for (left, right), shape in sorted(shapes.items()):
        text = page.text[left:right]
        lines = text.split("\n")
        if any(_BILL_LINE.match(line) for line in lines) or _NO_NAME.match(text):
            continue
        if _ADDRESS.search(text) or (
            len(lines) > 1
            and any(_NO_LINE_OF_NAME.match(line) or _REGISTRATION.fullmatch(f" {line}") for line in lines)
        ):
            continue
        above = 0.0
        if _KIND_FIRST.match(text):
            shape = max(shape, _BY_KIND)
        elif _FORMS_ALONE.fullmatch(text) or _is_kind(page.text, left, right):
            continue
        elif _LEGAL_END.match(text):
            shape, above = 0.0, 1.0  # "Co. Ltd." alone is the end of the line before
        elif _REGISTRATION.search(text):
            shape *= _WITH_NUMBER
        rest = page.text[right : right + _REST].partition("\n")[0]
        below = 0.0
        if not rest.strip(" ,.") and not _LEGAL_END.search(text):
            following = behind.get(right + len(rest.rstrip()), "")
            below = 1.0 if _LEGAL_END.search(following) and len(following) < 40 else 0.0
        elif len(rest.rstrip()) < 24 and _LEGAL_END.search(rest):
            below = 1.0  # "Popular Book Co." of "Popular Book Co. (M) Sdn Bhd"
        if below or _RIGHTS.search(page.text[max(0, left - _REST) : left].rpartition("\n")[2]):
            shape *= _CUT
        edges = (
            [float(bool(_LEGAL_END.search(line))) for line in (lines[0], lines[-1])] if len(lines) > 1 else [0.0, 0.0]
        )
        place = Span(page.number, left, right)
        yield Candidate(place, text, single_spaced(text), shape, above, below, first=edges[0], last=edges[1])


def names(page: Page, own: re.Pattern[str] | None = None) -> Iterator[Candidate]:
    """Capitalised names in running text, whole and without what goes before or behind a person's ("Producer", "Mr.", "'s"), what
    follows "of" in them ("State of Oregon"), and whole short cells."""
    seen: set[tuple[int, int]] = set()
    suffixes = {found.start(): found.end() for found in _SUFFIX.finditer(page.text)}
    ends = {end for end in suffixes.values() if page.text[end - 1] == "."}
    for start, end, shape in _named(page, own):
        left, right = _trim(page.text, start, end)
        if right + 1 in ends:  # the point of "Jr."
            right += 1
        if right in suffixes and (left, suffixes[right]) not in seen:
            seen.add((left, suffixes[right]))
            whole = page.text[left : suffixes[right]]
            yield Candidate(Span(page.number, left, suffixes[right]), whole, single_spaced(whole), shape)
        text = page.text[left:right]
        if right - left < 2 or (left, right) in seen or _NOISE.match(text) or not _LETTERS.search(text):
            continue
        if _ADDRESS.search(text) or _is_of_date(page.text, left, right):
            continue
        if (two := _TITLES_OF_TWO.match(page.text, left)) and two.end("first") >= right:
            continue
        seen.add((left, right))
        yield Candidate(Span(page.number, left, right), text, single_spaced(text), shape)


def _is_of_date(text: str, start: int, end: int) -> bool:
    """Whether a word is the month or weekday of a date, and nobody's name: "9 June", "May 2031"."""
    if text[start:end].casefold() not in days_and_months():
        return False
    return _DAY_BEFORE.search(text, max(0, start - 8), start) is not None or _DAY_BEHIND.match(text, end) is not None


_DAY_BEFORE = re.compile(r"\d(?:st|nd|rd|th|\.|er|º)?[ \u00a0](?:of |de )?$")
_DAY_BEHIND = re.compile(r",?[ \u00a0]\d")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_ADDRESS = re.compile(r"\w@\w")  # an e-mail address is nobody's name
_POSSESSIVE = re.compile(r"['’]s?$")
_SUFFIX = re.compile(rf"(?<=\w),?[ \u00a0](?:{name_suffixes()})(?!\w)\.?")
# "Mr. and Mrs. Berg": the titles of two are before the name of both.
_TITLES_OF_TWO = re.compile(rf"(?P<first>{_ONE_TITLE})(?:{joining_words('between')}|&)[ \u00a0]+(?={_ONE_TITLE})")
_TITLE = re.compile(rf"{_TITLES_OF_TWO.pattern}|{_ONE_TITLE}")
_MOST_TITLES = 3
_DASHED = re.compile(r"(?<=\p{Ll})[-–—](?:[ \u00a0]|(?=\p{Lu}\p{Ll}+[ \u00a0]))")
# "William “Bill” Berg", "Anna (Anni) Berg-Holt": what somebody is called besides stands within the name.
_NICKNAMED = re.compile(
    rf"(?<![\w])(?:{_CAPITAL}[ \u00a0]){{1,3}}[\"“„'‘(]\p{{Lu}}[\w.'’ -]{{0,20}}[\"”“'’)](?:[ \u00a0]{_CAPITAL}){{1,3}}"
)
_CONTRACTION = re.compile(r"[^\W\d_]{1,6}['’](?:m|s|re|ve|ll|d)[ \u00a0]+", re.IGNORECASE)
# Of a name, each with the small words before it: "van der Berg".
_WITH_PARTICLES = re.compile(rf"(?:{_JOIN}[ \u00a0]+)*\S+")
_SMALL_LETTERS = re.compile(r"(?<![\w@.'’-])\p{Ll}{3,20}(?: \p{Ll}\.?)? \p{Ll}{3,20}(?![\w@'’-])")
_INITIAL = re.compile(r"\p{Lu}\.?")
_MOST_WORDS = 4
_HALF = 0.5  # of the words before a dash, from which on they are a person's name


def _capitalised(text: str) -> Iterator[tuple[int, int]]:
    """Runs of capitalised words; none goes on into the next sentence, or the label of the next line ("Ann Berg", "Date of birth:")."""
    for match in _NAME.finditer(text):
        start, end = match.span()
        label = _LABEL_LINE.search(text, start, min(len(text), end + 40))
        end = label.start() if label and label.start() < end else end
        for point in _POINT.finditer(text, start, end):
            if start < point.start() < point.end() < end and _ends_sentence(text, start, point):
                yield start, point.start() + bool(_POINTED.search(text, start, point.start() + 1))
                start = point.end()
        yield start, end


def _ends_sentence(text: str, start: int, point: re.Match[str]) -> bool:
    """Whether a point in a run of capitalised words that begins at ``start`` ends a sentence: nothing is cut short before it."""
    if text[point.end()].islower() or _COMPANY.match(text, point.end()):
        return False
    before = text[start : point.start()]
    if _WHOLE_WORD.search(before) or (_ENDED.search(before) and not before.endswith("Co")):
        return True
    words = before.split()[-_MOST_OF_STATE:]
    if len(words) > 1 and name_signs(" ".join(words[-2:]))[1] >= 1:
        return True  # "Jan Berg. Anna Holt was"
    return any(" ".join(words[at:]).casefold() in states_and_countries() for at in range(len(words)))


def _is_kind(text: str, start: int, end: int) -> bool:
    """Whether a text says what kind of firm one is and of where, and names none: "a Delaware corporation"."""
    place, _, kind = text[start:end].rpartition(" ")
    return (
        place.casefold() in states_and_countries()
        and _LEGAL_END.fullmatch(kind) is not None
        and _ONE.search(text, max(0, start - 8), start) is not None
    )


def _named(page: Page, own: re.Pattern[str] | None) -> Iterator[tuple[int, int, float]]:
    for start, end in _capitalised(page.text):
        yield start, end, 0.6
        yield from _lines_of(page.text, start, end)
        for of in _OF.finditer(page.text, start, end):
            yield of.end(), end, 0.8
            before = page.text[start : of.start()].rstrip()
            if " " in before and "\n" not in before:  # "Anna Berg of the Leicester police", but not "State of Oregon"
                yield start, of.start(), 0.5
                yield from _persons(page.text, start, of.start())
        yield from _beside_small_words(page.text, start, end)
        yield from _persons(page.text, start, end)
        yield from _apart(page.text, start, end)
    yield from ((*span, 0.5) for span in _in_small_letters(page.text))
    for match in _NICKNAMED.finditer(page.text):
        start, end = match.span()
        yield start, end, 0.6
        yield from _persons(page.text, start, end)
    for cell in cells(page):
        if len(cell.text) <= 60:
            yield cell.start, cell.end, 0.3
    for value in labelled(page, own):
        if len(value.text) <= 60:
            yield value.start, value.end, 0.5


def _in_small_letters(text: str) -> Iterator[tuple[int, int]]:
    """Persons' names that a text writes without capital letters: "from: maria lopez"."""
    for match in _SMALL_LETTERS.finditer(text, overlapped=True):
        if in_small_letters(match.group()):
            yield match.span()


def _beside_small_words(text: str, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    """What stands before, between and behind small words that are of names, and as well say who or where: "Vortrag von Jan Holt",
    "Ana Lund de Tarvo Foods"."""
    small = [match.span() for match in itertools.islice(_OF_NAMES_TOO.finditer(text, start, end), _MOST_SMALL)]
    if not small or "\n" in text[start:end]:
        return
    starts, ends = [start, *(stop for _, stop in small)], [*(begin for begin, _ in small), end]
    for first, left in enumerate(starts):
        for right in ends[first:]:
            if (left, right) != (start, end) and " " in text[left:right]:
                yield left, right, 0.3


def _apart(text: str, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    """Names in a run of capitalised words that joins several ("Anna Berg and Jan Kloz"), says whose something is ("Anna Berg's Winter
    Tales"), or begins with a word of every text ("To Anna Berg I leave")."""
    if _APART.search(text, start, end):
        if "\n" in text[start:end]:  # "Anna\nBerg and Jan Kloz"
            yield from (
                (left, right, 0.5)
                for left, right in list(_between(_AND, text, start, end)) or [(start, end)]
                if "\n" in text[left:right] and 1 < len(text[left:right].split()) <= _MOST_WORDS
            )
        for left, right in _between(_APART, text, start, end):
            yield left, right, 0.6
            yield from _persons(text, left, right)
            yield from _without_first(text, left, right)
    else:
        yield from _without_first(text, start, end)


def _without_first(text: str, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    words = [word.span() for word in re.finditer(r"[^\W\d_]\S*", text[start:end])]
    first = 0
    while first < len(words) and text[start + words[first][0] : start + words[first][1]].casefold() in common_words():
        first += 1
    if 0 < first < len(words):
        yield start + words[first][0], end, 0.6
        yield from _persons(text, start + words[first][0], end)


def _lines_of(text: str, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    """The lines of a run of capitalised words that goes on in the next: below a name on a form stands the next label."""
    if "\n" not in text[start:end]:
        return
    for line in re.finditer(r"[^\n]+", text[start:end]):
        yield start + line.start(), start + line.end(), 0.6
        yield from _persons(text, start + line.start(), start + line.end())


def _persons(text: str, start: int, end: int) -> Iterator[tuple[int, int, float]]:
    """Parts of a run of capitalised words that may be the person in it."""
    dashed = _DASHED.search(text, start, end)
    named = _TITLE.sub("", text[start : dashed.start()]) if dashed else ""
    if dashed and (dashed.group().endswith((" ", "\u00a0")) or (" " in named and name_signs(named)[0] >= _HALF)):
        end = dashed.start()  # "Dr. Anna Berg-Professor of Law", "Anna Berg- Director"; not "Mary-Ann Berg"
        yield start, end, 0.8
    possessive = _POSSESSIVE.search(text, start, end)
    if possessive:
        end = possessive.start()
        yield start, end, 0.6
    # "Judge M. Berg": what may be a title may be a letter of the name.
    for _ in range(_MOST_TITLES):
        opening = _TITLE.match(text, start, end) or _CONTRACTION.match(text, start, end)
        if not opening or opening.end() >= end:
            break
        start = opening.end()
        yield start, end, 0.8
    words = [word.span() for word in _WITH_PARTICLES.finditer(text[start:end])]
    if not 1 < len(words) <= _MOST_WORDS or "\n" in text[start:end] or _AND.search(text, start, end):
        return
    # "Producer Anna Berg" gives "Anna Berg", and "Anna Berg Producer" too; of two words each may be the name.
    least = 1 if len(words) == 2 else 2
    own = [text[start + left : start + right] for left, right in words]
    for count in range(least, len(words)):
        # No name ends with an initial where it goes on, nor begins with that of the given name before it.
        if not _INITIAL.fullmatch(own[count - 1]):
            yield start + words[0][0], start + words[count - 1][1], 0.3
        first = len(words) - count
        if not (_INITIAL.fullmatch(own[first]) and name_signs(own[first - 1])[0] > 0):
            yield start + words[first][0], start + words[-1][1], 0.5 if count > 1 else 0.3


def _letterhead(page: Page, rows: list[Line], own: re.Pattern[str] | None) -> Iterator[tuple[int, int, float]]:
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
    for cell in [*cells(page), *labelled(page, own)]:
        if len(cell.text) <= 90:
            shape = 0.7 if _LEGAL_END.search(cell.text) else 0.3
            yield cell.start, cell.end, shape
            registration = _REGISTRATION.search(cell.text)
            if registration and registration.start() > 3:
                yield cell.start, cell.start + registration.start(), shape


def _running(page: Page) -> Iterator[tuple[int, int, float]]:
    """Names in sentences: whole, and cut after each legal form and at each "and" ("A Inc. and B GmbH" are two)."""
    text = page.text
    for match in _LEGAL_FIRST.finditer(text):
        yield match.start(), match.end(), 1.0
    with_figure = {found.end(): found.start() for found in _FIGURE.finditer(text)}
    for run in _capitalised(text):
        for start, end in _parts_of_run(text, *run):
            legal_ends = [found.end() for found in _LEGAL_END.finditer(text, start, min(end + 2, len(text)))]
            pieces: set[tuple[int, int, float]] = set()
            if len(legal_ends) < 2 and _SPACE.search(text, start, end):
                pieces.add((start, end, 0.4))
            cut, joined_at = start, start
            for legal_end in legal_ends:
                pieces |= {(cut, legal_end, 1.0), (joined_at, legal_end, 1.0)}
                joined = _AND.match(text, legal_end)
                cut = joined.end() if joined else legal_end
                joined_at = (
                    joined.end() if joined else joined_at
                )  # "Holdings Co. Ltd." is one name with two legal forms
            if legal_ends and start in with_figure and not _NOISE.match(text[with_figure[start] : start].split()[0]):
                pieces.add((with_figure[start], legal_ends[-1], 1.0))
            pieces.update((left, right, 1.0) for left, right in _with_first_names(text, start, end))
            pieces.update(
                (of.end(), legal_ends[-1], 0.6)
                for of in _OF.finditer(text, start, end)
                if legal_ends and of.end() < legal_ends[-1]
            )
            for left, right in _between(_AND, text, start, end):
                if text[left:right].count(" "):
                    pieces.add((left, right, 0.4))
            if not legal_ends:
                pieces.update((left, right, 0.4) for left, right in _whole_persons(text, start, end))
            yield from sorted(pieces)
    for match in _INSTITUTION.finditer(text):
        yield from ((match.start(), name.end(), _BY_KIND) for name in _CAPITAL_WORD.finditer(text, *match.span()))


def _parts_of_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of capitalised words in which firms and offices may be named: cut at each "and" with an article behind it, as it stands and
    without what goes before a name ("Zwischen", "The", "L'", "Herr"), and what stands below a single word."""
    seen: set[tuple[int, int]] = set()
    pieces = list(_between(_TWO, text, start, end)) or [(start, end)]
    # "In dem Rechtsstreit\nTarvo GmbH": below a single word begins another name; below "HOLDINGS &" the rest of one.
    below = [
        (cut, right)
        for left, right in pieces
        if (cut := text.find("\n", left, right) + 1)
        and text[left:cut].strip().isalpha()
        and text[left + 1 : cut].islower()
    ]
    for left, right in [*pieces, *below]:
        begin: int = left
        for _ in range(_MOST_BEFORE):
            if (begin, right) not in seen:
                seen.add((begin, right))
                yield begin, right
            before = _GOES_BEFORE.match(text, begin, right)
            if not before or not (before["elided"] or before["title"] or before["word"].casefold() in _no_names()):
                break
            begin = before.end()


def _whole_persons(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Persons with given name and surname behind the first word of a run, which says what they are: "Sache Anna Holt"."""
    words = [word.span() for word in re.finditer(r"\S+", text[start:end])][:_MOST_WORDS]
    for first, (left, _) in enumerate(words[1:], 1):
        for _, right in words[first + 1 : first + 3]:
            if name_signs(text[start + left : start + right])[1] >= 1:
                yield start + left, start + right


@functools.cache
def _no_names() -> frozenset[str]:
    """Words of every text and articles: what a sentence may begin with before a name, or the line before it end with."""
    return common_words() | frozenset(joining_words("article").split("|"))


def _with_first_names(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A firm's name that begins with names before a comma: "Berg, Holt and Sons" where the run of words begins with "Holt"."""
    partners = _PARTNERS.search(text, start, end)
    first = _FIRST_NAMES.search(text, max(0, start - _FIRST), start) if partners else None
    if not partners or not first or _LEGAL_END.search(text, first.start(), start):
        return
    legal_ends = [found.end() for found in _LEGAL_END.finditer(text, partners.start(), min(end + 2, len(text)))]
    last = max([*legal_ends, partners.end() if partners[0].strip() != "&" else 0])
    if last:
        yield first.start(), last


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
    if end > start and text[end - 1] == "." and not _POINTED.search(text, max(start, end - 20), end):
        end -= 1
    return start, end
