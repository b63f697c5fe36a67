"""The Models page: what it says of each model, importing, refusing, and that nothing connects unasked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QPushButton
from tests.gguf.make_gguf import gguf, tiny_metadata, tiny_tensors, write_adapter, write_projector, write_tiny
from tests.ui.models.on_page import choose, rows

from stillroom import paths
from stillroom.engine.protocol import LoadOptions
from stillroom.models.adapters import attached
from stillroom.models.fit.estimate import Estimate, Fit, Machine, Memory, Use, Verdict
from stillroom.models.hub.client import HubFile, Offer
from stillroom.models.hub.download import DownloadProgress
from stillroom.models.hub.download_queue import Download, DownloadState
from stillroom.models.hub.offers import Assessed
from stillroom.models.library import find_model
from stillroom.models.projectors import projector_of
from stillroom.ui.models.adapters_dialog import AdaptersDialog
from stillroom.ui.models.compare_dialog import CompareDialog
from stillroom.ui.models.downloads import DownloadList
from stillroom.ui.models.hub_dialog import HubDialog
from stillroom.ui.models.memory_bar import MemoryBar
from stillroom.ui.models.model_table import ModelFilter, ModelTable
from stillroom.ui.models.page import ModelsPage
from stillroom.ui.models.projector_dialog import ProjectorDialog
from stillroom.workspace import model_list as row_source
from stillroom.workspace.model_list import ModelRow, Place

pytestmark = pytest.mark.window


def test_a_model_is_imported_by_drop_and_can_be_chosen(page: ModelsPage, qtbot, drop, tmp_path: Path) -> None:
    drop(page, [write_tiny(tmp_path / "tiny.gguf")])
    qtbot.waitUntil(lambda: any(row.name == "tiny" for row in rows(page)), timeout=15_000)
    assert (paths.models_dir() / "tiny.gguf").is_file()
    row = page.row()
    assert row is not None
    assert row.name == "tiny", "what was imported is chosen"
    assert page.table.visualRect(page.table.currentIndex()).intersects(page.table.viewport().rect())
    assert page.detail.buttons["load"].isVisibleTo(page)
    assert page.detail.buttons["remove"].isVisibleTo(page)
    before = page.detail.bar.accessibleDescription()
    page.detail.cache.setCurrentIndex(1)
    assert page.detail.bar.accessibleDescription() != before
    assert page.detail.bar.accessibleDescription().startswith("weights")


def test_it_is_loaded_with_the_context_that_was_chosen(
    page: ModelsPage, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tiny(paths.models_dir() / "tiny.gguf")
    page.look()
    qtbot.waitUntil(lambda: any(row.name == "tiny" for row in rows(page)), timeout=15_000)
    choose(page, "tiny")
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(page._loading, "choose", lambda file, *how: asked.append((file.name, *how)))
    load = page.detail.buttons["load"]
    load.click()
    page.detail.cache.setCurrentIndex(page.detail.cache.findData("q8_0"))
    load.click()
    tokens = page.detail.context_tokens
    assert asked == [("tiny", tokens, ""), ("tiny", tokens, "q8_0")]
    row, machine = page.row(), page._machine
    page.detail.show_row(row, machine, "tiny", LoadOptions(context_tokens=1024, kv_type="q8_0"))
    assert (page.detail.context_tokens, page.detail.kv_type, load.text()) == (1024, "q8_0", "Load again")
    page.detail.cache.setCurrentIndex(0)
    load.click()
    assert asked[-1] == ("tiny", 1024, "f16"), "back to 16 bits, whatever was tuned"


def test_the_memory_is_that_of_the_copy_that_is_loaded(page: ModelsPage, monkeypatch: pytest.MonkeyPatch) -> None:
    model = find_model(str(write_tiny(paths.models_dir() / "tiny-Q8_0.gguf")))
    larger = paths.models_dir() / "copy-F16.gguf"
    larger.write_bytes(gguf(tiny_metadata(layers=8), tiny_tensors(layers=8)))
    copy = find_model(str(larger))
    alone = next(row for row in row_source.find_rows()[0] if row.name == model.name)
    monkeypatch.setattr(row_source, "in_place_of", lambda each: copy if each == model else each)
    row = next(row for row in row_source.find_rows()[0] if row.name == model.name)
    assert (alone.copy, row.copy, row.file) == ("", "F16", model)
    assert alone.fit is not None
    assert row.fit is not None
    assert row.fit.needed > alone.fit.needed
    page.detail.show_row(row, page._machine, "")
    assert "A copy of it in F16 is loaded in its place" in page.detail.note.text()


@pytest.mark.usefixtures("qapp")
def test_the_bar_adds_up_to_what_is_free() -> None:
    rest = Memory(weights=600, cache=300, compute=50, output=30, overhead=10, process=10)
    fit = Fit(Verdict.WELL, Estimate(rest, Memory(0, 0, 0, 0, 0, 0)), Use(1024), 1000, 5000, 0, 1024, None, "")
    bar = MemoryBar()
    bar.show_fit(fit)
    assert [(name, size) for name, size, _ in bar._parts] == [
        ("weights", 600),
        ("context", 300),
        ("computing", 100),
        ("left free", 4000),
    ]
    assert "up to 512 MB of what is left" in tip(fit, 64 << 30)
    assert "up to 125 MB of what is left" in tip(fit, (1000 << 20) + 1000), "an eighth of it"


def tip(fit: Fit, free: int) -> str:
    bar = MemoryBar()
    bar.show_fit(replace(fit, free=free))
    return bar.toolTip()


def test_what_the_loaded_model_takes_is_free_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def machine(*, own_bytes: int = 0) -> Machine:
        asked.append(own_bytes)
        return Machine(free_ram=(1 << 30) + own_bytes)

    monkeypatch.setattr(row_source, "this_machine", machine)
    _, found = row_source.find_rows(own_bytes=7)
    assert (asked, found.free_ram) == ([7], (1 << 30) + 7)


def test_what_is_no_model_is_refused_with_its_reason(page: ModelsPage, qtbot, tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF" + b"\xff" * 64)
    page.bring([file])
    qtbot.waitUntil(lambda: "work" in page.banners._keyed, timeout=15_000)
    assert "broken.gguf is no usable model file" in page.banners._keyed["work"].message.text()
    assert not (paths.models_dir() / "broken.gguf").exists()
    page.bring([tmp_path / "nothing here"])
    qtbot.waitUntil(lambda: not page.work.busy, timeout=15_000)


def test_the_catalog_is_filtered_and_three_are_suggested(page: ModelsPage) -> None:
    everything = len(rows(page))
    page.task.setCurrentIndex(page.task.findData("code"))
    assert 0 < len(rows(page)) < everything
    assert all("code" in row.entry.best_for for row in rows(page))
    assert page.suggestions.text()
    page.here.setChecked(True)
    assert all(row.place is not Place.CATALOG for row in rows(page))
    page.here.setChecked(False)
    page.task.setCurrentIndex(0)
    page.words.setText("phi")
    assert all("phi" in row.name.lower() for row in rows(page))


def test_nothing_connects_by_itself(page: ModelsPage) -> None:
    assert page._parts.seal.openings == ()
    assert page._parts.seal.hosts == ()


def test_a_download_breaks_the_seal_while_it_runs_and_no_longer(page: ModelsPage, qtbot) -> None:
    offer = Offer("a/b", "c" * 40, "model", "Q4_0", (HubFile("model.gguf", 1000, "d" * 64),))
    seal = page._parts.seal

    def entry(state: DownloadState) -> Download:
        return Download(
            7,
            offer,
            state,
            DownloadProgress(100, 1000, 50.0, 18.0),
            "No room." if state is DownloadState.FAILED else "",
        )

    for state, opened in (
        (DownloadState.WAITING, 0), (DownloadState.RUNNING, 1), (DownloadState.RUNNING, 1), (DownloadState.PAUSED, 0),
        (DownloadState.RUNNING, 1), (DownloadState.FAILED, 0), (DownloadState.RUNNING, 1), (DownloadState.DONE, 0),
    ):  # fmt: skip
        with qtbot.waitSignal(page.downloads.changed):
            page.downloads.queue._on_change(entry(state))
        assert len(seal.openings) == opened


def test_a_line_tells_each_state_of_a_download(page: ModelsPage, qtbot, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = Offer("a/b", "c" * 40, "model", "Q4_0", (HubFile("model.gguf", 1000, "d" * 64),))
    shown = DownloadList(page.downloads)
    qtbot.addWidget(shown)
    known: list[Download] = []
    monkeypatch.setattr(page.downloads.queue, "entries", lambda: known)
    fetched: list[bool] = []
    shown.fetched.connect(lambda: fetched.append(True))
    told = {
        DownloadState.RUNNING: "/s",
        DownloadState.PAUSED: "paused",
        DownloadState.FAILED: "failed",
        DownloadState.DONE: "byte for byte",
    }
    for state, words in told.items():
        known[:] = [Download(1, offer, state, DownloadProgress(100, 1000, 50.0, 18.0), "The disk is full.")]
        shown._show(known[0])
        assert words in shown._lines[1]._words.full_text()
        whole = shown._lines[1].failure
        assert whole.isVisibleTo(shown) == (state is DownloadState.FAILED)
        assert whole.text() == ("The disk is full." if whole.isVisibleTo(shown) else "")
        assert whole.wordWrap(), "a reason is not cut short"
    known[:] = [Download(1, offer, DownloadState.RUNNING, DownloadProgress(100, 1000, 0.0, None))]
    shown._show(known[0])
    assert shown._lines[1]._words.full_text() == "0 KB / 1 KB", "no speed before there is one"
    assert fetched == [True]


@pytest.mark.usefixtures("qapp")
def test_a_long_name_stays_inside_the_detail_and_the_table_never_scrolls_sideways(page: ModelsPage, qtbot) -> None:
    write_tiny(paths.models_dir() / f"sha256-{'0123456789abcdef' * 4}.gguf")
    page.window().resize(1280, 800)
    page.look()
    name = f"sha256-{'0123456789abcdef' * 4}"
    qtbot.waitUntil(lambda: any(row.name == name for row in rows(page)), timeout=15_000)
    choose(page, name)
    qtbot.wait(50)
    assert page.detail.widget().width() <= page.detail.viewport().width()
    shown = [button for button in page.detail.buttons.values() if button.isVisibleTo(page)]
    assert len({(button.x(), button.y()) for button in shown}) == len(shown)
    left = [button for button in shown if button.x() == min(each.x() for each in shown)]
    assert len(left) == -(-len(shown) // 2), "side by side, with no gap"
    widths = [page.table.columnWidth(column) for column in range(page.shown.columnCount())]
    assert sum(widths) <= page.table.viewport().width()


def test_the_table_model_without_a_window() -> None:
    model, shown = ModelTable(), ModelFilter()
    shown.setSourceModel(model)
    model.show_rows(
        [
            ModelRow("b", Place.HERE, verdict=Verdict.NO, size=5),
            ModelRow("a", Place.CATALOG, verdict=Verdict.WELL, size=9, speed=3.0),
            ModelRow("c", Place.ELSEWHERE, program="Ollama", problem="damaged"),
        ]
    )
    assert model.rowCount() == 3
    assert model.index(2, 1).data() == "cannot be used"
    assert model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole) == "c\ndamaged"
    shown.sort(0)
    assert [shown.index(place, 0).data() for place in range(3)] == ["a", "b", "c"]
    shown.choose(words="", task="", fitting=True, here=True)
    assert [shown.index(place, 0).data() for place in range(shown.rowCount())] == ["c"]


def test_chosen_models_are_compared(page: ModelsPage) -> None:
    page.table.clearSelection()
    assert not page.compare.isEnabled()
    selection = page.table.selectionModel()
    for place in (2, 0, 1):
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        selection.select(page.shown.index(place, 0), flags)
    assert page.compare.isEnabled()
    names = [page.shown.index(place, 0).data() for place in range(3)]
    page.compare.click()
    dialog = page.findChild(CompareDialog)
    table = dialog.table
    assert [table.horizontalHeaderItem(column).text() for column in range(3)] == names, "in the order of the table"
    memory = next(row for row in range(table.rowCount()) if table.verticalHeaderItem(row).text() == "Memory")
    bold = [table.item(memory, column).font().bold() for column in range(3)]
    sizes = [row.size for row in page.chosen_rows()]
    assert sum(bold) == 1 or len(set(sizes)) == 1
    dialog.reject()


def test_an_adapter_is_attached_in_the_window_and_detached(page: ModelsPage, parts, qtbot, tmp_path: Path) -> None:
    model = find_model(str(write_tiny(paths.models_dir() / "own.gguf")))
    dialog = AdaptersDialog(page, parts, model)
    qtbot.addWidget(dialog)
    dialog.attach(tmp_path / "missing.gguf")
    assert dialog.problem.text()
    assert not dialog.changed
    dialog.attach(write_adapter(tmp_path / "invoices.gguf"))
    assert dialog.problem.text() == ""
    assert dialog.changed
    scale = dialog.findChild(QDoubleSpinBox)
    scale.setValue(0.5)
    scale.editingFinished.emit()
    assert [adapter.scale for adapter in attached(model.path)] == [0.5]
    page.look()
    qtbot.waitUntil(lambda: any(row.name == "own" for row in rows(page)), timeout=15_000)
    choose(page, "own")
    assert "invoices" in page.detail.note.text()
    away = next(
        button for button in dialog.findChildren(QPushButton) if button.text() == "Detach" and button.isEnabled()
    )
    away.click()
    assert not dialog.changed


def test_a_projector_is_attached_in_the_window_and_detached(page: ModelsPage, parts, qtbot, tmp_path: Path) -> None:
    model = find_model(str(write_tiny(paths.models_dir() / "own.gguf")))
    dialog = ProjectorDialog(page, parts, model)
    qtbot.addWidget(dialog)
    assert any("None is attached" in each.text() for each in dialog.findChildren(QLabel))
    dialog.attach(write_projector(tmp_path / "wide.gguf", width=96))
    assert "width 96" in dialog.problem.text()
    assert not dialog.changed
    dialog.attach(write_projector(tmp_path / "eyes.gguf"))
    assert dialog.problem.text() == ""
    assert dialog.changed
    page.look()
    qtbot.waitUntil(lambda: any(row.name == "own" for row in rows(page)), timeout=15_000)
    assert not any("eyes" in row.name for row in rows(page))
    choose(page, "own")
    assert "Sees pictures with eyes" in page.detail.note.text()
    row = page.row()
    assert row is not None
    assert row.fit is not None
    assert row.fit.estimate.ram.projector == row.projector_bytes > 0
    away = [button for button in dialog.findChildren(QPushButton) if button.text() == "Detach"][-1]
    away.click()
    assert projector_of(model.path) is None
    assert not dialog.changed


def test_a_projector_is_offered_with_its_model(page: ModelsPage, parts, qtbot) -> None:
    dialog = HubDialog(page, parts)
    qtbot.addWidget(dialog)
    assert dialog.eyes.isHidden()
    file = HubFile("tiny-Q8_0.gguf", 100, "0" * 64)
    model = Offer("maker/tiny", "main", "tiny-Q8_0", "Q8_0", (file,))
    eyes = Offer("maker/tiny", "main", "mmproj-tiny-f16", "F16", (file,), projector=True)
    chosen: list[Offer] = []
    dialog.chosen.connect(chosen.append)
    dialog._show_projector(eyes)
    dialog._show_offer(Assessed(model, None, None, "no header"))
    dialog.files.setCurrentItem(dialog.files.topLevelItem(0))
    assert "mmproj-tiny-f16" in dialog.eyes.text()
    dialog.eyes.setChecked(False)
    dialog._fetch()
    assert chosen == [model]
    dialog.eyes.setChecked(True)
    dialog._fetch()
    assert chosen == [model, model, eyes]


def test_a_model_of_the_catalog_that_is_here_is_listed_once_and_more_of_it_can_be_fetched(
    page: ModelsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def names() -> list[tuple[str, Place]]:
        found = [(row.name, row.place) for row in row_source.find_rows()[0]]
        return [each for each in found if "SmolLM2" in each[0]]

    write_tiny(paths.models_dir() / "SmolLM2-135M-Instruct-finetuned.Q8_0.gguf")
    before = names()
    assert ("SmolLM2 135M Instruct", Place.CATALOG) in before, "another model that goes on from it is another model"
    write_tiny(paths.models_dir() / "SmolLM2-135M-Instruct.Q4_1.gguf")
    here = ("SmolLM2-135M-Instruct.Q4_1", Place.HERE)
    assert sorted(names()) == sorted([each for each in before if each[0] != "SmolLM2 135M Instruct"] + [here])
    row = next(row for row in row_source.find_rows()[0] if row.name == here[0])
    asked: list[str] = []
    monkeypatch.setattr(page, "_hub", asked.append)
    monkeypatch.setattr(page, "row", lambda: row)
    page.detail.show_row(row, page._machine, "")
    fetch = page.detail.buttons["fetch"]
    assert (fetch.isVisibleTo(page), fetch.text()) == (True, "Fetch another…")
    fetch.click()
    assert asked == ["bartowski/SmolLM2-135M-Instruct-GGUF"]


@pytest.mark.usefixtures("qapp")
def test_in_a_small_window_names_are_read_before_figures(page: ModelsPage, qtbot) -> None:
    page.window().resize(800, 500)
    qtbot.wait(50)
    assert page.table.columnWidth(0) >= 140
    shown = [button for button in page.detail.buttons.values() if button.isVisibleTo(page)]
    assert page.detail.widget().width() <= page.detail.viewport().width()
    assert all(button.geometry().right() <= page.detail.viewport().width() for button in shown)
