"""Office files as packages of parts (Word, Excel, PowerPoint), read as tolerantly as their own programs read them."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"

_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation from one part to another.

    Attributes:
        kind: the last word of its type: ``image``, ``header`` …
        part: the name of the other; empty where it lies outside of the file or is not there.
        external: it lies outside of the file.
    """

    kind: str
    part: str
    external: bool


class OfficePackage:
    """The parts of an office file by name. A relation to a part that is not there, names with backslashes or in other
    letters, and the Strict form of the format are no reason to refuse it: the programs do not either."""

    def __init__(self, data: bytes) -> None:
        """Raises zipfile.BadZipFile."""
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._names: dict[str, str] = {}
        for name in self._archive.namelist():
            self._names.setdefault(_key(name), name)
        self._relations: dict[str, dict[str, Relation]] = {}

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._names

    def names(self) -> list[str]:
        """Of all parts, with slashes."""
        return [name.replace("\\", "/").lstrip("/") for name in self._names.values()]

    def read(self, part: str) -> bytes:
        """The bytes of a part, the Strict form's names replaced. Raises KeyError where it is not there."""
        data = self._archive.read(self._names[_key(part)])
        if part.endswith((".xml", ".rels", ".vml")) and b"purl.oclc.org/ooxml" in data:
            data = _STRICT.sub(_TRANSITIONAL, data)
        return data

    def root(self, part: str) -> etree._Element:
        """The part as XML. Raises KeyError where it is not there, ValueError where it is damaged."""
        return parsed(self.read(part))

    def relations(self, part: str) -> dict[str, Relation]:
        """Where a part leads to, by the relation's name; of the package itself for an empty name."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            listed = posixpath.join(folder, "_rels", f"{name}.rels")
            self._relations[part] = dict(self._read_relations(listed, folder)) if listed in self else {}
        return self._relations[part]

    def related(self, part: str, *kinds: str) -> Iterator[str]:
        """The parts of some kinds that a part leads to and that are there."""
        for relation in self.relations(part).values():
            if relation.kind in kinds and relation.part:
                yield relation.part

    def main(self) -> str:
        """The name of the part that everything else hangs on. Raises KeyError."""
        for part in self.related("", "officeDocument"):
            return part
        for name in ("word/document.xml", "xl/workbook.xml", "ppt/presentation.xml"):
            if name in self:
                return name
        raise KeyError("main part")

    def _read_relations(self, listed: str, folder: str) -> Iterator[tuple[str, Relation]]:
        try:
            root = self.root(listed)
        except ValueError:
            return
        for element in root.iter(f"{_PACKAGE}Relationship"):
            target = element.get("Target", "")
            external = element.get("TargetMode") == "External"
            part = "" if external else self._resolved(target, folder)
            yield element.get("Id", ""), Relation(element.get("Type", "").rsplit("/", 1)[-1], part, external)

    def _resolved(self, target: str, folder: str) -> str:
        path = unquote(target.replace("\\", "/"))
        whole = path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(folder, path))
        return whole if whole in self else ""

    def rewritten(self, *, without: tuple[str, ...] = (), instead: dict[str, bytes] | None = None) -> bytes:
        """The package as libraries expect it: usual names, no dangling relations, not Strict; without some parts, and with
        others in the place of theirs."""
        target = io.BytesIO()
        new = dict(instead or {})
        with zipfile.ZipFile(target, "w") as archive:
            for name in self.names():
                if name.endswith("/") or name in without:
                    continue
                data = new.pop(name, None) or self.read(name)
                if name.endswith(".rels"):
                    data = self._sound(name, data)
                elif name == "[Content_Types].xml":
                    data = data.replace(b"\\", b"/")
                archive.writestr(name, data)
            for name, data in new.items():
                archive.writestr(name, data)
        return target.getvalue()

    def _sound(self, listed: str, data: bytes) -> bytes:
        folder = posixpath.dirname(posixpath.dirname(listed))
        try:
            root = parsed(data)
        except ValueError:
            return data
        for element in list(root.iter(f"{_PACKAGE}Relationship")):
            if element.get("TargetMode") == "External":
                continue
            part = self._resolved(element.get("Target", ""), folder)
            if part:
                element.set("Target", f"/{part}")
            else:
                root.remove(element)
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))

    @property
    def is_sound(self) -> bool:
        """Whether libraries take it as it is."""
        names = self._archive.namelist()
        if any("\\" in name or name.startswith("/") for name in names):
            return False
        try:
            if b"purl.oclc.org/ooxml" in self._archive.read(self._names[_key(self.main())])[:4096]:
                return False
        except KeyError:
            return False
        for name in names:
            if name.endswith(".rels"):
                folder = posixpath.dirname(posixpath.dirname(name))
                part = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
                if any(not relation.part and not relation.external for relation in self.relations(part).values()):
                    return False
        return True


def parsed(data: bytes) -> etree._Element:
    """The data as XML, without whatever an entity or the network could bring. Raises ValueError where it is damaged."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise ValueError("damaged XML") from error


def paragraphs(root: etree._Element) -> Iterator[str]:
    """The paragraphs of the shapes in a drawing."""
    for paragraph in root.iter(f"{DRAWING}p"):
        text = "".join(
            {f"{DRAWING}br": "\n", f"{DRAWING}tab": "\t"}.get(element.tag, element.text or "")
            for element in paragraph.iter(f"{DRAWING}t", f"{DRAWING}br", f"{DRAWING}tab")
        )
        if text.strip():
            yield text.strip()


def chart_lines(root: etree._Element) -> Iterator[str]:
    """A chart: its titles, then a table: the names of the series above, a category and its values a line."""
    for title in root.iter(f"{CHART}title"):
        yield from paragraphs(title)
    names: list[str] = []
    rows: dict[str, list[str]] = {}
    for number, series in enumerate(root.iter(f"{CHART}ser")):
        names.append(" ".join(_values(series, "tx")))
        categories = _values(series, "cat") or _values(series, "xVal")
        for index, value in enumerate(_values(series, "val") or _values(series, "yVal")):
            category = categories[index] if index < len(categories) else ""
            row = rows.setdefault(f"{index}\t{category}", [])
            row += [""] * (number - len(row)) + [value]
    if any(names):
        yield "\t".join(["", *names])
    for key, values in rows.items():
        yield "\t".join([key.split("\t", 1)[1], *values])


def _values(series: etree._Element, name: str) -> list[str]:
    holder = series.find(f"{CHART}{name}")
    return [] if holder is None else [(value.text or "").strip() for value in holder.iter(f"{CHART}v")]


def diagram_lines(root: etree._Element) -> Iterator[str]:
    """The texts of a diagram (SmartArt)."""
    yield from paragraphs(root)


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
