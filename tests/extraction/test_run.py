"""A run does each file once, keeps each row, and survives what goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page
from stillroom.documents.reader_pool import PagesRead
from stillroom.errors import Cancelled, DocumentError, EngineError
from stillroom.extraction.files import file_of
from stillroom.extraction.result import Coverage, DocumentResult, DocumentStatus, FieldState, FieldValue, Progress, Step
from stillroom.extraction.run import Batch
from stillroom.models.model_file import ModelFile
from stillroom.storage.database import Database, StorageError
from stillroom.storage.ownership import OwnedElsewhere
from stillroom.storage.runs import RunStore
from stillroom.templates.template import Template
from stillroom.templates.toml_file import parse_template

TEMPLATE = parse_template('name = "t"\nversion = 4\n[[fields]]\nname = "total"\ntype = "money"\n', "t.toml")


def ignore(*_: object) -> None:
    pass


class Reader:
    """Reads text files; an entry in ``errors`` by file name is raised."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.attachments = 0
        self.read_files: list[str] = []
        self.slow: Callable[[Path, Cancellation | None], None] = ignore

    def read(self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None) -> Document:
        assert password is None
        self.read_files.append(path.name)
        self.slow(path, cancellation)
        if path.name in self.errors:
            raise self.errors[path.name]
        inner = tuple(
            Document(f"{path.name} › {n}", "txt", f"{n:064}", (Page(1, f"{path.stem}{n}"),), 1)
            for n in range(self.attachments)
        )
        return Document(path.name, "txt", "ab" * 32, (Page(1, path.read_text("utf-8")),), 2, attachments=inner)


class Extractor:
    """Gives the text as the total; the errors queued for a file are raised first."""

    def __init__(self) -> None:
        self.errors: dict[str, list[Exception]] = {}
        self.done: list[str] = []
        self.before: Callable[[str], None] = ignore

    def extract(
        self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
    ) -> DocumentResult:
        self.before(document.name)
        if cancellation:
            cancellation.raise_if_requested()
        if self.errors.get(document.name):
            raise self.errors[document.name].pop(0)
        self.done.append(document.name)
        text = document.pages[0].text
        value = FieldValue(text, text, FieldState.FOUND, 0.9)
        coverage = Coverage(1, 1, len(text), len(text))
        return DocumentResult(
            file,
            DocumentStatus.DONE,
            coverage,
            {"total": value},
            template.name,
            template.version,
            sha256=document.sha256,
        )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with Database(tmp_path / "s.sqlite") as database:
        yield RunStore(database)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF")
    return ModelFile("m", path, 4, "", False)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.txt" for name in "abcde"]
    for path in paths:
        path.write_text(path.stem, "utf-8")
    return paths


@pytest.fixture
def batch(store: RunStore, model: ModelFile, files: list[Path]) -> Batch:
    return Batch.create(store, TEMPLATE, files, model)


def statuses(batch: Batch) -> str:
    """One letter a row: d done, f failed, - none."""
    return "".join("-" if result is None else str(result.status)[0] for result in batch.results())


def test_every_file_is_a_row_and_is_on_disk_before_it_is_told(batch: Batch, store: RunStore, files: list[Path]) -> None:
    told: list[tuple[int, DocumentResult]] = []
    progress: list[Progress] = []

    def on_result(position: int, result: DocumentResult) -> None:
        assert store.results(batch.run_id)[position]["fields"]["total"]["value"] == "abcde"[position]
        told.append((position, result))

    batch.run(Extractor(), Reader(), on_result=on_result, on_progress=progress.append)
    assert [position for position, _ in told] == [0, 1, 2, 3, 4]
    assert batch.results() == [result for _, result in told]
    for (_, result), file in zip(told, files, strict=True):
        assert result.file == str(file)
        assert (result.model_name, result.model_sha256) == ("m", batch.record.model_sha256)
        assert result.seconds >= 0
    assert [(p.done, p.total) for p in progress] == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]
    assert progress[0].seconds_left is None
    assert progress[3].seconds_left is not None
    assert progress[5].seconds_left == 0.0
    assert progress[2].file == str(files[2])


def test_the_next_file_is_read_while_the_model_works(batch: Batch) -> None:
    reader, extractor = Reader(), Extractor()
    seen: dict[str, list[str]] = {}

    def look(name: str) -> None:
        deadline = time.monotonic() + 5
        wanted = min(5, "abcde".index(name[0]) + 2)
        while len(reader.read_files) < wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        seen[name] = list(reader.read_files)

    extractor.before = look
    batch.run(extractor, reader)
    assert seen["a.txt"] == ["a.txt", "b.txt"], "one ahead, not more"
    assert seen["c.txt"] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert reader.read_files == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]


