"""Conversations written to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMarginsF
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument
from PySide6.QtWidgets import QWidget

from stillroom.chat.conversation import Conversation
from stillroom.errors import StillroomError
from stillroom.ui.chat.notices import Weight
from stillroom.ui.parts import Parts
from stillroom.ui.questions import file_to_write

_KINDS = {".md": "Markdown", ".pdf": "PDF", ".html": "HTML", ".json": "JSON"}


def write(parent: QWidget, parts: Parts, found: Conversation, say: Callable[[str, Weight], None]) -> None:
    """Ask where to, and write a conversation."""
    name = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in found.title)[:60].strip()
    start = Path(parts.memory.folder("chat/export")) / f"{name or 'conversation'}.md"
    target = file_to_write(parent, parent.tr("Export"), start, _KINDS)
    if target is None:
        return
    parts.memory.set("chat/export", str(target.parent))
    try:
        if target.suffix.lower() == ".pdf":
            write_pdf(parts, found, target)
        else:
            parts.conversations.export(found.id, target)
    except StillroomError as error:
        say(error.message, Weight.BAD)
        return
    say(parent.tr("Written to %1.").replace("%1", str(target)), Weight.INFO)


def write_pdf(parts: Parts, found: Conversation, target: Path) -> None:
    """The branch that is shown, on A4 pages. Raises StillroomError."""
    writer = QPdfWriter(str(target))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))  # printing a document adds its own
    writer.setTitle(found.title)
    document = QTextDocument()
    document.setHtml(parts.conversations.as_html(found.id))
    document.print_(writer)
    if not target.is_file() or not target.stat().st_size:
        raise StillroomError(f"{target.name} could not be written. Look at the folder's permissions and the disk.")
