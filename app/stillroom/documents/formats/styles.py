"""What CSS hides: the few declarations that decide whether text is seen, from style sheets in the page and from its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import soupsieve
import tinycss2
import tinycss2.color3
from bs4 import BeautifulSoup, Tag

_PROPERTIES = frozenset(
    (
        "display", "visibility", "color", "background", "background-color", "background-image", "font-size", "opacity", "position",
        "left", "top", "right", "text-indent", "clip", "clip-path", "width", "height", "max-height", "max-width", "overflow",
        "content", "vertical-align", "font", "mso-hide", "line-height", "text-decoration", "text-decoration-line",
        "transform", "scale", "filter", "-webkit-text-fill-color",
    )
)  # fmt: skip
_BESIDE = re.compile(r"::?(before|after)\s*$", re.IGNORECASE)
_NO_SIZE = re.compile(r"scale[xy]?\(\s*0*(?:\.0+)?%?\s*[,)]")
_CHECKS = 60_000
"""Of an element against a rule, for one page; what further rules hide is taken for shown."""
_LENGTH = re.compile(r"\s*(-?\d*\.?\d+)\s*(px|pt|em|rem|%|cm|mm|in|pc|ex|vw|vh|)\s*$", re.IGNORECASE)
_POINTS = {"px": 0.75, "pt": 1.0, "": 0.75, "cm": 28.35, "mm": 2.835, "in": 72.0, "pc": 12.0}
_SIZES = {
    "xx-small": 7.0,
    "x-small": 7.5,
    "small": 10.0,
    "medium": 12.0,
    "large": 13.5,
    "x-large": 18.0,
    "xx-large": 24.0,
}
_FONT_SIZES = {"1": 7.5, "2": 10.0, "3": 12.0, "4": 13.5, "5": 18.0, "6": 24.0, "7": 36.0}
SMALLEST = 3.0
"""In points; smaller letters are not meant to be read."""
_TRANSPARENT = 0.03
_CLOSE = 0.06
"""Colours nearer to each other than this (of 1) cannot be told apart."""
_FAR = 1000.0
"""In points; what is moved further out of the page is not on it."""

Colour = tuple[float, float, float]
_WHITE: Colour = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How the text of an element looks.

    Attributes:
        colour: of the letters. paper: behind them; None where it is a picture, or not known.
        size: in points. hidden: it is not drawn (visibility, no size, outside of the page); an element inside may be again.
        clear: the letters are transparent.
    """

    colour: Colour = (0.0, 0.0, 0.0)
    paper: Colour | None = _WHITE
    size: float = 12.0
    hidden: bool = False
    clear: bool = False

    @property
    def seen(self) -> bool:
        """Whether a person can read it."""
        if self.hidden or self.clear or self.size < SMALLEST:
            return False
        return self.paper is None or max(abs(a - b) for a, b in zip(self.colour, self.paper, strict=True)) > _CLOSE


class Styles:
    """The declarations of a page's style sheets, by element."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._of: dict[int, dict[str, tuple[tuple[bool, int, int], str]]] = {}
        self._beside: dict[tuple[int, str], dict[str, tuple[tuple[bool, int, int], str]]] = {}
        rules = [
            (order, selectors, declarations)
            for sheet in soup.find_all("style")
            if _for_screen(str(sheet.get("media") or ""))
            for order, (selectors, declarations) in enumerate(
                _rules(tinycss2.parse_stylesheet(sheet.get_text(), True, True))
            )
        ]
        if not rules:
            return
        tags = _Tags(soup)
        left = _CHECKS
        # Rules that hide by themselves come first: should a page have more rules than can be tried, colours are left.
        for order, selectors, declarations in sorted(rules, key=lambda rule: not _may_hide(rule[2])):
            for selector in _split(selectors):
                candidates = tags.of(selector)
                left -= len(candidates)
                if left < 0:
                    return
                self._apply(selector, candidates, declarations, order)

    def _apply(self, selector: str, tags: list[Tag], declarations: dict[str, tuple[bool, str]], order: int) -> None:
        beside = _BESIDE.search(selector)
        if beside:
            selector = selector[: beside.start()]
            selector += "*" if not selector or selector[-1] in " >+~" else ""
        try:
            pattern = soupsieve.compile(selector)
            found = [tag for tag in tags if pattern.match(tag)]
        except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError):
            return  # :hover …: nothing that stands in the text
        weight = _weight(selector)
        for tag in found:
            key = id(tag)
            own = self._beside.setdefault((key, beside[1].lower()), {}) if beside else self._of.setdefault(key, {})
            for name, (important, value) in declarations.items():
                rank = (important, weight, order)
                if name not in own or own[name][0] <= rank:
                    own[name] = (rank, value)

    def beside(self, tag: Tag, side: str) -> tuple[str, dict[str, str]]:
        """The text that style sheets set into an element, at its beginning (``before``) or its end (``after``), and the declarations
        that hold for it; empty where there is none."""
        found = {name: value for name, (_, value) in self._beside.get((id(tag), side), {}).items()}
        return (_content(found["content"], tag), found) if "content" in found else ("", found)

    def of(self, tag: Tag) -> dict[str, str]:
        """The declarations that hold for an element."""
        found = dict(self._of.get(id(tag), {}))
        style = str(tag.get("style") or "")
        if style:
            for name, (important, value) in _declarations(tinycss2.parse_declaration_list(style, True, True)).items():
                rank = (important, 1 << 30, 0)
                if name not in found or found[name][0] <= rank:
                    found[name] = (rank, value)
        return {name: value for name, (_, value) in found.items()}


class _Tags:
    """The elements of a page by identifier, class and name."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self._by: dict[str, list[Tag]] = {}
        for tag in soup.find_all(True):
            keys = [tag.name, "*", *(f".{name}" for name in tag.get_attribute_list("class") if name)]
            if tag.get("id"):
                keys.append(f"#{tag.get('id')}")
            for key in keys:
                self._by.setdefault(key, []).append(tag)

    def of(self, selector: str) -> list[Tag]:
        """Those that the last part of a selector may mean."""
        selector = _BESIDE.sub("", selector)
        last = re.split(r"[\s>+~]+", selector.strip())[-1] if "(" not in selector and "[" not in selector else ""
        for pattern in (r"#[\w-]+", r"\.[\w-]+", r"^[a-zA-Z][\w-]*"):
            key = re.search(pattern, last)
            if key:
                return self._by.get(key[0] if key[0][0] in "#." else key[0].lower(), [])
        return self._by.get("*", [])


