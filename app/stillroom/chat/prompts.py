"""The prompt library: texts to begin with, with variables in braces that are asked for."""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths

_log = logging.getLogger(__name__)
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to begin with. ``{{name}}`` in it is a variable."""

    title: str
    text: str
    own: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in their order, each once."""
        return tuple(dict.fromkeys(_VARIABLE.findall(self.text)))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with the variables' values; one without a value stays as it is."""
        return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), self.text)


def own_folder() -> Path:
    """Where a person puts prompts of their own: TOML files with ``title`` and ``text``."""
    return paths.data_dir() / "prompts"


def prompts() -> list[Prompt]:
    """Those that come with the application, then the person's own by name. A file that cannot be used is left out."""
    found = []
    for folder, own in ((paths.resources_dir() / "prompts", False), (own_folder(), True)):
        for file in sorted(folder.glob("*.toml")):
            try:
                data = tomllib.loads(file.read_text(encoding="utf-8"))
                found.append(Prompt(str(data["title"]), str(data["text"]).strip(), own))
            except (OSError, ValueError, KeyError):
                _log.warning("a prompt could not be used")
    return found
