"""The encrypted database: nothing of it in plain, nothing lost on the way there or back, wrong keys and missing keyrings told."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlcipher3")

from tests.privacy.keyring import Keyring

from stillroom import paths
from stillroom.child import child_environment
from stillroom.privacy.encryption import PASSPHRASE, Encryption
from stillroom.privacy.policy import Policy, PolicyError
from stillroom.privacy.secrets import Secrets
from stillroom.settings import ENCRYPTED, Settings
from stillroom.storage.database import Database, StorageError
from stillroom.storage.encryption import EncryptionError, convert, is_encrypted

_MOMENT = "2026-01-02T03:04:05+00:00"
CANARY = "Zwetschgenkuchen"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "stillroom.sqlite"
    with Database(path) as database:
        fill(database)
    return path


def fill(database: Database, rows: int = 200) -> None:
    with database.transaction() as connection:
        for number in range(rows):
            connection.execute(
                "INSERT INTO conversations (title, created, changed, settings, draft) VALUES (?, ?, ?, '{}', ?)",
                (f"{CANARY} {number}", _MOMENT, _MOMENT, CANARY * 20),
            )
        connection.execute("CREATE VIRTUAL TABLE found USING fts5(words)")
        connection.execute("INSERT INTO found VALUES (?)", (f"{CANARY} is good",))


def titles(database: Database) -> list[str]:
    with database.reading() as connection:
        return [title for (title,) in connection.execute("SELECT title FROM conversations ORDER BY id")]


def encryption(file: Path, tmp_path: Path, keyring: Keyring | None = None, **policy: Any) -> Encryption:
    def find() -> Any:
        if keyring is None:
            raise RuntimeError("none here")
        return keyring

    secrets = Secrets(find)
    return Encryption(file, Settings(tmp_path / "settings.toml"), Policy(**policy), lambda: secrets)


def plain_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_nothing_of_it_is_in_plain_and_all_of_it_is_there(file: Path, tmp_path: Path) -> None:
    keyring = Keyring()
    with Database(file) as database:
        before = titles(database)
    assert plain_in(file.parent)
    old = os.open(file, os.O_RDONLY)  # what the disk keeps of a file whose name is gone
    try:
        encryption(file, tmp_path, keyring).encrypt()
        assert CANARY.encode() not in os.pread(old, 1 << 24, 0)
    finally:
        os.close(old)
    assert plain_in(file.parent) == []
    kept = encryption(file, tmp_path, keyring)
    assert "keyring" in kept.state
    with kept.open() as database:
        assert database.encrypted
        assert titles(database) == before
        fill_more = "INSERT INTO found VALUES (?)"
        with database.transaction() as connection:
            connection.execute(fill_more, (f"another {CANARY}",))
            assert connection.execute(f"SELECT count(*) FROM found WHERE found MATCH '{CANARY}'").fetchone() == (2,)
        assert plain_in(file.parent) == []  # nor in the journal
    assert file.stat().st_mode & 0o077 == 0
    encryption(file, tmp_path, keyring).decrypt()
    assert not is_encrypted(file)
    assert keyring.kept == {}
    assert not file.with_name("encryption.json").exists()
    with Database(file) as database:
        assert titles(database) == before
        assert database.notice == ""


def test_a_wish_comes_true_at_the_next_start_and_so_does_its_end(file: Path, tmp_path: Path) -> None:
    keyring, settings = Keyring(), Settings(tmp_path / "settings.toml")
    settings.set(ENCRYPTED, True)
    kept = encryption(file, tmp_path, keyring)
    assert kept.state == "not encrypted, and will be at the next start"
    with kept.open() as database:
        assert database.encrypted
        assert len(titles(database)) == 200
    settings.set(ENCRYPTED, False)
    with encryption(file, tmp_path, keyring).open() as database:
        assert not database.encrypted
        assert len(titles(database)) == 200


def test_a_new_database_begins_encrypted(tmp_path: Path) -> None:
    Settings(tmp_path / "settings.toml").set(ENCRYPTED, True)
    file = tmp_path / "new" / "stillroom.sqlite"
    file.parent.mkdir()
    with encryption(file, tmp_path, Keyring()).open() as database:
        assert database.encrypted
        fill(database, 3)
    assert plain_in(file.parent) == []


def test_another_key_is_refused_with_a_sentence_and_nothing_is_moved(file: Path, tmp_path: Path) -> None:
    keyring = Keyring()
    encryption(file, tmp_path, keyring).encrypt()
    whole = file.read_bytes()
    keyring.kept = dict.fromkeys(keyring.kept, "00" * 32)
    with pytest.raises(EncryptionError, match="not that of this database"):
        encryption(file, tmp_path, keyring).open()
    with pytest.raises(EncryptionError, match="Unlock the keyring"):
        encryption(file, tmp_path, Keyring()).open()
    with pytest.raises(EncryptionError, match="not to be had"):
        encryption(file, tmp_path, None).open()
    assert file.read_bytes() == whole
    assert [path.name for path in file.parent.iterdir() if "damaged" in path.name] == []


def test_a_passphrase_is_asked_for_and_a_wrong_one_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(EncryptionError, match="at least 8"):
        encryption(file, tmp_path).encrypt("short")
    encryption(file, tmp_path).encrypt("horse battery ü")
    assert plain_in(file.parent) == []
    asked: list[str] = []

    def ask(words: str, *, answers: list[str]) -> str:
        asked.append(words)
        return answers.pop(0)

    kept = encryption(file, tmp_path)
    answers = ["wrong", "horse battery ü"]
    kept.ask = lambda words: ask(words, answers=answers)
    with kept.open() as database:
        assert len(titles(database)) == 200
    assert len(asked) == 2
    assert asked[1].startswith("That was not it")
    kept = encryption(file, tmp_path)
    kept.ask = lambda _: "wrong"
    with pytest.raises(EncryptionError, match="not the passphrase"):
        kept.open()
    with pytest.raises(EncryptionError, match=PASSPHRASE):
        encryption(file, tmp_path).open()  # nobody sits here


def test_without_a_keyring_it_stays_as_it_is_and_an_office_is_obeyed(file: Path, tmp_path: Path) -> None:
    with pytest.raises(EncryptionError, match=r"no keyring.*--passphrase"):
        encryption(file, tmp_path).encrypt()
    Settings(tmp_path / "settings.toml").set(ENCRYPTED, True)
    kept = encryption(file, tmp_path)
    with kept.open() as database:
        assert not database.encrypted
        assert len(titles(database)) == 200
    assert "no keyring" in kept.notice
    with pytest.raises(PolicyError, match="Your organisation wants the database encrypted"):
        encryption(file, tmp_path, encrypted=True).open()
    keyring = Keyring()
    with encryption(file, tmp_path, keyring, encrypted=True).open() as database:
        assert database.encrypted
    with pytest.raises(PolicyError, match="left so"):
        encryption(file, tmp_path, keyring, encrypted=True).decrypt()


def test_nothing_is_written_anew_while_another_has_it_open(file: Path, tmp_path: Path) -> None:
    keyring = Keyring()
    with Database(file), pytest.raises(EncryptionError, match="Another Stillroom is open"):
        encryption(file, tmp_path, keyring).encrypt()
    assert not is_encrypted(file)
    with encryption(file, tmp_path, keyring).open() as database:  # the wish was left, and is come after
        assert database.encrypted


def test_a_damaged_encrypted_file_is_set_aside(file: Path, tmp_path: Path) -> None:
    keyring = Keyring()
    encryption(file, tmp_path, keyring).encrypt()
    content = bytearray(file.read_bytes())
    content[100:4000] = os.urandom(3900)
    file.write_bytes(content)
    with encryption(file, tmp_path, keyring).open() as database:
        assert "damaged" in database.notice
        assert database.encrypted
        assert titles(database) == []


def test_a_newer_file_is_left_as_it_is(file: Path, tmp_path: Path) -> None:
    keyring = Keyring()
    with Database(file) as database, database.transaction() as connection:
        connection.execute("PRAGMA user_version = 999")
    with pytest.raises(StorageError, match="newer Stillroom"):
        encryption(file, tmp_path, keyring).encrypt()
    assert not is_encrypted(file)


_CONVERTING = """
    import sys
    from pathlib import Path
    from stillroom.storage.encryption import convert, in_use, is_encrypted
    file, key = Path(sys.argv[1]), bytes(range(32))
    while True:
        with in_use(file, alone=True):
            print("begins", flush=True)
            encrypted = is_encrypted(file)
            convert(file, key if encrypted else None, None if encrypted else key)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_killed_at_any_moment_nothing_is_lost(file: Path) -> None:
    """STILLROOM_TEST_ENCRYPTION_KILLS: how often; else 12 times."""
    key = bytes(range(32))
    with Database(file) as database:
        before = titles(database)
    seen, moments = set(), random.Random(16)
    for number in range(int(os.environ.get("STILLROOM_TEST_ENCRYPTION_KILLS", "12"))):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_CONVERTING), str(file)],
            stdout=subprocess.PIPE,
            env=child_environment(),
        )
        assert process.stdout is not None
        for _ in range(1 + number % 3):
            process.stdout.readline()
        time.sleep(moments.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        encrypted = file.read_bytes()[:6] != b"SQLite"
        seen.add(encrypted)
        with Database(file, key=lambda encrypted=encrypted: key if encrypted else None) as database:
            assert database.notice == ""
            assert titles(database) == before
        left = {path.name for path in file.parent.iterdir()} - {"locks"}
        # SQLite's own says nothing, and goes with the next conversion.
        assert left - {f"{file.name}-journal"} == {file.name}
    assert seen == {False, True}
    if not encrypted:
        convert(file, None, key)
    assert plain_in(file.parent) == []
    convert(file, key, None)
    with Database(file) as database:
        assert titles(database) == before


def test_the_command_line_encrypts_and_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stillroom import cli

    monkeypatch.setenv(PASSPHRASE, "horse battery")
    paths.data_dir().mkdir(parents=True, exist_ok=True)
    with Database(paths.database_file()) as database:
        fill(database, 5)
    assert cli.main(["database", "encrypt", "--passphrase"]) == 0
    assert cli.main(["database", "status"]) == 0
    assert "encrypted; its key is made of a passphrase" in capsys.readouterr().out
    assert plain_in(paths.data_dir()) == []
    assert cli.main(["erase"]) != 0  # opens it, and only says what it would do
    assert "5 conversations" in capsys.readouterr().err
    monkeypatch.setenv(PASSPHRASE, "battery horse")
    assert cli.main(["erase"]) == 1
    assert "not the passphrase" in capsys.readouterr().err
    monkeypatch.setenv(PASSPHRASE, "horse battery")
    assert cli.main(["database", "decrypt"]) == 0
    assert "not encrypted" in capsys.readouterr().out
