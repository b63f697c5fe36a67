"""Settings have their defaults, keep what they do not know, and are never lost to a file that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.settings import CONTEXT_TOKENS, MODEL, READER_SECONDS, SETTINGS, THREADS, Settings


def test_every_setting_is_declared_whole() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.name.count(".") == 1
        assert setting.description.endswith(".")
        assert setting.fits(setting.default)


def test_values_are_kept(tmp_path: Path) -> None:
    settings = Settings()
    assert (settings.get(MODEL), settings.get(THREADS)) == ("", 0)
    settings.set(MODEL, "phi ü")
    settings.set(THREADS, 3)
    assert (settings.get(MODEL), Settings().get(MODEL), Settings().get(THREADS)) == ("phi ü", "phi ü", 3)
    assert settings.path == paths.config_dir() / "settings.toml"
    assert not Settings(tmp_path / "other.toml").path.exists()


def test_comments_and_what_is_not_known_stay(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text("# mine\n[engine]\nthreads = 2 # two\nfuture = [1, 2]\n[later]\nx = 1\n", "utf-8")
    settings = Settings(file)
    assert settings.get(THREADS) == 2
    settings.set(THREADS, 4)
    assert file.read_text("utf-8") == "# mine\n[engine]\nthreads = 4 # two\nfuture = [1, 2]\n[later]\nx = 1\n"
    settings.set(READER_SECONDS, 90)
    assert Settings(file).get(READER_SECONDS) == 90


@pytest.mark.parametrize("value", ['"four"', "-1", "4.0", "true", "99999"])
def test_a_value_that_does_not_fit_is_said_and_not_used(tmp_path: Path, value: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(f"[engine]\nthreads = {value}\n", "utf-8")
    settings = Settings(file)
    assert settings.get(THREADS) == 0
    (problem,) = settings.problems
    assert "engine.threads" in problem
    settings.set(MODEL, "m")
    assert f"threads = {value}" in file.read_text("utf-8")
    with pytest.raises(ValueError, match=r"is no value of engine\.threads"):
        settings.set(THREADS, -1)


def test_as_usual_fits_beside_the_least_number(tmp_path: Path) -> None:
    assert [tokens for tokens in (-1, 0, 1, 64, 511, 512, 8192) if CONTEXT_TOKENS.fits(tokens)] == [0, 512, 8192]
    (tmp_path / "s.toml").write_text("[engine]\ncontext_tokens = 64\n", "utf-8")
    settings = Settings(tmp_path / "s.toml")
    assert settings.get(CONTEXT_TOKENS) == 0
    assert "Tokens of context, at least 512" in settings.problems[0]


@pytest.mark.parametrize("content", [b"engine = [", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_a_file_that_cannot_be_read_is_kept_aside(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "s.toml"
    file.write_bytes(content)
    settings = Settings(file)
    assert settings.get(MODEL) == ""
    assert "cannot be used" in settings.problems[0]
    assert file.read_bytes() == content, "reading changes nothing"
    settings.set(MODEL, "m")
    assert Settings(file).get(MODEL) == "m"
    (aside,) = (path for path in tmp_path.iterdir() if path != file)
    assert aside.read_bytes() == content


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(tmp_path / "file" / "s.toml")
    with pytest.raises(StillroomError, match=r"s\.toml was not written"):
        settings.set(MODEL, "m")
