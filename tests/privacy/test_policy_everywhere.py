"""Each key of a policy locks what it says, for whoever calls the workspace, and on the command line. The window: tests/ui."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.remote.openai_server import OpenAiServer

from stillroom import paths
from stillroom.cli import main
from stillroom.engine import engine as engine_module
from stillroom.errors import StillroomError
from stillroom.extraction.result import DocumentStatus
from stillroom.extraction.run import Batch
from stillroom.models.model_file import STARTER_NAME
from stillroom.privacy.audit import default_log
from stillroom.privacy.policy import _KEYS
from stillroom.remote.engines import RemoteEngine
from stillroom.review.document import ReviewedDocument
from stillroom.review.verdict import Given, VerdictKind, this_person
from stillroom.settings import SEALED, Settings
from stillroom.storage.verdicts import Promise
from stillroom.workspace import Workspace

_WORKER = Path(__file__).parents[1] / "engine" / "fake_worker.py"
Office = Callable[[str], None]


@pytest.fixture(autouse=True)
def _models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "child_command", lambda _: [sys.executable, str(_WORKER)])
    paths.models_dir().mkdir(parents=True)
    (paths.models_dir() / STARTER_NAME).write_bytes(b"GGUF")


@pytest.fixture
def slip(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "slip.txt").write_text("CORNER SHOP\nDate: 01/03/2024\nTotal: 12.50\n")
    return folder / "slip.txt"


@pytest.fixture
def server() -> Iterator[OpenAiServer]:
    with OpenAiServer(lambda _body: '{"total": "12.50"}') as started:
        yield started


def refusals() -> list[str]:
    """The keys that were written down as what refused."""
    lines = [json.loads(line) for _, _, line in default_log().lines()]
    return [str(line["key"]) for line in lines if line["event"] == "refused by the policy"]


def done(slip: Path) -> tuple[int, ReviewedDocument]:
    """A run over the slip, and its document."""
    with Workspace() as workspace:
        model = workspace.engine.load(paths.models_dir() / STARTER_NAME)
        batch = Batch.create(workspace.store, workspace.templates.find("receipt"), [slip], model)
        workspace.runs.do(batch)
        return batch.run_id, workspace.reviews.documents(batch.run_id)[0]


def test_every_key_is_tested() -> None:
    text = Path(__file__).read_text("utf-8")
    keys = {key for table, keys in _KEYS.items() if table != "office" for key in keys}
    assert [key for key in keys if f"_{key}_" not in text and f"{key} =" not in text] == []


def test_sealed_holds_whatever_the_settings_say(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    Settings().set(SEALED, False)
    office("[network]\nsealed = true\n")
    with Workspace() as workspace:
        assert workspace.seal.holds
        with pytest.raises(StillroomError, match="keeps Stillroom sealed"):
            workspace.seal.break_for(5, "by hand", "anywhere")
    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sealed"] is True
    assert said["policy"][0] == "Managed by your organisation."
    assert refusals() == ["sealed"]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[network]\ncloud = false\n", "cloud", "does not allow remote models at 127.0.0.1"),
        ('[network]\nhosts = ["llm.office.example"]\n', "hosts", "does not allow remote models at 127.0.0.1"),
        ('[models]\nengines = ["local", "house"]\n', "engines", "does not allow the engine away"),
    ],
)
def test_remote_models_keep_to_cloud_hosts_and_engines(
    office: Office,
    text: str,
    key: str,
    words: str,
    slip: Path,
    server: OpenAiServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Workspace() as workspace:
        workspace.remote.add(RemoteEngine("away", server.address, "tiny", seconds=5))
    office(text)
    with (
        Workspace() as workspace,
        pytest.raises(StillroomError, match=words),
        workspace.remote.client(workspace.remote.engine("away")) as client,
    ):
        client.models()
    assert main(["extract", str(slip), "-t", "receipt", "--remote", "away", "--yes-send"]) != 0
    said = capsys.readouterr()
    assert words in said.err + said.out
    labels = slip.with_name("labels.jsonl")
    labels.write_text(json.dumps({"file": str(slip), "fields": {"total": "1"}}), "utf-8")
    assert main(["evaluate", "-l", str(labels), "-t", "receipt", "--remote", "away", "--yes-send"]) != 0
    said = capsys.readouterr()
    assert words in said.err + said.out
    assert main(["remote", "test", "away"]) != 0
    assert server.bytes == 0
    assert set(refusals()) == {key}


def test_hub_is_not_asked(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office("[network]\nhub = false\n")
    refused = pytest.raises(StillroomError, match="does not allow models to be fetched")
    with Workspace() as workspace, refused, workspace.hub.connected("search"):
        pass
    assert main(["models", "get", "maker/tiny-GGUF"]) == 1
    assert "does not allow models to be fetched" in capsys.readouterr().err
    assert refusals() == ["hub", "hub"]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (f'[models]\nsha256 = ["{"0" * 64}"]\n', "models", "does not allow the model file"),
        ('[models]\nengines = ["house"]\n', "engines", "does not allow models on this machine"),
    ],
)
def test_models_keep_to_sha256_and_engines(
    office: Office, text: str, key: str, words: str, slip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office(text)
    with Workspace() as workspace, pytest.raises(StillroomError, match=words):
        workspace.engine.load(paths.models_dir() / STARTER_NAME)
    assert main(["extract", str(slip), "-t", "receipt"]) == 1
    assert words in capsys.readouterr().err
    assert set(refusals()) == {key}


def test_input_and_export_and_templates_are_folders(
    office: Office, slip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    elsewhere = tmp_path / "own.toml"
    assert main(["template", "new", "own", "--out", str(elsewhere)]) == 0
    paths.templates_dir().mkdir(parents=True)
    (paths.templates_dir() / "mine.toml").write_text(elsewhere.read_text("utf-8").replace("own", "mine"), "utf-8")
    (allowed / "theirs.toml").write_text(elsewhere.read_text("utf-8").replace("own", "theirs"), "utf-8")
    office(f'[folders]\ninput = ["{allowed}"]\nexport = ["{allowed}"]\ntemplates = ["{allowed}"]\n')
    capsys.readouterr()
    with Workspace() as workspace:
        names = [template.name for template in workspace.templates.templates()]
        assert "theirs" in names
        assert "receipt" in names
        assert "mine" not in names
        with pytest.raises(StillroomError, match="allows templates in"):
            workspace.templates.find(str(elsewhere))
        with pytest.raises(StillroomError, match="allows files in"):
            workspace.readers.read(slip)
        with pytest.raises(StillroomError, match="allows tables in"):
            workspace.runs.export([], workspace.templates.find("receipt"), tmp_path / "o.csv")
    for arguments, words in (
        (["-t", str(elsewhere)], "allows templates in"),
        (["-t", "receipt", "--out", str(tmp_path / "o.csv")], "allows tables in"),
        (["-t", "receipt", "--json"], "allows files in"),
    ):
        assert main(["extract", str(slip), *arguments]) != 0
        said = capsys.readouterr()
        assert words in said.err + said.out
    assert set(refusals()) == {"input", "export", "templates"}


def test_approvers_and_four_eyes(
    office: Office, slip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "anna")  # whoever sets it is nobody else for it
    monkeypatch.setenv("USER", "anna")
    run, document = done(slip)
    with Workspace() as workspace:
        workspace.reviews.save([document.document_verdict(VerdictKind.APPROVED)])
        assert workspace.reviews.documents(run)[0].approval is not None
    export = ["review", "export", "--approved", "--out", str(tmp_path / "o.csv")]
    assert main(export) == 0
    office('[review]\napprovers = ["anna"]\n')
    with Workspace() as workspace:
        document = workspace.reviews.documents(run)[0]
        assert document.approval is None, "what was approved before by somebody who may not does not count"
        assert document.lapsed
        with pytest.raises(StillroomError, match="lets anna approve"):
            workspace.reviews.save([document.document_verdict(VerdictKind.APPROVED)])
    assert main(export) == 1
    assert "No document was approved" in capsys.readouterr().err
    office(f'[review]\napprovers = ["{this_person()}"]\nfour_eyes = true\n')
    with Workspace() as workspace:
        document = workspace.reviews.documents(run)[0]
        assert document.approval is not None
        given = Given("1.00", "1.00", typed=True)
        correction = document.verdict(VerdictKind.CORRECTED, document.values[0].subject, given)
        workspace.reviews.save([correction])
        document.add(correction)
        with pytest.raises(StillroomError, match="a second person"):
            workspace.reviews.save([document.document_verdict(VerdictKind.APPROVED)])
        workspace.reviews.save([document.taken_back(correction)])
        workspace.reviews.save([document.document_verdict(VerdictKind.APPROVED)])
    assert refusals() == ["approvers", "four_eyes"]


def test_wrong_is_the_end_of_the_dial(office: Office, slip: Path) -> None:
    done(slip)
    with Workspace() as workspace:
        workspace.reviews.set_promise("receipt", Promise(0.05, 10))
    office("[review]\nwrong = 0.01\n")
    with Workspace() as workspace:
        assert workspace.reviews.promise("receipt") == Promise(0.01, 10)
        with pytest.raises(StillroomError, match="at most 1 %"):
            workspace.reviews.set_promise("receipt", Promise(0.02, 10))
        workspace.reviews.set_promise("receipt", Promise(0.005, 10))
        assert workspace.reviews.promise("receipt") == Promise(0.005, 10)


def test_days_are_how_long_anything_is_kept(office: Office, slip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, document = done(slip)
    canary = "canary-7f3a"
    with Workspace() as workspace:
        given = Given(canary, canary, typed=True)
        workspace.reviews.save([document.verdict(VerdictKind.CORRECTED, document.values[0].subject, given)])
        talk = workspace.chats.create(f"about {canary}")
        old = (datetime.now(UTC) - timedelta(days=91)).isoformat(timespec="seconds")
        with workspace.database.transaction() as connection:
            connection.execute("UPDATE runs SET created = ?", (old,))
            connection.execute("UPDATE conversations SET changed = ?", (old,))
            (rule,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'verdicts_stay'").fetchone()
            connection.execute("DROP TRIGGER verdicts_stay")
            connection.execute("UPDATE verdicts SET moment = ?", (old,))
            connection.execute(rule)
    newer, _ = done(slip)
    office("[retention]\ndays = 92\n")
    with Workspace() as workspace:
        assert [record.id for record in workspace.store.runs()] == [newer, run]
        assert workspace.chats.conversation(talk.id).title
    office("[retention]\ndays = 90\n")
    assert main(["erase"]) == 2
    assert "1 runs and 0 conversations" in capsys.readouterr().err
    with Workspace() as workspace:
        assert [record.id for record in workspace.store.runs()] == [newer]
    for file in paths.data_dir().rglob("*"):
        assert not file.is_file() or canary.encode() not in file.read_bytes(), file


def test_encrypted_is_kept_to_or_nothing_is_opened(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with Workspace() as workspace:
        talk = workspace.chats.create("about a canary")
    office("[retention]\nencrypted = true\n")  # and this system has no keyring
    with Workspace() as workspace, pytest.raises(StillroomError, match="wants the database encrypted"):
        _ = workspace.database
    assert main(["erase", "--yes"]) == 1
    assert "wants the database encrypted" in capsys.readouterr().err
    with Workspace() as workspace:
        workspace.encryption.encrypt("horse battery")
        assert workspace.chats.conversation(talk.id).title
        assert workspace.database.encrypted
    with Workspace() as workspace, pytest.raises(StillroomError, match="left so"):
        workspace.encryption.decrypt()
    assert main(["database", "decrypt"]) == 1
    assert "left so" in capsys.readouterr().err


def test_a_wrong_policy_lets_nothing_through(office: Office, slip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office("[review]\napprovers = 5\n")
    with pytest.raises(StillroomError, match="line 2"):
        Workspace()
    assert main(["extract", str(slip), "-t", "receipt"]) == 1
    assert "line 2" in capsys.readouterr().err


def test_rows_say_why_a_file_was_not_read(office: Office, slip: Path) -> None:
    office('[folders]\ninput = ["/srv/in"]\n')
    with Workspace() as workspace:
        model = workspace.engine.load(paths.models_dir() / STARTER_NAME)
        batch = Batch.create(workspace.store, workspace.templates.find("receipt"), [slip], model)
        workspace.runs.do(batch)
        (row,) = batch.results()
    assert row is not None
    assert row.status is DocumentStatus.FAILED
    assert "/srv/in only" in row.error
