"""Encryption of the database: its key, and the file written anew when the person or the office wants it otherwise."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from stillroom.atomic import write_text
from stillroom.privacy import audit
from stillroom.privacy.policy import Policy, PolicyError
from stillroom.settings import ENCRYPTED, Settings
from stillroom.storage.database import Database
from stillroom.storage.encryption import KEY_BYTES, EncryptionError, available, convert, errors, in_use, is_encrypted

if TYPE_CHECKING:
    from stillroom.privacy.secrets import Secrets

PASSPHRASE = "STILLROOM_PASSPHRASE"
"""The variable of the environment that a script gives the passphrase in. No child is handed it."""
_NAME = "database"
"""Of the key in the keyring."""
_LEAST_CHARACTERS = 8
# A guess takes 64 MiB and some tenths of a second.
_SCRYPT = {"n": 1 << 16, "r": 8, "p": 1, "maxmem": 128 << 20, "dklen": KEY_BYTES}


class KeyPlace(StrEnum):
    """A place where the key of the database comes from."""

    KEYRING = "keyring"
    PASSPHRASE = "passphrase"


@dataclass(frozen=True, slots=True)
class _Lock:
    """What lies beside an encrypted database: where its key comes from. ``check`` tells a wrong key without the database."""

    place: KeyPlace
    salt: bytes
    check: str

    def to_json(self) -> str:
        return json.dumps({"key": self.place.value, "salt": self.salt.hex(), "check": self.check})


class Encryption:
    """The database's encryption.

    Attributes:
        ask: how a person is asked for the passphrase, with a sentence; raises StillroomError where nobody can be.
        notice: a sentence where what the person wished for could not be done; else empty.
    """

    def __init__(self, file: Path, settings: Settings, policy: Policy, find_secrets: Callable[[], Secrets]) -> None:
        self._file, self._settings, self._policy, self._secrets = file, settings, policy, find_secrets
        self._lock_file = file.with_name("encryption.json")
        self.ask: Callable[[str], str] = ask_on_terminal
        self.notice = ""
        self._found: dict[str, bytes] = {}  # by their checks

    @property
    def state(self) -> str:
        """How the database is kept, for a person."""
        lock = self._lock() if is_encrypted(self._file) else None
        if lock is not None:
            return "encrypted; its key " + (
                "is in the system's keyring" if lock.place is KeyPlace.KEYRING else "is made of a passphrase"
            )
        if not available():
            return "not encrypted; sqlcipher3 is not installed, so it cannot be"
        waiting = ", and will be at the next start" if self._wanted and self._file.exists() else ""
        return f"not encrypted{waiting}"

    def open(self) -> Database:
        """The database, encrypted or not as the person and the office want it; written anew for that where nobody else uses it.

        Raises StorageError, EncryptionError, PolicyError where an office wants what cannot be had.
        """
        self.notice = ""
        try:
            self._bring_about()
        except EncryptionError as error:
            if self._policy.encrypted and not is_encrypted(self._file):
                raise PolicyError(f"Your organisation wants the database encrypted. {error.message}") from error
            self.notice = error.message
        return Database(self._file, key=self._key)

    def encrypt(self, passphrase: str | None = None) -> None:
        """Encrypt the database now, with a key in the keyring or made of a passphrase. Nothing of this process may have it open.

        Raises StillroomError.
        """
        if is_encrypted(self._file):
            raise EncryptionError(
                "The database is encrypted already. Decrypt it first to change where its key comes from."
            )
        key = self._new_key(passphrase)
        self._settings.set(ENCRYPTED, True)
        self._convert(key)

    def decrypt(self) -> None:
        """Write the database in plain again. Nothing of this process may have it open. Raises StillroomError."""
        if self._policy.encrypted:
            raise PolicyError("Your organisation wants the database encrypted, so it was left so.")
        if not is_encrypted(self._file):
            raise EncryptionError("The database is not encrypted.")
        self._settings.set(ENCRYPTED, False)
        self._convert(None)

    @property
    def _wanted(self) -> bool:
        return self._policy.encrypted or self._settings.get(ENCRYPTED)

    def _bring_about(self) -> None:
        encrypted = is_encrypted(self._file)
        if encrypted == self._wanted:
            return
        if encrypted:
            self._convert(None)
        elif not available():
            raise EncryptionError(
                "The database cannot be encrypted: sqlcipher3 is not installed. Run the set-up again."
            )
        else:
            self._convert(self._kept_key() or self._new_key(None))

    def _convert(self, new_key: bytes | None) -> None:
        if self._file.exists() and self._file.stat().st_size:
            # Brought to its newest form, and found whole, before it is written anew.
            Database(self._file, key=self._key).close()
        failures: tuple[type[Exception], ...] = (OSError, *errors())
        try:
            with in_use(self._file, alone=True):
                there = self._file.exists() and self._file.stat().st_size > 0
                if there and is_encrypted(self._file) == (new_key is None):
                    convert(self._file, self._key(), new_key)
        except failures as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise EncryptionError(
                f"The database could not be written anew ({reason}). It was left as it was."
            ) from error
        if new_key is None:
            lock = self._lock()
            self._lock_file.unlink(missing_ok=True)
            if lock is not None and lock.place is KeyPlace.KEYRING:
                self._secrets().delete(_NAME)
        audit.note("database encrypted" if new_key is not None else "database decrypted")

    def _key(self) -> bytes | None:
        """Of the file as it is; None where it is plain. Raises EncryptionError."""
        empty = not self._file.exists() or not self._file.stat().st_size
        if not is_encrypted(self._file) and not (empty and self._wanted and self._lock() is not None):
            return None
        lock = self._lock()
        if lock is None:
            return None  # no database of ours, or a damaged one
        if not available():
            raise EncryptionError("The database is encrypted, and sqlcipher3 is not installed. Run the set-up again.")
        return self._key_of(lock)

    def _key_of(self, lock: _Lock) -> bytes:
        if lock.check in self._found:  # a person is asked once
            return self._found[lock.check]
        if lock.place is KeyPlace.PASSPHRASE:
            for words in (
                "Passphrase of Stillroom's database",
                *["That was not it. Passphrase of Stillroom's database"] * 2,
            ):
                key = self._of_passphrase(self.ask(words), lock.salt)
                if _check(key) == lock.check:
                    self._found[lock.check] = key
                    return key
            raise EncryptionError(
                "That is not the passphrase of the database. Nothing was opened or changed; try again."
            )
        secret = self._secrets().get(_NAME)
        if secret is None:
            why = self._secrets().notice or "The key is not there."
            raise EncryptionError(
                f"The database is encrypted, and its key is not to be had from the system's keyring. {why} Unlock the keyring, "
                "and start again; nothing was changed."
            )
        key = bytes.fromhex(secret.reveal())
        if _check(key) != lock.check:
            raise EncryptionError(
                "The key in the system's keyring is not that of this database. Nothing was opened or changed."
            )
        return key

    def _kept_key(self) -> bytes | None:
        """Of a conversion that was cut off, or of a passphrase that was agreed on."""
        lock = self._lock()
        return self._key_of(lock) if lock is not None else None

    def _new_key(self, passphrase: str | None) -> bytes:
        """A key that is kept, and written down where it comes from, before anything is encrypted with it."""
        from stillroom.privacy.secrets import SecretText

        if not available():
            raise EncryptionError(
                "The database cannot be encrypted: sqlcipher3 is not installed. Run the set-up again."
            )
        salt = secrets.token_bytes(16)
        place = KeyPlace.KEYRING if passphrase is None else KeyPlace.PASSPHRASE
        if passphrase is not None:
            if len(passphrase) < _LEAST_CHARACTERS:
                raise EncryptionError(f"A passphrase has at least {_LEAST_CHARACTERS} characters. Nothing was changed.")
            key = self._of_passphrase(passphrase, salt)
        else:
            key = secrets.token_bytes(KEY_BYTES)
            if not self._secrets().set(_NAME, SecretText(key.hex())):
                self._secrets().delete(_NAME)
                raise EncryptionError(
                    "The database was not encrypted: the system has no keyring that would keep its key. "
                    "A passphrase does without one: stillroom database encrypt --passphrase."
                )
        write_text(self._lock_file, _Lock(place, salt, _check(key)).to_json())
        self._found[_check(key)] = key
        return key

    def _of_passphrase(self, passphrase: str, salt: bytes) -> bytes:
        return hashlib.scrypt(passphrase.encode("utf-8", "surrogatepass"), salt=salt, **_SCRYPT)

    def _lock(self) -> _Lock | None:
        try:
            data = json.loads(self._lock_file.read_text("utf-8"))
            return _Lock(KeyPlace(data["key"]), bytes.fromhex(data["salt"]), str(data["check"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncryptionError(
                f"{self._lock_file} cannot be read, so the database's key is not to be had. Put the file back from a backup."
            ) from error


def ask_on_terminal(sentence: str) -> str:
    """The passphrase from the environment, or from whoever sits at the terminal. Raises EncryptionError where nobody does."""
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    if not sys.stdin or not sys.stdin.isatty():
        raise EncryptionError(f"The database is encrypted with a passphrase. Set {PASSPHRASE}, or start on a terminal.")
    return getpass.getpass(f"{sentence}: ")


def _check(key: bytes) -> str:
    return hashlib.sha256(b"stillroom database " + key).hexdigest()
