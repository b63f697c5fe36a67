"""Results for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillroom.cli.text import duration, printable
from stillroom.extraction.columns import cell
from stillroom.extraction.result import DocumentResult, DocumentStatus, FieldState
from stillroom.templates.template import Field, Template

_UNSURE = 0.5
_LEGEND = (
    (FieldState.ABSENT, "–", "not in the document"),
    (FieldState.UNREAD, "…", "not found in what was read"),
    (FieldState.INVALID, "!", "failed a check"),
    (FieldState.GENERATED, "~", "written by the model"),
    (FieldState.STATED, "=", "stated by the file itself (e-invoice data)"),
)


def print_table(results: Sequence[DocumentResult], template: Template) -> None:
    """A table on standard output; marks, not colour alone, say what needs a look."""
    console = Console(highlight=False)
    table = Table(show_lines=False, pad_edge=False)
    table.add_column("File", overflow="fold")
    for field in template.fields:
        table.add_column(printable(field.label or field.name), overflow="fold")
    marks: set[str] = set()
    for result in results:
        name = Text(printable(PurePath(result.file).name))
        if result.status is DocumentStatus.FAILED:
            name.stylize("red")
            table.add_row(
                name, *(Text("failed", "red") if number == 0 else Text("") for number in range(len(template.fields)))
            )
            continue
        table.add_row(name, *(_shown(result, field, marks) for field in template.fields))
    console.print(table)
    legend = [f"{mark} {meaning}" for _, mark, meaning in _LEGEND if mark in marks]
    if "?" in marks:
        legend.append(f"? confidence under {_UNSURE:.0%}")
    if legend:
        console.print(Text("   ".join(legend), style="dim"))
    for sentence in _failures(results):
        console.print(Text(sentence))
    for result in results:
        for note in result.notes:
            console.print(Text(printable(f"{PurePath(result.file).name}: {note}")))


def _shown(result: DocumentResult, field: Field, marks: set[str]) -> Text:
    found = cell(result, field)
    mark = next((mark for state, mark, _ in _LEGEND if state == found.state), "")
    style = "red" if mark == "!" else "dim" if mark in ("–", "…") else ""
    if not mark and found.confidence is not None and found.confidence < _UNSURE:
        mark, style = "?", "yellow"
    if mark:
        marks.add(mark)
    return Text(f"{printable(found.value)} {mark}".strip(), style)


def summary(results: Sequence[DocumentResult], out: Path | None, *, list_failures: bool) -> Iterator[str]:
    """What was done, for standard error; with ``list_failures`` a sentence for each document that failed."""
    if list_failures:
        yield from _failures(results)
    count = {status: sum(result.status is status for result in results) for status in DocumentStatus}
    parts = [f"{number} {status}" for status, number in count.items() if number]
    seconds = duration(sum(result.seconds for result in results))
    documents = "1 document" if len(results) == 1 else f"{len(results)} documents"
    yield f"{documents}: {', '.join(parts)}, in {seconds}." + (f" Written to {out}." if out else "")


def _failures(results: Sequence[DocumentResult]) -> Iterator[str]:
    for result in results:
        if result.status is DocumentStatus.FAILED:
            yield printable(f"{PurePath(result.file).name}: {result.error}")
