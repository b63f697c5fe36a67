"""Questions that only the whole of a document answers: recognised, and answered from every passage, merged in code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from stillroom.cancellation import Cancellation
from stillroom.chat.answerer import Answerer
from stillroom.chat.conversation import Attachment, ChatSettings, Source
from stillroom.chat.passages import Passage, halves
from stillroom.documents.document import Page
from stillroom.engine.protocol import Message, Sampling

_ANSWER_TOKENS = 300
_MOST_ITEMS = 40  # of one passage; a model that repeats itself has to end somewhere
_LONGEST_ITEM = 160  # characters
_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "found": {
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": _LONGEST_ITEM},
                "maxItems": _MOST_ITEMS,
            }
        },
        "required": ["found"],
    }
)


class Asks(StrEnum):
    """What a question wants of all of a document. OTHER: a summary, an average, what is largest …"""

    COUNT = "count"
    LIST = "list"
    TOTAL = "total"
    OTHER = "other"


# "How many days' notice" asks for a figure that stands in one place, not for a count.
_UNITS = (
    r"(?:business |working |calendar |full )?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|percent|degrees?"
    r"|dollars?|euros?|pounds?|cents?|miles?|met(?:re|er)s?|kilomet(?:re|er)s?|km|kg|grams?|lit(?:re|er)s?|times"
    r"|people can|tage|wochen|monate|jahre|stunden|jours|mois|ans|heures)\b"
)
_ASKED: tuple[tuple[Asks, tuple[str, ...]], ...] = (
    (
        Asks.TOTAL,
        (
            r"(?:grand |overall |combined )?(?:total|sum) (?:amount |value |cost |price )?of (?:all|every|each|the \w+s\b)",
            r"sum (?:up|of)\b",
            r"add(?:ed|ing)? (?:\w+ ){0,4}(?:up|together)",
            r"altogether|all together|in total\b|total up",
            r"combined (?:amount|value|total)",
            r"gesamtsumme|summe (?:aller|von|der)|insgesamt|zusammengerechnet",
            r"somme (?:de|des)|total de (?:tous|toutes)|au total",
        ),
    ),
    (
        Asks.COUNT,
        (
            rf"how many (?!{_UNITS})\w",
            rf"(?:the |total )?number of (?!{_UNITS})(?:\w+ ){{0,4}}?\w+s\b",
            r"count (?:up |of )?(?:all|the|every|each|how)",
            rf"wie ?viele (?!{_UNITS})\w|anzahl (?:der|von|aller)|z[äa]hle? (?:alle|die)",
            r"combien d|nombre d[e'’]|cu[áa]nt[oa]s|quant[ie] ",
        ),
    ),
    (
        Asks.LIST,
        (
            r"list (?:\w+ )?(?:all|every|each|the)",
            r"(?:make|give|write|create|show|provide)\b.{0,20} (?:complete |full )?list of",
            r"(?:name|find|show|give|enumerate|extract|mention|tell|collect)\b.{0,12} (?:all|every|each)\b",
            r"(?:what|which|who) are (?:all )?the (?:\w+ ){0,3}?\w+s\b.{0,40}\b(?:in|of|mentioned|listed|named)\b",
            r"all (?:of )?(?:the )?(?:\w+ ){0,3}?\w+s (?:in|of|that|which|mentioned|listed|named)\b",
            r"every (?:\w+ ){1,3}(?:in|of|that|mentioned)\b",
            r"enumerate|(?:nenne|liste|zeige|finde)\b.{0,12} all|alle \w+ (?:in|aus|auf|die)",
            r"(?:[ée]num[èe]re|liste|donne)\b.{0,12} (?:tou|les)",
        ),
    ),
    (
        Asks.OTHER,
        (
            r"average|mean of|median|summar\w+|overview|most (?:often|common|frequent)\w*",
            r"(?:largest|smallest|highest|lowest|longest|shortest|oldest|newest|latest|earliest|biggest) (?:\w+ ){0,3}(?:of|in|among)\b",
            r"durchschnitt|zusammenfass\w+|r[ée]sum\w+|moyenne",
        ),
    ),
)
_PATTERNS = tuple((asks, re.compile(rf"\b(?:{'|'.join(ways)})", re.IGNORECASE)) for asks, ways in _ASKED)

_STRUCTURE = re.compile(
    r"\b(?:how many|number of|count (?:all |the |of )*|wie ?viele|anzahl der|combien de|nombre de) (?:\w+ ){0,2}?"
    r"(?P<what>rows?|lines?|records?|entries|pages?|words?|characters?|zeilen|seiten|w[öo]rter|zeichen|lignes|mots|caract[èe]res)\b",
    re.IGNORECASE,
)


def asks_of(question: str) -> Asks | None:
    """What of the whole a question seems to want; None where passages may answer it."""
    return next((asks for asks, pattern in _PATTERNS if pattern.search(question)), None)


def counted_in_files(question: str, attachments: Sequence[Attachment]) -> str:
    """Where a question asks for rows, lines, pages, words or characters: a sentence with them, counted here; else empty."""
    match = _STRUCTURE.search(question)
    if match is None or not attachments:
        return ""
    what = match["what"].casefold()
    said = []
    for each in attachments:
        lines = sum(bool(line.strip()) for page in each.pages for line in page.splitlines())
        if what.startswith(("page", "seite")):
            said.append(f"{each.name} has {_counted(len(each.pages), 'page')}")
        elif what.startswith(("word", "wort", "wört", "mot")):
            said.append(f"{each.name} has {_counted(sum(len(page.split()) for page in each.pages), 'word')}")
        elif what.startswith(("char", "zeichen", "caract")):
            said.append(f"{each.name} has {_counted(sum(map(len, each.pages)), 'character')}")
        else:
            heading = "; a heading counts as one" if each.name.lower().endswith((".csv", ".tsv", ".xlsx")) else ""
            said.append(f"{each.name} has {_counted(lines, 'line')} with text{heading}")
    return f"Counted in the file itself, all of it: {'. '.join(said)}."


@dataclass(frozen=True, slots=True)
class Found:
    """Something that belongs in an answer, as it stands in a document. ``amount`` where it is one; ``currency`` as written there."""

    text: str
    source: Source
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class PassagesRead:
    """What came of asking every passage.

    Attributes:
        read, passages: those that were asked, and all there are.
        left_out: what the model said that does not stand in the passage. cut: passages whose answer did not end.
    """

    found: tuple[Found, ...]
    read: int
    passages: int
    left_out: int = 0
    cut: int = 0


class WholeReader:
    """A reader of whole files: it asks passage after passage what of it belongs in the answer, and believes only what stands there.

    Attributes:
        reading: what there is so far.
    """

    def __init__(self, question: str, asks: Asks, passages: Sequence[Passage], answerer: Answerer) -> None:
        self._question, self._asks, self._passages, self._answerer = question, asks, passages, answerer
        self.reading = PassagesRead((), 0, len(passages))

    def read(
        self,
        settings: ChatSettings,
        *,
        on_passage: Callable[[PassagesRead, tuple[Found, ...]], None],
        cancellation: Cancellation | None = None,
    ) -> PassagesRead:
        """Ask all; ``on_passage`` gets what there is, and what is new of it. Raises EngineError, Cancelled; what was read stays."""
        settings = replace(settings, schema=_SCHEMA, max_tokens=_ANSWER_TOKENS, sampling=Sampling(), system="")
        for passage in self._passages:
            new, left_out, cut = self._ask(passage, settings, cancellation)
            before = self.reading
            self.reading = PassagesRead(
                (*before.found, *new), before.read + 1, before.passages, before.left_out + left_out, before.cut + cut
            )
            on_passage(self.reading, new)
        return self.reading

    def _ask(
        self, passage: Passage, settings: ChatSettings, cancellation: Cancellation | None
    ) -> tuple[tuple[Found, ...], int, int]:
        wanted = "amounts" if self._asks is Asks.TOTAL else "names, numbers or phrases"
        asked = (
            f"A part of {passage.source.name}:\n\n{passage.text}\n\nQuestion: {self._question}\n"
            f"Copy from this part, word for word, the {wanted} that belong in the answer. Nothing is a good answer too."
        )
        done = self._answerer.answer(
            [Message("user", asked)], settings, on_text=lambda _text: None, cancellation=cancellation
        )
        parts = halves(passage) if done.stop_reason == "length" else ()
        if parts:  # more than an answer holds: each half is asked by itself
            both = [self._ask(part, settings, cancellation) for part in parts]
            return (*both[0][0], *both[1][0]), both[0][1] + both[1][1], both[0][2] + both[1][2]
        said = items_of(done.text)
        new = located(said, passage, amounts_only=self._asks is Asks.TOTAL)
        return new, len(said) - len(new), int(done.stop_reason == "length")


def items_of(text: str) -> list[str]:
    """The texts of an answer that was held to the schema; those that are whole where it was cut."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        listed = text.partition("[")[2]
        data = {"found": [json.loads(item) for item in re.findall(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*"', listed)]}
    found = data.get("found", []) if isinstance(data, dict) else []
    return [item.strip() for item in found if isinstance(item, str) and item.strip()] if isinstance(found, list) else []


def located(said: Sequence[str], passage: Passage, *, amounts_only: bool) -> tuple[Found, ...]:
    """Those of the texts that stand in the passage, each at a place of its own, in their order there."""
    from stillroom.extraction.candidates.numbers import amounts  # brings every country's notation with it

    found: list[Found] = []
    taken: set[tuple[int, int]] = set()
    for item in said:
        words = item.strip(" .,;:\"'").split()
        if not words or not any(letter.isalnum() for letter in item):
            continue
        pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words)) + r"(?!\w)"
        for match in re.finditer(pattern, passage.text, re.IGNORECASE):
            if match.span() in taken:
                continue
            amount = next(iter(amounts(Page(1, match[0]))), None) if amounts_only else None
            if amounts_only and amount is None:
                break
            taken.add(match.span())
            start = passage.source.start + match.start()
            source = replace(passage.source, start=start, end=start + len(match[0]))
            text = " ".join(match[0].split())
            value = Decimal(amount.value) if amount is not None else None
            found.append(Found(text, source, value, _currency(text) if amounts_only else ""))
            break
    return tuple(sorted(found, key=lambda each: each.source.start))


def answer_of(asks: Asks, reading: PassagesRead) -> tuple[str, tuple[Source, ...]]:
    """The answer as Markdown, and its sources in the order of their numbers in it."""
    if not reading.found:
        return "Nothing that belongs in the answer was found in the passages that were read.", ()
    groups: dict[str, list[Found]] = {}
    for number, each in enumerate(reading.found):
        key = str(number) if asks is Asks.TOTAL else each.text.casefold()
        groups.setdefault(key, []).append(each)
    several = len({each.source.attachment for each in reading.found}) > 1
    rows, sources = [], []
    for group in groups.values():
        numbers = []
        for each in group:
            sources.append(each.source)
            numbers.append(f"[{len(sources)}]")
        places = dict.fromkeys(_place(each.source, several=several) for each in group)
        rows.append(f"| {_cell(group[0].text)} | {', '.join(places)} | {' '.join(numbers)} |")
    head = _head(asks, reading, list(groups.values()))
    return "\n".join([head, "", "| Found | Where | Source |", "|---|---|---|", *rows]), tuple(sources)


def notes_of(asks: Asks, reading: PassagesRead) -> tuple[str, ...]:
    """What a person has to know of the answer."""
    every = reading.read == reading.passages
    if every:
        how = {Asks.COUNT: "the counting", Asks.TOTAL: "the adding up"}.get(asks, "the list")
        first = (
            f"All {reading.passages} of {reading.passages} passages were read. The model said what of each belongs in the answer; "
            f"{how} was done by Stillroom. A small model overlooks some: look through what was found."
        )
    else:
        first = (
            f"Only {reading.read} of {reading.passages} passages were read; what the others hold is not in this answer."
        )
    notes = [first]
    if reading.left_out:
        notes.append(f"{_counted(reading.left_out, 'thing')} the model said did not stand in its passage: left out.")
    if reading.cut:
        notes.append(
            f"In {_counted(reading.cut, 'passage')} the model named more than an answer holds: some is missing."
        )
    return tuple(notes)


def _head(asks: Asks, reading: PassagesRead, groups: list[list[Found]]) -> str:
    times = len(reading.found)
    if asks is Asks.TOTAL:
        sums: dict[str, Decimal] = {}
        for each in reading.found:
            sums[each.currency] = sums.get(each.currency, Decimal(0)) + (each.amount or Decimal(0))
        said = " and ".join(f"**{value:,f}{f' {currency}' if currency else ''}**" for currency, value in sums.items())
        return f"{said}: the sum of {_counted(times, 'amount')}."
    named = f", named {times} times" if times > len(groups) else ""
    if asks is Asks.COUNT:
        return f"**{len(groups)}** {'was' if len(groups) == 1 else 'different ones were'} found{named}."
    return f"{_counted(len(groups), 'thing')} found{named}:"


def _place(source: Source, *, several: bool) -> str:
    return f"{_cell(source.name)}, page {source.page}" if several else f"page {source.page}"


def _cell(text: str) -> str:
    return re.sub(r"([\\`*_|<\[\]])", r"\\\1", text)


def _currency(text: str) -> str:
    match = re.search(r"US\$|RM|Rs|[$€£¥₹₩₽฿]|\b[A-Z]{3}\b", text)
    return match[0] if match else ""


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
