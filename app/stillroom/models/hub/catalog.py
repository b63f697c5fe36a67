"""The catalog of models that matter for this work, and which three of them to try for a task on this machine."""

from __future__ import annotations

import datetime
import math
import re
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.errors import StillroomError
from stillroom.models.fit.estimate import SPARE_BYTES, Machine
from stillroom.sizes import size_text

TASKS = ("extract", "classify", "summarise", "chat", "code")
_TASK_BENCHMARKS = {"extract": "ExtractBench"}
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_MAX_BYTES = 1 << 20
# Before its header is read, a model is taken to be in about five bits, with a cache and the worker beside it.
_BYTES_A_PARAMETER = 0.62
_BESIDE_BYTES = 0.6e9
_SLOW_TOKENS_PER_SECOND = 5.0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published figure. ``source``: who published it."""

    name: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model of the catalog.

    Attributes:
        repository: on the hub. first: the quantization to try first; empty where any may be the best that fits.
        parameters: in all; active: that one token uses.
        context: tokens it was trained for; 0 where not known. licence: empty where not known; the hub says it.
        best_for: tasks. made_for: the one it was trained for alone; empty for a general model.
    """

    name: str
    repository: str
    parameters: float
    active: float
    context: int
    licence: str
    first: str
    best_for: tuple[str, ...]
    made_for: str
    note: str
    benchmarks: tuple[Benchmark, ...]

    @property
    def rough_bytes(self) -> float:
        """Memory it takes, roughly; the fit of one of its files says it truly."""
        return self.parameters * _BYTES_A_PARAMETER + _BESIDE_BYTES

    def figure(self, benchmark: str) -> float | None:
        """A published figure by its name; None where there is none."""
        return next((item.value for item in self.benchmarks if item.name == benchmark), None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """``date``: of the facts."""

    date: datetime.date
    models: tuple[CatalogModel, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model to try, and why in a sentence or two."""

    model: CatalogModel
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self.model) | {"reason": self.reason}


def load_catalog() -> Catalog:
    """The catalog that came with the application, or the one that was imported where that is newer."""
    built_in = read_catalog(paths.resources_dir() / "catalog.toml")
    own = _own_file()
    if not own.exists():
        return built_in
    try:
        imported = read_catalog(own)
    except StillroomError:
        return built_in  # it was right when it was imported; the application's own still is
    return imported if imported.date > built_in.date else built_in


def use_catalog(path: Path) -> Catalog:
    """Import a newer catalog from a file. Raises StillroomError where it is none; nothing is changed then."""
    catalog = read_catalog(path)
    write_text(_own_file(), path.read_text("utf-8"))
    return catalog


def read_catalog(path: Path) -> Catalog:
    """A catalog from a file. Raises StillroomError that says what is wrong."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("it is too long")
        data = tomllib.loads(path.read_text("utf-8"))
        date = data["date"]
        if not isinstance(date, datetime.date):
            raise ValueError("its date is not a date")
        models = tuple(_model(entry) for entry in data["models"])
    except OSError as error:
        raise StillroomError(f"The catalog {path.name} cannot be read: {error.strerror}. Look at its path.") from error
    except KeyError as error:
        raise StillroomError(
            f"{path.name} is no catalog of models: {error.args[0]} is missing. Choose another file."
        ) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise StillroomError(f"{path.name} is no catalog of models: {error}. Choose another file.") from error
    return Catalog(date if not isinstance(date, datetime.datetime) else date.date(), models)


def suggest(catalog: Catalog, task: str, machine: Machine) -> list[Suggestion]:
    """Up to three models for a task, the best first: one for quality, one for speed, and one made for it or between the two.

    Those the machine has no room for are left out; where none has room, there is none.
    """
    space = max(machine.free_ram, machine.free_vram) - SPARE_BYTES
    fitting = [model for model in catalog.models if task in model.best_for and model.rough_bytes <= space]
    brisk = [model for model in fitting if (expected_speed(model, machine) or math.inf) >= _SLOW_TOKENS_PER_SECOND]
    pool = sorted(brisk or fitting, key=lambda model: _quality(model, task), reverse=True)
    if not pool:
        return []
    chosen = [
        (
            pool[0],
            "the best for this that runs well here" if brisk else "the best for this that fits; expect it to be slow",
        )
    ]
    rest = pool[1:]
    special = next((model for model in rest if model.made_for == task), None)
    if special is not None and pool[0].made_for != task:
        chosen.append((special, "made for this alone"))
    quick = next((model for model in rest if model.active <= pool[0].active / 3 and model is not special), None)
    if quick is not None:
        chosen.append(
            (quick, f"about {pool[0].active / quick.active:.0f} times as fast, and the best of its size for this")
        )
    for model in rest:
        if len(chosen) < 3 and model not in [item for item, _ in chosen]:
            chosen.append((model, "the next best for this"))
    return [Suggestion(model, _sentence(model, why, task, machine)) for model, why in chosen[:3]]


def _quality(model: CatalogModel, task: str) -> float:
    """Higher is better: the task's own benchmark, else what the size lets expect (on the benchmark's scale)."""
    figure = model.figure(_TASK_BENCHMARKS.get(task, ""))
    if figure is not None:
        return figure
    expected = 45 + 13 * math.log2(max(model.parameters, 1e8) / 0.9e9) * 0.9
    # What nobody measured comes after what was measured at about the same size.
    return min(expected, 84.0) - (12 if task in _TASK_BENCHMARKS else 0) + (4 if model.made_for == task else 0)


def expected_speed(model: CatalogModel, machine: Machine) -> float | None:
    """Tokens a second to expect of generation; None where the machine's speed is not known."""
    read = model.active * _BYTES_A_PARAMETER
    if machine.free_vram >= model.rough_bytes:
        seconds = machine.gpu_seconds(read)
        if seconds is not None:
            return 1 / seconds
    rate = machine.weights_per_second(model.parameters * _BYTES_A_PARAMETER)
    return rate / read if rate > 0 else None


def _sentence(model: CatalogModel, why: str, task: str, machine: Machine) -> str:
    parts = [
        f"{why[0].upper()}{why[1:]}: {_billions(model.parameters)} parameters, about {size_text(model.rough_bytes)} of memory"
    ]
    speed = expected_speed(model, machine)
    if speed is not None:
        parts.append(f"about {speed:.0f} tokens a second")
    figure = next((item for item in model.benchmarks if item.name == _TASK_BENCHMARKS.get(task)), None)
    if figure is not None:
        parts.append(f"{figure.name} {figure.value:g} ({figure.source})")
    licence = f" Licence: {model.licence}." if model.licence else ""
    return f"{', '.join(parts)}.{licence}{f' {model.note}' if model.note else ''}"


def _billions(parameters: float) -> str:
    return f"{parameters / 1e9:.3g}B"


def _own_file() -> Path:
    return paths.data_dir() / "catalog.toml"


def _model(entry: Any) -> CatalogModel:
    if not isinstance(entry, dict):
        raise TypeError("a model is not a table")
    name, repository, best_for = str(entry["name"]), str(entry["repository"]), tuple(entry["best_for"])
    if not _REPOSITORY.fullmatch(repository):
        raise ValueError(f"{repository!r} is no name of a repository")
    unknown = [task for task in (*best_for, entry.get("made_for") or TASKS[0]) if task not in TASKS]
    if unknown:
        raise ValueError(f"{name} is best for {unknown[0]!r}; the tasks are {', '.join(TASKS)}")
    parameters = float(entry["parameters"])
    active = float(entry.get("active", parameters))
    if not 0 < active <= parameters < 1e13:
        raise ValueError(f"the parameters of {name} are not possible")
    benchmarks = tuple(
        Benchmark(str(item["name"]), float(item["value"]), str(item["source"])) for item in entry.get("benchmarks", ())
    )
    return CatalogModel(
        name=name,
        repository=repository,
        parameters=parameters,
        active=active,
        context=int(entry.get("context", 0)),
        licence=str(entry.get("licence", "")),
        first=str(entry.get("first", "")),
        best_for=best_for,
        made_for=str(entry.get("made_for", "")),
        note=str(entry.get("note", "")),
        benchmarks=benchmarks,
    )
