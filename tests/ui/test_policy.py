"""What an office locks in the window: each key, and that the window says who locked it, what and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from tests.models.hub_server import HubServer
from tests.privacy.keyring import Keyring
from tests.remote.openai_server import OpenAiServer

from stillroom import paths
from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentResult, FieldValue, result_to_json
from stillroom.remote.engines import RemoteEngine, keep_remote_engine, remote_engines
from stillroom.review.acceptance import WRONG
from stillroom.review.verdict import Given, VerdictKind, this_person
from stillroom.settings import ENCRYPTED, Settings
from stillroom.storage.runs import RunRecord
from stillroom.templates.toml_writing import template_to_toml
from stillroom.ui.banner import Banner
from stillroom.ui.extract.row import RowState
from stillroom.ui.main_window import MainWindow
from stillroom.ui.models.hub_dialog import HubDialog
from stillroom.ui.parts import Parts
from stillroom.ui.remote.section import RemoteSection
from stillroom.ui.review.promise_dialog import PromiseDialog

pytestmark = pytest.mark.window
Office = Callable[[str], None]

STRICT = """
[office]
name = "Notary"
reason = "Deeds stay in the house."
contact = "it@notary.example"
[network]
sealed = true
cloud = false
hub = false
"""


@pytest.fixture
def strict(office: Office) -> None:
    office(STRICT)


def banners(window: MainWindow) -> str:
    return " ".join(banner.message.text() for banner in window.findChildren(Banner) if banner.isVisibleTo(window))


@pytest.mark.usefixtures("strict")
def test_it_says_who_what_and_why_and_locks_the_seal(window: MainWindow) -> None:
    page = window.show_named("settings")
    said = page.privacy.managed.text()
    assert said.startswith(
        "Managed by your organisation (Notary). Deeds stay in the house. Ask it@notary.example.\nThe seal cannot be broken"
    )
    assert "No remote model can be used." in said
    assert "No model can be searched for" in said
    assert not page.privacy.sealed.isEnabled()
    assert "The seal cannot be broken by hand." in page.privacy.sealed.toolTip()
    page.privacy.state.clicked.emit()
    assert window._parts.seal.holds


def test_the_database_stays_encrypted(office: Office, request: pytest.FixtureRequest, monkeypatch) -> None:
    monkeypatch.setattr("stillroom.privacy.secrets._system_keyring", Keyring)
    office("[retention]\nencrypted = true\n")
    window = request.getfixturevalue("window")
    page = window.show_named("settings")
    assert window._parts.database.encrypted
    assert page.privacy.encrypted.isChecked()
    assert not page.privacy.encrypted.isEnabled()
    assert "The database is encrypted." in page.privacy.encrypted.toolTip()
    assert page.privacy.database.text() == "encrypted; its key is in the system's keyring"


def test_without_a_policy_nothing_is_said_of_one(window: MainWindow) -> None:
    page = window.show_named("settings")
    assert not hasattr(page.privacy, "managed")
    assert page.privacy.sealed.isEnabled()
    page.privacy.encrypted.click()
    assert Settings().get(ENCRYPTED)
    assert page.privacy.database.text() == "not encrypted, and will be at the next start"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STRICT, "does not allow remote models at 127.0.0.1"),
        ('[network]\nhosts = ["llm.notary.example"]\n', "does not allow remote models at 127.0.0.1"),
        ('[models]\nengines = ["local", "house"]\n', "does not allow the engine away"),
    ],
)
def test_no_remote_model_is_asked(text: str, words: str, office: Office, qtbot, request: pytest.FixtureRequest) -> None:
    said: list[str] = []
    with OpenAiServer(lambda _body: "Yes.") as server:
        keep_remote_engine(RemoteEngine("away", server.address, "tiny", seconds=5))
        office(text)
        window = request.getfixturevalue("window")
        section = RemoteSection(window._parts, lambda text, _kind: said.append(text))
        qtbot.addWidget(section)
        section._test(remote_engines()[0])
        qtbot.waitUntil(lambda: any(words in each for each in said), timeout=15_000)
        assert server.bytes == 0


@pytest.mark.usefixtures("strict")
def test_the_hub_is_not_searched(window: MainWindow, parts: Parts, qtbot, monkeypatch) -> None:
    server = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    try:
        dialog = HubDialog(window, parts)
        qtbot.addWidget(dialog)
        dialog.open()
        dialog.words.setText("tiny")
        dialog.search()
        qtbot.waitUntil(lambda: "does not allow models to be fetched" in dialog.state.text(), timeout=15_000)
        assert server.requests == []
    finally:
        server.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'[models]\nsha256 = ["{"0" * 64}"]\n', "does not allow the model file"),
        ('[models]\nengines = ["house"]\n', "does not allow models on this machine"),
    ],
)
def test_no_other_model_is_loaded(text: str, words: str, office: Office, parts: Parts, qtbot) -> None:
    office(text)
    window = MainWindow(parts)
    qtbot.addWidget(window)
    window.show()
    window.start()
    qtbot.waitUntil(lambda: words in parts.engine.status().failure or words in banners(window), timeout=15_000)
    assert window.loading.model is None


def test_files_tables_and_templates_stay_in_their_folders(
    window: MainWindow, parts: Parts, office: Office, receipts, tmp_path: Path, qtbot, monkeypatch
) -> None:
    sheet = window.extract.sheet
    files = receipts(2)
    office(f'[folders]\ninput = ["{files[0].parent}"]\nexport = ["/srv/out"]\ntemplates = ["/srv/t"]\n')
    outside = tmp_path / "outside.txt"
    outside.write_text("Total 5.00")
    sheet.add_files([*files, outside], start=True)
    qtbot.waitUntil(lambda: sheet.model.finished == 3 and not sheet.runs.running, timeout=15_000)
    assert [row.state for row in sheet.model.rows].count(RowState.FAILED) == 1
    (failed,) = [row for row in sheet.model.rows if row.state is RowState.FAILED]
    assert failed.path == outside
    assert "allows files in" in failed.result.error
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(tmp_path / "o.csv"), ""))
    sheet.bar.export_wanted.emit("csv")
    qtbot.waitUntil(lambda: "allows tables in /srv/out" in banners(window), timeout=15_000)
    assert not (tmp_path / "o.csv").exists()
    with pytest.raises(StillroomError, match="allows templates in /srv/t"):
        parts.templates.keep_new(parts.templates.find("receipt"))
    assert not list(paths.templates_dir().glob("*.toml"))


@pytest.fixture
def table(parts: Parts, receipts) -> int:
    """A run with one document, as the fake extractor does it."""
    (file,) = receipts(1)
    template = parts.templates.find("receipt")
    record = RunRecord(template.name, 1, template_to_toml(template), template.sha256, "m", "/m", "d" * 64)
    run = parts.store.create_run(record, [(str(file), str(file))])
    document = parts.readers.read(file)
    result: DocumentResult = parts.extractor.extract(document, template, file=str(file))
    parts.store.save(run, 0, result_to_json(result))
    return run


def test_who_may_not_approve_cannot_and_is_told(window: MainWindow, table: int, office: Office, qtbot) -> None:
    failed: list[Exception] = []
    office('[review]\napprovers = ["anna"]\n')
    page = window.show_named("review")
    page.desk.open([table])
    qtbot.waitUntil(lambda: bool(page.desk.documents), timeout=10_000)
    page.show_document(page.desk.documents[0])
    page.desk.failed.connect(failed.append)
    assert not page.approve.isEnabled()
    assert "lets anna approve" in page.approve.toolTip()
    page.approve_document()  # by its key
    assert "lets anna approve" in str(failed[-1])
    assert page._document.approval is None
    office(f'[review]\napprovers = ["{this_person()}"]\nfour_eyes = true\n')
    page._show_state()
    assert page.approve.isEnabled()
    document = page._document
    value = next(each for each in document.values if isinstance(each.current, FieldValue))
    page.desk.give(document, document.verdict(VerdictKind.CORRECTED, value.subject, Given("x", "x", typed=True)))
    qtbot.waitUntil(lambda: not page.desk.saving, timeout=10_000)
    page._show_state()
    assert not page.approve.isEnabled()
    page.approve_document()
    assert "a second person" in str(failed[-1])
    assert document.approval is None


def test_the_dial_ends_where_the_office_says(window: MainWindow, table: int, office: Office, qtbot) -> None:
    office("[review]\nwrong = 0.01\n")
    page = window.show_named("review")
    page.desk.open([table])
    qtbot.waitUntil(lambda: bool(page.desk.documents), timeout=10_000)
    dialog = PromiseDialog(page.desk, "receipt", window)
    qtbot.addWidget(dialog)
    buttons = [dialog._group.button(number + 1) for number in range(len(WRONG))]
    assert [button.isEnabled() for button in buttons] == [share <= 0.01 for share in WRONG]
    assert all("At most 1 %" in button.toolTip() for button in buttons if not button.isEnabled())
