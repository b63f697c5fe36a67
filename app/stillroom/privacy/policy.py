"""What an office allows on its machines: one file in the system's configuration, which the person can read and not change.

Only keys that are kept to are known; an unknown one, a value that does not fit or a file that others than the administrator can
write is a wrong policy, and then nothing works but looking at it: whoever wrote it meant something by it.

    [network]
    sealed = true            # the seal cannot be broken by hand
    cloud = false            # no remote model, but those of `hosts`
    hosts = ["llm.office.example"]
    hub = false              # no model is searched for or fetched
    [models]
    sha256 = ["…"]           # nothing else is loaded: models, adapters, parts that see pictures
    [folders]
    input = ["/srv/in"]      # no file elsewhere is read
    export = ["/srv/out"]    # no table is written elsewhere
"""

from __future__ import annotations

import functools
import os
import re
import stat
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.errors import StillroomError

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_KEYS: dict[str, dict[str, type]] = {
    "network": {"sealed": bool, "cloud": bool, "hosts": list, "hub": bool},
    "models": {"sha256": list},
    "folders": {"input": list, "export": list},
}


class PolicyError(StillroomError):
    """The office's policy does not allow it, or is itself wrong."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed. Without a file everything is.

    Attributes:
        file: where it was read; None where there is none.
        sealed: the seal cannot be broken by hand. cloud, hub: whether remote models, and the hub, may be reached.
        hosts: remote models may be reached there, whatever ``cloud`` says; None where nothing is said of hosts.
        models: SHA-256 of files that may be loaded; None for all. input, export: folders; None for all.
    """

    file: Path | None = None
    sealed: bool = False
    cloud: bool = True
    hub: bool = True
    hosts: frozenset[str] | None = None
    models: frozenset[str] | None = None
    input: tuple[Path, ...] | None = None
    export: tuple[Path, ...] | None = None

    @property
    def managed(self) -> bool:
        """Whether an office says anything."""
        return self.file is not None

    @property
    def sentences(self) -> list[str]:
        """What it keeps the person from."""
        said = [
            (self.sealed, "The seal cannot be broken by hand."),
            (not self.cloud and not self.hosts, "No remote model can be used."),
            (bool(self.hosts), f"Remote models can be used at {', '.join(sorted(self.hosts or ()))} only."),
            (not self.hub, "No model can be searched for or fetched."),
            (self.models is not None, f"{len(self.models or ())} files of models can be loaded, and no others."),
            (self.input is not None, f"Files are read in {_listed(self.input)} only."),
            (self.export is not None, f"Tables are written in {_listed(self.export)} only."),
        ]
        return [sentence for holds, sentence in said if holds]

    def check_by_hand(self) -> None:
        """Raises PolicyError where the seal cannot be broken by hand."""
        if self.sealed:
            raise PolicyError("Your organisation keeps Stillroom sealed, so the seal was not broken.")

    def check_host(self, host: str) -> None:
        """Raises PolicyError where no remote model may be reached there."""
        allowed = host in self.hosts if self.hosts is not None else self.cloud
        if not allowed:
            raise PolicyError(f"Your organisation does not allow remote models at {host}, so nothing was sent.")

    def check_hub(self) -> None:
        """Raises PolicyError where models may not be fetched."""
        if not self.hub:
            raise PolicyError(
                "Your organisation does not allow models to be fetched. Ask it for the ones that may be used."
            )

    def check_models(self, files: Iterable[Path]) -> None:
        """Raises PolicyError where one of these files may not be loaded, StillroomError where it cannot be read."""
        if self.models is None:
            return
        from stillroom.storage.checksums import file_sha256

        for file in files:
            if file_sha256(file) not in self.models:
                raise PolicyError(
                    f"Your organisation does not allow the model file {file.name}. Use one that it allows."
                )

    def check_input(self, file: Path) -> None:
        """Raises PolicyError where this file may not be read."""
        if not _within(file, self.input):
            raise PolicyError(f"Your organisation allows files in {_listed(self.input)} only. Move the file there.")

    def check_export(self, file: Path) -> None:
        """Raises PolicyError where a table may not be written there."""
        if not _within(file, self.export):
            raise PolicyError(f"Your organisation allows tables in {_listed(self.export)} only. Choose a place there.")


