"""What an office allows on its machines: one file in the system's configuration, which the person can read and not change.

Only keys that are kept to are known; an unknown one, a value that does not fit or a file that others than the administrator can
write is a wrong policy, and then nothing works but looking at it: whoever wrote it meant something by it.

    [office]                 # what the window says: who, why, and whom to ask
    name = "Examining office"
    reason = "Files of clients stay in the house."
    contact = "it@office.example"
    [network]
    sealed = true            # the seal cannot be broken by hand
    cloud = false            # no remote model, but those of `hosts`
    hosts = ["llm.office.example"]
    hub = false              # no model is searched for or fetched
    [models]
    sha256 = ["…"]           # nothing else is loaded: models, adapters, parts that see pictures
    engines = ["local"]      # what answers: "local" for models on this machine, a remote engine by its name (who may add
                             # engines chooses their names: name `hosts` as well)
    [folders]
    input = ["/srv/in"]      # no file elsewhere is read
    export = ["/srv/out"]    # no table is written elsewhere
    templates = ["/srv/t"]   # no template but those in there and the built-in ones
    [review]
    approvers = ["anna"]     # nobody else approves documents; names as the system knows them
    four_eyes = true         # who corrected a value does not approve the document
    wrong = 0.01             # the largest share of unseen values that may be wrong; the dial goes no further
    [retention]
    days = 90                # runs, verdicts and conversations that are older are erased at every start
    encrypted = true         # the database is encrypted; where that cannot be it is not opened
"""

from __future__ import annotations

import functools
import os
import re
import stat
import sys
import tomllib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillroom.errors import StillroomError
from stillroom.privacy import audit
from stillroom.toml_text import line_of_long_number

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_KEYS: dict[str, dict[str, type]] = {
    "office": {"name": str, "reason": str, "contact": str},
    "network": {"sealed": bool, "cloud": bool, "hosts": list, "hub": bool},
    "models": {"sha256": list, "engines": list},
    "folders": {"input": list, "export": list, "templates": list},
    "review": {"approvers": list, "four_eyes": bool, "wrong": float},
    "retention": {"days": int, "encrypted": bool},
}
_SAID = {bool: "true or false", list: "a list of texts", str: "a text", int: "a whole number", float: "a number"}
_MOST_DAYS = 36_500
_MOST_WRONG = 0.5
LOCAL = "local"
"""What models on this machine are called among the engines."""


