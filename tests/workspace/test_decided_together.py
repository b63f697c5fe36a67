"""A run ends with its documents decided together; what a person judged stays, and each alone where that is wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest
from tests.learning.test_run_evidence import TEMPLATE, order
from tests.workspace.made_run import MadeRun

from stillroom.cancellation import Cancellation
from stillroom.extraction.result import DocumentResult
from stillroom.learning import run_evidence
from stillroom.learning.memory import LearnedTemplate, TemplateMemory
from stillroom.templates.template import Template

_BARE = 8


class Table(MadeRun):
    """A run of ten documents, the last two without a label.

    Attributes:
        bare_from: number of the first document without a label.
        judged: SHA-256 of what a person said something of. judged_from: by the question after so many.
    """

    def __init__(self, folder: Path) -> None:
        self.bare_from = _BARE
        self.judged: Collection[str] = ()
        self.asked = self.judged_from = 0
        super().__init__(
            folder, TEMPLATE, lambda number: order(number, bare=number >= self.bare_from), 10, judged=self._judged
        )

    def _judged(self, template: Template, results: Sequence[DocumentResult]) -> Collection[str]:
        assert template == self.batch.template
        assert results
        self.asked += 1
        return self.judged if self.asked > self.judged_from else ()

    def numbers(self) -> list[str | None]:
        return self.values("order_number")


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    yield made
    made.database.close()


def test_the_documents_of_a_run_are_decided_together_at_its_end(table: Table) -> None:
    told: list[int] = []
    table.runs.do(table.batch, on_result=lambda position, _: told.append(position), cancellation=Cancellation())
    assert table.numbers() == [f"AX-47{number}1" for number in range(10)]
    assert told[:10] == list(range(10))
    assert {8, 9} <= set(told[10:]), "what came out otherwise is told once more"
    table.runs.do(table.batch, on_result=lambda position, _: told.append(-position), cancellation=Cancellation())
    assert min(told) == 0, "nothing comes out otherwise a second time"


def test_what_a_person_judged_stays_as_it_is(table: Table) -> None:
    table.runs.do(table.batch, alone=True, cancellation=Cancellation())
    alone = table.numbers()
    assert alone[8] == "CX-3380"
    table.judged = {order(8, bare=True).sha256}
    table.runs.do(table.batch, cancellation=Cancellation())
    assert table.numbers()[8] == alone[8]
    assert table.numbers()[9] == "AX-4791"


def test_a_first_corrected_document_takes_nothing_from_what_the_others_show(tmp_path: Path) -> None:
    memory = TemplateMemory(TEMPLATE, tmp_path / "learned")
    made = MadeRun(
        tmp_path, TEMPLATE, lambda number: order(number, bare=number >= _BARE), 10,
        learned=lambda _: memory.learned() if memory.documents() else None,
    )  # fmt: skip
    made.runs.do(made.batch, cancellation=Cancellation())
    together = made.values("order_number")
    assert together[8:] == ["AX-4781", "AX-4791"]
    first = made.runs._opened
    memory.take(order(20), {"order_number": "AX-47201", "due": None})
    found = made.runs.decide_again(made.batch.run_id, range(10))
    assert [place for place in found.after if "order_number" in found.changed(place)] == []
    drawn = made.runs._opened
    assert first is not None
    assert drawn is not None
    assert drawn.evidence is not first.evidence, "what they have in common is drawn by what is known now"
    assert drawn.unpacker is first.unpacker
    made.database.close()


def test_what_was_too_much_to_be_kept_is_not_drawn_in_the_place_of_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_evidence, "OF_TAUGHT", 10)
    memory = TemplateMemory(TEMPLATE, tmp_path / "learned")
    made = MadeRun(
        tmp_path, TEMPLATE, order, 20,
        learned=lambda _: memory.learned() if memory.documents() else None,
    )  # fmt: skip
    made.runs.do(made.batch, alone=True, cancellation=Cancellation())
    made.runs.put(made.batch.run_id, {}, dict.fromkeys(range(0, 20, 2), b""))
    made.runs.get_ready(made.batch.run_id)
    memory.take(order(30), {"order_number": "AX-47301", "due": None})
    made.runs.get_ready(made.batch.run_id)
    opened = made.runs._opened
    assert opened is not None
    assert opened.learned is not None
    assert opened.evidence is not None
    made.database.close()


def test_rows_are_decided_again_after_a_restart_as_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_evidence, "OF_TAUGHT", 10)
    memory = TemplateMemory(TEMPLATE, tmp_path / "learned")

    def learned(_: Template) -> LearnedTemplate | None:
        return memory.learned() if memory.documents() else None

    made = MadeRun(tmp_path, TEMPLATE, lambda number: order(number, bare=number % 6 == 0), 24, learned=learned)
    made.runs.do(made.batch, cancellation=Cancellation())
    memory.take(order(30), {"order_number": "AX-47301", "due": None})
    before = made.runs.decide_again(made.batch.run_id, range(24))
    after = made.made_anew(learned=learned).decide_again(made.batch.run_id, range(24))
    assert before.after, "what was learned shows in the rows"
    assert after.after == before.after
    made.database.close()


def test_a_document_that_was_extracted_again_counts_as_it_is_now(table: Table) -> None:
    table.runs.do(table.batch, cancellation=Cancellation())
    # The numbers of these files' labels are gone: nothing is left that the others could be told by.
    table.bare_from = 0
    table.runs.do(table.batch, again=range(10), alone=True, cancellation=Cancellation())
    apart = table.numbers()
    again = table.made_anew()
    held = table.runs.decide_again(table.batch.run_id, range(10))
    fresh = again.decide_again(table.batch.run_id, range(10))
    assert held == fresh, "what is held in memory of the run is of the documents as they were"
    assert table.numbers() == apart


def test_what_a_person_judged_while_the_documents_were_decided_stays(table: Table) -> None:
    table.runs.do(table.batch, alone=True, cancellation=Cancellation())
    alone = table.numbers()
    table.judged, table.judged_from = {order(8, bare=True).sha256}, 1
    table.runs.do(table.batch, cancellation=Cancellation())
    assert table.numbers()[8] == alone[8]
    assert table.numbers()[9] == "AX-4791"
