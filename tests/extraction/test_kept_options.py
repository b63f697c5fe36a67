"""What a model makes of options is asked once, whatever is started again; with another model, or where it is damaged, anew."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.extraction.test_subject import DESK, TOPICS, ThinkingEngine, made

from stillroom import paths
from stillroom.engine.protocol import Adapter, ModelInfo
from stillroom.engine.status import EngineStatus
from stillroom.extraction.choices import Look, examples
from stillroom.extraction.kept_options import KeptOptions
from stillroom.extraction.subject import Embedder
from stillroom.privacy.erasing import erase_files
from stillroom.templates.template import Option


class LoadedEngine(ThinkingEngine):
    """One whose model is a file."""

    def __init__(self, path: Path, adapters: tuple[Adapter, ...] = ()) -> None:
        super().__init__()
        self._path, self._adapters = path, adapters

    def status(self) -> EngineStatus:
        status = super().status()
        assert status.model is not None
        options = replace(status.model.options, adapters=self._adapters)
        return replace(status, model=replace(status.model, path=str(self._path), options=options))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"weights")
    return file


def asked(engine: LoadedEngine, text: str = "a rose") -> tuple[list[str], np.ndarray]:
    """The texts that an engine is asked about where one is held against the options, by an embedder that was just started."""
    embedder = Embedder(engine, kept=KeptOptions(paths.options_dir()))
    look = Look.at(DESK, made(text)).told(embedder(text), embedder)
    return engine.texts, look.near


def test_options_are_asked_about_once_and_documents_are_never_kept(model: Path) -> None:
    texts, near = asked(LoadedEngine(model))
    assert set(TOPICS) < set(texts)
    files = list(paths.options_dir().iterdir())
    assert len(files) == len(texts) - 1
    again, same = asked(LoadedEngine(model))
    assert again == ["a rose"]
    np.testing.assert_allclose(same, near, atol=1e-6)
    # An option that is also a document's text says no less of that than another.
    assert asked(LoadedEngine(model), "garden")[0] == ["garden"]


def test_phrases_are_kept_by_the_options_that_are_read_before_them(model: Path) -> None:
    def texts(*named: str) -> list[str]:
        engine = LoadedEngine(model)
        embedder = Embedder(engine, kept=KeptOptions(paths.options_dir()))
        field = replace(DESK, options=tuple(map(Option, named)))
        among = embedder("a rose", examples=examples(field))
        assert Look.at(field, made("a rose")).told(embedder("a rose"), embedder, among).behind.any()
        return [text for text, before in zip(engine.texts, engine.before, strict=True) if examples(field) in before]

    assert texts("garden", "boats") == ["a rose", "garden", "boats"]
    assert texts("garden", "boats") == ["a rose"]
    assert texts("garden", "music") == ["a rose", "garden", "music"]


def test_another_model_or_adapter_is_asked_anew(model: Path, tmp_path: Path) -> None:
    asked(LoadedEngine(model))
    adapter = tmp_path / "adapter.gguf"
    adapter.write_bytes(b"more")
    assert len(asked(LoadedEngine(model, (Adapter(str(adapter), 1.0),)))[0]) > 1
    assert len(asked(LoadedEngine(model, (Adapter(str(adapter), 0.5),)))[0]) > 1
    assert len(asked(LoadedEngine(model))[0]) == 1
    model.write_bytes(b"other weights")
    assert len(asked(LoadedEngine(model))[0]) > 1
    model.unlink()
    assert len(asked(LoadedEngine(model))[0]) > 1


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x93NUMPY\x01\x00\x10"])
def test_what_is_damaged_is_asked_anew(model: Path, content: bytes) -> None:
    _, near = asked(LoadedEngine(model))
    for file in paths.options_dir().iterdir():
        file.write_bytes(content)
    texts, same = asked(LoadedEngine(model))
    assert set(TOPICS) < set(texts)
    np.testing.assert_allclose(same, near, atol=1e-6)
    assert asked(LoadedEngine(model))[0] == ["a rose"]


def test_numbers_that_are_none_are_asked_anew(model: Path) -> None:
    asked(LoadedEngine(model))
    for file in paths.options_dir().iterdir():
        with file.open("wb") as written:
            np.save(written, np.full(5, np.nan, dtype=np.float32))
    assert len(asked(LoadedEngine(model))[0]) > 1


def test_the_oldest_go_where_there_are_too_many(model: Path) -> None:
    info = LoadedEngine(model).status().model
    assert isinstance(info, ModelInfo)
    kept = KeptOptions(paths.options_dir(), 3)
    for number in range(5):
        kept.keep(info, str(number), np.array([1.0, number]))
        for age, file in enumerate(sorted(paths.options_dir().iterdir(), key=lambda each: each.stat().st_mtime_ns)):
            os.utime(file, (age, age))
    assert [kept.find(info, str(number)) is not None for number in range(5)] == [False, False, True, True, True]


def test_a_folder_that_cannot_be_written_costs_time_alone(model: Path) -> None:
    paths.cache_dir().mkdir(parents=True, exist_ok=True)
    paths.options_dir().write_text("no folder")
    for _ in range(2):
        texts, near = asked(LoadedEngine(model))
        assert set(TOPICS) < set(texts)
        assert near.any()


def test_they_are_erased_with_the_rest(model: Path, tmp_path: Path) -> None:
    asked(LoadedEngine(model))
    erase_files(tmp_path / "none.sqlite", datetime.now(UTC) - timedelta(days=1))
    assert paths.options_dir().exists()
    erase_files(tmp_path / "none.sqlite")
    assert not paths.options_dir().exists()
