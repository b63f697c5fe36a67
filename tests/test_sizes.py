"""Bytes as people read them."""

from __future__ import annotations

import pytest

from stillroom.sizes import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (-5, "0 KB"),
        (1536, "2 KB"),
        ((1 << 20) - 1, "1024 KB"),
        (98_362_432, "94 MB"),
        (1 << 30, "1.0 GB"),
        (3 << 29, "1.5 GB"),
    ],
)
def test_bytes_are_said_in_powers_of_1024(size: int, text: str) -> None:
    assert size_text(size) == text
