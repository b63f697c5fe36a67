"""What Word's styles and formats hide or raise."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lxml import etree

from stillroom.documents.formats.office_package import OfficePackage

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SMALLEST = 6
"""In half points; smaller letters are not meant to be read."""
_SHIFT = 4
"""In half points."""
_LIGHT = 0xF0
"""The least of red, green and blue in a colour that cannot be told from paper."""
_BASED_ON = 20


@dataclass(frozen=True, slots=True)
class _Look:
    hidden: bool | None = None
    colour: str | None = None
    size: int | None = None
    shaded: bool | None = None
    position: str | None = None
    struck: bool | None = None

    def over(self, other: _Look) -> _Look:
        """This look, and the other's where this says nothing."""
        return replace(
            other,
            **{
                name: value
                for name in ("hidden", "colour", "size", "shaded", "position", "struck")
                if (value := getattr(self, name)) is not None
            },
        )


class WordStyles:
    """The styles of a document, and what they do to a run of text."""

    def __init__(self, package: OfficePackage, main: str) -> None:
        self._known: dict[tuple[object, ...], _Look] = {}  # most runs look like one before
        self._looks: dict[str, tuple[_Look, str]] = {}
        self._tables: set[str] = set()
        self._default = _Look()
        self._usual = ""
        for part in package.related(main, "styles"):
            try:
                self._read(package.root(part))
            except ValueError:
                continue  # without its styles a document is still read
        background = next(iter(package.root(main).iter(f"{_W}background")), None)
        self._coloured_page = background is not None and not _is_light(background.get(f"{_W}color", "auto"))

    def _read(self, root: etree._Element) -> None:
        self._default = _look(root.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr"))
        for style in root.iter(f"{_W}style"):
            name = style.get(f"{_W}styleId", "")
            based = style.find(f"{_W}basedOn")
            look = _look(style.find(f"{_W}rPr"))
            if _is_shaded(style.find(f"{_W}pPr/{_W}shd")):
                look = replace(look, shaded=True)
            self._looks[name] = (look, "" if based is None else based.get(f"{_W}val", ""))
            if style.get(f"{_W}type") == "table" and any(_is_shaded(shade) for shade in style.iter(f"{_W}shd")):
                self._tables.add(name)
            if style.get(f"{_W}type") == "paragraph" and is_on(style.get(f"{_W}default")):
                self._usual = name

    def _styled(self, name: str) -> _Look:
        look = _Look()
        for _ in range(_BASED_ON):
            if name not in self._looks:
                break
            own, name = self._looks[name]
            look = look.over(own)
        return look

    def _look(self, run: etree._Element) -> _Look:
        properties = run.find(f"{_W}rPr")
        paragraph = next(run.iterancestors(f"{_W}p"), None)
        named = "" if paragraph is None else _value(paragraph.find(f"{_W}pPr/{_W}pStyle"))
        key = named, *(() if properties is None else ((each.tag, *each.attrib.items()) for each in properties))
        if key not in self._known:
            own = _look(properties)
            if properties is not None:
                own = own.over(self._styled(_value(properties.find(f"{_W}rStyle"))))
            self._known[key] = own.over(self._styled(named or self._usual)).over(self._default)
        return self._known[key]

    def hides(self, run: etree._Element, *, backed: bool) -> bool:
        """Whether a run of text is not seen; ``backed`` says that a picture or a shape may lie behind it."""
        look = self._look(run)
        if look.hidden or (look.size is not None and look.size < _SMALLEST):
            return True
        return bool(look.colour and _is_light(look.colour) and not backed and not self._on_colour(run, look))

    def strikes(self, run: etree._Element) -> bool:
        """Whether a line is drawn through a run of text."""
        return bool(self._look(run).struck)

    def raises(self, run: etree._Element) -> bool:
        """Whether a run of text stands above or below the line."""
        return self._look(run).position in ("superscript", "subscript")

    def _on_colour(self, run: etree._Element, look: _Look) -> bool:
        """Whether something coloured lies behind the text."""
        if look.shaded or self._coloured_page:
            return True
        for around in run.iterancestors(f"{_W}p", f"{_W}tc", f"{_W}tbl", f"{_W}txbxContent"):
            tag = around.tag.removeprefix(_W)
            if tag == "txbxContent":
                return True  # the colour of a shape may come from its theme
            if _is_shaded(around.find(f"{_W}{tag}Pr/{_W}shd")):
                return True
            if tag == "tbl" and _value(around.find(f"{_W}tblPr/{_W}tblStyle")) in self._tables:
                return True
        return False


def is_on(element: etree._Element | str | None) -> bool:
    """Whether a switch is there and not turned off."""
    value = element.get(f"{_W}val", "true") if isinstance(element, etree._Element) else element
    return value is not None and value.lower() not in ("0", "false", "off", "none")


def _look(properties: etree._Element | None) -> _Look:
    if properties is None:
        return _Look()
    vanish = properties.find(f"{_W}vanish")
    size = _value(properties.find(f"{_W}sz"))
    shade = properties.find(f"{_W}shd")
    mark = _value(properties.find(f"{_W}highlight"))
    lines = [line for name in ("strike", "dstrike") if (line := properties.find(f"{_W}{name}")) is not None]
    return _Look(
        None if vanish is None else is_on(vanish),
        _value(properties.find(f"{_W}color")) or None,
        int(size) if size.isascii() and size.isdecimal() and len(size) < 6 else None,
        True if _is_shaded(shade) or mark not in ("", "none", "white") else None,
        _value(properties.find(f"{_W}vertAlign")) or _shifted(_value(properties.find(f"{_W}position"))),
        None if not lines else any(map(is_on, lines)),
    )


def _shifted(half_points: str) -> str | None:
    """Whether text is set above or below its line by so much that it is no part of a number on it."""
    try:
        shift = int(half_points or "0")
    except ValueError:
        return None
    return None if abs(shift) < _SHIFT else "superscript" if shift > 0 else "subscript"


def _value(element: etree._Element | None) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _is_light(colour: str) -> bool:
    try:
        return len(colour) == 6 and min(bytes.fromhex(colour)) >= _LIGHT
    except ValueError:
        return False


def _is_shaded(shade: etree._Element | None) -> bool:
    """Whether a background is another colour than paper's, or a pattern."""
    if shade is None:
        return False
    fill, pattern = shade.get(f"{_W}fill", "auto"), shade.get(f"{_W}val", "clear")
    themed = shade.get(f"{_W}themeFill") not in (None, "background1", "light1")
    return themed or pattern not in ("clear", "nil") or (fill != "auto" and not _is_light(fill))
