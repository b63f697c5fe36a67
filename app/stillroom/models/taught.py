"""Adapters that were trained on a person's own documents: for which template, and what the model's word counts for with them.

A model is taught under a name of its own, so that every other use of it stays as it was. What the word counts for was measured on
documents that were held out of the training, and holds only while the adapter is added to what is loaded.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.atomic import replacing, write_text
from stillroom.codec import json_text, read_json
from stillroom.engine.protocol import Adapter
from stillroom.errors import StillroomError
from stillroom.models.adapters import attach, attached, detach
from stillroom.models.file_names import safe_name
from stillroom.models.library import ADAPTERS
from stillroom.models.model_file import ModelFile, model_file
from stillroom.sizes import size_text

_RECORD = ".taught.json"


@dataclass(frozen=True, slots=True)
class Taught:
    """What is known of an adapter that was trained here.

    Attributes:
        template: its name. asks: hash of what its fields look for; for other fields the words count for nothing.
        words: by field, by how much the log probability of a value against that of *absent* counts.
    """

    template: str
    asks: str
    words: dict[str, float]


def words_of(adapters: tuple[Adapter, ...], template: str, asks: str) -> Mapping[str, float]:
    """What the word of a model with these adapters counts for in the fields of a template; empty where it was not taught that."""
    if not adapters:
        return {}
    known = _load()
    for adapter in adapters:
        taught = known.get(Path(adapter.path).name)
        if taught is not None and (taught.template, taught.asks) == (template, asks):
            return taught.words
    return {}


def taught_name(model: ModelFile, template: str) -> str:
    """The name of the file under which a model is taught a template."""
    return safe_name(f"{model.path.stem}-for-{template}.gguf")


def keep_taught(model: ModelFile, adapter: Path, taught: Taught) -> ModelFile:
    """The model under a name of its own, with this adapter in the place of an earlier one for the template. Raises StillroomError."""
    target = paths.models_dir() / taught_name(model, taught.template)
    _same_file(model, target)
    made = model_file(target, starter=False)
    if made is None:
        raise StillroomError(f"{target.name} is no complete model. Remove it, and teach again.")
    known = _load()
    for earlier in attached(target):
        if Path(earlier.path).name in known:
            name = Path(earlier.path)
            detach(made, name.stem)
            name.unlink(missing_ok=True)
            del known[name.name]
    for own in attached(model.path):
        attach(made, Path(own.path), own.scale)
    added = attach(made, adapter)
    write_text(_file(), json_text(known | {Path(added.path).name: taught}))
    return made


def erase_taught() -> None:
    """Erase every adapter that was trained here: what documents said is in its weights. Raises OSError."""
    for name in _load():
        (paths.models_dir() / ADAPTERS / name).unlink(missing_ok=True)
    _file().unlink(missing_ok=True)


def _same_file(model: ModelFile, target: Path) -> None:
    """The model's file under another name, at no cost where both are on one disk. Raises StillroomError."""
    with contextlib.suppress(OSError):
        if target.samefile(model.path):
            return
    if target.exists() and target.stat().st_size == model.size:
        return  # a copy, from when it was taught before
    if target.exists():
        raise StillroomError(f"{target.name} is there already and is another model. Rename it, and teach again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(model.path.resolve(), target)
        return
    except OSError:
        pass  # on another disk, or a file system without links
    if shutil.disk_usage(target.parent).free < 1.1 * model.size:
        raise StillroomError(
            f"There is no room on the disk for {target.name} ({size_text(model.size)}). Free some space."
        )
    with replacing(target) as temporary:
        shutil.copyfile(model.path, temporary)


def _file() -> Path:
    return paths.models_dir() / ADAPTERS / _RECORD


def _load() -> dict[str, Taught]:
    try:
        return read_json(dict[str, Taught], _file())
    except (OSError, ValueError):
        return {}  # none was taught yet
