"""What a text calls things in plain words: "JPMORGAN CHASE BANK, N.A., as Administrative Agent", "3M COMPANY (the “Borrower”)"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from stillroom import paths
from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.concepts import Meaning, key_of, labels
from stillroom.templates.template import Field

_FAR = 160  # characters behind a name, in which what it is called may stand
_ROLE = r"([^\W\d_][\w\s\-’']{2,50}?)"
_END = r"(?=\s*(?:[,;.()\n“”\"]|$))"
_BEFORE = 80
_LAST = 20  # characters
_ACTS_FOR = 90  # characters
_ROLE_BEHIND = re.compile(
    r"(?:\s?[,(]\s{0,2}|[ \t]{2,60})(?:the\s|die\s|der\s)?([^\W\d_][\w'’\- ]{2,40}?)\s?(?=[),;.:\n]|$)"
)
_SMALL_WORDS = re.compile(r"[ \u00a0](?=[^\W\d_A-ZÀ-ÖØ-Þ])[^\n.,;()]{2,60}")
_COLON_BEHIND = re.compile(r"\s?[:：]")
_DONE_BEHIND = 64  # characters
_DOES = "organiser"  # the concept that has verbs of one word
_BY_CONCEPT = 0.8
_LONGEST = 5  # words
_OWN = 0.9  # the template's own words; a concept's are less: a guarantor is a party, as the borrower is


class PartyRoles:
    """What the candidates of a document are called by the words behind them."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._texts = {page.number: page.text for page in document.pages}
        self._meaning = meaning

    def called(self, field: Field, candidates: Sequence[Candidate]) -> tuple[set[int], set[int]]:
        """The candidates that are called what the field is, and those that are called otherwise."""
        own: set[int] = set()
        others: set[int] = set()
        starts = {(each.span.page, each.span.start) for each in candidates}
        roles: dict[tuple[int, int], str] = {}
        for at in sorted(range(len(candidates)), key=lambda each: candidates[each].span, reverse=True):
            span = candidates[at].span
            behind = self._texts[span.page][span.end : span.end + _FAR]
            role = role_of(behind)
            if (
                not role
                and (joint := _patterns().joint.match(behind))
                and (span.page, span.end + joint.end()) in starts
            ):
                role = roles.get((span.page, span.end + joint.end()), "")
            if role:
                roles[span.page, span.start] = role
                says = self._says(field, role)
                if says >= _OWN:
                    own.add(at)
                elif says < 0:
                    others.add(at)
        return own, others

    def have_role(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates behind which stands that they are what the field is called, or do what it does: "Anna Berg (Chair)", "Jan Holt,
        Plaintiff", "Tarvo Rowing Club invites you"."""
        known: dict[tuple[int, int], bool] = {}
        found = []
        for at, candidate in enumerate(candidates):
            span = candidate.span
            place = (span.page, span.end)
            if place not in known:
                text = self._texts[span.page]
                behind = _ROLE_BEHIND.match(text, span.end, span.end + _FAR)
                known[place] = (behind is not None and self._is_called(field, key_of(behind[1]))) or self._does(
                    field, text[span.end : span.end + _DONE_BEHIND]
                )
            if known[place]:
                found.append(at)
        return found

    def hold_role(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that go on with what the field is called behind their last comma: "Jan Holt, Plaintiff"."""
        roles = ((at, each.value.rpartition(", ")) for at, each in enumerate(candidates))
        return [at for at, (name, _, role) in roles if name and self._is_called(field, key_of(role))]

    def _is_called(self, field: Field, key: str) -> bool:
        own, _, avoided = self._meaning.weigh(field.name, key)
        return own >= _BY_CONCEPT and not avoided

    def _does(self, field: Field, behind: str) -> bool:
        """Whether a text begins with what a field is called in small letters, and no sign parts it from what is before."""
        words = _SMALL_WORDS.match(behind)
        if not words:
            return False
        first = next(iter(labels(words[0], self._meaning.keys)), None)
        if first is None or first.short or words[0][: first.start].strip():
            return False
        # A noun alone may go on with the name: "the Tarvo Seminar speakers".
        verb = " " in words[0][first.start : first.end] or self._meaning.roles[field.name] == _DOES
        return verb and not _COLON_BEHIND.match(behind, first.end) and self._is_called(field, first.key)

    def _says(self, field: Field, role: str) -> float:
        """How far a role is what the field is called; below 0 where it is known to be another, 0 of a short name of the party itself."""
        says = [self._meaning.weigh(field.name, key_of(each)) for each in (role, *_singular(role))]
        own = max(own for own, *_ in says)
        if any(avoided for *_, avoided in says) or (not own and any(rival for _, rival, _ in says)):
            return -1.0
        return own


class Sentences:
    """Sentences of a document that say what a value is: "the aggregate amount of the Commitments is $5,250,000,000"."""

    def __init__(self, document: Document, meaning: Meaning) -> None:
        self._texts = {page.number: page.text for page in document.pages}
        self._meaning = meaning

    def say(self, field: Field, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates of which a sentence says that they are what the field is called."""
        found = []
        for at, each in enumerate(candidates):
            before = self._texts[each.span.page][max(0, each.span.start - _BEFORE) : each.span.start]
            said = _patterns().is_.search(before)
            if said and self._names(field, before[: said.start()]):
                found.append(at)
        return found

    def _names(self, field: Field, text: str) -> bool:
        words = re.findall(r"[^\W\d_][\w’'-]*", text)[-_LONGEST:]
        phrases = ["".join(map(key_of, words[at:])) for at in range(len(words))]
        return any(
            own >= _OWN and not avoided
            for phrase in phrases
            for each in (phrase, phrase.removesuffix("s"))
            for own, _, avoided in [self._meaning.weigh(field.name, each)]
        )


def cut_off(text: str) -> bool:
    """Whether a name begins or ends with what joins it to others, or goes on with what it is called: "CITIBANK, N.A. and", "Verso
    Bank, as agent for the Banks, 3M Company"."""
    return _patterns().cut.search(text) is not None


def joins_at_end(text: str) -> bool:
    """Whether a text ends with what joins it to others: "…, and", "oder"."""
    return _patterns().at_end.search(text[-_LAST:]) is not None


def joined_alike(text: str) -> str:
    """A text with "and" for "&" and for what joins names in any language. "E" with a capital is somebody's initial."""
    return _patterns().joins.sub(" and ", text)


def phrases(text: str) -> list[str]:
    """What a description lists: "a card or phone lost; fraud" is three."""
    return [found for each in _patterns().listed.split(text) if (found := each.strip())]


def is_branch_number(text: str) -> bool:
    """Whether a text is no more than the number of a shop, a till or a table: "Store #1291"."""
    return _patterns().branch.fullmatch(text.strip()) is not None


def role_of(behind: str) -> str:
    """What a name is called by the words behind it ("… (the “Borrower”)"); empty for nothing."""
    found = _patterns().as_.match(behind) or _patterns().defined.match(behind)
    return " ".join(found[1].split()) if found else ""


def introductions(text: str) -> Iterator[int]:
    """Where a text is about to name parties: behind each "between" and its like."""
    return (match.end() for match in _patterns().between.finditer(text))


def signs_begin(text: str) -> bool:
    """Whether a text begins with what stands under a name that signs, or before it: "By:", "/s/", a line to write on."""
    return _patterns().signs.match(text) is not None


def acts_for_another(before: str) -> bool:
    """Whether what stands before a name says that it is of somebody who acts for a party: "… Ltd, represented by its manager, Mr"."""
    return _patterns().acts_for.search(before[-_ACTS_FOR:]) is not None


def works_at(behind: str) -> str:
    """What stands behind a name as where somebody works or what they are, up to its end ("… of Tarvo Foods, …", "…, Director"); empty
    for nothing."""
    found = _patterns().works_at.match(behind)
    return found[1].strip() if found else ""


def _singular(role: str) -> list[str]:
    """A role of several at once is that of each: "Co-Documentation Agents"."""
    one = re.sub(r"(?i)^(?:co-|joint )", "", role)
    return [one, one.removesuffix("s")]


class _Patterns(NamedTuple):
    as_: re.Pattern[str]
    defined: re.Pattern[str]
    joint: re.Pattern[str]
    is_: re.Pattern[str]
    cut: re.Pattern[str]
    branch: re.Pattern[str]
    listed: re.Pattern[str]
    between: re.Pattern[str]
    signs: re.Pattern[str]
    works_at: re.Pattern[str]
    acts_for: re.Pattern[str]
    joins: re.Pattern[str]
    at_end: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    data = paths.resource_tables("plain_words")
    words = {
        kind: "|".join(
            re.escape(word) for word in sorted((word for own in table.values() for word in own), key=len, reverse=True)
        )
        for kind, table in data.items()
    }
    article = rf"(?:(?:{words['article']})\s+)?"
    return _Patterns(
        re.compile(rf",?\s*\(?(?:{words['as']})\s+{article}{_ROLE}{_END}", re.IGNORECASE),
        re.compile(
            rf"(?:,\s(?-i:[a-zà-ÿ])[^()“”\"„«;]{{2,100}}|\s*)\((?:[^()“”\"„«]{{0,40}}\s)?{article}[“\"„«]\s?{article}{_ROLE}\s?[”\"“»]",
            re.IGNORECASE,
        ),
        re.compile(rf",\s+(?:(?:{words['and']})\s+)?|\s+(?:{words['and']})\s+", re.IGNORECASE),
        re.compile(rf"[\s”\"»“](?:{words['is']})\s+(?:the\s+)?(?:[A-Z.]{{0,5}}\s?[$€£¥])?\s?$", re.IGNORECASE),
        # In small letters only: "Y Combinator" and "Como Restaurant" are names.
        re.compile(
            rf"^(?:{words['and']}|{words['as']}|{words['between']})(?:\s|$)|\s(?:{words['and']})$|\s(?:{words['as']})\s{_ROLE}$"
            rf"|,\s(?:{words['as']})\s[^,]{{2,60}},\s"
        ),
        re.compile(rf"(?:{words['branch']})\s?(?:no|nr|n[°º])?\.?\s?[#:]?\s?[\d-]+", re.IGNORECASE),
        # "3.5%", "24/7" and "e.g. a card" are no lists.
        re.compile(
            rf"(?:[,;:/]|(?<!\b[^\W\d_])\.)(?=\s|$)|[()،、；：。]|\s(?:{words['and']}|{words['or']})\s", re.IGNORECASE
        ),
        re.compile(rf"(?<!\w)(?:{words['between']})\W{{0,3}}\s", re.IGNORECASE),
        re.compile(rf"\s*(?:/s/|_{{4,}}|(?:{words['signs']})\s?:)", re.IGNORECASE),
        re.compile(rf"(?:,|\s?[-–—(]|\s(?:{words['works_at']})(?!\w))\s?([^\W\d_][^\n;:()]{{1,60}})"),
        # Not where another party follows: "… represented by Anna Berg, and Holt Ltd".
        re.compile(
            rf"(?<!\w)(?:{words['acts_for']})\s(?:(?![,\s](?:{words['and']})\s)[^.;()“”\"]|(?<!\w\w\w)\.)*$",
            re.IGNORECASE,
        ),
        re.compile(rf"&|(?<!\w)(?:(?=\w\w)(?i:{words['and']})|(?:{words['and']}))(?![\w.])"),
        re.compile(rf"(?<!\w)(?:{words['and']}|{words['or']})$", re.IGNORECASE),
    )
