"""Checksums are right, and made again when the file changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.storage import checksums
from stillroom.storage.checksums import file_sha256


def test_a_large_file_is_hashed_once_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"a" * (5 << 20))
    expected = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file_sha256(file) == expected
    with monkeypatch.context() as context:
        context.setattr(checksums, "_hash", lambda path: pytest.fail(f"{path} was read again"))
        assert file_sha256(file) == expected
    file.write_bytes(b"b" * (5 << 20))
    assert file_sha256(file) == hashlib.sha256(file.read_bytes()).hexdigest() != expected


def test_a_cache_that_cannot_be_read_is_made_again(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"a" * (5 << 20))
    cache = paths.cache_dir() / "checksums.json"
    cache.parent.mkdir(parents=True)
    for content in ("{", "[]", '{"a": 3}'):
        cache.write_text(content)
        assert file_sha256(file) == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StillroomError, match="cannot be read"):
        file_sha256(tmp_path / "gone")
