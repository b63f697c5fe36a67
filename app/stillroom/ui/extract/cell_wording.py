"""Cells and rows in words and by icon: nothing is told by colour alone."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from stillroom.extraction.result import DocumentStatus
from stillroom.ui.extract.cell import Cell, Level
from stillroom.ui.extract.row import Row
from stillroom.ui.wording import counted, percent_text

# icon, colour, soft colour (empty: none)
LEVEL_LOOK: dict[Level, tuple[str, str, str]] = {
    Level.FOREIGN: ("problem", "bad", "bad_soft"),
    Level.PROBLEM: ("problem", "bad", "bad_soft"),
    Level.MISSING: ("problem", "bad", "bad_soft"),
    Level.UNREAD: ("unread", "warn", "warn_soft"),
    Level.UNSURE: ("unsure", "warn", "warn_soft"),
    Level.LIKELY: ("likely", "good", ""),
    Level.GENERATED: ("generated", "accent", ""),
    Level.CHECKED: ("checked", "good", "good_soft"),
    Level.SURE: ("sure", "good", ""),
    Level.ABSENT: ("absent", "muted", ""),
    Level.NOTHING: ("", "muted", ""),
}


def tr(text: str) -> str:
    return QCoreApplication.translate("cell_wording", text)


def level_name(level: Level) -> str:
    return {
        Level.FOREIGN: tr("Not found in the document"),
        Level.PROBLEM: tr("A check failed"),
        Level.MISSING: tr("Missing"),
        Level.UNREAD: tr("Not read"),
        Level.UNSURE: tr("Unsure"),
        Level.LIKELY: tr("Likely"),
        Level.GENERATED: tr("Written by the model"),
        Level.CHECKED: tr("Checked"),
        Level.SURE: tr("Sure"),
        Level.ABSENT: tr("Not in the document"),
        Level.NOTHING: "",
    }[level]


def level_sentence(level: Level, *, candidates: bool = False) -> str:
    """``candidates``: whether others are offered in its place."""
    if level is Level.MISSING and candidates:
        return tr(
            "The template requires this value, and no candidate is sure enough to be taken for it. Take one by its number."
        )
    return {
        Level.FOREIGN: tr("A remote model gave this value. The document does not say it."),
        Level.PROBLEM: tr("The value was found, but it does not pass a check."),
        Level.MISSING: tr("The template requires this value, and it was not found in the document."),
        Level.UNREAD: tr("Part of the document was not read, and the value was not in the rest."),
        Level.UNSURE: tr("This may be wrong. Please have a look."),
        Level.LIKELY: tr("Probably right."),
        Level.GENERATED: tr("Text written by the model, not a quotation from the document."),
        Level.CHECKED: tr("A person looked at this value."),
        Level.SURE: tr("There is little doubt about this value."),
        Level.ABSENT: tr("The document was read and does not say."),
        Level.NOTHING: tr("Not extracted yet."),
    }[level]


def placeholder(cell: Cell) -> str:
    """What stands in an empty cell."""
    if cell.text:
        return ""
    return {
        Level.MISSING: tr("missing"),
        Level.UNREAD: tr("not read"),
        Level.UNSURE: tr("not found"),
        Level.ABSENT: tr("none"),
        Level.CHECKED: tr("none"),
        Level.PROBLEM: tr("check failed"),
    }.get(cell.level, "")


def cell_tip(cell: Cell) -> str:
    if cell.level is Level.NOTHING:
        return ""
    first = level_name(cell.level)
    if cell.confidence is not None and shows_percent(cell):
        first += f" · {percent_text(cell.confidence)}"
    return "\n".join(part for part in (cell.text, first, level_sentence(cell.level)) if part)


def cell_spoken(cell: Cell) -> str:
    parts = [cell.text or placeholder(cell) or tr("nothing yet"), level_name(cell.level)]
    if shows_percent(cell) and cell.confidence is not None:
        parts.append(percent_text(cell.confidence))
    return ", ".join(part for part in parts if part)


def shows_percent(cell: Cell) -> bool:
    return (
        cell.confidence is not None
        and bool(cell.text)
        and cell.level not in (Level.GENERATED, Level.FOREIGN, Level.CHECKED)
    )


def row_icon(row: Row) -> tuple[str, str]:
    """Icon and colour of a row's state."""
    if row.state == "done":
        if row.review is not None and row.review.rejection is not None:
            return "failed", "bad"
        if row.review is not None and row.review.approval is not None:
            return "checked", "good"
        return ("unsure", "warn") if row.looks else ("sure", "good")
    return {
        "ready": ("ready", "muted"),
        "waiting": ("waiting", "muted"),
        "working": ("working", "accent"),
        "stopped": ("stopped", "muted"),
        "failed": ("failed", "bad"),
    }[row.state]


def row_state(row: Row) -> str:
    if row.state == "done":
        review = row.review
        if review is not None and review.approval is not None:
            return tr("Approved by %1").replace("%1", review.approval.person)
        if review is not None and review.rejection is not None:
            return tr("Rejected")
        if row.looks:
            return counted(row.looks, tr("1 to check"), tr("%1 to check"))
        return tr("Done")
    return {
        "ready": tr("Ready"),
        "waiting": tr("Waiting"),
        "working": tr("Reading…"),
        "stopped": tr("Stopped"),
        "failed": tr("Failed"),
    }[row.state]


def coverage_sentence(row: Row) -> str:
    """How much of the document was read; empty before it was."""
    result = row.result
    if result is None or result.status is DocumentStatus.FAILED:
        return ""
    coverage = result.coverage
    if coverage.complete:
        return counted(coverage.pages, tr("All of the document was read (1 page)."), tr("All %1 pages were read."))
    share = coverage.chars_read / coverage.chars if coverage.chars else 0.0
    return (
        tr("Read: %1 of %2 pages, %3 of the text.")
        .replace("%1", str(coverage.pages_read))
        .replace("%2", str(coverage.pages))
        .replace("%3", percent_text(share))
    )


def row_details(row: Row) -> str:
    """The sentences about a document."""
    if row.result is None:
        return row_state(row)
    if row.result.error:
        return row.result.error
    return "\n".join([row_state(row), coverage_sentence(row), *row.result.notes])
