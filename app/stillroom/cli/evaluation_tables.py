"""Figures of an evaluation for a person at a terminal, models side by side."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillroom.cli.text import duration, printable, size
from stillroom.evaluation.calibration import HIGH_PRECISION, PRECISION, SURE, Calibration
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.judging import Outcome
from stillroom.evaluation.metrics import FieldMetrics, Metrics

_FILE_WIDTH = 120  # characters, where no terminal says
# Headings for narrow columns.
_SHORT = {Outcome.CORRECTLY_ABSENT: "absent"}


def print_evaluations(evaluations: Sequence[ModelEvaluation]) -> None:
    """The figures of each model in a column, then each model's fields and what its confidences are worth."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)
    console.print(_overview(evaluations))
    if len(evaluations) > 1:
        _print(console, "Right by field (* best)", _side_by_side(evaluations))
    for evaluation in evaluations:
        _print(console, f"{evaluation.model_name}: values by field", _fields(evaluation))
        if evaluation.metrics.calibration is not None:
            title = f"{evaluation.model_name}: what a confidence is worth"
            _print(console, title, _reliability(evaluation.metrics.calibration))
    console.print(Text("absent: rightly none; no source: does not stand in the document", "dim"))


def _print(console: Console, title: str, table: Table) -> None:
    console.print(Text(printable(title), "bold"))
    console.print(table)


def _overview(evaluations: Sequence[ModelEvaluation]) -> Table:
    table = _table("", *(evaluation.model_name for evaluation in evaluations))
    rows: list[tuple[str, Callable[[ModelEvaluation], str]]] = [
        ("Documents", lambda each: _documents(each.metrics)),
        ("Right, mean of the fields", lambda each: _share(each.metrics.score)),
        ("ANLS, mean of the fields", lambda each: _share(each.metrics.anls)),
        ("Values not in the document", lambda each: _invented(each.metrics)),
        ("Seconds a document", lambda each: f"{each.metrics.seconds:.2f}"),
        ("Documents a minute", lambda each: f"{each.metrics.documents_per_minute:.1f}"),
        ("Prompt tokens a document", lambda each: _count(each.metrics.prompt_tokens)),
        ("Memory of the worker", lambda each: size(each.memory) if each.memory else "–"),
        ("Calibration error", lambda each: _calibrated(each.metrics, lambda found: f"{found.error:.3f}")),
        (
            f"Can be accepted at {PRECISION:.0%} right",
            lambda each: _calibrated(each.metrics, lambda found: _accepted(found.coverage, found.threshold)),
        ),
        (
            f"Can be accepted at {HIGH_PRECISION:.0%} right",
            lambda each: _calibrated(each.metrics, lambda found: _accepted(found.high_coverage, found.high_threshold)),
        ),
        (
            f"Sure (over {SURE}) and wrong",
            lambda each: _calibrated(each.metrics, lambda found: _share(found.sure_and_wrong)),
        ),
        ("Right value at the right place", lambda each: _placed(each.metrics)),
        *_costs(evaluations),
        ("Time", lambda each: duration(sum(document.seconds for document in each.documents))),
    ]
    for name, figure in rows:
        table.add_row(name, *(figure(evaluation) for evaluation in evaluations))
    return table


def _costs(evaluations: Sequence[ModelEvaluation]) -> list[tuple[str, Callable[[ModelEvaluation], str]]]:
    """What asking cost, where it cost something."""
    if not any(each.cost for each in evaluations):
        return []
    return [
        ("Cost", lambda each: f"${each.cost:.4f}"),
        ("Cost of 1,000 such documents", lambda each: f"${each.thousand_cost:,.2f}"),
    ]


def _side_by_side(evaluations: Sequence[ModelEvaluation]) -> Table:
    table = _table("Field", *(evaluation.model_name for evaluation in evaluations))
    for name in evaluations[0].metrics.fields:
        found = [evaluation.metrics.fields.get(name) for evaluation in evaluations]
        best = max(field.score for field in found if field)
        table.add_row(
            printable(name),
            *("–" if field is None else _share(field.score) + ("*" if field.score == best else " ") for field in found),
        )
    return table


def _fields(evaluation: ModelEvaluation) -> Table:
    headings = [_SHORT.get(outcome, str(outcome)) for outcome in Outcome]
    table = _table("Field", "Score", "ANLS", *headings, "no source")
    for name, field in evaluation.metrics.fields.items():
        table.add_row(printable(name), *_figures(field))
    table.add_section()
    table.add_row("All", *_figures(evaluation.metrics))
    return table


def _figures(found: FieldMetrics | Metrics) -> list[str]:
    counts = [str(found.outcomes[outcome]) for outcome in Outcome]
    return [_share(found.score), _share(found.anls), *counts, f"{found.not_in_document}/{found.verbatim}"]


def _reliability(found: Calibration) -> Table:
    table = _table("Confidence", "Mean", "Right", "Answers")
    for part in found.bins:
        table.add_row(f"{part.low:.0%} – {part.high:.0%}", _share(part.confidence), _share(part.right), str(part.count))
    return table


def _table(first: str, *rest: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(Text(first), overflow="fold")
    for heading in rest:
        table.add_column(Text(printable(heading)), justify="right", overflow="fold")
    return table


def _documents(metrics: Metrics) -> str:
    return f"{metrics.documents}" + (f", {metrics.failed} failed" if metrics.failed else "")


def _invented(metrics: Metrics) -> str:
    if metrics.unchecked and not metrics.verbatim:
        return "not looked up"
    return f"{metrics.not_in_document} of {metrics.verbatim} ({_share(metrics.share_not_in_document)})"


def _calibrated(metrics: Metrics, figure: Callable[[Calibration], str]) -> str:
    return "–" if metrics.calibration is None else figure(metrics.calibration)


def _accepted(coverage: float, threshold: float | None) -> str:
    return _share(coverage) + ("" if threshold is None else f" (from {threshold:.2f})")


def _placed(metrics: Metrics) -> str:
    if not metrics.placed:
        return "–"
    return f"{_share(metrics.rightly_placed / metrics.placed)} of {metrics.placed}"


def _count(number: float | None) -> str:
    return "–" if number is None else f"{number:.0f}"


def _share(share: float) -> str:
    return f"{share:.1%}"
