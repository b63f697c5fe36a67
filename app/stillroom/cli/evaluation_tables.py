"""Figures of an evaluation for a person at a terminal, models side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillroom.cli.text import duration, printable, size
from stillroom.evaluation.calibration import PRECISION, Calibration
from stillroom.evaluation.evaluate import ModelEvaluation
from stillroom.evaluation.judging import Outcome
from stillroom.evaluation.metrics import FieldMetrics, Metrics


def print_evaluations(evaluations: Sequence[ModelEvaluation]) -> None:
    """The figures of each model in a column, then each model's fields and what its confidences are worth."""
    console = Console(highlight=False)
    console.print(_overview(evaluations))
    if len(evaluations) > 1:
        console.print(_side_by_side(evaluations))
    for evaluation in evaluations:
        console.print(_fields(evaluation))
        if evaluation.metrics.calibration is not None:
            console.print(_reliability(evaluation, evaluation.metrics.calibration))


def _overview(evaluations: Sequence[ModelEvaluation]) -> Table:
    table = _table("", "", *(evaluation.model_name for evaluation in evaluations))
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
            lambda each: _calibrated(each.metrics, lambda found: _accepted(found)),
        ),
        ("Time", lambda each: duration(sum(document.seconds for document in each.documents))),
    ]
    for name, figure in rows:
        table.add_row(name, *(figure(evaluation) for evaluation in evaluations))
    return table


def _side_by_side(evaluations: Sequence[ModelEvaluation]) -> Table:
    table = _table("Right by field (* best)", "Field", *(evaluation.model_name for evaluation in evaluations))
    for name in evaluations[0].metrics.fields:
        found = [evaluation.metrics.fields.get(name) for evaluation in evaluations]
        best = max(field.score for field in found if field)
        table.add_row(
            printable(name),
            *("–" if field is None else _share(field.score) + ("*" if field.score == best else " ") for field in found),
        )
    return table


def _fields(evaluation: ModelEvaluation) -> Table:
    title = f"{evaluation.model_name}: values by field"
    headings = [str(outcome).capitalize() for outcome in Outcome]
    table = _table(title, "Field", "Score", "ANLS", *headings, "Not in document")
    for name, field in evaluation.metrics.fields.items():
        table.add_row(printable(name), *_figures(field))
    table.add_section()
    table.add_row("All", *_figures(evaluation.metrics))
    return table


def _figures(found: FieldMetrics | Metrics) -> list[str]:
    counts = [str(found.outcomes[outcome]) for outcome in Outcome]
    return [_share(found.score), _share(found.anls), *counts, f"{found.not_in_document} of {found.verbatim}"]


def _reliability(evaluation: ModelEvaluation, found: Calibration) -> Table:
    table = _table(f"{evaluation.model_name}: what a confidence is worth", "Confidence", "Mean", "Right", "Answers")
    for part in found.bins:
        table.add_row(f"{part.low:.0%} – {part.high:.0%}", _share(part.confidence), _share(part.right), str(part.count))
    return table


def _table(title: str, first: str, *rest: str) -> Table:
    table = Table(title=Text(printable(title)) if title else None, title_justify="left", title_style="bold")
    table.add_column(Text(first))
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


def _accepted(found: Calibration) -> str:
    return _share(found.coverage) + ("" if found.threshold is None else f" (from {found.threshold:.2f})")


def _count(number: float | None) -> str:
    return "–" if number is None else f"{number:.0f}"


def _share(share: float) -> str:
    return f"{share:.1%}"
