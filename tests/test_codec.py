"""Values, plain data and lines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from stillroom.codec import from_child, from_json, from_line, from_plain, to_json, to_line, to_plain


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message."""

    name: str
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """A message."""

    count: int
    parts: tuple[Part, ...] = ()
    note: str | None = None


SAID = Said(2, (Part("a", 0.5), Part("b")), None)


def test_a_value_comes_back_as_it_was() -> None:
    assert from_child(Said, from_line(to_line(to_plain(SAID)))) == SAID


@pytest.mark.parametrize(
    "lie",
    [
        {},
        {"count": "2"},
        {"count": True},
        {"count": 2.5},
        {"count": None},
        {"count": 2, "parts": "ab"},
        {"count": 2, "parts": [{"name": 1}]},
        {"count": 2, "parts": [{"name": "a", "share": None}]},  # as a number that is none is written
        {"count": 2, "surprise": 1},
    ],
)
def test_what_a_child_says_is_refused_where_it_is_not_of_its_type(lie: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        from_child(Said, lie)


def test_what_a_newer_version_kept_beside_is_passed_over() -> None:
    assert from_plain(Said, {"count": 2, "surprise": 1}) == Said(2)


def test_a_number_that_is_none_does_not_come_through() -> None:
    line = to_line({"count": 1, "parts": [{"name": "a", "share": math.inf}]})
    with pytest.raises(ValueError, match="share"):
        from_child(Said, from_line(line))


@pytest.mark.parametrize("name", ["grüße.pdf", "no \udce9 Unicode.pdf", "a\nb\u2028c", "😀"])
def test_every_file_name_goes_through_a_line(name: str) -> None:
    line = to_line({"path": name})
    assert line.count(b"\n") == 1
    assert from_line(line) == {"path": name}


@pytest.mark.parametrize("line", [b"", b"{", b"{} {}", b"nonsense\n", b"\xff\xfe\n"])
def test_a_line_that_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        from_line(line)


def test_a_line_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises((ValueError, RecursionError)):
        from_line(b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("name", ["receipt.pdf", "Rechnung–Ü.pdf", "caf\udce9.pdf"])
def test_every_file_name_is_kept_in_json(name: str) -> None:
    assert from_json(list[str], to_json([name])) == [name]


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"[NaN]", b'["a"'])
def test_what_is_kept_and_no_json_of_its_type_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        from_json(list[str], text)
