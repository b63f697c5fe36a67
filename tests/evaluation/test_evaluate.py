"""An evaluation over documents, with an engine whose answers are known, and over finished results."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from tests.extraction.scripted_engine import LARGE, ScriptedEngine

from stillroom.cancellation import Cancellation
from stillroom.documents.document import Document, Page
from stillroom.errors import Cancelled, DocumentError, EngineError, StillroomError
from stillroom.evaluation.evaluate import Evaluator
from stillroom.evaluation.judging import Outcome
from stillroom.evaluation.labels import LabelledDocument
from stillroom.evaluation.metering import TokenMeter
from stillroom.evaluation.report import to_json
from stillroom.extraction.extractor import Extractor
from stillroom.extraction.result import DocumentResult, Progress, result_from_json, result_to_json
from stillroom.templates.template import Field, FieldType, Template

TEMPLATE = Template("t", 1, "T", "", (Field("date", FieldType.DATE), Field("mail", FieldType.EMAIL)))
TEXTS = {
    "a.txt": "Date 2020-05-31",
    "b.txt": "Date 2020-06-01, write to x@y.org",
    "c.txt": "Date 2020-07-01",
}


class Reader:
    """Reads from memory. ``changed``: files whose content is another now."""

    def __init__(self, changed: tuple[str, ...] = ()) -> None:
        self.changed = changed

    def read(self, path: Path, *, password: str | None = None, cancellation: Cancellation | None = None) -> Document:
        assert password is None
        if cancellation is not None:
            cancellation.raise_if_requested()
        if path.name not in TEXTS:
            raise DocumentError("It is gone.")
        sha256 = ("new " if path.name in self.changed else "") + path.name
        return Document(path.name, "txt", sha256, (Page(1, TEXTS[path.name]),), 1)


def labelled(folder: Path) -> list[LabelledDocument]:
    labels = {
        "a.txt": {"date": "2020-05-31", "mail": None},
        "b.txt": {"date": "2020-06-01", "mail": "x@y.org"},
        "c.txt": {"date": "2020-07-02", "mail": "no@where.org"},
        "gone.txt": {"date": "2020-01-01", "mail": None},
    }
    return [LabelledDocument(n, name, folder / name, dict(f)) for n, (name, f) in enumerate(labels.items(), 1)]


def knowing(_: str, candidate: str) -> float:
    return -40.0 if candidate == "none" else 0.0


def run(folder: Path) -> tuple[Evaluator, TokenMeter, list[Progress]]:
    evaluator = Evaluator(labelled(folder), TEMPLATE, Reader())
    return evaluator, TokenMeter(ScriptedEngine(knowing, info=LARGE)), []


def test_every_document_is_a_judgement_also_one_that_fails(tmp_path: Path) -> None:
    evaluator, meter, seen = run(tmp_path)
    evaluation = evaluator.run(Extractor(meter), meter=meter, on_progress=seen.append)
    assert [document.error for document in evaluation.documents] == ["", "", "", "It is gone."]
    assert evaluation.metrics.fields["date"].outcomes == {Outcome.RIGHT: 2, Outcome.WRONG: 1, Outcome.MISSED: 1}
    assert evaluation.metrics.fields["mail"].outcomes == {
        Outcome.RIGHT: 1, Outcome.MISSED: 2, Outcome.CORRECTLY_ABSENT: 1,
    }  # fmt: skip
    assert (evaluation.metrics.failed, evaluation.metrics.not_in_document) == (1, 0)
    # The page is sure of the one date that stands in it; only where there is none the model was asked.
    assert [document.prompt_tokens for document in evaluation.documents] == [0, 1, 0, 0]
    assert [(each.done, each.total, each.failed) for each in seen] == [
        (0, 4, 0),
        (1, 4, 0),
        (2, 4, 0),
        (3, 4, 0),
        (4, 4, 1),
    ]


def test_what_a_thousand_cost_is_told_from_those_that_were_answered(tmp_path: Path) -> None:
    evaluator, meter, _ = run(tmp_path)
    evaluation = dataclasses.replace(evaluator.run(Extractor(meter), meter=meter), cost=0.03)
    assert evaluation.metrics.failed == 1
    assert evaluation.thousand_cost == pytest.approx(10.0)
    none = tuple(each for each in evaluation.documents if each.error)
    assert dataclasses.replace(evaluation, documents=none).thousand_cost == 0.0


def test_finished_results_give_the_same_figures(tmp_path: Path) -> None:
    evaluator, meter, _ = run(tmp_path)
    first = evaluator.run(Extractor(meter), meter=meter)
    lines = [json.dumps(result_to_json(result)) for result in first.results]
    results = [result_from_json(json.loads(line)) for line in lines]
    made, failed = evaluator.judge_results(results, tmp_path)
    assert failed.documents[0].error == "It is gone."  # no model's name is known of it
    assert made.model_name == "made"
    before, after = (to_json([each], TEMPLATE)["models"][0]["judgements"][:3] for each in (first, made))
    assert [each["fields"] for each in before] == [each["fields"] for each in after]
    assert [each["prompt_tokens"] for each in after] == [None] * 3


def results_of(folder: Path) -> list[DocumentResult]:
    evaluator, meter, _ = run(folder)
    return list(evaluator.run(Extractor(meter)).results[:3])


def test_a_result_is_found_by_its_path_or_the_end_of_it(tmp_path: Path) -> None:
    evaluator, _, _ = run(tmp_path)
    moved = [dataclasses.replace(result, file=f"elsewhere/{result.file}") for result in results_of(tmp_path)]
    stray = dataclasses.replace(moved[0], file="elsewhere/other.txt")
    (evaluation,) = evaluator.judge_results([*moved, stray], tmp_path)
    assert [document.file for document in evaluation.documents] == ["a.txt", "b.txt", "c.txt"]
    with pytest.raises(StillroomError, match="None of the results"):
        evaluator.judge_results([stray], tmp_path)
    with pytest.raises(StillroomError, match=r'"a\.txt" twice'):
        evaluator.judge_results([moved[0], moved[0]], tmp_path)


def test_a_file_that_changed_since_is_not_looked_up(tmp_path: Path) -> None:
    evaluator = Evaluator(labelled(tmp_path), TEMPLATE, Reader(changed=("b.txt",)))
    (evaluation,) = evaluator.judge_results(results_of(tmp_path), tmp_path)
    assert evaluation.metrics.unchecked == 1
    assert evaluation.metrics.verbatim == 2  # the dates of a and c


def test_a_worker_that_died_is_tried_again(tmp_path: Path) -> None:
    evaluator, meter, _ = run(tmp_path)
    extractor = Extractor(meter)
    failures = [EngineError("It crashed.", retryable=True)] * 2 + [EngineError("It cannot be.")]
    asked = []

    class Failing:
        def extract(
            self, document: Document, template: Template, *, file: str, cancellation: Cancellation | None = None
        ) -> DocumentResult:
            assert cancellation is None
            asked.append(file)
            if failures:
                raise failures.pop(0)
            return extractor.extract(document, template, file=file)

    evaluation = evaluator.run(Failing())
    assert asked == ["a.txt", "a.txt", "a.txt", "b.txt", "c.txt"]
    assert [document.error for document in evaluation.documents[:2]] == ["It cannot be.", ""]


def test_cancelling_ends_it(tmp_path: Path) -> None:
    evaluator, meter, seen = run(tmp_path)
    cancellation = Cancellation()

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if progress.done == 1:
            cancellation.request()

    with pytest.raises(Cancelled):
        evaluator.run(Extractor(meter), on_progress=stop, cancellation=cancellation)
    assert len(seen) == 2


def test_the_report_is_plain_data(tmp_path: Path) -> None:
    evaluator, meter, _ = run(tmp_path)
    report = json.loads(json.dumps(to_json([evaluator.run(Extractor(meter), meter=meter)], TEMPLATE)))
    (model,) = report["models"]
    assert report["template"] == {"name": "t", "version": 1}
    assert (model["documents"], model["failed"], model["score"]) == (4, 1, 0.5)
    assert model["outcomes"] == {"right": 3, "wrong": 1, "invented": 0, "missed": 3, "correctly absent": 1}
    assert sum(part["count"] for part in model["calibration"]["bins"]) == model["calibration"]["answers"] == 6
    assert model["fields"]["date"]["outcomes"]["wrong"] == 1
    assert model["judgements"][3]["error"] == "It is gone."
