"""Which line of a TOML text holds what. tomllib says it only for syntax errors, tomlkit not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_ENTRY = re.compile(rf"^\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=(.*)$")
_KEY = re.compile(_PART)


class Positions:
    """Lines of the keys and tables of one TOML text that tomllib accepts. Path ``("fields", 2, "type")`` is a key."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {(): 1}
        counts: dict[Path, int] = {}
        table: Path = ()
        closing = ""  # of the multi-line string the line is in
        depth = 0  # of the multi-line array the line is in
        for number, line in enumerate(text.split("\n"), start=1):
            if closing:
                end = line.find(closing)
                if end < 0:
                    continue
                line, closing = line[end + 3 :], ""
                depth, closing = _scan(line, depth)
                continue
            if depth:
                depth, closing = _scan(line, depth)
                continue
            header = _HEADER.match(line)
            if header:
                table = self._table(_keys(header[2]), counts, repeated=header[1] == "[[")
                self._lines.setdefault(table, number)
                continue
            entry = _ENTRY.match(line)
            if entry:
                path = (*table, *_keys(entry[1]))
                self._lines.setdefault(path, number)
                depth, closing = _scan(entry[2], 0)

    def line(self, path: Sequence[str | int]) -> int:
        """The line of a key or table, or of the nearest thing around it; 1 for the whole text."""
        key = tuple(path)
        while key not in self._lines:
            key = key[:-1]
        return self._lines[key]

    @staticmethod
    def _table(keys: list[str], counts: dict[Path, int], *, repeated: bool) -> Path:
        path: Path = ()
        for key in keys[:-1]:
            path = (*path, key)
            if path in counts:
                path = (*path, counts[path] - 1)
        path = (*path, keys[-1])
        if repeated:
            counts[path] = counts.get(path, 0) + 1
            path = (*path, counts[path] - 1)
        return path


def _keys(dotted: str) -> list[str]:
    return [key.strip("\"'") for key in _KEY.findall(dotted)]


def _scan(text: str, depth: int) -> tuple[int, str]:
    """Brackets left open after ``text``, and the quotes of a multi-line string that it leaves open."""
    index = 0
    while index < len(text):
        character = text[index]
        if character == "#":
            break
        if character in "\"'":
            triple = character * 3
            if text.startswith(triple, index):
                end = text.find(triple, index + 3)
                if end < 0:
                    return depth, triple
                index = end + 3
                continue
            index += 1
            while index < len(text) and text[index] != character:
                index += 2 if character == '"' and text[index] == "\\" else 1
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        index += 1
    return depth, ""