def policy_files() -> tuple[Path, ...]:
    """Where a policy may lie, the first that is there counts. No variable of the environment moves it: the person sets those."""
    if sys.platform == "win32":
        return (Path("C:/ProgramData/Stillroom/policy.toml"),)
    if sys.platform == "darwin":
        return (Path("/Library/Application Support/Stillroom/policy.toml"),)
    return (Path("/etc/stillroom/policy.toml"), Path("/etc/xdg/stillroom/policy.toml"))


@functools.cache
def current() -> Policy:
    """The policy of this machine. Raises PolicyError where it is wrong."""
    for file in policy_files():
        if os.path.lexists(file):
            _check_owner(file)
            return read_policy(file)
    return Policy()


def read_policy(file: Path) -> Policy:
    """What a file says. Raises PolicyError, with the line."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _wrong(f"{file} cannot be read: {reason}.") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"{file}: {error}.") from error
    for table, keys in data.items():
        if table not in _KEYS or not isinstance(keys, dict):
            raise _wrong(f"{_place(file, text, table)}: there is no part {table}.")
        for key, value in keys.items():
            problem = _problem(table, key, value)
            if problem:
                raise _wrong(f"{_place(file, text, table, key)}: {problem}.")
    network, models, folders = (data.get(name, {}) for name in ("network", "models", "folders"))
    return Policy(
        file=file,
        sealed=network.get("sealed", False),
        cloud=network.get("cloud", True),
        hub=network.get("hub", True),
        hosts=_set(network, "hosts"),
        models=_set(models, "sha256"),
        input=_folders(folders, "input"),
        export=_folders(folders, "export"),
    )


def _problem(table: str, key: str, value: Any) -> str:
    """What is wrong with a key; empty where nothing is."""
    kind = _KEYS[table].get(key)
    if kind is None:
        return f"there is no key {key} in {table}"
    texts: list[Any] = value if isinstance(value, list) else []
    if type(value) is not kind or not all(isinstance(each, str) for each in texts):
        return f"{key} is {'true or false' if kind is bool else 'a list of texts'}"
    if key == "sha256" and not all(_SHA256.match(each) for each in texts):
        return "a SHA-256 has 64 digits, 0–9 and a–f"
    if table == "folders" and not all(Path(each).is_absolute() for each in texts):
        return "folders are written whole, from the root"
    return ""


def _check_owner(file: Path) -> None:
    """Raises PolicyError where others than the administrator could have written it."""
    if os.name != "posix":
        return  # the folder of all programs' data is closed by its access lists
    for path in (file, file.parent):
        try:
            facts = path.stat()
        except OSError as error:
            raise _wrong(f"{file} cannot be read: {error.strerror}.") from error
        if facts.st_uid != 0 or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise _wrong(f"{path} can be written by others than the administrator (root).")


def _wrong(what: str) -> PolicyError:
    return PolicyError(
        f"The policy of your organisation is wrong, so Stillroom does nothing. {what} Tell whoever wrote it."
    )


def _place(file: Path, text: str, table: str, key: str = "") -> str:
    """``policy.toml, line 3``"""
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        heading = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if heading:
            inside = heading[1]
        found = re.match(rf"\s*[\"']?{re.escape(key or table)}[\"']?\s*=", line)
        if (key and inside == table and found) or (not key and (inside == table or found)):
            return f"{file}, line {number}"
    return str(file)


def _set(table: dict[str, Any], key: str) -> frozenset[str] | None:
    return frozenset(table[key]) if key in table else None


def _folders(table: dict[str, Any], key: str) -> tuple[Path, ...] | None:
    return tuple(Path(each) for each in table[key]) if key in table else None


def _within(file: Path, folders: tuple[Path, ...] | None) -> bool:
    """Whether a file lies in one of the folders, whatever links lead there."""
    if folders is None:
        return True
    real = Path(os.path.realpath(file))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _listed(folders: tuple[Path, ...] | None) -> str:
    return ", ".join(str(folder) for folder in folders or ()) or "no folder"
