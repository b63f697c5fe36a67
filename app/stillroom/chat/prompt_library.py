"""The prompt library: texts to begin with, with variables in braces that are asked for."""

from __future__ import annotations

import json
import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillroom import paths
from stillroom.atomic import write_failure, write_text
from stillroom.errors import StillroomError

_log = logging.getLogger(__name__)
_VARIABLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text to begin with. ``{{name}}`` in it is a variable."""

    title: str
    text: str
    file: Path | None = None

    @property
    def own(self) -> bool:
        """Whether the person made it."""
        return self.file is not None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in their order, each once."""
        return tuple(dict.fromkeys(_VARIABLE.findall(self.text)))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with the variables' values; one without a value stays as it is."""
        return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), self.text)


class PromptLibrary:
    """The prompts that come with the application, and the person's own: TOML files with ``title`` and ``text``."""

    def __init__(self, own_folder: Path | None = None) -> None:
        self._own_folder = own_folder if own_folder is not None else paths.data_dir() / "prompts"

    def prompts(self) -> list[Prompt]:
        """Those that come with the application, then the person's own by name. A file that cannot be used is left out."""
        found = []
        for folder, own in ((paths.resources_dir() / "prompts", False), (self._own_folder, True)):
            for file in sorted(folder.glob("*.toml")):
                try:
                    data = tomllib.loads(file.read_text(encoding="utf-8"))
                    text = str(data["text"]).strip()
                    found.append(Prompt(str(data["title"]), text, file if own else None))
                except (OSError, ValueError, KeyError, RecursionError):
                    _log.warning("a prompt could not be used")
        return found

    def keep(self, title: str, text: str) -> Prompt:
        """A prompt of the person's own, from now on. Raises StillroomError where it cannot be written."""
        name = re.sub(r"[^\w-]+", "-", title.casefold()).strip("-")[:40] or "prompt"
        file = self._own_folder / f"{name}.toml"
        number = 1
        while file.exists():
            number += 1
            file = self._own_folder / f"{name}-{number}.toml"
        written = f"title = {_quoted(title)}\ntext = {_quoted(text.strip())}\n"
        try:
            self._own_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(file, error) from error
        write_text(file, written)
        return Prompt(title, text.strip(), file)

    def remove(self, prompt: Prompt) -> None:
        """Erase a prompt of the person's own. Raises StillroomError where its file cannot be removed."""
        if prompt.file is None:
            return
        try:
            prompt.file.unlink(missing_ok=True)
        except OSError as error:
            raise StillroomError(
                f"{prompt.file} cannot be removed: {error.strerror}. Look at its permissions."
            ) from error


def _quoted(text: str) -> str:
    """A string of TOML: JSON's escapes are TOML's too, and so is what JSON leaves as it is, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
