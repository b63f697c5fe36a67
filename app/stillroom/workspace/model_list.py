"""The models there are and those of the catalog, each with what this machine makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stillroom.engine.protocol import USUAL_CONTEXT_TOKENS, Adapter
from stillroom.errors import StillroomError
from stillroom.gguf.checks import check_headers, parts_of
from stillroom.gguf.header import read_header
from stillroom.models.adapters import attached
from stillroom.models.elsewhere import models_elsewhere
from stillroom.models.fit.assess import assess, this_machine
from stillroom.models.fit.estimate import SPARE_BYTES, Fit, Machine, Use, Verdict
from stillroom.models.fit.shape import Shape, shape_of
from stillroom.models.hub.catalog import CatalogModel, expected_speed, load_catalog
from stillroom.models.library import installed_models
from stillroom.models.model_file import ModelFile, quantization_of
from stillroom.models.projectors import projector_bytes, projector_of
from stillroom.tuning.search import Tuning
from stillroom.tuning.store import tuned_options
from stillroom.tuning.tuned import in_place_of

__all__ = [
    "CatalogModel",
    "Fit",
    "Machine",
    "ModelFile",
    "ModelRow",
    "Place",
    "Use",
    "Verdict",
    "adapters_of",
    "find_rows",
    "fit_of",
    "tuned_speeds",
]


class Place(StrEnum):
    """Where a model is."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    CATALOG = "catalog"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model.

    Attributes:
        file: of a model that is on this machine. program: whose it is, where it is not ours.
        entry: of the catalog, where it is in it.
        shape, fit: of a file, estimated from its header. problem: why there is none.
        size: bytes; of a catalog's entry roughly.
        copy: quantization of the copy that is loaded in its place; empty where it is loaded itself.
        projector: with which it is loaded, to see pictures; projector_bytes: of memory.
    """

    name: str
    place: Place
    file: ModelFile | None = None
    program: str = ""
    entry: CatalogModel | None = None
    shape: Shape | None = None
    fit: Fit | None = None
    verdict: Verdict | None = None
    size: int = 0
    speed: float | None = None
    problem: str = ""
    projector: Path | None = None
    projector_bytes: int = 0
    copy: str = ""


def find_rows(context_tokens: int = USUAL_CONTEXT_TOKENS, *, own_bytes: int = 0) -> tuple[list[ModelRow], Machine]:
    """Everything the page shows. Reads headers only; takes a second or two where there are many.

    Args:
        own_bytes: what the loaded model takes, which another one would replace.
    """
    machine = this_machine(own_bytes=own_bytes)
    catalog = load_catalog()
    rows = [_file_row(model, "", machine, context_tokens, catalog.models) for model in installed_models()]
    known = {row.file.path for row in rows if row.file is not None}
    rows += [
        _file_row(found.model, found.program, machine, context_tokens, catalog.models)
        for found in models_elsewhere()
        if found.model.path not in known
    ]
    here = [row.file.name for row in rows if row.file is not None and row.place is Place.HERE]
    rows += [_entry_row(entry, machine) for entry in catalog.models if not any(_is_of(name, entry) for name in here)]
    return rows, machine


def _file_row(
    model: ModelFile, program: str, machine: Machine, context_tokens: int, entries: Sequence[CatalogModel]
) -> ModelRow:
    place = Place.ELSEWHERE if program else Place.HERE
    plain = _plain(model.name)
    entry = next((each for each in entries if plain.startswith(_name_of(each))), None)
    try:
        used = in_place_of(model)  # its memory and speed are those of what is loaded
        headers = [read_header(part) for part in parts_of(used.path)]
        check_headers(headers)
        shape = shape_of(headers)
        projector = projector_of(model.path)
        beside = projector_bytes(projector)
        fit = assess(shape, machine, Use(context_tokens), beside=beside)
    except (StillroomError, OSError) as error:
        return ModelRow(
            model.name, place, model, program, entry, size=model.size, problem=getattr(error, "message", str(error))
        )
    return ModelRow(
        model.name, place, model, program, entry, shape, fit, fit.verdict, model.size, fit.tokens_per_second,
        projector=projector, projector_bytes=beside, copy="" if used == model else used.quantization,
    )  # fmt: skip


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _name_of(entry: CatalogModel) -> str:
    return _plain(entry.repository.split("/")[-1]).removesuffix("gguf")


def _is_of(name: str, entry: CatalogModel) -> bool:
    """Whether a file of this name is one of an entry's, in whatever quantization, and not of a model that goes on from it."""
    plain, quantization = _plain(name), _plain(quantization_of(name))
    return plain.removesuffix(quantization).removesuffix("ud") == _name_of(entry) or plain == _name_of(entry)


def _entry_row(entry: CatalogModel, machine: Machine) -> ModelRow:
    space = max(machine.free_ram, machine.free_vram) - SPARE_BYTES
    speed = expected_speed(entry, machine)
    fits = entry.rough_bytes <= space
    verdict = Verdict.NO if not fits else Verdict.SLOWLY if speed is not None and speed < 5 else Verdict.WELL
    return ModelRow(entry.name, Place.CATALOG, entry=entry, verdict=verdict, size=int(entry.rough_bytes), speed=speed)


def fit_of(row: ModelRow, machine: Machine, context_tokens: int, kv_type: str) -> Fit | None:
    """The fit of a model with another context; None where its file could not be read."""
    if row.shape is None:
        return None
    return assess(row.shape, machine, Use(context_tokens, kv_type), beside=row.projector_bytes)


def adapters_of(model: ModelFile) -> tuple[Adapter, ...]:
    """The adapters it is loaded with."""
    return attached(model.path)


def tuned_speeds(row: ModelRow) -> Tuning | None:
    """How a model runs here, where that was measured."""
    return tuned_options(row.file.path) if row.file is not None else None
