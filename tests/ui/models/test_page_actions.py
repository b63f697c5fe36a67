"""What the Models page does with the chosen model, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.gguf.make_gguf import write_tiny
from tests.ui.models.on_page import choose, rows

from stillroom import paths
from stillroom.ui.models import page as page_source
from stillroom.ui.models.adapters_dialog import AdaptersDialog
from stillroom.ui.models.detail import ModelAction
from stillroom.ui.models.page import ModelsPage

pytestmark = pytest.mark.window


@pytest.mark.parametrize("changed", [True, False])
def test_what_was_attached_holds_from_the_next_load_on(
    changed: bool, page: ModelsPage, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny(paths.models_dir() / "own.gguf")
    page.look()
    qtbot.waitUntil(lambda: any(row.name == "own" for row in rows(page)), timeout=15_000)
    choose(page, "own")
    asked: list[str] = []
    monkeypatch.setattr(page, "look", lambda: asked.append("look"))
    monkeypatch.setattr(page._loading, "choose", lambda file: asked.append(f"load {file.name}"))

    monkeypatch.setattr(AdaptersDialog, "changed", changed)
    monkeypatch.setattr(AdaptersDialog, "exec", lambda _: 1)
    page.detail.buttons["adapters"].click()
    assert asked == (["look"] if changed else []), "another model is loaded"
    asked.clear()
    monkeypatch.setattr(page._loading, "model", object())
    monkeypatch.setattr(page._loading, "wanted", "own")
    page._act(ModelAction.ADAPTERS)
    assert asked == (["look", "load own"] if changed else [])


def test_removing_asks_first_and_gives_the_memory_back(
    page: ModelsPage, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_tiny(paths.models_dir() / "own.gguf")
    page.look()
    qtbot.waitUntil(lambda: any(row.name == "own" for row in rows(page)), timeout=15_000)
    choose(page, "own")
    unloaded: list[bool] = []
    monkeypatch.setattr(page._loading, "unload", lambda: unloaded.append(True))
    monkeypatch.setattr(page._parts.models, "remove", lambda model: model.path.unlink())
    answers = [False, True]
    monkeypatch.setattr(page_source, "agreed", lambda *_: answers.pop(0))
    page.detail.buttons["remove"].click()
    assert (file.exists(), unloaded) == (True, [])
    monkeypatch.setattr(page._loading, "wanted", "own")
    page._act(ModelAction.REMOVE)
    qtbot.waitUntil(lambda: all(row.name != "own" for row in rows(page)), timeout=15_000)
    assert (file.exists(), unloaded) == (False, [True])
    assert page.banners._keyed["work"].message.text() == "own is in the trash."


def test_of_a_model_in_parts_only_the_first_is_imported(
    page: ModelsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(page.work, "bring", lambda files, *_: asked.append([file.name for file in files]))
    inner = tmp_path / "stick" / "models"
    inner.mkdir(parents=True)
    for name in ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf", "b.gguf", "notes.txt"):
        (inner / name).touch()
    page.bring([tmp_path / "stick"])
    assert asked == [["a-00001-of-00002.gguf", "b.gguf"]]
