"""Keys: in the keyring, and nowhere else whatever the keyring does."""

from __future__ import annotations

import logging
import pickle
import threading
import time
import traceback
from pathlib import Path

import keyring.errors
import pytest

from stillroom.privacy.secrets import SERVICE, PlainKeyringError, Secrets, SecretText
from stillroom.settings import MODEL, Settings
from stillroom.storage.database import Database

KEY = "sk-7f3a9c-never-on-disk"


class MemoryKeyring:
    """A keyring that works."""

    name = "memory"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked(f"cannot read {username} of {service}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked(f"cannot store {password} as {username} of {service}")


class HangingKeyring(MemoryKeyring):
    def __init__(self) -> None:
        super().__init__()
        self.end = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.end.wait(30)
        return super().get_password(service, username)


def test_a_keyring_that_works_keeps_the_key_beyond_the_session() -> None:
    backend = MemoryKeyring()
    secrets = Secrets(lambda: backend)
    assert secrets.set("office", SecretText(KEY))
    assert secrets.notice == ""
    assert backend.kept == {(SERVICE, "office"): KEY}
    another = Secrets(lambda: backend)
    found = another.get("office")
    assert found is not None
    assert found.reveal() == KEY
    another.delete("office")
    assert Secrets(lambda: backend).get("office") is None


def _absent() -> MemoryKeyring:
    raise keyring.errors.NoKeyringError("none")


@pytest.mark.parametrize(
    ("kind", "said"),
    [("absent", "no keyring"), ("locked", "is locked"), ("hanging", "did not answer"), ("plain", "anyone can read")],
)
def test_without_a_keyring_the_key_is_in_memory_only_and_that_is_said(
    kind: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path))
    caplog.set_level(logging.DEBUG)
    hanging = HangingKeyring()

    def plain() -> MemoryKeyring:
        raise PlainKeyringError

    finders = {"absent": _absent, "locked": LockedKeyring, "hanging": lambda: hanging, "plain": plain}
    secrets = Secrets(finders[kind], seconds=0.3)
    started = time.monotonic()
    assert not secrets.set("office", SecretText(KEY))
    for _ in range(20):
        found = secrets.get("office")
        assert found is not None
        assert found.reveal() == KEY
    assert time.monotonic() - started < 3, "a keyring that hangs is asked once"
    assert said in secrets.notice
    assert secrets.in_memory("office")
    assert Secrets(finders[kind], seconds=0.3).get("office") is None, "the next session does not have it"
    settings = Settings()
    settings.set(MODEL, "a model")
    database = Database(tmp_path / "data" / "stillroom.sqlite")
    database.connection()
    database.close()
    assert KEY not in caplog.text
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes(), file
    hanging.end.set()


def test_a_keyring_that_was_unlocked_is_used_when_it_is_tried_again() -> None:
    backends: list[MemoryKeyring] = [LockedKeyring(), MemoryKeyring()]
    secrets = Secrets(lambda: backends.pop(0), seconds=1)
    assert not secrets.set("office", SecretText(KEY))
    secrets.try_again()
    assert secrets.set("office", SecretText(KEY))
    assert secrets.notice == ""
    assert not secrets.in_memory("office")


def test_a_secret_does_not_show_itself() -> None:
    secret = SecretText(KEY)
    try:
        raise ValueError(secret)
    except ValueError:
        told = traceback.format_exc()
    assert KEY not in f"{secret} {secret!r} {[secret]}" + told
    with pytest.raises(TypeError):
        pickle.dumps(secret)
