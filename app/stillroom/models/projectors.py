"""Projectors of models: found beside them, or attached by the person, and in force until they are detached."""

from __future__ import annotations

import functools
import re
import shutil
from pathlib import Path

from stillroom import paths
from stillroom.atomic import replacing, write_text
from stillroom.codec import json_text, read_json
from stillroom.errors import StillroomError
from stillroom.gguf.checks import FileKind, check_file, check_projector, kind_of
from stillroom.gguf.projector import shape_of_projector
from stillroom.models.file_names import inside
from stillroom.models.library import PROJECTORS
from stillroom.models.model_file import ModelFile, is_projector, quantization_of
from stillroom.storage.checksums import file_sha256

_RECORD = ".attached.json"
# Where several lie beside a model. More bits than 16 see no better.
_PREFERRED = ("F16", "BF16", "Q8_0", "F32")


def projector_of(model: Path) -> Path | None:
    """The projector a model's file is loaded with: the one the person attached, else one that clearly belongs to it.

    None where there is none, it was detached, its file has gone, or it does not fit.
    """
    record = _load()
    if _key(model) in record:
        chosen = record[_key(model)]
        return Path(chosen) if chosen and fits(Path(chosen), model) else None
    return next(iter(projectors_beside(model)), None)


def projectors_beside(model: Path) -> list[Path]:
    """Projectors in the model's folder that fit it and came with it, the best first. In a folder of many models the name tells."""
    try:
        there = [path for path in model.parent.iterdir() if path.suffix.lower() == ".gguf" and is_projector(path)]
    except OSError:
        return []
    own, shared = _base(model.stem), model.parent.resolve() == paths.models_dir().resolve()
    named = [path for path in there if _base(path.stem) == own]
    found = [path for path in (named or ([] if shared else there)) if fits(path, model)]
    order = {name: place for place, name in enumerate(_PREFERRED)}
    return sorted(found, key=lambda path: (order.get(quantization_of(path.stem), len(order)), path.name))


def attach_projector(model: ModelFile, source: Path) -> Path:
    """Keep a projector for the model, from its next load on; a copy of it, unless it lies in the models folder.

    Raises StillroomError where it is no projector, or not one for this model.
    """
    check_projector(source, model.path)
    target = source.absolute()
    beside = source.parent.resolve() == model.path.parent.resolve()
    if not beside and not target.resolve().is_relative_to(paths.models_dir().resolve()):
        target = inside(paths.models_dir() / PROJECTORS, source.name).absolute()
        if target.exists() and file_sha256(target) != file_sha256(source):
            raise StillroomError(
                f"Another projector of the name {target.name} is there already. Give this one another name."
            )
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
    _save(model.path, str(target))
    return target


def detach_projector(model: ModelFile) -> Path:
    """Load the model without its projector from now on; the file stays. Raises StillroomError where it has none."""
    projector = projector_of(model.path)
    if projector is None:
        raise StillroomError(f"{model.name} has no projector.")
    _save(model.path, "")
    return projector


def projector_bytes(projector: Path | None) -> int:
    """Memory that a projector takes beside its model, about; 0 for none, or a file that is none."""
    try:
        header = check_file(projector) if projector is not None else None
        return shape_of_projector(header).total if header and kind_of(header) is FileKind.PROJECTOR else 0
    except StillroomError:
        return 0


def fits(projector: Path, model: Path) -> bool:
    """Whether it can be loaded with the model, as far as the headers say."""
    try:
        facts = [(path.stat().st_size, path.stat().st_mtime_ns) for path in (projector, model)]
    except OSError:
        return False
    return _fits(projector, model, tuple(facts))


@functools.lru_cache(256)
def _fits(projector: Path, model: Path, _facts: tuple[tuple[int, int], ...]) -> bool:
    """Kept while the files are the same: a header with its vocabulary takes a moment to read."""
    try:
        check_projector(projector, model)
    except StillroomError:
        return False
    return True


def _base(stem: str) -> str:
    """What a model's and its projector's names have in common: without quantization and the word for projectors."""
    plain = re.sub(r"(?i)mmproj|-\d{5}-of-\d{5}$", "", stem)
    plain = re.sub(rf"(?i)(?:^|[-_.]){re.escape(quantization_of(stem))}(?=$|[-_.])", "", plain)
    return "".join(letter for letter in plain.casefold() if letter.isalnum()).removesuffix("model")


def _key(model: Path) -> str:
    return str(model.absolute())


def _load() -> dict[str, str]:
    try:
        return read_json(dict[str, str], paths.models_dir() / PROJECTORS / _RECORD)
    except (OSError, ValueError):
        return {}  # nothing was attached yet


def _save(model: Path, projector: str) -> None:
    folder = paths.models_dir() / PROJECTORS
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / _RECORD, json_text(_load() | {_key(model): projector}))
