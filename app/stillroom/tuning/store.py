"""Tunings and faster copies, kept in one file: by machine, and by model file (its name, size and time of change)."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import from_plain, to_plain
from stillroom.machine.keys import file_key, machine_key
from stillroom.tuning.search import Tuning

_VERSION = 1
_KEPT_AT_MOST = 200  # models a machine
_log = logging.getLogger(__name__)
_writing = threading.Lock()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Copy:
    """A model's copy in another quantization, and what was found when it was compared.

    Attributes:
        path: of the copy; empty where none was kept, so that the comparison is not made again and again.
        file: which file the copy was then: another one in its place does not count.
        quantization: of the copy.
        speedup: how many times faster the copy reads and writes, as one figure; 0 where it was not measured.
        loss: how much less probable the copy finds a text, in nats a token; negative where more.
        agreement: share of values that both extract alike. Both None where they were not compared.
    """

    path: str
    file: str
    quantization: str
    speedup: float = 0.0
    loss: float | None = None
    agreement: float | None = None


def tuned_options(model: Path) -> Tuning | None:
    """How to load this file on this machine; None where it was not tuned, or the file, machine or engine is another since."""
    return _read(Tuning, "tunings", model)


def keep_tuning(model: Path, tuning: Tuning) -> None:
    """Raises StillroomError where it cannot be written."""
    _write("tunings", model, to_plain(tuning))


NO_COPY = Copy("", "", "")
"""Where none is wanted."""


def known_copy(model: Path) -> Copy | None:
    """What was found about a copy of this file; None where none was ever made."""
    return _read(Copy, "copies", model)


def copy_in_use(model: Path) -> Path | None:
    """The copy to load in this file's place, if there is one and it is still the file it was."""
    copy = known_copy(model)
    if copy is None or not copy.path:
        return None
    path = Path(copy.path)
    return path if file_key(path) == copy.file else None


def keep_copy(model: Path, copy: Copy | None) -> None:
    """Remember what was found; None to know nothing of one. Raises StillroomError."""
    _write("copies", model, None if copy is None else to_plain(copy))


def _file() -> Path:
    return paths.config_dir() / "tuning.json"


def _load() -> dict[str, Any]:
    try:
        data = json.loads(_file().read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        _log.warning("the tunings cannot be read; they are as if none had been made")
        return {}
    if not isinstance(data, dict) or data.get("version") != _VERSION or not isinstance(data.get("machines"), dict):
        return {}
    return dict(data["machines"])


def _part(machines: dict[str, Any], part: str) -> dict[str, Any]:
    machine = machines.get(machine_key())
    found = machine.get(part) if isinstance(machine, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _read(kind: type[T], part: str, model: Path) -> T | None:
    found = _part(_load(), part).get(file_key(model))
    if not isinstance(found, dict):
        return None
    try:
        value = from_plain(kind, found)
        if (
            json.loads(json.dumps(to_plain(value))) != found
        ):  # names that this version does not have, or new ones that were not measured
            raise ValueError("other names")
        return value
    except (TypeError, ValueError, KeyError):
        _log.warning("a tuning of another version is not used")
        return None


def _write(part: str, model: Path, data: Any) -> None:
    with _writing:
        machines = _load()
        entries = _part(machines, part)
        entries.pop(file_key(model), None)
        if data is not None:
            entries[file_key(model)] = data
        newest = dict(list(entries.items())[-_KEPT_AT_MOST:])
        machine = machines.get(machine_key())
        machines[machine_key()] = {**(machine if isinstance(machine, dict) else {}), part: newest}
        write_text(_file(), json.dumps({"version": _VERSION, "machines": machines}, indent=1))
