"""Files that llama.cpp has planned to load once in a worker that was thrown away, so that they can be loaded in earnest.

What the checks of a header let through may still end a process. The first time it is not the one that holds the loaded model.
"""

from __future__ import annotations

import logging
from pathlib import Path

from stillroom import __version__, paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json
from stillroom.errors import StillroomError
from stillroom.gguf.checks import parts_of
from stillroom.machine.keys import file_key

_LOG = logging.getLogger(__name__)
_MOST = 500  # files; the oldest are forgotten, and tried once more


def is_tried(path: Path) -> bool:
    """Whether this very file, as it is now, was tried with this version. Raises GgufError, OSError where a part is missing."""
    return _key(path) in _load()


def keep_tried(path: Path) -> None:
    """Remember that it was. Raises GgufError, OSError where a part is missing."""
    key = _key(path)
    known = [each for each in _load() if each != key]
    try:
        write_text(_file(), json_text([*known, key][-_MOST:]))
    except StillroomError as error:
        _LOG.warning("it was not kept that a model was tried (%s)", error.details)


def _key(path: Path) -> str:
    return "|".join([__version__, *(file_key(part) for part in parts_of(path))])


def _file() -> Path:
    return paths.cache_dir() / "tried-models.json"


def _load() -> list[str]:
    try:
        return read_json(list[str], _file())
    except (OSError, ValueError):
        return []  # then each is tried once more