def test_a_file_that_cannot_be_read_is_a_row_with_the_sentence(batch: Batch, files: list[Path]) -> None:
    reader = Reader()
    reader.errors["b.txt"] = DocumentError("The file is empty. Choose another.")
    files[3].unlink()
    batch.run(Extractor(), reader)
    assert statuses(batch) == "dfdfd"
    errors = [result.error for result in batch.results() if result]
    assert errors[1] == "The file is empty. Choose another."
    assert errors[3].startswith("The file could not be opened: No such file")


def test_a_document_is_tried_again_after_a_crash_and_given_up_after_three(batch: Batch) -> None:
    extractor = Extractor()
    crash = EngineError("The engine crashed.", retryable=True)
    extractor.errors = {"a.txt": [crash, crash], "b.txt": [crash] * 3, "c.txt": [EngineError("Too long.")]}
    batch.run(extractor, Reader())
    assert statuses(batch) == "dffdd"
    results = batch.results()
    assert results[1] is not None
    assert results[1].error == "The engine crashed."
    assert results[1].sha256 == "ab" * 32
    assert results[1].coverage == Coverage(0, 2, 0, 1)
    assert results[2] is not None
    assert results[2].error == "Too long."


def test_a_mistake_of_ours_costs_one_row_and_keeps_the_content_out_of_the_log(
    batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    extractor = Extractor()
    extractor.errors = {"b.txt": [KeyError("secret words of the document")]}
    batch.run(extractor, Reader())
    assert statuses(batch) == "dfddd"
    failed = batch.results()[1]
    assert failed is not None
    assert "KeyError" in failed.error
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text + failed.error


def test_stopping_keeps_the_rows_and_resuming_does_the_rest(batch: Batch, store: RunStore) -> None:
    stop, extractor = Cancellation(), Extractor()
    extractor.before = lambda name: stop.request() if name == "c.txt" else None
    with pytest.raises(Cancelled):
        batch.run(extractor, Reader(), cancellation=stop)
    assert statuses(batch) == "dd---"

    again = Batch.resume(store, batch.run_id)
    assert again.template == TEMPLATE
    assert again.files == batch.files
    rest = Extractor()
    progress: list[Progress] = []
    again.run(rest, Reader(), on_progress=progress.append)
    assert rest.done == ["c.txt", "d.txt", "e.txt"]
    assert statuses(again) == "ddddd"
    assert (progress[0].done, progress[0].total) == (2, 5)
    nothing = Extractor()
    again.run(nothing, Reader())
    assert nothing.done == []


def test_stopping_ends_a_read_that_is_going_on(batch: Batch) -> None:
    stop, reader = Cancellation(), Reader()

    def hang(path: Path, cancellation: Cancellation | None) -> None:
        if path.name == "b.txt":
            assert cancellation is not None
            stopper.start()
            assert cancellation.wait(10), "never told to stop"
            raise Cancelled

    reader.slow = hang
    stopper = threading.Timer(0.05, stop.request)
    with pytest.raises(Cancelled):
        batch.run(Extractor(), reader, cancellation=stop)
    assert statuses(batch) == "d----"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]