class PolicyError(StillroomError):
    """The office's policy does not allow it, or is itself wrong."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed. Without a file everything is.

    Attributes:
        file: where it was read; None where there is none. office, reason, contact: who wrote it, why, and whom to ask.
        sealed: the seal cannot be broken by hand. cloud, hub: whether remote models, and the hub, may be reached.
        hosts: remote models may be reached there, whatever ``cloud`` says; None where nothing is said of hosts.
        models: SHA-256 of files that may be loaded; None for all. engines: names, LOCAL among them; None for all.
        input, export, templates: folders; None for all.
        approvers: persons who may approve; None for all. four_eyes: who corrected a value does not approve the document.
        wrong: the largest share of values that may be promised to pass unseen and be wrong; None for any.
        days: that runs, verdicts and conversations are kept; 0 for ever. encrypted: whether they must be encrypted.
    """

    file: Path | None = None
    office: str = ""
    reason: str = ""
    contact: str = ""
    sealed: bool = False
    cloud: bool = True
    hub: bool = True
    hosts: frozenset[str] | None = None
    models: frozenset[str] | None = None
    engines: frozenset[str] | None = None
    input: tuple[Path, ...] | None = None
    export: tuple[Path, ...] | None = None
    templates: tuple[Path, ...] | None = None
    approvers: frozenset[str] | None = None
    four_eyes: bool = False
    wrong: float | None = None
    days: int = 0
    encrypted: bool = False

    @property
    def managed(self) -> bool:
        """Whether an office says anything."""
        return self.file is not None

    @property
    def said(self) -> dict[str, str]:
        """What it keeps the person from, a sentence for each key that does."""
        several = _listed_names
        sentences = [
            ("sealed", self.sealed, "The seal cannot be broken by hand."),
            ("cloud", not self.cloud and not self.hosts, "No remote model can be used."),
            ("hosts", bool(self.hosts), f"Remote models can be used at {several(self.hosts)} only."),
            ("hub", not self.hub, "No model can be searched for or fetched."),
            (
                "models",
                self.models is not None,
                f"{len(self.models or ())} files of models can be loaded, and no others.",
            ),
            ("engines", self.engines is not None, f"Engines that can be used: {several(self.engines)}."),
            ("input", self.input is not None, f"Files are read in {_listed(self.input)} only."),
            ("export", self.export is not None, f"Tables are written in {_listed(self.export)} only."),
            (
                "templates",
                self.templates is not None,
                f"Templates are the built-in ones and those in {_listed(self.templates)}.",
            ),
            ("approvers", self.approvers is not None, f"Documents are approved by {several(self.approvers)} only."),
            ("four_eyes", self.four_eyes, "Who corrected a value does not approve the document."),
            (
                "wrong",
                self.wrong is not None,
                f"At most {(self.wrong or 0) * 100:g} % of what passes unseen may be wrong.",
            ),
            ("days", self.days > 0, f"Runs, verdicts and conversations are erased after {self.days} days."),
            ("encrypted", self.encrypted, "The database is encrypted."),
        ]
        return {key: sentence for key, holds, sentence in sentences if holds}

    @property
    def sentences(self) -> list[str]:
        """What it keeps the person from."""
        return list(self.said.values())

    @property
    def title(self) -> str:
        """That there is one, whose, why, and whom to ask; empty where there is none."""
        if not self.managed:
            return ""
        by = f"Managed by your organisation ({self.office})." if self.office else "Managed by your organisation."
        return " ".join(part for part in (by, self.reason, self.contact and f"Ask {self.contact}.") if part)

    def check_by_hand(self) -> None:
        """Raises PolicyError where the seal cannot be broken by hand."""
        if self.sealed:
            raise _refused("sealed", "Your organisation keeps Stillroom sealed, so the seal was not broken.")

    def check_host(self, host: str) -> None:
        """Raises PolicyError where no remote model may be reached there."""
        allowed = host in self.hosts if self.hosts is not None else self.cloud
        if not allowed:
            key = "cloud" if self.hosts is None else "hosts"
            sentence = f"Your organisation does not allow remote models at {host}, so nothing was sent."
            raise _refused(key, sentence, host=host)

    def check_hub(self) -> None:
        """Raises PolicyError where models may not be fetched."""
        if not self.hub:
            raise _refused(
                "hub", "Your organisation does not allow models to be fetched. Ask it for the ones that may be used."
            )

    def check_engine(self, name: str) -> None:
        """``name``: of a remote engine, or LOCAL. Raises PolicyError where it may not be used."""
        if self.engines is None or name in self.engines:
            return
        what = "models on this machine" if name == LOCAL else f"the engine {name}"
        sentence = f"Your organisation does not allow {what}. Engines that can be used: {_listed_names(self.engines)}."
        raise _refused("engines", sentence, engine=name)

    def check_models(self, files: Iterable[Path]) -> None:
        """Raises PolicyError where one of these files may not be loaded, StillroomError where it cannot be read."""
        if self.models is None:
            return
        from stillroom.storage.checksums import file_sha256

        for file in files:
            digest = file_sha256(file)
            if digest not in self.models:
                sentence = f"Your organisation does not allow the model file {file.name}. Use one that it allows."
                raise _refused("models", sentence, sha256=digest)

    def check_input(self, file: Path) -> None:
        """Raises PolicyError where this file may not be read."""
        if not _within(file, self.input):
            raise _refused(
                "input", f"Your organisation allows files in {_listed(self.input)} only. Move the file there."
            )

    def check_export(self, file: Path) -> None:
        """Raises PolicyError where a table may not be written there."""
        if not _within(file, self.export):
            raise _refused(
                "export", f"Your organisation allows tables in {_listed(self.export)} only. Choose a place there."
            )

    def check_template(self, file: Path) -> None:
        """Raises PolicyError where this template may not be used, or not be written."""
        if not _within(file, self.templates):
            raise _refused(
                "templates",
                f"Your organisation allows templates in {_listed(self.templates)} only, and the built-in ones.",
            )

    def check_approval(self, person: str, correctors: Collection[str]) -> None:
        """``correctors``: who changed a value of the document. Raises PolicyError where the person may not approve it."""
        sentence = self.no_approval(person, correctors)
        if sentence:
            raise _refused(
                "approvers" if person not in (self.approvers or (person,)) else "four_eyes", sentence, person=person
            )

    def no_approval(self, person: str, correctors: Collection[str]) -> str:
        """Why an approval by this person does not count, a sentence; empty where it does. Nothing is written down."""
        if self.approvers is not None and person not in self.approvers:
            return f"Your organisation lets {_listed_names(self.approvers)} approve documents, and nobody else."
        if self.four_eyes and person in correctors:
            return "Your organisation asks for a second person: who corrected a value of this document does not approve it."
        return ""

    def check_promise(self, wrong: float) -> None:
        """Raises PolicyError where such a share of what passes unseen may not be wrong."""
        if self.wrong is not None and wrong > self.wrong:
            sentence = f"Your organisation allows at most {self.wrong * 100:g} % of what passes unseen to be wrong."
            raise _refused("wrong", sentence, wrong=wrong)


