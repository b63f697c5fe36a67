"""Which encoding a text is in that does not say so: what comes out as words and signs of a language decides."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from charset_normalizer import from_bytes

from stillroom import paths

_SAMPLE = 8_000
"""Bytes from the first foreign one on that are looked at."""
_FOREIGN = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(r"[^\W\d_]+")

_UNKNOWN, _IMPOSSIBLE, _TORN = -9.0, -16.0, -4.0
"""Logarithms of how likely a character is: one that the language does not know, one that no text holds, and what one more
costs where it tears a word."""
_SIGN = -4.0
_WORD_BONUS, _MOST_WORDS = 1.5, 6
_HOPELESS = -8.5
"""A mean for each foreign character below this is no text of any language known here."""
_QUOTES = frozenset("‘’“”„‚«»‹›–—…•·¡¿")
_AFTER_NUMBER = frozenset("°²³½¼¾‰%ºª")
_CURRENCIES = frozenset("€£¥¢₪฿")
_FREE = frozenset("§©®™№\u00a0¶†")
_EASTERN_SIGNS = frozenset("、。，：；（）「」『』・￥【】！？《》％－〜～　")


@dataclass(frozen=True, slots=True)
class Guess:
    """The encoding that fits best.

    Attributes:
        codec: Python's name of it. name: what people call it.
    """

    codec: str
    name: str


@dataclass(frozen=True, slots=True)
class _Language:
    letters: dict[str, float]
    words: frozenset[str]
    script: str


@dataclass(frozen=True, slots=True)
class _CodePage:
    codec: str
    name: str
    doubt: float
    languages: tuple[_Language, ...]


def guessed(data: bytes) -> Guess | None:
    """The code page that makes the most of these bytes, which are not UTF-8; None where none makes sense of them."""
    start = max(0, next(_FOREIGN.finditer(data)).start() - 200)
    sample = data[start : start + _SAMPLE]
    best: _CodePage | None = None
    best_score = mean = -math.inf
    for page in _code_pages():
        text = sample.decode(page.codec, "replace")
        foreign = [index for index, character in enumerate(text) if character > "\x7f"]
        if not foreign:
            continue
        words = {word.lower() for word in _WORD.findall(text)}
        for language in page.languages:
            likely = sum(_likely(text, index, language) for index in foreign)
            score = likely - page.doubt + _WORD_BONUS * min(len(words & language.words), _MOST_WORDS)
            if score > best_score:
                best, best_score, mean = page, score, likely / len(foreign)
    if best is not None and mean > _HOPELESS:
        return Guess(best.codec, best.name)
    other = from_bytes(sample).best()
    return None if other is None else Guess(other.encoding, other.encoding.upper().replace("_", "-"))


@cache
def _code_pages() -> tuple[_CodePage, ...]:
    data = paths.resource_tables("encodings")
    languages = {name: _language(entry) for name, entry in data["language"].items()}
    return tuple(
        _CodePage(page["codec"], page["name"], page["doubt"], tuple(languages[name] for name in page["languages"]))
        for page in data["page"]
    )


def _language(entry: dict[str, str]) -> _Language:
    letters = entry.get("letters", "")
    shares = [1 / (rank + 2) for rank in range(len(letters))]
    whole = sum(shares)
    return _Language(
        {letter: math.log(share / whole) for letter, share in zip(letters, shares, strict=True)},
        frozenset(entry.get("words", "").split()),
        entry.get("script", ""),
    )


def _likely(text: str, index: int, language: _Language) -> float:
    """How likely one foreign character is where it stands, as a logarithm."""
    character = text[index]
    before = text[index - 1] if index else " "
    after = text[index + 1] if index + 1 < len(text) else " "
    category = unicodedata.category(character)
    if character == "\ufffd" or category in ("Cc", "Cn", "Co"):
        return _IMPOSSIBLE
    if language.script:
        return _eastern(character, language.script)
    if category[0] in "LM":
        likely = language.letters.get(character.lower()[0], _UNKNOWN)
        torn = character.isupper() and before.islower()
        torn = torn or (character.islower() and character != "ß" and before.isupper() and after.isupper())
        torn = torn or (character.isupper() and not before.isalpha() and not after.isalpha())
        # A word holds no figure in front: the sign of a currency was taken for a letter (œ1,050.00 is £1,050.00).
        torn = torn or (after.isdecimal() and not before.isalpha())
        # A word is in one script; ASCII letters beside those of another are signs that were taken for letters.
        mixed = not _latin(character) and any(letter.isascii() and letter.isalpha() for letter in (before, after))
        return likely + _TORN * (torn + mixed)
    return _sign(character, before, after)


def _latin(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN")


def _sign(character: str, before: str, after: str) -> float:
    inside = before.isalpha() and after.isalpha()
    if character in _QUOTES:
        return _SIGN + _TORN * ((inside and character not in "’·") or (character in "„‚¿¡" and before.isalpha()))
    if character in _AFTER_NUMBER:
        return _SIGN + _TORN * (not before.isdecimal() and before not in "mnkN ")
    if character in _CURRENCIES:
        return _SIGN + _TORN * (before.isalpha() or after.isalpha())
    if character in _FREE:
        return _SIGN + _TORN * inside
    # Lines of a table drawn with characters stand in rows.
    if "\u2500" <= character <= "\u259f":
        return _SIGN if "\u2500" <= before <= "\u259f" or "\u2500" <= after <= "\u259f" else _UNKNOWN + _TORN
    return _UNKNOWN + _TORN * inside


def _eastern(character: str, script: str) -> float:
    code = ord(character)
    if character in _EASTERN_SIGNS or 0xFF01 <= code <= 0xFF5E:
        return -5.0
    if script == "japanese" and 0x3041 <= code <= 0x30FF:
        return -4.0
    if script == "korean" and 0xAC00 <= code <= 0xD7A3:
        return (
            -6.0 if len(_encoded(character, "euc-kr")) == 2 else -13.0
        )  # the others are put together of their letters
    if 0x4E00 <= code <= 0x9FFF and script != "korean":
        codec, first, last = {"japanese": ("euc-jp", 0xB0, 0xCF), "chinese": ("gb2312", 0xB0, 0xD7)}.get(
            script, ("big5", 0xA4, 0xC6)
        )
        encoded = _encoded(character, codec)
        return -7.0 if encoded and first <= encoded[0] <= last else -14.0
    if 0xFF61 <= code <= 0xFF9F and script == "japanese":
        return -9.0
    return -14.0


def _encoded(character: str, codec: str) -> bytes:
    try:
        return character.encode(codec)
    except UnicodeEncodeError:
        return b""
