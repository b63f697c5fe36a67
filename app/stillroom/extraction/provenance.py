"""What is recorded of a run, so that it can be run again and give the same values."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from stillroom import __version__
from stillroom.engine.protocol import ModelInfo
from stillroom.models.adapters import attached, checksum, name_with_adapters
from stillroom.models.model_file import ModelFile
from stillroom.models.projectors import projector_of
from stillroom.storage.runs import RunRecord
from stillroom.templates.template import Template
from stillroom.templates.toml_writing import template_to_toml

SEED = 0
"""Extraction is greedy, so nothing is drawn by chance; the seed is recorded because free text may be sampled one day."""


def engine_version() -> str:
    """Version of llama-cpp-python, which fixes the commit of llama.cpp; empty where it is not installed."""
    try:
        return importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        return ""


def record(template: Template, model: ModelInfo | ModelFile) -> RunRecord:
    """The facts of a new run. Reads the model's whole file the first time. Raises StillroomError."""
    path = Path(model.path)
    if isinstance(model, ModelInfo):
        adapters = model.options.adapters
        projector = Path(model.options.projector) if model.options.projector else None
    else:
        adapters, projector = attached(path), projector_of(path)
    return RunRecord(
        template_name=template.name,
        template_version=template.version,
        template_toml=template_to_toml(template),
        template_sha256=template.sha256,
        model_name=name_with_adapters(model.name or path.stem, adapters),
        model_path=str(path.absolute()),
        model_sha256=checksum(path, adapters, projector),
        seed=SEED,
        threads=model.options.threads_prompt if isinstance(model, ModelInfo) else 0,
        engine=engine_version(),
        application=__version__,
    )


def remote_record(template: Template, name: str, host: str) -> RunRecord:
    """The facts of a run with a model that is not here: what it is made of is known to its server only."""
    return RunRecord(
        template_name=template.name,
        template_version=template.version,
        template_toml=template_to_toml(template),
        template_sha256=template.sha256,
        model_name=name,
        model_path="",
        model_sha256=f"remote:{host}",
        seed=SEED,
        application=__version__,
    )
