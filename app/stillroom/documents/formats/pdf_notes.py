"""What there is to say of the pages of a PDF, in sentences for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from stillroom.documents.formats.pdf_page import PageText
from stillroom.documents.formats.pdf_seen import Otherwise
from stillroom.documents.ocr.models import HOW_TO_INSTALL
from stillroom.documents.source import RECOGNISED_PAGES, ranges, unread

_QUOTED = 60
_QUOTES = 3


@dataclass(slots=True)
class Notes:
    """Numbers of pages, by what is to be said of them.

    Attributes:
        pictures: only recognition could read them, and did not. recognised: it did. broken: cannot be opened.
        blank: show nothing. with_pictures: have pictures whose text was recognised. unread_pictures: …was not.
        doubtful: their text reads like none, and could not be compared with what they show. replaced: it was, and is not.
        turned: have marks that turn typed text.
        hidden, relabelled: texts that pages do not show (by reason), or show otherwise, with the numbers of the pages.
        struck: texts with a line drawn through them, with the numbers of the pages.
        otherwise: words that pages show otherwise than the file says, as sentences quote them, with the numbers of the pages.
        uncompared: words that look otherwise, where nothing can be recognised.
        comments: what people pinned to pages, with the numbers of the pages.
        too_long: the text limit was reached.
    """

    pictures: list[int] = field(default_factory=list)
    recognised: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    with_pictures: list[int] = field(default_factory=list)
    unread_pictures: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    turned: list[int] = field(default_factory=list)
    hidden: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    relabelled: list[tuple[int, str]] = field(default_factory=list)
    struck: list[tuple[int, str]] = field(default_factory=list)
    otherwise: list[tuple[int, str]] = field(default_factory=list)
    uncompared: list[tuple[int, str]] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    too_long: bool = False
    _others: list[str] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        """Say something of the file as a whole."""
        self._others.append(sentence)

    def take(self, number: int, text: PageText) -> None:
        """What a page itself has to say."""
        if text.turned:
            self.turned.append(number)
        self.relabelled.extend((number, said) for said in text.relabelled)
        self.struck.extend((number, said) for said in text.struck)
        for item in text.hidden:
            self.hidden.setdefault(item.reason, []).append((number, item.text))

    def take_seen(self, number: int, otherwise: Sequence[Otherwise], uncompared: Sequence[str]) -> None:
        """Words of a page that do not look like what the file says."""
        self.otherwise.extend(
            (number, f"“{item.seen[:_QUOTED]}” where the file says “{item.said[:_QUOTED]}”") for item in otherwise
        )
        self.uncompared.extend((number, text) for text in uncompared)

    def sentences(self, *, can_recognise: bool) -> tuple[str, ...]:
        """All of it."""
        said = list(self._others)
        for reason, found in self.hidden.items():
            said.append(
                f"{_pages(found)} text {reason} ({_quoted(found)}): it is not to be seen on the page and was left out."
            )
        if self.relabelled:
            said.append(
                f"{_pages(self.relabelled)} text that the file calls something else ({_quoted(self.relabelled)}): "
                "what the page shows was read."
            )
        if self.struck:
            said.append(f"{_pages(self.struck)} struck-out text ({_quoted(self.struck)}): it was left out.")
        if self.otherwise:
            said.append(f"{_shown(self.otherwise)}: what is shown was taken.")
        if self.uncompared:
            said.append(
                f"{_pages(self.uncompared)} text that does not look like what the file says ({_quoted(self.uncompared)}), and "
                f"could not be compared with what is shown. {HOW_TO_INSTALL}"
            )
        if self.comments:
            said.append(
                f"{_pages(self.comments)} comments beside the text ({_quoted(self.comments)}): they were not read."
            )
        if self.turned:
            said.append(
                f"{_which(self.turned)} marks in the text that turn its direction; letters are read where the page shows them."
            )
        if self.recognised:
            one, many = "is a picture; its", "are pictures; their"
            said.append(f"{_about(self.recognised, one, many)} text was recognised (OCR).")
        if self.with_pictures:
            said.append(
                f"{_which(self.with_pictures)} pictures with text, which was recognised (OCR) and set among the rest."
            )
        if self.replaced:
            one, many = "does not say what it shows; its", "do not say what they show; their"
            said.append(
                f"The text in the file of {_about(self.replaced, one, many).lower()} text was recognised (OCR)."
            )
        if self.doubtful:
            one, many = "reads", "read"
            said.append(
                f"The text in the file of {_about(self.doubtful, one, many).lower()} like no language and may not be what "
                f"is shown. {'' if can_recognise else HOW_TO_INSTALL}".rstrip()
            )
        if self.unread_pictures:
            what = f"{_which(self.unread_pictures)} pictures; text in them was not read."
            said.append(what if can_recognise else f"{what} {HOW_TO_INSTALL}")
        if self.blank:
            said.append(f"{_about(self.blank, 'is', 'are')} blank.")
        said.extend(self._unread(can_recognise=can_recognise))
        return tuple(said)

    def _unread(self, *, can_recognise: bool) -> list[str]:
        said: list[str] = []
        if self.pictures and can_recognise:
            said.append(
                unread(self.pictures, "has no text layer and was", "have no text layer and were")
                + f" At most {RECOGNISED_PAGES} pages of a file are recognised."
            )
        elif self.pictures:
            said.append(f"{unread(self.pictures, 'is a picture and was', 'are pictures and were')} {HOW_TO_INSTALL}")
        if self.broken:
            said.append(unread(self.broken, "is damaged and was", "are damaged and were"))
        return said


def _about(numbers: list[int], one: str, many: str) -> str:
    return f"Page {numbers[0]} {one}" if len(numbers) == 1 else f"Pages {ranges(numbers)} {many}"


def _which(numbers: list[int]) -> str:
    return _about(numbers, "has", "have")


def _pages(found: list[tuple[int, str]]) -> str:
    return _which(sorted({number for number, _ in found}))


def _shown(found: list[tuple[int, str]]) -> str:
    """What pages show and what the file says."""
    texts = list(dict.fromkeys(text for _, text in found))
    more = " …" if len(texts) > _QUOTES else ""
    return f"{_about(sorted({number for number, _ in found}), 'shows', 'show')} {', '.join(texts[:_QUOTES])}{more}"


def _quoted(found: list[tuple[int, str]]) -> str:
    texts = list(dict.fromkeys(text for _, text in found))
    quotes = [f"“{text[:_QUOTED]}{'…' if len(text) > _QUOTED else ''}”" for text in texts[:_QUOTES]]
    return ", ".join(quotes) + (" …" if len(texts) > _QUOTES else "")