def _refused(key: str, sentence: str, **facts: audit.Fact) -> PolicyError:
    """The error to be raised; that something was refused is written down."""
    audit.note("refused by the policy", key=key, **facts)
    return PolicyError(sentence)


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
    except (ValueError, RecursionError) as error:
        line = line_of_long_number(text)
        raise _wrong(f"{file}, line {line}: a number that is too long, or nested too deeply.") from error
    for table, keys in data.items():
        if table not in _KEYS or not isinstance(keys, dict):
            raise _wrong(f"{_place(file, text, table)}: there is no part {table}.")
        for key, value in keys.items():
            problem = _problem(table, key, value)
            if problem:
                raise _wrong(f"{_place(file, text, table, key)}: {problem}.")
    office, network, models, folders, review, retention = (data.get(name, {}) for name in _KEYS)
    return Policy(
        file=file,
        office=office.get("name", ""),
        reason=office.get("reason", ""),
        contact=office.get("contact", ""),
        sealed=network.get("sealed", False),
        cloud=network.get("cloud", True),
        hub=network.get("hub", True),
        hosts=_set(network, "hosts"),
        models=_set(models, "sha256"),
        engines=_set(models, "engines"),
        input=_folders(folders, "input"),
        export=_folders(folders, "export"),
        templates=_folders(folders, "templates"),
        approvers=_set(review, "approvers"),
        four_eyes=review.get("four_eyes", False),
        wrong=review.get("wrong"),
        days=retention.get("days", 0),
        encrypted=retention.get("encrypted", False),
    )


def _problem(table: str, key: str, value: Any) -> str:
    """What is wrong with a key; empty where nothing is."""
    kind = _KEYS[table].get(key)
    if kind is None:
        return f"there is no key {key} in {table}"
    texts: list[Any] = value if isinstance(value, list) else []
    right = type(value) is kind or (kind is float and type(value) is int)
    if not right or not all(isinstance(each, str) for each in texts):
        return f"{key} is {_SAID[kind]}"
    if key == "days" and not 1 <= value <= _MOST_DAYS:
        return f"days is from 1 to {_MOST_DAYS}"
    if key == "wrong" and not 0 <= value <= _MOST_WRONG:
        return f"wrong is a share from 0 to {_MOST_WRONG:g}"
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


def _listed_names(names: Collection[str] | None) -> str:
    return ", ".join(sorted(names or ())) or "none"


def _within(file: Path, folders: tuple[Path, ...] | None) -> bool:
    """Whether a file lies in one of the folders, whatever links lead there."""
    if folders is None:
        return True
    real = Path(os.path.realpath(file))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _listed(folders: tuple[Path, ...] | None) -> str:
    return ", ".join(str(folder) for folder in folders or ()) or "no folder"
