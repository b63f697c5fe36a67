"""Where the application keeps its files.

``STILLROOM_HOME`` puts everything under one folder (a USB stick, a test).
"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import platformdirs

_NAME = "stillroom"


def _home() -> Path | None:
    home = os.environ.get("STILLROOM_HOME")
    return Path(home) if home else None


def data_dir() -> Path:
    """Runs, chats, the user's templates, models: what must not be lost."""
    home = _home()
    return home / "data" if home else Path(platformdirs.user_data_dir(_NAME, appauthor=False))


def config_dir() -> Path:
    """Settings."""
    home = _home()
    return home / "config" if home else Path(platformdirs.user_config_dir(_NAME, appauthor=False))


def cache_dir() -> Path:
    """What can be made again."""
    home = _home()
    return home / "cache" if home else Path(platformdirs.user_cache_dir(_NAME, appauthor=False))


def cells_dir() -> Path:
    """States of read documents, where the person wants them kept on disk."""
    return cache_dir() / "cells"


def copies_dir() -> Path:
    """Copies of small models that are read faster on this machine."""
    return cache_dir() / "copies"


def options_dir() -> Path:
    """What models make of the options of templates, so that it is asked once."""
    return cache_dir() / "options"


def models_dir() -> Path:
    """GGUF files this application fetched, imported or made."""
    return data_dir() / "models"


def converter_dir() -> Path:
    """What converts models from safetensors, where it was set up: an environment of its own and llama.cpp's script."""
    return cache_dir() / "converter"


def pasted_dir() -> Path:
    """Pictures that were pasted into a conversation."""
    return data_dir() / "pasted"


def learned_dir() -> Path:
    """What templates learned of documents that were approved."""
    return data_dir() / "learned"


def templates_dir() -> Path:
    """The user's own extraction templates."""
    return data_dir() / "templates"


def database_file() -> Path:
    return data_dir() / "stillroom.sqlite"


def resources_dir() -> Path:
    """Files shipped with the application (templates, samples, icons): beside ``app/`` in a checkout, inside a frozen build."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    return Path(__file__).resolve().parents[2] / "resources"


def resource_tables(name: str) -> dict[str, Any]:
    """The tables of a TOML file among the resources, read from disk each time."""
    return tomllib.loads((resources_dir() / f"{name}.toml").read_text(encoding="utf-8"))
