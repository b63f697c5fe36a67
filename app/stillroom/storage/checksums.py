"""SHA-256 of files; that of a large file is kept, so that a model is hashed once and not at every start."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json
from stillroom.errors import StillroomError
from stillroom.regular_file import open_regular

_LOG = logging.getLogger(__name__)
_KEPT_FROM = 4 << 20  # bytes; a smaller file is hashed sooner than its record is written
_KEPT_AT_MOST = 500


def file_sha256(path: Path) -> str:
    """Checksum of a file's bytes, in hexadecimal. A known one is used while path, size and time of change are the same.

    Raises StillroomError where the file cannot be read.
    """
    try:
        path = path.resolve()
        facts = path.stat()
        key = f"{path}|{facts.st_size}|{facts.st_mtime_ns}"
        if facts.st_size < _KEPT_FROM:
            return _hash(path)
        known = _load()
        if key not in known:
            known[key] = _hash(path)
            _save(known)
        return known[key]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StillroomError(f"{path.name} cannot be read: {reason}. Look whether it is still there.") from error


def _hash(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file() -> Path:
    return paths.cache_dir() / "checksums.json"


def _load() -> dict[str, str]:
    try:
        kept = read_json(dict[str, str], _file())
    except (OSError, ValueError):
        return {}  # a cache: what cannot be read is made again
    return {key: value for key, value in kept.items() if len(value) == 64}


def _save(known: dict[str, str]) -> None:
    newest = dict(list(known.items())[-_KEPT_AT_MOST:])
    try:
        write_text(_file(), json_text(newest))
    except StillroomError as error:
        _LOG.warning("the cache of checksums was not written (%s)", error.details)
