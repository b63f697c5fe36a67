"""What an answer has from the files it is about: the places that say it, and the figures that no file says."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from stillroom.chat.conversation import Attachment, Source
from stillroom.documents.document import Page

_MOST_QUOTES = 3
_MOST_CLOSELY = 400  # pieces of the files that are read for every way to write a figure
_LONGEST_QUOTE = 320  # characters
_FIGURE_WEIGHT = 2.0  # a figure says more of where an answer is from than a word does
_FIRST_SHARE, _NEXT_SHARE = 0.3, 0.2  # of what the files have in common with the answer, for a place to be quoted
_LEAST_WORDS = 2

_WORD = re.compile(r"[^\W\d_]{4,}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_TOKEN = re.compile(r"\S*\d\S*")
_DIGIT, _DIGITS, _DECIMAL = re.compile(r"\d"), re.compile(r"\d+"), re.compile(r"\d+(?:\.\d+)?")
_SPACED = re.compile(r"\d{1,3}(?:[\s'’]\d{3})+(?:[.,]\d+)?")
_ORDINAL = re.compile(r"(\d{1,18})(?:st|nd|rd|th|er|e|º|ª)?\W*$", re.IGNORECASE)
_LONGEST_NUMBER = 18  # digits; more are a code
# Numbers and years in words or signs, which no figure tells.
_WRITTEN = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,6}teen|\w{3,5}ty|hundred)\b|[年년⁰¹²³⁴-⁹½¼¾]",
    re.IGNORECASE,
)
_AROUND = ".,;:!?()[]{}\"'“”‘’*_`"
# Numbers of the answer's own: of its sources, and of the items of a list.
_OWN = re.compile(r"\[\d{1,4}(?:, page \d+)?\]|^[ \t]*(?:[-*>] )?\d{1,3}[.)](?=\s)", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What there is for an answer. ``quotes``: the places that say it; ``unfounded``: figures, as written, that none says."""

    quotes: tuple[Source, ...] = ()
    unfounded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Figure:
    """A number, a date or a code: as it is written, and what it may be read as, in canonical form."""

    text: str
    values: frozenset[str]

    @property
    def needles(self) -> set[str]:
        """Marks one of which a piece has that says this figure."""
        return {needle for value in self.values for needle in _needles(value)}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line, or a sentence of a long one. ``marks``: its figures without marks and zeros at their ends, to be found quickly."""

    source: Source
    text: str
    marks: frozenset[str]


def grounds_of(
    answer: str, files: Sequence[Attachment], given: Sequence[Source] = (), *, counted: Sequence[str] = ()
) -> Grounds:
    """What the files say of an answer.

    Args:
        given: the passages the model was given; of a file with none of them, all. counted: sentences of ours that it may repeat.
    """
    pieces = [piece for source, text in _given_texts(files, given) for piece in _pieces(source, text)]
    if not pieces or not answer.strip():
        return Grounds()
    said = _OWN.sub(lambda match: " " * len(match[0]), answer)
    figures = list(_figures(said))
    needles = {needle for figure in figures for needle in figure.needles}
    words = _words(said)
    shared = {
        number: found
        for number, piece in enumerate(pieces)
        if (found := (_words(piece.text) & words) | {f" {mark}" for mark in piece.marks & needles})
    }
    return Grounds(_quotes(pieces, shared), _unfounded(figures, pieces, counted))


def _unfounded(figures: Sequence[_Figure], pieces: Sequence[_Piece], counted: Sequence[str]) -> tuple[str, ...]:
    """The figures that none of the pieces says. Few pieces are looked at closely: those with the right digits first."""
    known = set().union(*map(_values_in, counted))
    left = [figure for figure in figures if not figure.values & known]
    needles = {needle for figure in left for needle in figure.needles}
    likely = [number for number, piece in enumerate(pieces) if piece.marks & needles]
    likely.sort(key=lambda number: -len(pieces[number].marks & needles))
    likely += [number for number, piece in enumerate(pieces) if left and _WRITTEN.search(piece.text)]
    for number in dict.fromkeys(likely[:_MOST_CLOSELY]):
        if not any(pieces[number].marks & figure.needles for figure in left) and not _WRITTEN.search(
            pieces[number].text
        ):
            continue
        following = pieces[number + 1].text if number + 1 < len(pieces) else ""
        known = _values_in(f"{pieces[number].text}\n{following}")  # a date may go on in the next line
        left = [figure for figure in left if not figure.values & known]
    return tuple(dict.fromkeys(figure.text for figure in left))


def _given_texts(files: Sequence[Attachment], given: Sequence[Source]) -> list[tuple[Source, str]]:
    """The texts that the model was given, with their places."""
    in_part = {source.attachment for source in given}
    pages = {(each.id, number): page for each in files for number, page in enumerate(each.pages, 1)}
    found = [(source, pages.get((source.attachment, source.page), "")) for source in given]
    return [(source, page[source.start : source.end]) for source, page in found] + [
        (Source(each.id, each.name, number, 0, len(page)), page)
        for each in files
        if each.id not in in_part
        for number, page in enumerate(each.pages, 1)
    ]


def _pieces(source: Source, text: str) -> Iterator[_Piece]:
    """Lines of a text, and the sentences of those that are long: what is short enough to be quoted."""
    at = 0
    for line in text.splitlines(keepends=True):
        start, begun = at, at
        at += len(line)
        cuts = [*(start + match.end() for match in _SENTENCE_END.finditer(line)), at]
        for cut, following in zip(cuts, [*cuts[1:], at], strict=True):
            if following - begun <= _LONGEST_QUOTE and cut != at:
                continue
            piece = text[begun:cut]
            first = begun + len(piece) - len(piece.lstrip())
            if piece.strip():
                place = replace(source, start=source.start + first, end=source.start + first + len(piece.strip()))
                yield _Piece(place, piece.strip(), _marks(piece))
            begun = cut


def _figures(text: str) -> Iterator[_Figure]:
    """The dates, numbers and codes of a text, in their order: each place once."""
    from stillroom.extraction.candidates.dates import dates
    from stillroom.extraction.candidates.durations import durations
    from stillroom.extraction.candidates.numbers import numbers, percentages

    page = Page(1, text)
    found: dict[tuple[int, int], set[str]] = {}
    for mark, proposed in (("date", dates(page)), ("number", [*numbers(page), *percentages(page)])):
        taken = list(found)
        for each in proposed:
            place = (each.span.start, each.span.end)
            if not any(start < place[1] and place[0] < end for start, end in taken):
                found.setdefault(place, set()).add(_key(mark, each.value))
    for each in durations(page):  # "six months", in words
        if not _DIGIT.search(text[each.span.start : each.span.end]):
            found[each.span.start, each.span.end] = {_key("number", run) for run in _DECIMAL.findall(each.value)}
    taken = list(found)
    for match in _TOKEN.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found[match.span()] = {f"code {_code(match[0])}"}
            ordinal = _ORDINAL.match(match[0])
            if ordinal:
                found[match.span()].add(_key("number", ordinal[1]))
    for (start, end), values in sorted(found.items()):
        yield _Figure(text[start:end].strip(_AROUND), frozenset(values))


def _values_in(text: str) -> set[str]:
    """Everything in a text of a file that a figure of an answer may be held against, in canonical form."""
    from stillroom.extraction.candidates.durations import durations

    known = {value for figure in _figures(text) for value in figure.values}
    parts = [part for value in known if value.startswith("date ") for part in _DIGITS.findall(value)]  # "in 2024"
    lengths = [run for each in durations(Page(1, text)) for run in _DECIMAL.findall(each.value)]  # "thirty days"
    known |= {_key("number", run) for run in (*parts, *lengths, *_DIGITS.findall(text)) if len(run) <= _LONGEST_NUMBER}
    return known | {f"code {_code(token)}" for token in _TOKEN.findall(text)}


def _key(mark: str, value: str) -> str:
    """A value by which two ways to write it are the same: 1,250.00 and 1250; what is taken off is the amount it is."""
    return f"{mark} {abs(Decimal(value)).normalize():f}" if mark == "number" else f"{mark} {value}"


def _code(token: str) -> str:
    return "".join(letter for letter in token.casefold() if letter.isalnum())


def _marks(text: str) -> frozenset[str]:
    runs = (*_DIGITS.findall(text), *_TOKEN.findall(text), *_SPACED.findall(text))
    return frozenset("".join(map(_figure, _DIGIT.findall(run))).strip("0") for run in runs)


def _figure(digit: str) -> str:
    return str(unicodedata.decimal(digit))


def _needles(value: str) -> set[str]:
    """Marks one of which a piece has that says this value."""
    mark, _, text = value.partition(" ")
    if mark == "date":  # by its year, in one of the ways to count and write them
        year = int(text[:4])
        return {each.strip("0") for each in (str(year), f"{year % 100:02}", str(year + 543))}
    return {"".join(letter for letter in text if letter.isdecimal()).strip("0")}


def _words(text: str) -> set[str]:
    folded = text.casefold()
    pairs = {run[at : at + 2] for run in _UNSPACED.findall(folded) for at in range(len(run) - 1)}
    return set(_WORD.findall(folded)) | pairs


def _quotes(pieces: Sequence[_Piece], shared: Mapping[int, set[str]]) -> tuple[Source, ...]:
    """The few pieces that together hold most of what answer and files have in common, in their order."""
    often = Counter(key for found in shared.values() for key in found)
    weights = {key: math.log(1 + len(pieces) / times) for key, times in often.items()}
    weights |= {key: _FIGURE_WEIGHT * weight for key, weight in weights.items() if key[0] == " "}
    total, left = sum(weights.values()), set(weights)
    chosen: list[int] = []
    while len(chosen) < _MOST_QUOTES and left:
        best = max(shared, key=lambda number: sum(weights[key] for key in shared[number] & left))
        new = shared[best] & left
        enough = sum(weights[key] for key in new) >= (_NEXT_SHARE if chosen else _FIRST_SHARE) * total
        if not enough or (len(new) < _LEAST_WORDS and not any(key[0] == " " for key in new)):
            break
        chosen.append(best)
        left -= new
    return tuple(pieces[number].source for number in sorted(chosen))
