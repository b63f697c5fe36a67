"""Which model a template is extracted with, where a person said so: after an evaluation, or in Extract."""

from __future__ import annotations

from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_text
from stillroom.codec import json_text, read_json

_NAME = "template-models.json"


def model_of_template(template: str) -> str:
    """The file of the model for a template's name; empty for the usual one."""
    return _load().get(template, "")


def keep_model_of_template(template: str, model: str) -> None:
    """``model``: its file; empty for the usual one from now on. Raises StillroomError."""
    known = {name: file for name, file in _load().items() if name != template}
    write_text(_file(), json_text(known | ({template: model} if model else {})))


def _file() -> Path:
    return paths.config_dir() / _NAME


def _load() -> dict[str, str]:
    try:
        return read_json(dict[str, str], _file())
    except (OSError, ValueError):
        return {}  # none yet, or damaged: the usual model serves
