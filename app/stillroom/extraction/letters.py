"""Who wrote a letter and to whom: by the words that close it above a name, and by the greeting that it begins with."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Sequence

from stillroom import paths
from stillroom.documents.document import Document
from stillroom.extraction.candidates.candidate import Candidate
from stillroom.extraction.candidates.persons import name_signs
from stillroom.extraction.candidates.quoted_mail import without_quote_marks


class Letters:
    """The closings and greetings of a document.

    Attributes:
        signed: page and place at which a name may begin that closes a letter.
        greeted: the same of one that a greeting is for, with where the greeting begins.
    """

    def __init__(self, document: Document) -> None:
        self.signed: set[tuple[int, int]] = set()
        self._greetings: set[tuple[int, int]] = set()
        self._greeted: set[tuple[int, int]] = set()
        self._texts = {page.number: without_quote_marks(page.text) for page in document.pages}
        for number, text in self._texts.items():
            self.signed |= {(number, match.end()) for match in _patterns().closing.finditer(text)}
            for match in _patterns().salutation.finditer(text):
                self._greetings.add((number, match.start("greeting")))
                self._greeted.add((number, match.end()))

    def signers(self, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that stand where who wrote a letter signs; in the place of a given name alone the whole names that begin with it
        ("From: Anna Holt" of what "Anna" signs)."""
        signs = [at for at, each in enumerate(candidates) if (each.span.page, each.span.start) in self.signed]
        alone = {candidates[at].value.casefold() for at in signs if " " not in candidates[at].value}
        wholes = [
            at
            for at, each in enumerate(candidates)
            if " " in each.value
            and each.value.partition(" ")[0].casefold() in alone
            and name_signs(each.value)[0] >= _LIKELY
        ]
        return wholes or signs

    def greeted(self, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that a letter greets."""
        return [
            at
            for at, each in enumerate(candidates)
            if (each.span.page, each.span.start) in self._greeted and self._ends_greeting(each)
        ]

    def greetings(self, candidates: Sequence[Candidate]) -> list[int]:
        """The candidates that begin with a greeting, which is no part of a name: "Hello Tarvo Foods"."""
        return [
            at
            for at, each in enumerate(candidates)
            if (each.span.page, each.span.start) in self._greetings and self._ends_greeting(each)
        ]

    def _ends_greeting(self, candidate: Candidate) -> bool:
        return _GREETED.match(self._texts[candidate.span.page], candidate.span.end) is not None


_LIKELY = 0.5  # of its words that are known of persons' names
_GREETED = re.compile(r"[ \t]?[,:!]|[ \t]*(?:\n|\Z)")


class _Patterns:
    """Closings and greetings, as resources/mail_heads.toml has their words.

    Attributes:
        closing: what stands above or before the name, up to it. salutation: a greeting, up to the name.
    """

    def __init__(self) -> None:
        data = tomllib.loads((paths.resources_dir() / "mail_heads.toml").read_text(encoding="utf-8"))

        def words(kind: str) -> str:
            known = {word for own in data[kind].values() for word in own.split("; ")}
            return "|".join(re.escape(word) for word in sorted(known, key=lambda word: (-len(word), word)))

        self.closing = re.compile(
            rf"(?:^|(?<=[,.] ))[ \t]*(?:{words('closing')})(?:[ \t]?[,.!]?[ \t]*\n\s{{0,80}}|,[ \t]*)(?=[^\W\d_])",
            re.IGNORECASE | re.MULTILINE,
        )
        self.salutation = re.compile(
            rf"^[ \t]*(?P<greeting>(?:{words('salutation')}))[ \t]+(?=[^\W\d_])", re.IGNORECASE | re.MULTILINE
        )


@functools.cache
def _patterns() -> _Patterns:
    return _Patterns()
