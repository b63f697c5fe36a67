"""Rows are decided again by what their template learned, without their files; what was seen goes with the row."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.extraction.scripted_engine import ScriptedEngine
from tests.workspace.made_run import MadeRun

from stillroom.documents.document import Document, Page
from stillroom.extraction import around, kept_seen
from stillroom.extraction.deciding import decide
from stillroom.extraction.extractor import Extractor
from stillroom.learning.memory import TemplateMemory
from stillroom.models.model_file import ModelFile
from stillroom.templates.toml_file import parse_template
from stillroom.workspace.learning import Learning

TEMPLATE = parse_template(
    'name = "shift"\nversion = 1\n[[fields]]\nname = "handover"\ntype = "time"\n[[fields]]\nname = "code"\ntype = "identifier"\n', "t"
)  # fmt: skip
_SHEET = "Sheet {0}\nZorble {1}:15\nQuendle {2}:40\nFrimmet {3}:05\nPlim AX-{0}00\nDroo BX-{0}00\nVank CX-{0}00\n"


def shift(number: int) -> Document:
    text = _SHEET.format(number, 6 + number % 3, 14 + number % 4, 20 + number % 2)
    return Document(f"{number}.txt", "txt", hashlib.sha256(text.encode()).hexdigest(), (Page(1, text),), 1)


class Table(MadeRun):
    """A run of eight documents, and what its template learns."""

    def __init__(self, folder: Path) -> None:
        self.memory = TemplateMemory(TEMPLATE, folder / "learned")
        super().__init__(folder, TEMPLATE, shift, 8, learned=lambda _: self.memory.learned())
        self.runs.do(self.batch)

    def kept(self) -> int:
        return self.database.connection().execute("SELECT count(*) FROM seen").fetchone()[0]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    yield made
    made.database.close()


def test_rows_are_decided_again_without_their_files(table: Table) -> None:
    read = list(table.reader.read_files)
    assert table.runs.decide_again(table.batch.run_id, range(8)).after == {}
    for number in range(20, 25):
        table.memory.take(shift(number), {"handover": f"{14 + number % 4}:40", "code": f"CX-{number}00"})
    found = table.runs.decide_again(table.batch.run_id, [2, 3, 4, 5, 6, 7])
    assert found.left == ()
    assert set(found.after) <= {2, 3, 4, 5, 6, 7}
    assert table.reader.read_files == read
    before = table.batch.results()
    assert {place: before[place] for place in found.before} == found.before, "nothing is on disk yet"
    table.runs.put(table.batch.run_id, found.after, found.seen)
    after = table.batch.results()
    assert after[:2] == before[:2]
    assert table.values("handover")[2:] == [f"{14 + place % 4}:40" for place in range(2, 8)]
    assert table.runs.decide_again(table.batch.run_id, range(2, 8)).after == {}
    table.runs.put(table.batch.run_id, found.before)
    assert table.batch.results() == before


def test_an_approved_row_is_learned_of_without_its_file(
    table: Table, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    read, run = list(table.reader.read_files), table.batch.run_id
    learning = Learning(table.runs.document, table.reader, seen=table.runs.seen)  # type: ignore[arg-type]
    for place in range(3):
        learned = learning.take(TEMPLATE, run, place, {"handover": f"{14 + place % 4}:40", "code": f"CX-{place}00"})
    assert (learned.documents, table.reader.read_files) == (3, read)
    assert set(learning.memory(TEMPLATE).documents()) == {shift(place).sha256 for place in range(3)}
    table.runs.decide_again(run, range(8))
    held = table.runs.seen(run, 3, TEMPLATE)
    assert held is not None
    assert held.document is table.runs.seen(run, 3, TEMPLATE).document, "as it is held already"  # type: ignore[union-attr]
    other = replace(TEMPLATE, fields=TEMPLATE.fields[:1])
    assert table.runs.seen(run, 3, other) is None
    learning.take(other, run, 3, {"handover": "17:40"})
    assert table.reader.read_files == [*read, "3.txt"], "what other fields saw is not enough"
    table.batch.retry([4])
    learning.take(TEMPLATE, run, 4, {"handover": "14:40"})
    assert table.reader.read_files == [*read, "3.txt", "4.txt"]


def test_what_was_seen_goes_with_its_row(table: Table) -> None:
    assert table.kept() == 8
    table.batch.retry([0])
    assert table.kept() == 7
    row = table.batch.results()[1]
    assert row is not None
    table.runs.keep(table.batch.run_id, 1, row)  # another result, that was not decided here
    assert table.kept() == 6
    assert table.runs.decide_again(table.batch.run_id, range(8)).left == (0, 1)
    table.store.erase()
    assert table.kept() == 0


def test_a_table_made_anew_is_decided_by_what_is_learned_as_well(table: Table, tmp_path: Path) -> None:
    """Only a field that changed and one that is new are asked; what was seen of the others is taken along."""
    new = parse_template(
        'name = "shift"\nversion = 2\n[[fields]]\nname = "code"\ntype = "identifier"\ndescription = "the last one"\n'
        '[[fields]]\nname = "handover"\ntype = "time"\n[[fields]]\nname = "sheet"\ntype = "integer"\n',
        "t",
    )
    again = table.runs.renew(table.batch, new, ModelFile("m", tmp_path / "m.gguf", 4, "Q4_1", False))
    table.runs.do(again)
    assert table.kept() == 16
    memory = TemplateMemory(new, tmp_path / "learned anew")
    runs = table.made_anew(learned=lambda _: memory.learned())
    for number in range(20, 25):
        memory.take(
            shift(number), {"handover": f"{14 + number % 4}:40", "code": f"CX-{number}00", "sheet": f"{number}"}
        )
    found = runs.decide_again(again.run_id, range(8))
    assert found.left == ()
    runs.put(again.run_id, found.after, found.seen)
    rows = [row for row in again.results() if row is not None]
    assert [list(row.fields) for row in rows] == [["code", "handover", "sheet"]] * 8
    assert [row.fields["handover"].value for row in rows] == [f"{14 + place % 4}:40" for place in range(8)]  # type: ignore[union-attr]
    assert [row.fields["code"].value for row in rows] == [f"CX-{place}00" for place in range(8)]  # type: ignore[union-attr]


def test_what_does_not_belong_together_is_not_put_together() -> None:
    extractor = Extractor(ScriptedEngine())
    time, code = (replace(TEMPLATE, fields=(each,)) for each in TEMPLATE.fields)
    (_, of_time), (_, of_code) = (extractor.extract_and_keep(shift(1), each, file="a") for each in (time, code))
    _, of_another = extractor.extract_and_keep(shift(2), code, file="a")
    both = kept_seen.merged(TEMPLATE, (of_time, time), (of_code, code))
    seen = kept_seen.Unpacker(TEMPLATE).unpack(both)
    assert seen is not None
    whole = kept_seen.Unpacker(TEMPLATE).unpack(extractor.extract_and_keep(shift(1), TEMPLATE, file="a")[1])
    assert whole is not None
    assert decide(seen, TEMPLATE) == decide(whole, TEMPLATE)
    assert kept_seen.merged(TEMPLATE, (of_time, time), (of_another, code)) == b"", "another text"
    assert kept_seen.merged(TEMPLATE, (of_time, time)) == b"", "a field is missing"
    assert kept_seen.merged(TEMPLATE, (of_time, code), (of_code, code)) == b"", "seen with other fields"
    assert kept_seen.merged(TEMPLATE, (of_time[:50], time), (of_code, code)) == b""


def test_rows_come_out_alike_however_often_they_were_decided(table: Table) -> None:
    alone = table.runs.decide_again(table.batch.run_id, range(8))
    for number in range(20, 25):
        table.memory.take(shift(number), {"handover": f"{14 + number % 4}:40", "code": f"CX-{number}00"})
    learned = table.runs.decide_again(table.batch.run_id, range(8))
    assert learned.after
    assert table.runs.decide_again(table.batch.run_id, range(8)) == learned
    table.memory.forget()
    assert table.runs.decide_again(table.batch.run_id, range(8)) == alone, (
        "what was taught once has left nothing behind"
    )


def test_nothing_of_a_run_is_held_in_memory_once_it_was_let_go(table: Table) -> None:
    assert table.runs.decide_again(table.batch.run_id, range(8)).left == ()
    held = weakref.ref(table.runs._opened.unpacker)  # type: ignore[union-attr]
    table.runs.let_go()
    assert held() is None


def test_what_was_got_ready_is_decided_by_what_is_learned_without_looking_at_its_text(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.runs.get_ready(table.batch.run_id)
    for number in range(20, 25):
        table.memory.take(shift(number), {"handover": f"{14 + number % 4}:40", "code": f"CX-{number}00"})

    def looked(*_: object) -> None:
        raise AssertionError("a text was looked at again")

    monkeypatch.setattr(around.Places, "of", looked)
    assert table.runs.decide_again(table.batch.run_id, range(8)).after


def test_what_was_got_ready_is_not_opened_again(table: Table) -> None:
    unready = table.runs.decide_again(table.batch.run_id, range(8))
    table.runs.let_go()
    table.runs.get_ready(table.batch.run_id)
    opened = table.runs._opened
    assert opened is not None
    assert table.runs.decide_again(table.batch.run_id, range(8)) == unready
    assert table.runs._opened is opened


def test_no_more_is_got_ready_than_is_held(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bytes] = []
    unpacked = kept_seen.Unpacker._unpacked

    def counted(self: kept_seen.Unpacker, content: bytes) -> kept_seen.Seen | None:
        opened.append(content)
        return unpacked(self, content)

    monkeypatch.setattr(kept_seen, "_MOST_HELD", (3, 4 << 20))
    monkeypatch.setattr(kept_seen.Unpacker, "_unpacked", counted)
    table.runs.let_go()
    table.runs.get_ready(table.batch.run_id)
    assert len(opened) == 8, "each once, for what they have in common"
    assert table.runs.decide_again(table.batch.run_id, range(8)).left == ()
    assert len(opened) == 13, "what is not held is opened when it is decided"
