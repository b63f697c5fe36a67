"""What is known of the files in the models folder: their checksum, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json

_NAME = ".records.json"


@dataclass(frozen=True, slots=True)
class Record:
    """A record of one file. ``source``: in words for a person (a repository and its revision, a file that was imported)."""

    sha256: str
    size: int
    source: str


def record_of(path: Path, models: Path | None = None) -> Record | None:
    """What is known of a file; None where nothing is."""
    models = models or paths.models_dir()
    try:
        return _load(models).get(path.resolve().relative_to(models.resolve()).as_posix())
    except ValueError:
        return None  # not in this folder


def keep_record(path: Path, record: Record, models: Path | None = None) -> None:
    """Remember what is known of a file in the models folder. Raises StillroomError, ValueError for a file elsewhere."""
    models = models or paths.models_dir()
    known = {name: item for name, item in _load(models).items() if (models / name).exists()}
    known[path.resolve().relative_to(models.resolve()).as_posix()] = record
    write_text(models / _NAME, json_text(known))


def _load(models: Path) -> dict[str, Record]:
    try:
        return read_json(dict[str, Record], models / _NAME)
    except (OSError, ValueError):
        return {}  # none yet; a file without a record can still be used
