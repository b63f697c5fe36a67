"""Adapters (LoRA) of models: checked, kept beside the models, and in force until they are detached."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from stillroom import paths
from stillroom.atomic import replacing, write_text
from stillroom.codec import json_text, read_json
from stillroom.engine.protocol import Adapter
from stillroom.errors import StillroomError
from stillroom.gguf.checks import FileKind, check_file, kind_of
from stillroom.models.file_names import inside
from stillroom.models.library import ADAPTERS
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import projector_of
from stillroom.storage.checksums import file_sha256

_RECORD = ".attached.json"
_LARGEST_SCALE = 8.0


def attached(model: Path) -> tuple[Adapter, ...]:
    """The adapters of a model's file, in the order they were attached; those whose file has gone are left out."""
    return tuple(adapter for adapter in _load().get(_key(model), ()) if Path(adapter.path).is_file())


def attach(model: ModelFile, source: Path, scale: float = 1.0) -> Adapter:
    """Copy an adapter into the models folder and add it to the model from its next load on. Again: with another scale.

    Raises:
        StillroomError: it is no adapter, not one for this model, or the scale is not between 0 and 8.
    """
    if not (math.isfinite(scale) and 0 < scale <= _LARGEST_SCALE):
        raise StillroomError("The scale of an adapter is a number above 0 and at most 8; 1 is as it was trained.")
    header = check_file(source)
    if kind_of(header) is not FileKind.ADAPTER:
        raise StillroomError(f"{source.name} is a model of its own, not an adapter for one. Import it instead.")
    architecture = check_file(model.path).architecture
    if header.architecture != architecture:
        raise StillroomError(
            f"{source.name} is an adapter for models of the kind {header.architecture}; {model.name} is of the kind {architecture}."
        )
    target = inside(paths.models_dir() / ADAPTERS, source.name)
    if target.absolute() != source.absolute():
        if target.exists() and file_sha256(target) != file_sha256(source):
            raise StillroomError(
                f"Another adapter of the name {target.name} is there already. Give this one another name."
            )
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    adapter = Adapter(str(target.absolute()), scale)
    others = tuple(each for each in attached(model.path) if each.path != adapter.path)
    _save(model.path, (*others, adapter))
    return adapter


def detach(model: ModelFile, name: str) -> Adapter:
    """Take an adapter from a model; its file stays. Raises StillroomError where the model has none of this name."""
    there = attached(model.path)
    for adapter in there:
        if Path(adapter.path).stem.lower() == name.lower().removesuffix(".gguf"):
            _save(model.path, tuple(each for each in there if each != adapter))
            return adapter
    names = ", ".join(Path(adapter.path).stem for adapter in there)
    raise StillroomError(f"{model.name} has no adapter {name}." + (f" It has: {names}." if names else ""))


def model_sha256(model: ModelFile) -> str:
    """What a run records of the model: see ``checksum``. Raises StillroomError."""
    return checksum(model.path, attached(model.path), projector_of(model.path))


def checksum(model: Path, adapters: tuple[Adapter, ...], projector: Path | None = None) -> str:
    """SHA-256 of a model's (first) file, kept while the file is the same; where adapters are added, theirs and their scales
    behind it, and that of a projector.
    """
    added = [f"+{file_sha256(Path(adapter.path))}*{adapter.scale:g}" for adapter in adapters]
    if projector is not None:
        added.append(f"+{file_sha256(projector)}")
    return "".join([file_sha256(model), *added])


def name_with_adapters(name: str, adapters: tuple[Adapter, ...]) -> str:
    """For a person: ``SmolLM2-135M + invoices``."""
    return " + ".join([name, *(Path(adapter.path).stem for adapter in adapters)])


def _key(model: Path) -> str:
    return str(model.absolute())


def _load() -> dict[str, tuple[Adapter, ...]]:
    try:
        return read_json(dict[str, tuple[Adapter, ...]], paths.models_dir() / ADAPTERS / _RECORD)
    except (OSError, ValueError):
        return {}  # nothing was attached yet


def _save(model: Path, adapters: tuple[Adapter, ...]) -> None:
    known = _load() | {_key(model): adapters}
    folder = paths.models_dir() / ADAPTERS
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / _RECORD, json_text({name: items for name, items in known.items() if items}))