def _content(value: str, tag: Tag) -> str:
    """What ``content`` shows: strings, and attributes of the element; counters and pictures are left."""
    parts: list[str] = []
    for token in tinycss2.parse_component_value_list(value):
        if token.type == "string":
            parts.append(token.value)
        elif token.type == "function" and token.lower_name == "attr":
            parts.append(str(tag.get(tinycss2.serialize(token.arguments).strip()) or ""))
    return "".join(parts)


def _split(selectors: str) -> list[str]:
    return [one.strip() for one in selectors.split(",")] if "(" not in selectors else [selectors.strip()]


def _may_hide(declarations: dict[str, tuple[bool, str]]) -> bool:
    return not declarations.keys() <= {
        "color",
        "background",
        "background-color",
        "background-image",
        "width",
        "vertical-align",
        "line-height",
    }


def look_of(tag: Tag, style: dict[str, str], around: Look) -> Look:
    """How the text of an element looks inside of another."""
    look = around
    if tag.name == "font":
        look = replace(look, colour=_colour(str(tag.get("color") or "")) or look.colour)
        look = replace(look, size=_FONT_SIZES.get(str(tag.get("size") or ""), look.size))
    if tag.has_attr("bgcolor"):
        look = replace(look, paper=_colour(str(tag.get("bgcolor"))) or look.paper)
    if tag.has_attr("background"):
        look = replace(look, paper=None)
    if tag.name == "body" and tag.has_attr("text"):
        look = replace(look, colour=_colour(str(tag.get("text"))) or look.colour)
    if tag.name == "mark":
        look = replace(look, paper=(1.0, 1.0, 0.0))
    if not style:
        return look
    for name in ("color", "-webkit-text-fill-color"):  # the second, which every browser knows, counts before the first
        colour = _colour(style.get(name, ""))
        if colour is not None:
            look = replace(look, colour=colour, clear=_parsed(style[name]).alpha < _TRANSPARENT)
    look = replace(look, paper=_paper(style, look.paper))
    look = replace(look, size=_size(style, look.size))
    visibility = style.get("visibility", "")
    if visibility in ("hidden", "collapse"):
        return replace(look, hidden=True)
    if visibility == "visible":
        look = replace(look, hidden=False)
    return replace(look, hidden=look.hidden or _is_away(style, look.size))


def is_gone(style: dict[str, str]) -> bool:
    """Whether an element and all inside of it are not drawn at all."""
    if _NO_SIZE.search(style.get("transform", "")) or _NO_SIZE.search(f"scale({style.get('scale', '1')})"):
        return True
    if re.search(r"opacity\(\s*0*(?:\.0+)?%?\s*\)", style.get("filter", "")):
        return True
    return style.get("display") == "none" or style.get("mso-hide") == "all" or _opacity(style) < _TRANSPARENT


def is_raised(style: dict[str, str]) -> bool:
    """Whether the text stands higher than the line."""
    return style.get("vertical-align") in ("super", "text-top")


