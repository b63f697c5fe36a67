"""Headers changed at random and by field: each is let through or refused with a sentence, and nothing else happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gguf.fuzz import changed_headers

from stillroom.gguf.checks import check_headers
from stillroom.gguf.header import GgufError, parse_header


@pytest.mark.parametrize("seed", range(4))
def test_no_changed_header_does_harm(seed: int) -> None:
    sentences = []
    for what, data in changed_headers(500, seed):
        try:
            header = parse_header(lambda offset, length, data=data: data[offset : offset + length], len(data), "m.gguf")
            check_headers([header])
        except GgufError as error:
            sentences.append((what, error.message))
    assert 250 < len(sentences) < 500
    for what, sentence in sentences:
        assert sentence.startswith("m.gguf is "), what
        assert sentence.endswith("."), what
        assert sentence.isprintable(), what
        assert len(sentence) < 300, what


def test_the_changes_are_the_same_each_time(tmp_path: Path) -> None:
    assert list(changed_headers(20, 3)) == list(changed_headers(20, 3))
    assert len({data for _, data in changed_headers(200, 3)}) > 150
    assert not list(tmp_path.iterdir())
