"""Templates, results and runs as the tests of review make them: what a test says is what is special about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from stillroom.documents.document import Document, Span
from stillroom.documents.read_file import read_file
from stillroom.extraction.result import (
    Coverage,
    DocumentResult,
    DocumentStatus,
    FieldResult,
    FieldState,
    FieldValue,
    RunnerUp,
)
from stillroom.storage.runs import RunRecord


def toml_of(
    name: str, /, *, version: int = 1, rule: tuple[str, str] | None = None, **fields: str | dict[str, str]
) -> str:
    """A template's TOML.

    Args:
        rule: check and message.
        fields: of each its type, with ``required`` behind it; ``list of line``; of a table its columns with theirs.
    """
    lines = [f'name = "{name}"', f"version = {version}", f'title = "{name.title()}"', f'description = "A {name}."']
    for field, said in fields.items():
        kind, _, rest = ("table", "", "") if isinstance(said, dict) else said.partition(" ")
        lines += ["[[fields]]", f'name = "{field}"', f'type = "{kind}"']
        if rest == "required":
            lines.append("required = true")
        elif rest:
            lines.append(f'of = "{rest.removeprefix("of ")}"')
        for column, its in said.items() if isinstance(said, dict) else ():
            lines += ["[[fields.columns]]", f'name = "{column}"', f'type = "{its}"']
    if rule is not None:
        lines += ["[[rules]]", f'check = "{rule[0]}"', f'message = "{rule[1]}"']
    return "\n".join(lines) + "\n"


BILL = {"description": "line", "quantity": "number", "unit_price": "money", "amount": "money"}
"""The columns of a bill's line items."""


def record_of(toml: str, name: str, version: int = 1) -> RunRecord:
    """Of a run with this template."""
    return RunRecord(name, version, toml, "ab" * 32, "m", "/m", "d" * 64)


def result_of(
    fields: Mapping[str, FieldResult],
    name: str,
    file: str | Path = "a.pdf",
    sha256: str = "f" * 64,
    *,
    version: int = 1,
    characters: int = 100,
) -> DocumentResult:
    """A document of one page that was read whole. ``name``: of its template."""
    coverage = Coverage(1, 1, characters, characters)
    return DocumentResult(str(file), DocumentStatus.DONE, coverage, dict(fields), name, version, "m", "d" * 64, sha256)


def placed(
    document: Document,
    word: str,
    value: str = "",
    confidence: float = 0.9,
    others: Sequence[str] | Mapping[str, str] = (),
) -> FieldValue:
    """A value where its word stands first on the first page, with its boxes; ``others``: runners-up, or what each is a value of."""

    def at(text: str) -> Span:
        start = document.pages[0].text.index(text)
        return Span(1, start, start + len(text))

    values = others if isinstance(others, Mapping) else dict(zip(others, others, strict=True))
    runners = tuple(RunnerUp(text, other, 0.1, at(text)) for text, other in values.items())
    span = at(word)
    return FieldValue(value or word, word, FieldState.FOUND, confidence, span, tuple(document.boxes(span)), runners)


def drawn(
    file: Path, lines: Sequence[tuple[float, float, str]], *, width: float = 420, height: float = 400
) -> Document:
    """A PDF of one page with texts, each at its x and y, and what is read of it."""
    canvas = Canvas(str(file), pagesize=(width, height))
    for x, y, text in lines:
        canvas.drawString(x, y, text)
    canvas.save()
    return read_file(file)


def table_lines(rows: Sequence[Sequence[str]], top: float, step: float) -> list[tuple[float, float, str]]:
    """Rows of a bill's line items as texts, for ``drawn``."""
    return [
        (x, top - step * place, text)
        for place, row in enumerate(rows)
        for x, text in zip((40, 220, 280, 350), row, strict=False)
    ]
