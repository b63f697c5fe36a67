"""What this machine and installation offer: for the person, and for a report of a mistake. Changes nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stillroom import __version__, paths
from stillroom.child import probe_all
from stillroom.errors import StillroomError
from stillroom.extraction.provenance import engine_version
from stillroom.machine import hardware
from stillroom.models.library import installed_models
from stillroom.privacy.encryption import Encryption
from stillroom.privacy.policy import Policy, current
from stillroom.privacy.secrets import Secrets
from stillroom.settings import SEALED, Settings
from stillroom.templates.library import TemplateLibrary

__all__ = ["Diagnosis", "diagnose", "engine_version"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One look at the machine. Sizes in bytes.

    Attributes:
        cores: physical; None where the system does not say. threads: that this process may use.
        memory, memory_available: of the machine, or of the container it runs in where that is less.
        gpus: name, memory, and whether the engine can use it. disk_free: where models are kept.
        engine: version of llama-cpp-python; empty if it is not installed. engine_backends: what it can compute with.
        keyring: the system's store for secrets by name, or why there is none.
        sealed: whether connections are refused unless asked for. children: what keeps a reader from the network.
        database: whether it is encrypted. policy: what an office says, a sentence each.
        display: where windows would open; empty if nowhere.
        confinement: what was found to hold in a reader, a worker and a converter, by layer (see Layers); empty for a child that
            could not be started.
        problems: sentences: what will not work, and what to do.
    """

    stillroom: str
    python: str
    system: str
    processor: str
    instruction_sets: list[str]
    cores: int | None
    threads: int
    memory: int
    memory_available: int
    gpus: list[dict[str, Any]]
    disk_free: int
    engine: str
    engine_backends: list[str]
    models: list[dict[str, Any]]
    templates: list[str]
    keyring: str
    sealed: bool
    database: str
    policy: list[str]
    children: str
    confinement: dict[str, dict[str, object]]
    display: str
    paths: dict[str, str]
    problems: list[str]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def diagnose() -> Diagnosis:
    """Look at the machine and the installation; takes up to a few seconds where the keyring is slow."""
    models, library = installed_models(), TemplateLibrary()
    policy = current()
    found = probe_all()
    machine = hardware.look()
    engine, display = engine_version(), _display()
    problems = [problem.message for problem in library.problems()]
    if not engine:
        problems.append("llama-cpp-python is not installed, so no model can be loaded. Run the set-up again.")
    if not models:
        problems.append(f"No model is installed. Put a GGUF file into {paths.models_dir()}.")
    folder = _first_that_exists(paths.data_dir())
    if not os.access(folder, os.W_OK):
        problems.append(f"{paths.data_dir()} cannot be written. Look at its permissions, or set STILLROOM_HOME.")
    return Diagnosis(
        stillroom=__version__,
        python=platform.python_version(),
        system=platform.platform(),
        processor=machine.processor,
        instruction_sets=list(machine.instruction_sets),
        cores=machine.cores,
        threads=_threads(),
        memory=machine.memory,
        memory_available=machine.memory_free,
        gpus=machine.to_json()["gpus"],
        disk_free=machine.disk_free,
        engine=engine,
        engine_backends=list(machine.backends),
        models=[{"name": model.name, "size": model.size, "path": str(model.path)} for model in models],
        templates=[template.name for template in library.templates()],
        keyring=_keyring(),
        sealed=policy.sealed or Settings().get(SEALED),
        database=_database(policy),
        policy=[policy.title, *policy.sentences] if policy.managed else [],
        children=found["reader"][0],
        confinement={kind: layers.to_json() if layers else {} for kind, (_, layers) in found.items()},
        display=display,
        paths={
            "data": str(paths.data_dir()),
            "settings": str(paths.config_dir()),
            "cache": str(paths.cache_dir()),
            "models": str(paths.models_dir()),
            "templates": str(paths.templates_dir()),
            "resources": str(paths.resources_dir()),
        },
        problems=problems,
    )


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _display() -> str:
    if platform.system() in ("Windows", "Darwin"):
        return "the desktop"
    return os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or os.environ.get("QT_QPA_PLATFORM") or ""


def _keyring() -> str:
    secrets = Secrets()
    return secrets.probe() or secrets.notice


def _database(policy: Policy) -> str:
    try:
        return Encryption(paths.database_file(), Settings(), policy, Secrets).state
    except (StillroomError, OSError) as error:
        return str(error)


def _first_that_exists(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
