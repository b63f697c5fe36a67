"""The Models page: what it says of each model, importing, refusing, and that nothing connects unasked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QLabel, QPushButton
from tests.gguf.make_gguf import write_adapter, write_projector, write_tiny

from stillroom import paths
from stillroom.models.adapters import attached
from stillroom.models.download import DownloadProgress
from stillroom.models.download_queue import Download, DownloadState
from stillroom.models.fit import Verdict
from stillroom.models.hub import HubFile, Offer
from stillroom.models.library import find_model
from stillroom.models.offers import Assessed
from stillroom.models.projectors import projector_of
from stillroom.ui.main_window import MainWindow
from stillroom.ui.models.adapters_dialog import AdaptersDialog
from stillroom.ui.models.compare_dialog import CompareDialog
from stillroom.ui.models.downloads import DownloadList
from stillroom.ui.models.hub_dialog import HubDialog
from stillroom.ui.models.page import ModelsPage
from stillroom.ui.models.projector_dialog import ProjectorDialog
from stillroom.ui.models.rows import ROW, ModelFilter, ModelRow, ModelTable, Place

pytestmark = pytest.mark.window


@pytest.fixture
def page(window: MainWindow, qtbot) -> ModelsPage:
    found = window.show_page(2)
    assert isinstance(found, ModelsPage)
    qtbot.waitUntil(lambda: found.model.rowCount() > 0, timeout=15_000)
    return found


def rows(page: ModelsPage) -> list[ModelRow]:
    return [page.shown.index(place, 0).data(ROW) for place in range(page.shown.rowCount())]


def choose(page: ModelsPage, name: str) -> None:
    place = next(place for place, row in enumerate(rows(page)) if row.name == name)
    page.table.selectRow(place)


def test_a_model_is_imported_by_drop_and_can_be_chosen(page: ModelsPage, qtbot, drop, tmp_path: Path) -> None:
    drop(page, [write_tiny(tmp_path / "tiny.gguf")])
    qtbot.waitUntil(lambda: any(row.name == "tiny" for row in rows(page)), timeout=15_000)
    assert (paths.models_dir() / "tiny.gguf").is_file()
    choose(page, "tiny")
    assert page.detail.buttons["load"].isVisibleTo(page)
    assert page.detail.buttons["remove"].isVisibleTo(page)
    before = page.detail.bar.accessibleDescription()
    page.detail.cache.setCurrentIndex(1)
    assert page.detail.bar.accessibleDescription() != before
    assert page.detail.bar.accessibleDescription().startswith("weights")


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
            page.downloads._note(entry(state))
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
        DownloadState.FAILED: "disk",
        DownloadState.DONE: "byte for byte",
    }
    for state, words in told.items():
        known[:] = [Download(1, offer, state, DownloadProgress(100, 1000, 50.0, 18.0), "The disk is full.")]
        shown._show(known[0])
        assert words in shown._lines[1]._words.whole()
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
    assert model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole) == "damaged"
    shown.sort(0)
    assert [shown.index(place, 0).data() for place in range(3)] == ["a", "b", "c"]
    shown.choose(words="", task="", fitting=True, here=True)
    assert [shown.index(place, 0).data() for place in range(shown.rowCount())] == ["c"]


def test_chosen_models_are_compared(page: ModelsPage) -> None:
    page.table.clearSelection()
    assert not page.compare.isEnabled()
    selection = page.table.selectionModel()
    for place in (0, 1, 2):
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        selection.select(page.shown.index(place, 0), flags)
    assert page.compare.isEnabled()
    names = {row.name for row in page.chosen_rows()}
    page.compare.click()
    dialog = page.findChild(CompareDialog)
    table = dialog.table
    assert {table.horizontalHeaderItem(column).text() for column in range(3)} == names
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