def test_the_page_of_a_long_document_is_told_while_it_is_read(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillroom.extraction.run._TOLD_EVERY", 0.01)
    told: list[Progress] = []
    enough = threading.Event()

    class Telling(Reader):
        def pages_read(self, path: Path) -> PagesRead | None:
            return PagesRead(3, 600, 90.0) if path.name == "b.txt" else None

    def tell(progress: Progress) -> None:
        told.append(progress)
        if progress.pages:
            enough.set()

    reader = Telling()
    reader.slow = lambda path, _: enough.wait(10) and None if path.name == "b.txt" else None
    batch.run(Extractor(), reader, on_progress=tell)
    page = next(progress for progress in told if progress.pages)
    assert (page.file.endswith("b.txt"), page.page, page.pages) == (True, 3, 600)
    assert page.seconds_left is not None
    assert page.seconds_left >= 90


class Stepping(Extractor):
    """Tells three fields, the second after a while."""

    def extract_and_keep(
        self,
        document: Document,
        template: Template,
        *,
        file: str,
        cancellation: Cancellation | None = None,
        on_step: Callable[[Step], None],
    ) -> tuple[DocumentResult, bytes]:
        for number in range(1, 4):
            on_step(Step(f"Field {number}", number, 3))
            if number == 1:
                time.sleep(0.06)
        return self.extract(document, template, file=file, cancellation=cancellation), b""


def test_steps_of_an_extraction_that_takes_long_are_told(
    batch: Batch, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.extraction.run._TOLD_EVERY", 0.05)
    monkeypatch.setattr("stillroom.extraction.run._LONG", 100)
    files[1].write_text("b" * 100, "utf-8")
    told: list[Progress] = []
    batch.run(Stepping(), Reader(), on_progress=told.append)
    steps = [(Path(each.file).stem, each.step.number) for each in told if each.step is not None]
    assert [number for name, number in steps if name == "a"] == [2], "not the first moments, nor two at once"
    assert [number for name, number in steps if name == "b"] == [1, 2], "of a long one from the first on"
    assert {(each.done, each.total) for each in told if each.file.endswith("b.txt")} == {(1, 5)}


def test_the_part_of_a_document_that_is_done_grows_with_each_word_of_it() -> None:
    words = [
        Progress(), Progress(page=1, pages=4), Progress(page=4, pages=4), Progress(step=Step("Total", 2, 4)),
        Progress(step=Step("", 1, 9, is_passage=True)), Progress(step=Step("", 9, 9, is_passage=True)),
    ]  # fmt: skip
    parts = [each.part for each in words]
    assert parts == sorted(parts)
    assert len(set(parts)) == len(parts)
    assert parts[0] == 0
    assert parts[-1] < 1


def test_a_run_that_was_stopped_before_it_began_does_nothing(batch: Batch) -> None:
    stop, reader = Cancellation(), Reader()
    stop.request()
    with pytest.raises(Cancelled):
        batch.run(Extractor(), reader, cancellation=stop)
    assert reader.read_files == []


def test_retrying_forgets_rows_and_does_them_again(batch: Batch) -> None:
    reader = Reader()
    reader.errors = {"b.txt": DocumentError("x"), "d.txt": DocumentError("y")}
    failures: list[int] = []
    batch.run(Extractor(), reader, on_progress=lambda progress: failures.append(progress.failed))
    assert failures[-1] == 2
    reader.errors = {"d.txt": DocumentError("z")}
    batch.retry([1, 3])
    extractor = Extractor()
    batch.run(extractor, reader, on_progress=lambda progress: failures.append(progress.failed))
    assert extractor.done == ["b.txt"]
    assert statuses(batch) == "dddfd"
    assert failures[-1] == 1


def test_a_file_listed_twice_is_done_twice(store: RunStore, model: ModelFile, files: list[Path]) -> None:
    batch = Batch.create(store, TEMPLATE, [files[0], files[0]], model)
    batch.run(Extractor(), Reader())
    assert statuses(batch) == "dd"


def test_attachments_are_rows_of_their_own(store: RunStore, model: ModelFile, files: list[Path]) -> None:
    batch = Batch.create(store, TEMPLATE, files[:2], model)
    reader, extractor = Reader(), Extractor()
    reader.attachments = 2
    told: list[tuple[int, str]] = []
    progress: list[Progress] = []
    batch.run(
        extractor,
        reader,
        on_result=lambda position, result: told.append((position, Path(result.file).name)),
        on_progress=progress.append,
    )
    assert told == [
        (0, "a.txt"), (2, "a.txt › 0"), (3, "a.txt › 1"), (1, "b.txt"), (4, "b.txt › 0"), (5, "b.txt › 1"),
    ]  # fmt: skip
    assert reader.read_files == ["a.txt", "b.txt"]
    assert [(p.done, p.total) for p in progress] == [(0, 2), (1, 4), (2, 4), (3, 4), (4, 6), (5, 6), (6, 6)]
    assert len(batch.files) == 6
    again = Batch.resume(store, batch.run_id)
    assert again.files == batch.files
    assert again.results() == batch.results()
    values = [result.fields["total"] for result in again.results() if result]
    assert [value.value for value in values if isinstance(value, FieldValue)] == ["a", "b", "a0", "a1", "b0", "b1"]


def test_what_only_holds_others_is_a_row_without_values(store: RunStore, model: ModelFile, files: list[Path]) -> None:
    files[0].write_text("")  # as an archive: it says nothing itself
    batch = Batch.create(store, TEMPLATE, files[:1], model)
    reader, extractor = Reader(), Extractor()
    reader.attachments = 1
    batch.run(extractor, reader)
    holder, held = batch.results()
    assert holder is not None
    assert (holder.status, holder.fields, holder.notes) == (DocumentStatus.DONE, {}, ())
    assert held is not None
    assert isinstance(held.fields["total"], FieldValue)
    assert extractor.done == ["a.txt › 0"]


def test_attachments_that_were_not_done_are_done_on_resuming_and_none_twice(
    store: RunStore, model: ModelFile, files: list[Path]
) -> None:
    batch = Batch.create(store, TEMPLATE, [files[0], files[0], files[1]], model)
    reader, extractor, stop = Reader(), Extractor(), Cancellation()
    reader.attachments = 2
    extractor.before = lambda name: stop.request() if name == "a.txt › 1" else None
    with pytest.raises(Cancelled):
        batch.run(extractor, reader, cancellation=stop)
    assert statuses(batch) == "d--d-"
    again = Batch.resume(store, batch.run_id)
    rest = Extractor()
    again.run(rest, reader)
    assert statuses(again) == "d" * 9
    # one more at its first position, the second listing of the file, the other file
    assert sorted(rest.done) == ["a.txt", "a.txt › 0", "a.txt › 1", "a.txt › 1", "b.txt", "b.txt › 0", "b.txt › 1"]

    again.retry([0, 4])
    more = Extractor()
    again.run(more, reader)
    assert more.done == ["a.txt", "a.txt › 1"]
    assert statuses(again) == "d" * 9
    reader.attachments = 0
    again.retry([4])
    again.run(Extractor(), reader)
    gone = again.results()[4]
    assert gone is not None
    assert "not in the message any more" in gone.error


def test_attachments_of_a_message_whose_own_row_failed(store: RunStore, model: ModelFile, files: list[Path]) -> None:
    batch = Batch.create(store, TEMPLATE, files[:1], model)
    reader, extractor = Reader(), Extractor()
    reader.attachments = 1
    extractor.errors = {"a.txt": [EngineError("Too long.")]}
    batch.run(extractor, reader)
    assert statuses(batch) == "fd"


def test_a_row_that_cannot_be_saved_stops_the_run(
    batch: Batch, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(store, "save", full)
    told: list[int] = []
    with pytest.raises(StorageError, match="full"):
        batch.run(Extractor(), Reader(), on_result=lambda position, _: told.append(position))
    assert told == []


def test_a_run_records_what_it_needs_to_be_run_again(batch: Batch, store: RunStore) -> None:
    record = store.run(batch.run_id)
    assert record.template_sha256 == TEMPLATE.sha256
    assert record.template_version == 4
    assert len(record.model_sha256) == 64
    assert Path(record.model_path).is_file()
    assert record.application
    assert store.results(batch.run_id) == {}
    batch.run(Extractor(), Reader())
    assert {row["file_sha256"] for row in store.results(batch.run_id).values()} == {"ab" * 32}


def test_relative_files_are_found_from_another_folder(
    store: RunStore, model: ModelFile, files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    batch = Batch.create(store, TEMPLATE, [Path("a.txt")], model)
    monkeypatch.chdir("/")
    batch.run(Extractor(), Reader())
    (result,) = batch.results()
    assert result is not None
    assert (result.status, result.file) == (DocumentStatus.DONE, "a.txt")
    assert files[0].exists()


def test_files_named_from_another_folder_are_found_again(
    store: RunStore, model: ModelFile, files: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(files[0].parent)
    reader = Reader()
    reader.attachments = 1
    batch = Batch.create(store, TEMPLATE, [Path(files[0].name)], model)
    batch.run(Extractor(), reader)
    monkeypatch.chdir(tmp_path.parent)
    places = Batch.resume(store, batch.run_id).places()
    assert places[0] == files[0]
    assert places[0].exists()
    assert file_of(places[1]) == files[0]
    assert str(places[1]).startswith(f"{files[0]} › ")


def test_two_do_not_work_on_one_run(store: RunStore, model: ModelFile, files: list[Path]) -> None:
    batch = Batch.create(store, TEMPLATE, files, model)
    with store.owning(batch.run_id), pytest.raises(OwnedElsewhere):
        batch.run(Extractor(), Reader())
    batch.run(Extractor(), Reader())
    assert batch.pending() == []
