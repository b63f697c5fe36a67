"""Results for a person at a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stillroom.cli.status import DONE, FAILURE, SOME_FAILED, say
from stillroom.cli.text import duration, printable
from stillroom.errors import StillroomError
from stillroom.extraction.columns import cell, json_line
from stillroom.extraction.result import DocumentResult, DocumentStatus, FieldState
from stillroom.templates.template import Field, Template
from stillroom.workspace import Workspace

if TYPE_CHECKING:
    from stillroom.workspace.runs import Batch

_UNSURE = 0.5
_LEGEND = (
    (FieldState.ABSENT, "–", "not in the document"),
    (FieldState.UNREAD, "…", "not found in what was read"),
    (FieldState.INVALID, "!", "failed a check"),
    (FieldState.GENERATED, "~", "written by the model"),
    (FieldState.STATED, "=", "stated by the file itself (e-invoice data)"),
)


def as_json(options: argparse.Namespace) -> bool:
    """Whether rows go to standard output as JSON lines: where that was asked for, or a program reads it."""
    return bool(options.json or (options.out is None and not sys.stdout.isatty()))


def print_line(result: DocumentResult) -> None:
    """A row as a JSON line on standard output."""
    line = json_line(result)
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def deliver(workspace: Workspace, batch: Batch, out: Path | None, *, as_json: bool) -> int:
    """Write the rows of a run where they were wanted, and say what was done. Returns the exit status."""
    results = [result for result in batch.results() if result is not None]
    if out is not None:
        try:
            workspace.runs.export(results, batch.template, out)
        except StillroomError as error:
            say(f"{error.message} The rows are kept; the same command with --resume writes them without reading anew.")
            return FAILURE
    elif not as_json:
        print_table(results, batch.template)
    workspace.runs.set_delivered(batch, True)
    for sentence in summary(results, out, list_failures=out is not None or as_json):
        say(sentence)
    return SOME_FAILED if any(result.status is DocumentStatus.FAILED for result in results) else DONE


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