def _is_away(style: dict[str, str], size: float) -> bool:
    clipped = style.get("overflow", "").startswith("hidden")
    sides = [_points(style.get(name, ""), size) for name in ("width", "height", "max-height", "max-width")]
    if clipped and any(side is not None and side < SMALLEST for side in sides):
        return True
    if style.get("position") in ("absolute", "fixed"):
        for name in ("left", "top", "right"):
            place = _points(style.get(name, ""), size)
            if place is not None and place < -_FAR:
                return True
        if re.fullmatch(
            r"rect\((?:0|1px)?(?:px)?[\s,]*(?:0|1px)?(?:px)?[\s,]*(?:0|1px)?(?:px)?[\s,]*(?:0|1px)?(?:px)?\)",
            style.get("clip", ""),
        ):
            return True
    indent = _points(style.get("text-indent", ""), size)
    if indent is not None and indent < -_FAR / 2:
        return True
    return bool(re.match(r"inset\((?:50|100)%", style.get("clip-path", "")))


def _opacity(style: dict[str, str]) -> float:
    try:
        value = style.get("opacity", "1")
        return float(value.removesuffix("%")) / (100 if value.endswith("%") else 1)
    except ValueError:
        return 1.0


def _paper(style: dict[str, str], before: Colour | None) -> Colour | None:
    if style.get("background-image", "none") != "none":
        return None
    for name in ("background-color", "background"):
        value = style.get(name, "")
        if "url(" in value or "gradient" in value:
            return None
        for part in re.split(r"\s+(?![^(]*\))", value):
            colour = tinycss2.color3.parse_color(part) if part else None
            if colour == "currentColor":
                return None
            if colour is not None and colour.alpha > 0.5:
                return colour.red, colour.green, colour.blue
    return before


def _size(style: dict[str, str], around: float) -> float:
    value = style.get("font-size", "")
    if not value and "font" in style:
        value = next((part.split("/")[0] for part in style["font"].split() if _LENGTH.match(part.split("/")[0])), "")
    if value in _SIZES:
        return _SIZES[value]
    points = _points(value, around)
    return around if points is None else points


def _points(value: str, around: float) -> float | None:
    match = _LENGTH.match(value)
    if not match:
        return None
    number, unit = float(match[1]), match[2].lower()
    if unit == "em":
        return number * around
    if unit == "%":
        return number / 100 * around
    if unit == "rem":
        return number * 12
    return number * _POINTS[unit] if unit in _POINTS else number * around


def _colour(value: str) -> Colour | None:
    found = _parsed(value)
    return None if found is None else (found.red, found.green, found.blue)


def _parsed(value: str) -> Any:
    """A colour with its opacity, or None."""
    value = value.strip()
    if re.fullmatch(r"[0-9a-fA-F]{6}", value):
        value = f"#{value}"
    found = tinycss2.color3.parse_color(value) if value else None
    return None if found == "currentColor" else found


def _rules(nodes: list[Any]) -> Iterator[tuple[str, dict[str, tuple[bool, str]]]]:
    for node in nodes:
        kind = getattr(node, "type", "")
        if kind == "qualified-rule":
            declarations = _declarations(tinycss2.parse_declaration_list(node.content, True, True))
            if declarations:
                yield tinycss2.serialize(node.prelude), declarations
        elif kind == "at-rule" and node.at_keyword == "media" and node.content:
            shown = _for_screen(tinycss2.serialize(node.prelude))
            if shown:
                yield from _rules(tinycss2.parse_rule_list(node.content, True, True))


def _for_screen(media: str) -> bool:
    """Whether a style sheet holds for a page as it lies on a desk: narrow screens, dark modes and printers do not count."""
    media = media.strip().lower()
    return not media or media in ("all", "screen", "only screen", "all, screen", "screen, print", "print, screen")


def _declarations(nodes: list[Any]) -> dict[str, tuple[bool, str]]:
    found: dict[str, tuple[bool, str]] = {}
    for node in nodes:
        if getattr(node, "type", "") == "declaration" and node.lower_name in _PROPERTIES:
            value = tinycss2.serialize(node.value).strip()
            value = value if node.lower_name == "content" else value.lower()
            if node.lower_name not in found or node.important or not found[node.lower_name][0]:
                found[node.lower_name] = (node.important, value)
    return found


def _weight(selector: str) -> int:
    """A selector's specificity in one number, near enough: identifiers, then classes and attributes, then names."""
    identifiers = len(re.findall(r"#[\w-]", selector))
    classes = len(re.findall(r"\.[\w-]|\[|:(?!:)[\w-]", selector))
    names = len(re.findall(r"(?:^|[\s>+~])[a-zA-Z]", selector))
    return identifiers * 10_000 + classes * 100 + names
